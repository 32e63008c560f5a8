"""Scripted casts for evaluations: a mediocre one, and models that tell what they used."""

from __future__ import annotations

from typing import Any

from drillbook.agents import ROSTER
from drillbook.brains.stub import Stub
from drillbook.case import Case
from drillbook.toolbelt import Brain, Report, Task, Toolbelt

__all__ = ["LONE_COMMANDER", "Consulting"]

COMMANDER = "infrastructure_maintainer"


def idle(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Investigates nothing, and otherwise plays as the stub does."""
    if task.duty == "investigate":
        return Report(outcome="investigated", why="somebody else will")
    return Stub(ROSTER[task.role].duties)(task, case, belt)


LONE_COMMANDER: dict[str, str | Brain] = {**dict.fromkeys(ROSTER, idle), COMMANDER: "stub"}
"""A mediocre cast: the commander decides on what four checks of the twelve show, and nobody prepares a rollback."""


class Consulting:
    """Plays as the stub, and asks a model that is of no help whenever it is to decide on a cause."""

    def __init__(self, tokens: tuple[int, int]) -> None:
        self.usage = {"input_tokens": tokens[0], "output_tokens": tokens[1]}

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty == "diagnose":
            belt.ask("model", {"case": len(case.entries)}, self._answer)
        return Stub(ROSTER[task.role].duties)(task, case, belt)

    def _answer(self, request: Any) -> Any:
        return {"text": "I do not know.", "usage": self.usage}

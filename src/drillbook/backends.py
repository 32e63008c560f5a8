"""Tool backends beside the world: canned answers of the scenario file for some tools, the world for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from drillbook.answers import Answer
from drillbook.case import Intervention
from drillbook.scenario import StubAnswer
from drillbook.toolbelt import Backend
from drillbook.tools import Tool
from drillbook.units import Frozen

__all__ = ["Canned"]


@dataclass(frozen=True)
class Canned:
    """Answers the tools that the scenario has canned answers for, from their time on; asks `otherwise` for all else."""

    answers: Sequence[StubAnswer]
    otherwise: Backend

    def answer(self, tool: Tool[Frozen], focus: str | None, at: int, done: tuple[Intervention, ...]) -> Answer:
        """The latest canned answer that fits, else what the next backend says."""
        fitting = [one for one in self.answers if one.tool == tool.name and one.from_ <= at and one.focus in (None, focus)]
        if not fitting:
            return self.otherwise.answer(tool, focus, at, done)
        return cast(Answer, tool.answer.model_validate(max(fitting, key=lambda one: one.from_).answer))

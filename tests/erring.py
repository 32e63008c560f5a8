"""Casts that err, for the ways of the runbook that no right-minded cast ever goes."""

from __future__ import annotations

from typing import Any, cast

from flights import scenario

from drillbook.agents import ROSTER
from drillbook.brains.stub import Stub
from drillbook.case import Case
from drillbook.drill import Drill
from drillbook.reading import read_runbook
from drillbook.simulator import Simulator
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.tools import TOOLS

__all__ = ["ERRING", "erring"]

_ATTEMPTS = 4


def _stub(role: str) -> Brain:
    return Stub(ROSTER[role].duties)


def hasty_automator(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Takes back, or deploys a fix to, whatever it comes across while everybody else still investigates: four attempts are gone."""
    tools: Any = TOOLS
    left = _ATTEMPTS - len(case.interventions) if task.duty == "investigate" else 0
    for card in case.catalogue:
        if left > 0 and card.kind in ("web", "mobile", "gateway", "service"):
            left -= any(belt.act(tools[name], card.name).accepted for name in ("rollback", "deploy_hotfix"))
    return _stub("devops_automator")(task, case, belt)


def speechless_commander(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Commands by a model that is out of service whenever it is to decide on a cause."""
    if task.duty == "diagnose":
        raise TimeoutError("the model gave no answer")
    return _stub("infrastructure_maintainer")(task, case, belt)


ERRING: tuple[tuple[str, str, Brain], ...] = (
    ("rollback-image-gone", "devops_automator", hasty_automator),
    ("cloud-out-of-capacity", "devops_automator", hasty_automator),
    ("build-farm-down", "devops_automator", hasty_automator),
    ("release-freeze", "devops_automator", hasty_automator),
    ("month-end-bug", "infrastructure_maintainer", speechless_commander),
)
"""Scenario, role, and the brain that plays it: what only these reach is a row that asks for attempts, or rounds, which a sound cast has left."""


def erring() -> list[Drill]:
    """The drills of these casts."""
    return [Simulator(read_runbook(), {role: brain}).run(*scenario(name)) for name, role, brain in cast("Any", ERRING)]

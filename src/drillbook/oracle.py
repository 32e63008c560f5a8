"""The oracle: a reference for `drillbook eval` that knows the answers. No policy: it is composed here, where the truth is at hand.

It plays as the stub does but for the investigation, in which it looks once, where the fault is, and is told what stands. So it shows
what can be reached at all in a scenario: where even the oracle ends unresolved, nobody is to blame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

from drillbook.case import Case, Diagnosed, Found
from drillbook.scenario import FaultSpec
from drillbook.simulator import Setup
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.tools import TOOLS, Tool
from drillbook.world import FAULTS, World
from drillbook.world.chain import leading_fault
from drillbook.world.forces import intensity

__all__ = ["oracle"]

_SURE = 50.0
_STEP = 0.1
"""The weight of what is known: far beyond any reading; and how much less each further fault has, less than a failed try costs."""

_LOOKS = ("check_recent_deployments", "prepare_rollback")
"""All that the oracle has to look at: what was deployed, and whether there is a safe way back."""

_MECHANISMS: Mapping[str, str] = MappingProxyType({"failover": "down", "restart": "locks", "scale": "cpu"})
"""The kind of trouble for which the Infrastructure Maintainer tries each remedy first."""


def oracle(setup: Setup) -> Setup:
    """The same drill, played by those who know what stands."""
    world = World(setup.system, setup.scenario, setup.seed)
    stubs, commander = setup.simulator.stubs, setup.simulator.runbook.commander
    brains = {role: _Knowing(stub, world, leads=role == commander) for role, stub in stubs.items()}
    return replace(setup, simulator=setup.simulator.played_by(brains))


@dataclass(frozen=True)
class _Knowing:
    """A role that knows; the one who `leads` says so."""

    stub: Brain
    world: World
    leads: bool

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty != "investigate":
            return self.stub(task, case, belt)
        for _, tool in belt.checks():
            if tool.name in _LOOKS:
                belt.observe(cast("Tool[Any]", TOOLS[tool.name]))
        if self.leads and belt.drafts:
            belt.found(*_known(self.world, belt.now, case, belt.runbook.limits["attempts"]))
        return Report(outcome="investigated", why="it is known already")


def _known(world: World, at: int, case: Case, attempts: int) -> Iterator[Found]:
    """What stands. The fault that hurts most comes last, as far as attempts go: the diagnosis at the end is the one that is judged."""
    show, named = world.show, {item.component for item in case.all(Diagnosed)}
    standing = [fault for fault in show.scenario.faults if intensity(fault, at, case.interventions, show.scenario.traffic) > 0.0]
    first = leading_fault(show)
    order = [fault for fault in standing if fault is not first]
    if first in standing:
        order.insert(attempts - 1 if any(fault.target not in named for fault in standing) else 0, first)
    for place, fault in enumerate(order):
        yield Found(cause=FAULTS[fault.kind].cause, component=fault.target, weight=_SURE - place * _STEP,
                    mechanism=_mechanism(world, fault), text=f"{fault.kind} stands at {fault.target}")  # fmt: skip


def _mechanism(world: World, fault: FaultSpec) -> str:
    """The trouble that is treated by what helps most against a fault."""
    remedies = FAULTS[fault.kind].remedies
    spec = world.show.specs[fault.target]
    usable = [tool for tool in _MECHANISMS if tool in remedies and (tool != "failover" or spec.kind in ("database", "replica", "cache"))]
    best = min(usable, key=lambda tool: ("cure", "ease", "relapse", "shield", "worsen").index(remedies[tool].effect), default="")
    return _MECHANISMS.get(best, "")

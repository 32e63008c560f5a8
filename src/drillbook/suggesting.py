"""Scenarios for what no drill has exercised: made incidents are flown until they take the rows of the routing table that are missing.

The search is deterministic: try number n of a seed is the same everywhere. It goes on from incidents that came near, as a fuzzer
does: those that passed a step out of which a row is still missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import drillbook
from drillbook.brains import BASELINES
from drillbook.coverage import Coverage, covered, edge_name
from drillbook.errors import BadInput
from drillbook.generate import incident, varied
from drillbook.generate.draws import stream
from drillbook.reading import parse_cast
from drillbook.runbook import Route, Runbook
from drillbook.scenario import Scenario, System, TelemetrySpec

if TYPE_CHECKING:
    from drillbook.simulator import Simulator

__all__ = ["Search", "Suggestion", "search"]

_FROM_PARENT, _OTHER_CAST, _TURNS = 0.75, 0.15, 4
"""Of tries: how many go on from one that came near, how many are flown by a baseline; and how many turns a fresh one has at most."""

Edge = tuple[str, Route]


@dataclass(frozen=True)
class Suggestion:
    """A scenario that covers rows that were missing; `cast` flies it ("" is the stub), `tries` is how many drills it took so far."""

    scenario: Scenario
    system: System
    cast: str
    edges: tuple[str, ...]
    tries: int


@dataclass(frozen=True)
class Search:
    """What came of a search: suggestions, the rows that no try reached, and the number of drills that were flown."""

    found: tuple[Suggestion, ...]
    unreached: tuple[str, ...]
    tries: int


@dataclass(frozen=True)
class _Try:
    scenario: Scenario
    system: System
    cast: str
    steps: frozenset[str]
    edges: frozenset[str]


def search(runbook: Runbook, coverage: Coverage, systems: Sequence[System], *, tries: int = 200, seed: int = 1,
           tick: Callable[[], object] = lambda: None) -> Search:  # fmt: skip
    """Look for scenarios that take the rows which the coverage misses, by at most `tries` drills and a few to make each smaller."""
    hunt = _Hunt(runbook, systems, seed, {edge_name(*edge): edge for edge, times in coverage.edges(runbook).items() if not times})
    for number in range(1, tries + 1):
        if not hunt.missing:
            break
        hunt.fly(number)
        tick()
    return Search(tuple(hunt.found), tuple(hunt.missing), hunt.flown)


class _Hunt:
    """The state of one search: what is still missing, what was found, and what came near."""

    def __init__(self, runbook: Runbook, systems: Sequence[System], seed: int, missing: dict[str, Edge]) -> None:
        self.runbook, self.systems, self.seed, self.missing = runbook, systems, seed, missing
        self.found: list[Suggestion] = []
        self.near: list[_Try] = []
        self.flown = 0
        self._simulators: dict[str, Simulator] = {}

    def fly(self, number: int) -> None:
        """Try number `number`."""
        scenario, system, cast = self._drawn(number)
        done = self._tried(scenario, system, cast)
        if done is None:
            return
        new = done.edges & {*self.missing}
        if new:
            small = self._smaller(done, new)
            self.found.append(Suggestion(_named(small, len(self.found) + 1, sorted(new)), small.system, cast,
                                         tuple(name for name in self.missing if name in new), self.flown))  # fmt: skip
            self.missing = {name: edge for name, edge in self.missing.items() if name not in new}
        self.near.append(done)

    def _drawn(self, number: int) -> tuple[Scenario, System, str]:
        draw = stream("cover", self.seed, number)
        wanted = {step for step, _ in self.missing.values()}
        parents = [one for one in self.near if one.steps & wanted]
        cast = f"*={draw.choice(BASELINES)}" if draw.random() < _OTHER_CAST else ""
        if parents and draw.random() < _FROM_PARENT:
            step = draw.choice(sorted({step for one in parents for step in one.steps & wanted}))
            parent = draw.choice([one for one in parents if step in one.steps])
            return varied(parent.scenario, parent.system, draw), parent.system, parent.cast
        system = draw.choice(self.systems)
        scenario = incident(self.seed, number, system)
        for _ in range(draw.randrange(_TURNS)):
            scenario = varied(scenario, system, draw)
        return scenario, system, cast

    def _tried(self, scenario: Scenario, system: System, cast: str) -> _Try | None:
        """What came of a drill; None where nothing starts it, or where it goes in circles."""
        self.flown += 1
        try:
            drill = self._simulator(cast).run(scenario, system)
        except BadInput:
            return None
        seen = covered(self.runbook, (drill.account,)).seen
        return _Try(scenario, system, cast, frozenset(step.step for step in drill.account.route), frozenset(seen["edges"]))

    def _simulator(self, cast: str) -> Simulator:
        if cast not in self._simulators:
            self._simulators[cast] = drillbook.Simulator(self.runbook, parse_cast(cast))
        return self._simulators[cast]

    def _smaller(self, done: _Try, edges: frozenset[str] | set[str]) -> _Try:
        """The scenario without all that it does not need to take these rows."""
        place = 0
        while place < len(options := [*_without(done.scenario)]):
            tried = self._tried(done.scenario.model_copy(update=options[place]), done.system, done.cast)
            if tried is not None and edges <= tried.edges:
                done = tried
            else:
                place += 1
        return done


def _without(scenario: Scenario) -> Iterator[Mapping[str, Any]]:
    """Every part that a scenario can be without, as the change that takes it away."""
    for field in ("faults", "deployments", "traffic", "tools", "logs"):
        rows = getattr(scenario, field)
        if field != "faults" or len(rows) > 1:
            yield from ({field: (*rows[:place], *rows[place + 1 :])} for place in range(len(rows)))
    if scenario.telemetry != TelemetrySpec():
        yield {"telemetry": TelemetrySpec()}


def _named(found: _Try, number: int, edges: Sequence[str]) -> Scenario:
    cast = f" Flown with --cast '{found.cast}'." if found.cast else ""
    more = f" and {len(edges) - 1} more" if len(edges) > 1 else ""
    return found.scenario.model_copy(update={
        "id": f"uncovered-{number}", "title": f"Takes {edges[0]}{more}", "description": f"Made to take: {'; '.join(edges)}.{cast}",
        "tags": ("generated", "coverage"),
    })  # fmt: skip

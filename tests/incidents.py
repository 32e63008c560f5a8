"""One incident of any fault at any target, and what the stub cast makes of all of them.

`python tests/incidents.py [SEED ...]` prints how often cause and component are right, kind by kind, and what was said instead.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from flights import simulator

from drillbook.drill import Drill
from drillbook.scenario import FaultSpec, Scenario, Spike, StubAnswer, System, Trigger
from drillbook.units import MINUTE
from drillbook.world import FAULTS, World

__all__ = ["BEGINS", "Tally", "incident", "noticed", "pairs", "reported", "tally"]

BEGINS = 6 * MINUTE
Tools = tuple[StubAnswer, ...]


def pairs(system: System) -> list[tuple[str, str]]:
    """Every kind with every target that it can hurt."""
    return [(name, part.name) for name, kind in FAULTS.items() for part in system.components if part.kind in kind.hurts]


def incident(kind: str, target: str, system: System, *, seed: int = 1, magnitude: float = 1.0) -> Scenario:
    """A fault at full strength, with the traffic that wakes it; what others run comes back after 45 minutes."""
    known = FAULTS[kind]
    lasts = 45 * MINUTE if known.cause == "external_dependency" else None
    fault = FaultSpec.model_construct(kind=kind, target=target, at=BEGINS, magnitude=magnitude, lasts=lasts)
    peak = Spike.model_construct(at=BEGINS, lasts=(5 if known.latched else 240) * MINUTE, times=known.wakes_above * 1.1)
    scenario = Scenario(id="drawn", title="drawn", system=system.name, seed=seed, starts=datetime(2026, 9, 1, tzinfo=UTC))
    return scenario.model_copy(update={"faults": (fault,), "traffic": (peak,) if known.wakes_above else ()})


def reported(scenario: Scenario, system: System) -> Scenario:
    """With a user's report as its trigger, where no alert rule fires."""
    world = World(system, scenario, scenario.seed)
    if world.alerts():
        return scenario
    grown = max([FAULTS[fault.kind].grows for fault in scenario.faults], default=0)
    trigger = Trigger.model_construct(source="user_report", at=BEGINS + grown + 5 * MINUTE, alert="UserReport", summary="something is wrong")
    return scenario.model_copy(update={"trigger": trigger})


def noticed(scenario: Scenario, system: System) -> bool:
    """Whether it hurts users: 1% fail, or journeys take three times as long, or records or looks are affected."""
    world, grown = World(system, scenario, scenario.seed), max([FAULTS[fault.kind].grows for fault in scenario.faults], default=0)
    state = world.show.state(BEGINS + grown + 8 * MINUTE, ())
    looks = sum(part.visual for part in state.components.values())
    return state.users_failing - world.show.physics.usual.users_failing >= 0.01 or state.slowdown > 3 or state.exposes > 5 or looks > 3


@dataclass
class Tally:
    """How often a diagnosis was right, over the drills that came to one."""

    kinds: dict[str, list[tuple[str, bool, bool, str]]]

    def share(self, place: int) -> float:
        rows = [row for part in self.kinds.values() for row in part]
        return sum(bool(row[place]) for row in rows) / max(len(rows), 1)

    @property
    def cause(self) -> float:
        return self.share(1)

    @property
    def component(self) -> float:
        return self.share(2)

    def __str__(self) -> str:
        lines = [f"{'kind':30} drills cause component  said instead"]
        for kind, rows in self.kinds.items():
            wrong = Counter(said for _, cause, component, said in rows if not (cause and component))
            said = ", ".join(f"{text} x{count}" for text, count in wrong.most_common(3))
            lines.append(f"{kind:30} {len(rows):6} {sum(row[1] for row in rows):5} {sum(row[2] for row in rows):9}  {said}")
        lines.append(f"cause {self.cause:.1%}, component {self.component:.1%} of {sum(map(len, self.kinds.values()))} drills")
        return "\n".join(lines)


def _flown(which: Iterable[tuple[str, str]], system: System, seeds: Iterable[int], tools: Tools) -> Iterator[tuple[str, str, Drill]]:
    seeds = tuple(seeds)
    for kind, target in which:
        for seed in seeds:
            scenario = incident(kind, target, system, seed=seed).model_copy(update={"tools": tools})
            if noticed(scenario, system):
                yield kind, target, simulator().run(reported(scenario, system), system, seed=seed)


def tally(which: Iterable[tuple[str, str]], system: System, seeds: Iterable[int] = (1,), tools: Tools = ()) -> Tally:
    """The diagnoses of the stub cast, `tools` being canned answers. An incident that the runbook sends straight to the backlog needs none and is left out."""
    kinds: dict[str, list[tuple[str, bool, bool, str]]] = defaultdict(list)
    for kind, target, drill in _flown(which, system, seeds, tools):
        if drill.case.severity in (None, "P3"):
            continue
        found = drill.case.diagnosis
        cause, component = (found.cause, found.component) if found else ("nothing", None)
        kinds[kind].append((target, cause == drill.truth.cause, component == target, f"{cause}@{component} (at {target})"))
    return Tally(dict(kinds))


if __name__ == "__main__":
    from flights import scenario as _scenario

    _system = _scenario("checkout-bad-deploy")[1]
    _kinds = [name for name in sys.argv[1:] if not name.isdigit()]
    _which = [pair for pair in pairs(_system) if not _kinds or pair[0] in _kinds]
    print(tally(_which, _system, [int(seed) for seed in sys.argv[1:] if seed.isdigit()] or (1, 2)))

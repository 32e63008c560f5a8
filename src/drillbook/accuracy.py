"""What a cast is worth: how often it is right, over many incidents, with the uncertainty of that figure.

The truth is the world's and the runbook's (`Drill.score` holds an answer against it); nothing is typed in beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from drillbook.generate import incident
from drillbook.intervals import wilson_bounds
from drillbook.scenario import System
from drillbook.scenarios import paths
from drillbook.units import Frozen

if TYPE_CHECKING:
    from drillbook.drill import Drill
    from drillbook.simulator import Setup, Simulator

__all__ = ["MEASURES", "Rate", "Result", "accuracy", "catalogue", "ended_well", "judge", "measure", "misses", "random_incidents", "wilson"]

MEASURES = ("severity", "cause", "component", "outcome")
Flight = Callable[[], "Drill"]


class Rate(Frozen):
    """Right answers of all, as a share, with its 95% interval (Wilson's)."""

    right: int
    of: int
    share: float
    low: float
    high: float


class Result(Frozen):
    """One drill: what was answered, what was true, and which of the answers were right.

    Cause and component are judged only where there was something to diagnose: not for a P3, and not for no incident.
    """

    scenario: str
    system: str
    faults: tuple[str, ...]
    seed: int
    severity: str | None
    true_severity: str | None
    cause: str | None
    true_cause: str | None
    component: str | None
    true_component: str | None
    outcome: str | None
    points: int
    harmful_actions: int
    right: dict[str, bool]
    digest: str


def wilson(right: int, of: int) -> Rate:
    """The share of right answers with Wilson's 95% interval; of nothing, nothing is known."""
    if not of:
        return Rate(right=0, of=0, share=0.0, low=0.0, high=1.0)
    low, high = wilson_bounds(right, of)
    return Rate(right=right, of=of, share=round(right / of, 4), low=round(low, 4), high=round(high, 4))


def judge(drill: Drill) -> Result:
    """Hold one drill against the truth."""
    found, truth, level = drill.case.diagnosis, drill.truth, drill.severity_truth
    handled = level not in (None, "P3")
    judged = MEASURES if handled else ("severity", "outcome")
    parts = drill.score.end_state
    return Result(
        scenario=drill.scenario.id, system=drill.system.name, faults=tuple(fault.kind for fault in drill.scenario.faults), seed=drill.seed,
        severity=drill.case.severity, true_severity=level, outcome=drill.case.outcome,
        cause=found.cause if found else None, true_cause=truth.cause if handled else None,
        component=found.component if found else None, true_component=truth.component if handled else None,
        points=drill.score.points, harmful_actions=truth.harmful_actions,
        right={name: parts[name][0] == parts[name][1] for name in judged}, digest=drill.journal.digest,
    )  # fmt: skip


def accuracy(results: Iterable[Result]) -> dict[str, Rate]:
    """How often each of the four answers was right."""
    right, of = Counter[str](), Counter[str]()
    for result in results:
        of.update([*result.right])
        right.update(name for name, fine in result.right.items() if fine)
    return {name: wilson(right[name], of[name]) for name in MEASURES}


def ended_well(results: Iterable[Result]) -> Rate:
    """How often the outcome was right where there was something to diagnose."""
    handled = [result.right["outcome"] for result in results if "cause" in result.right]
    return wilson(sum(handled), len(handled))


def random_incidents(simulator: Simulator, systems: Sequence[System], seed: int, count: int) -> Iterator[Flight]:
    """The first `count` random incidents of a seed, the systems in turn, each to be flown when it is called."""
    for index in range(count):
        system = systems[index % len(systems)]
        yield partial(_fly, simulator, system, seed, index)


def _fly(simulator: Simulator, system: System, seed: int, index: int) -> Drill:
    return simulator.run(incident(seed, index, system), system)


def catalogue(simulator: Simulator) -> Iterator[Flight]:
    """The scenarios that come with the package."""
    for path in paths():
        ready: Setup = simulator.prepare(path)
        yield ready.run


def measure(flights: Iterable[Flight], tick: Callable[[], object] = lambda: None) -> list[Result]:
    """Fly and judge one after the other; `tick` is called after each."""
    results = []
    for fly in flights:
        results.append(judge(fly()))
        tick()
    return results


def misses(results: Iterable[Result]) -> list[dict[str, Any]]:
    """What went wrong, by kind of fault: of how many, which answers were wrong how often, and the wrong causes given."""
    rows: dict[str, dict[str, Any]] = {}
    for result in results:
        kind = " + ".join(result.faults) or "none"
        row = rows.setdefault(kind, {"kind": kind, "of": 0, **dict.fromkeys(MEASURES, 0), "instead": Counter[str]()})
        row["of"] += 1
        for name, fine in result.right.items():
            row[name] += not fine
        if not (result.right.get("cause", True) and result.right.get("component", True)):
            row["instead"][f"{result.cause or 'nothing'}{'' if result.right['component'] else ' elsewhere'}"] += 1
    return sorted(rows.values(), key=lambda row: (-sum(row[name] for name in MEASURES) / row["of"], row["kind"]))

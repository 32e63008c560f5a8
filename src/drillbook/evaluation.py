"""What an evaluation is made of: a flight a drill, a row a cast, and how flights are summed up to rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import drillbook
from drillbook.brains import BASELINES
from drillbook.factcheck import Counts
from drillbook.intervals import Estimate, difference, mean, pass_hat, share
from drillbook.score import PROCESS
from drillbook.units import MINUTE, Frozen
from drillbook.usage import Usage

__all__ = ["LEADS", "MEASURES", "Evaluation", "Flight", "Row", "in_percent", "summed_up"]


class Flight(Frozen):
    """One drill of an evaluation.

    `right`: which of severity, cause, component and outcome were right, as far as there was something to say; `said` and `true`: what was
    answered and what was so, for the first three (None: nothing, and no true cause where there was none to find); `end_state` and
    `process`: the share of their points; `parts`: the share of each part of the process. `well_after`: ms from the fault until users
    were well again (None: never, or nothing failed), `best`: the least of all casts. `users_hit` counts up to the latest end of any
    cast. `claims`: what of its post-mortem is right, wrong, missing (None where none was written).
    """

    cast: str
    scenario: str
    run: int
    seed: int
    right: dict[str, bool]
    said: dict[str, str | None]
    true: dict[str, str | None]
    passed: bool
    points: int
    end_state: float
    process: float
    parts: dict[str, float]
    harmful_actions: int
    well_after: int | None
    best: int | None
    users_hit: int
    usage: Usage | None
    claims: Counts | None
    digest: str

    @property
    def speed(self) -> float | None:
        """How near it came to the best known time: 1 is as fast, 0 is never; None where no cast ever made users well."""
        if self.best is None:
            return None
        return 0.0 if self.well_after is None else max(self.best, 1) / max(self.well_after, 1)


Read = Callable[[Flight], float | None]
SumUp = Callable[[Sequence[float]], Estimate | None]


def _right(name: str) -> Read:
    return lambda flight: flight.right.get(name)


def _part(name: str) -> Read:
    return lambda flight: flight.parts[name]


def _used(name: str) -> Read:
    return lambda flight: getattr(flight.usage, name, None)


def _claims(name: str) -> Read:
    return lambda flight: getattr(flight.claims, name, None)


def _truthful(flight: Flight) -> float | None:
    """The share of what it says, as far as that can be held against the timeline, that is right."""
    told = flight.claims.right + flight.claims.wrong if flight.claims else 0
    return flight.claims.right / told if flight.claims and told else None


def _minutes(flight: Flight) -> float | None:
    return None if flight.well_after is None else flight.well_after / MINUTE


MEASURES: Mapping[str, tuple[Read, SumUp]] = MappingProxyType({
    **{name: (_right(name), share) for name in ("severity", "cause", "component", "outcome")},
    "points": (lambda flight: flight.points / 100, share),
    "end_state": (lambda flight: flight.end_state, share),
    "process": (lambda flight: flight.process, share),
    **{f"process.{name}": (_part(name), share) for name in PROCESS},
    "mitigated": (lambda flight: None if flight.best is None else flight.well_after is not None, share),
    "speed": (lambda flight: flight.speed, share),
    "minutes_to_mitigate": (_minutes, mean),
    "harmful_actions": (lambda flight: flight.harmful_actions, mean),
    "users_hit": (lambda flight: flight.users_hit, mean),
    "postmortem": (_truthful, share),
    **{f"postmortem.{name}": (_claims(name), mean) for name in ("right", "wrong", "missing")},
    **{name: (_used(name), mean) for name in ("answers", "input_tokens", "output_tokens", "cost_usd", "seconds")},
})  # fmt: skip
"""What is measured of every flight, and how it is summed up over scenarios; what a flight has not (None) is left out."""

LEADS = ("severity", "cause", "component", "outcome", "points", "end_state", "process", "speed")
"""The shares by which a cast is compared with each baseline."""


class Row(Frozen):
    """What one cast came to: `measures` by name, `passes[k-1]` is pass^k, `leads` the difference to each baseline by measure.

    `reference`: it is flown in every evaluation, beside the casts that were given.
    """

    cast: str
    reference: bool
    measures: dict[str, Estimate | None]
    passes: tuple[Estimate, ...]
    leads: dict[str, dict[str, Estimate | None]]


class Evaluation(Frozen):
    """An evaluation: a row a cast (those that were given come first), and every flight."""

    runs: int
    scenarios: tuple[str, ...]
    rows: tuple[Row, ...]
    flights: tuple[Flight, ...]

    def row(self, cast: str) -> Row:
        """The row of a cast by its name. Raises KeyError."""
        return {row.cast: row for row in self.rows}[cast]

    def document(self) -> dict[str, Any]:
        """All of it as one JSON document."""
        return self.model_dump(mode="json")

    def __repr__(self) -> str:
        lines = [f"Evaluation: casts {len(self.rows)}, scenarios {len(self.scenarios)}, runs {self.runs}; in %:"]
        for row in self.rows:
            shown = [f"{name.replace('_', ' ')} {in_percent(row.measures[name])}" for name in ("cause", "outcome", "end_state", "process")]
            lines.append(f"  {row.cast}: {', '.join(shown)}, pass^{self.runs} {in_percent(row.passes[-1])}")
        return "\n".join(lines)

    __str__ = __repr__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the casts in a table, how long they took, and what they took for what."""
        return {"text/plain": repr(self), "text/html": drillbook.display.html(self)}


def in_percent(found: Estimate | None) -> str:
    """An estimate of a share as people read it, in percent: `98.1 (96-99)`; a dash where there is none."""
    return f"{100 * found.value:.1f} ({100 * found.low:.0f}-{100 * found.high:.0f})" if found else "-"


def summed_up(flights: Sequence[Flight], given: Iterable[str], runs: int) -> Evaluation:
    """The rows of these flights; `given` are the casts that are no references."""
    by_cast: dict[str, list[Flight]] = {}
    for flight in flights:
        by_cast.setdefault(flight.cast, []).append(flight)
    known, scenarios = {*given}, tuple(dict.fromkeys(flight.scenario for flight in flights))
    rows = tuple(_row(name, name not in known, by_cast, runs) for name in by_cast)
    return Evaluation(runs=runs, scenarios=scenarios, rows=rows, flights=tuple(flights))


def _row(cast: str, reference: bool, by_cast: Mapping[str, Sequence[Flight]], runs: int) -> Row:
    mine = by_cast[cast]
    leads = {
        name: {measure: difference(*_paired(mine, by_cast[name], MEASURES[measure][0])) for measure in LEADS}
        for name in BASELINES if name in by_cast and name != cast
    }  # fmt: skip
    return Row(
        cast=cast, reference=reference, leads=leads, passes=tuple(_passes(mine, runs)),
        measures={name: sum_up([*_averaged(mine, read).values()]) for name, (read, sum_up) in MEASURES.items()},
    )  # fmt: skip


def _averaged(flights: Iterable[Flight], read: Read) -> dict[str, float]:
    """What was measured, a scenario: the mean over its runs."""
    seen: dict[str, list[float]] = {}
    for flight in flights:
        value = read(flight)
        if value is not None:
            seen.setdefault(flight.scenario, []).append(float(value))
    return {scenario: sum(values) / len(values) for scenario, values in seen.items()}


def _paired(ours: Iterable[Flight], theirs: Iterable[Flight], read: Read) -> tuple[list[float], list[float]]:
    one, other = _averaged(ours, read), _averaged(theirs, read)
    both = [scenario for scenario in one if scenario in other]
    return [one[scenario] for scenario in both], [other[scenario] for scenario in both]


def _passes(flights: Iterable[Flight], runs: int) -> Iterable[Estimate]:
    passed: dict[str, int] = {}
    for flight in flights:
        passed[flight.scenario] = passed.get(flight.scenario, 0) + flight.passed
    for k in range(1, runs + 1):
        found = share([pass_hat(count, runs, k) for count in passed.values()])
        if found is not None:
            yield found

"""`drillbook run --random`: many random incidents by one cast, or by a cast beside the baselines, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

import drillbook
from drillbook.accuracy import MEASURES, Rate, Result, accuracy, catalogue, ended_well, measure, misses, random_incidents
from drillbook.brains import BASELINES
from drillbook.progress import ticking
from drillbook.reading import alone, read_cast, read_system
from drillbook.runbook import Runbook
from drillbook.scenario import System
from drillbook.scenarios import paths, systems

if TYPE_CHECKING:
    from drillbook.simulator import Simulator

__all__ = ["Measured", "document", "fly", "show"]


class Measured(NamedTuple):
    """What one cast did on one set of incidents."""

    cast: str
    on: str
    results: list[Result]


def fly(runbook: Runbook, cast: str | None, count: int, seed: int, system: str | None = None, *, compare: bool = False) -> list[Measured]:
    """Run `count` random incidents of a seed, in one system or in all of the catalogue in turn.

    `compare` also runs the scenarios of the catalogue, and both with every baseline. Raises BadInput.
    """
    productions = [read_system(name) for name in (systems() if system is None else [system])]
    named = {read_cast(cast).name or cast or "stub": cast, **({name: f"*={name}" for name in BASELINES} if compare else {})}
    casts = {name: drillbook.Simulator.of(runbook, text) for name, text in named.items()}
    for simulator in casts.values():
        alone(simulator.cast, "run --random")
    total = len(casts) * (count + (len(paths()) if compare else 0))
    with ticking("incidents", total) as tick:
        return [row for name, simulator in casts.items() for row in _by_one(name, simulator, productions, seed, count, compare, tick)]


def _by_one(name: str, simulator: Simulator, productions: Sequence[System], seed: int, count: int, compare: bool,
            tick: Callable[[], object]) -> Iterator[Measured]:  # fmt: skip
    if compare:
        yield Measured(name, "catalogue", measure(catalogue(simulator), tick))
    yield Measured(name, f"random, seed {seed}", measure(random_incidents(simulator, productions, seed, count), tick))


def document(seed: int, rows: Sequence[Measured]) -> dict[str, Any]:
    """All of it as one JSON document."""
    return {"seed": seed, "measured": [
        {
            "cast": row.cast, "on": row.on, "accuracy": {name: rate.model_dump() for name, rate in accuracy(row.results).items()},
            "outcome_to_diagnose": ended_well(row.results).model_dump(),
            "misses": [{**miss, "instead": dict(miss["instead"])} for miss in misses(row.results)],
            "incidents": [result.model_dump(mode="json") for result in row.results],
        }
        for row in rows
    ]}  # fmt: skip


def show(console: Console, rows: Sequence[Measured], *, incidents: bool, verbose: bool) -> None:
    """Print what was measured: each incident if wanted, the accuracy, with `verbose` the cast's misses by kind of fault."""
    if incidents:
        console.print(_incidents(rows[0].results))
    console.print(_accuracy(rows))
    for line in _ends(rows):
        console.print(line, soft_wrap=True)
    if verbose:
        for row in rows:
            if row.cast == rows[0].cast:
                console.print(_misses(row))


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(*columns, box=None, padding=(0, 2, 0, 0), title=title, title_justify="left")
    for column in table.columns:
        column.overflow = "fold"
    return table


def _incidents(results: Sequence[Result]) -> Table:
    """A line an incident; an answer that is wrong is followed by the true one."""
    table = _table("incident", "system", "fault", *MEASURES, "points")
    for result in results:
        answers = [_beside(result, name) for name in ("severity", "cause", "component")]
        outcome = f"{result.outcome or '-'}{'' if result.right['outcome'] else ' ✗'}"
        table.add_row(result.scenario, result.system, ", ".join(result.faults) or "-", *answers, outcome, str(result.points))
    return table


def _beside(result: Result, name: str) -> str:
    said, true = getattr(result, name) or "-", getattr(result, f"true_{name}") or "-"
    return said if result.right.get(name, True) else f"{said} ✗ {true}"


def _accuracy(rows: Sequence[Measured]) -> Table:
    """Shares with their 95% intervals; cause and component are of those incidents that have something to diagnose."""
    table = _table("cast", "on", "n", "to diagnose", *MEASURES)
    for row in rows:
        rates = accuracy(row.results)
        table.add_row(row.cast, row.on, str(len(row.results)), str(rates["cause"].of), *(_rate(rates[name]) for name in MEASURES))
    return table


def _ends(rows: Sequence[Measured]) -> Iterator[str]:
    """The outcome without the incidents that are over once nothing, or nothing urgent, was found."""
    yield ""
    for on in dict.fromkeys(row.on for row in rows):
        rates = ", ".join(f"{row.cast} {_rate(ended_well(row.results))}" for row in rows if row.on == on)
        yield f"outcome where there is something to diagnose, {on}: {rates}"


def _rate(rate: Rate) -> str:
    return f"{rate.share:.1%} ({100 * rate.low:.0f}-{100 * rate.high:.0f})" if rate.of else "-"


def _misses(row: Measured) -> Table:
    title = f"\n{row.cast} on {row.on}: wrong answers, by kind of fault"
    table = _table("fault", "of", *(f"{name} ✗" for name in MEASURES), "answered instead", title=title)
    for miss in misses(row.results):
        if any(miss[name] for name in MEASURES):
            instead = ", ".join(f"{name} {count}x" for name, count in sorted(miss["instead"].items()))
            table.add_row(miss["kind"], str(miss["of"]), *(str(miss[name] or "-") for name in MEASURES), instead)
    return table

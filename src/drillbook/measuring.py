"""`drillbook coverage`: journals in, coverage out, and scenarios for what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from drillbook.account import Account
from drillbook.coverage import JUDGED, Coverage, covered
from drillbook.errors import BadInput, Problem
from drillbook.files import write_whole
from drillbook.generate import scenario_text
from drillbook.inputs import Inputs
from drillbook.journal import Journal, read_journal
from drillbook.progress import ticking
from drillbook.reading import read_runbook, read_system
from drillbook.runbook import Runbook
from drillbook.scenarios import systems
from drillbook.suggesting import Search, search

__all__ = ["below", "measured", "report", "said", "suggested"]


def measured(paths: Sequence[Path], runbook: Path | None = None) -> tuple[Runbook, Coverage]:
    """The coverage of these journals (files, or folders of `*.jsonl`), by the runbook that they were flown with. Raises BadInput.

    `runbook` is the file to hold them against, where the journals carry none, or carry one that differs in what coverage does not see.
    """
    files = [*_files(paths)]
    found = None if runbook is None else read_runbook(runbook)
    first, coverage = "", Coverage()
    for file in files:
        journal = read_journal(file)
        own = _runbook_of(file, journal)
        found = found or own
        first = first or str(file)
        if found is None:
            raise BadInput([Problem(str(file), "carries no runbook; give the one that it was flown with by --runbook FILE", 1, 1)])
        _same(file, journal, own, found, first if runbook is None else str(runbook))
        coverage += covered(found, (Account(journal.records, frozenset(rule.kind for rule in found.throughout)),))
    assert found is not None  # there is a file, or `_files` has raised
    return found if runbook else _in_order(found), coverage


def _in_order(runbook: Runbook) -> Runbook:
    """A journal's runbook, whose steps are in the order of the alphabet, with its steps in the order in which they lead to one another."""
    order, waiting = list[str](), [runbook.start, *runbook.steps]
    while waiting:
        name = waiting.pop(0)
        if name in runbook.steps and name not in order:
            order.append(name)
            waiting = [*(row.to for row in runbook.steps[name].routes), *waiting]
    return runbook.model_copy(update={"steps": {name: runbook.steps[name] for name in order}})


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        inside = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise BadInput([Problem(str(path), "holds no journal; valid: journals (*.jsonl), or folders of them")])
        yield from inside


def _runbook_of(file: Path, journal: Journal) -> Runbook | None:
    try:
        return Inputs.of(journal.header["inputs"]).runbook if journal.header["inputs"] else None
    except ValueError as error:
        raise BadInput([Problem(str(file), f"the header's inputs are not sound: {error}", 1, 1)]) from None


def _same(file: Path, journal: Journal, own: Runbook | None, runbook: Runbook, known: str) -> None:
    """Journals of different processes are not added up: the steps, routes and clauses must be the same."""
    if own is not None and (own.steps, own.clauses, own.limits) != (runbook.steps, runbook.clauses, runbook.limits):
        text = f"was flown with another runbook than {known}; measure the journals of one runbook at a time"
        raise BadInput([Problem(str(file), text, 1, 1)])
    rows = {(step, row.on, row.to) for step, one in runbook.steps.items() for row in one.routes}
    for record in journal.records:
        if record["kind"] == "route" and (record["in"]["step"], record["in"]["outcome"], record["out"]["to"]) not in rows:
            way = f"{record['in']['step']} {record['in']['outcome']} → {record['out']['to']}"
            raise BadInput([Problem(str(file), f"takes {way}, which is no row of {runbook.name}; give its runbook by --runbook FILE",
                                    record["seq"] + 2, 1)])  # fmt: skip


def below(runbook: Runbook, coverage: Coverage, least: float | None) -> list[str]:
    """What falls short of the minimum (percent), a line each."""
    found = [one for one in coverage.measures(runbook) if one.name in JUDGED and least is not None and one.percent < least]
    return [f"{one.name} {one.percent:.1f}% is below the minimum of {least:g}%" for one in found]


def suggested(runbook: Runbook, coverage: Coverage, folder: Path, tries: int, seed: int) -> Search:
    """Look for scenarios that take what was never taken, and write them into a folder. Raises BadInput where one is there already."""
    if folder.exists() and (not folder.is_dir() or [*folder.glob("uncovered-*.scenario.yaml")]):
        raise BadInput([Problem(str(folder), "is no folder, or holds suggestions already; give a new folder to --suggest")])
    with ticking("drills", tries) as tick:
        found = search(runbook, coverage, [read_system(name) for name in systems()], tries=tries, seed=seed, tick=tick)
    for one in found.found:
        write_whole(folder / f"{one.scenario.id}.scenario.yaml", scenario_text(one.scenario, one.system.name).encode())
    return found


def said(found: Search, folder: Path) -> Iterable[str]:
    """What a search came to, in lines."""
    for one in found.found:
        cast = f" --cast '{one.cast}'" if one.cast else ""
        yield f"after {one.tries} drills: drillbook run {folder / one.scenario.id}.scenario.yaml{cast}"
        yield from (f"    takes {edge}" for edge in one.edges)
    yield f"{found.tries} drills were flown; {len(found.unreached)} edges were reached by none" + (":" if found.unreached else "")
    yield from (f"    {edge}" for edge in found.unreached)


def report(found: Search, folder: Path) -> dict[str, Any]:
    """The same as JSON data."""
    return {
        "tries": found.tries, "unreached": list(found.unreached),
        "scenarios": [{"file": str(folder / f"{one.scenario.id}.scenario.yaml"), "cast": one.cast or None, "edges": list(one.edges),
                       "tries": one.tries} for one in found.found],
    }  # fmt: skip

"""`drillbook test` and `drillbook diff`: the regression suite without pytest, and what changed between two sets of journals."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drillbook.account import Account
from drillbook.comparing import Comparison, compare
from drillbook.errors import BadInput
from drillbook.goldens import orphans
from drillbook.inputs import Inputs
from drillbook.journal import Journal, read_journal
from drillbook.regression import Examination, Suite, explained, scenario_files
from drillbook.replaying import Replayer
from drillbook.units import Frozen
from drillbook.world import Truth, World

__all__ = ["Changed", "diff", "diff_markdown", "diff_text", "document", "fly_suite"]


def fly_suite(suite: Suite, paths: Sequence[Path], seeds: Sequence[int], journals: Path | None = None) -> list[Examination]:
    """Fly scenario files (and those below folders) with each seed, a line each; journals go to a folder if one is given.

    Raises BadInput for a path that is none, and for a scenario that is not sound.
    """
    files, kept = scenario_files(paths), dict[Path, Path]()
    for file in files:
        for seed in seeds or (None,):
            done = suite.examine(file, seed)
            sys.stdout.write(f"{'ok    ' if done.fine else 'FAILED'} {done.drill.scenario.id}[seed={done.drill.seed}]\n")
            if not done.fine:
                sys.stdout.write("".join(f"  {line}\n" for line in explained(done, suite.command)))
            if journals is not None:
                journal = journals / f"{done.drill.scenario.id}-seed{done.drill.seed}.jsonl"
                if kept.setdefault(journal, file) != file:
                    raise BadInput(f"{file}: has the id of {kept[journal]}: the journal of one would overwrite the other's")
                done.drill.journal.write(journal)
    for folder in sorted({file.parent for file in files if any(path.is_dir() and file.is_relative_to(path) for path in paths)}):
        for path in orphans(folder, files):
            sys.stdout.write(f"orphan golden route, no scenario has it any more: {path}\n")
    return suite.examined


class Changed(Frozen):
    """One scenario with one seed on both sides of a diff; `comparison` is None where it is only on one side."""

    scenario: str
    seed: int
    only: str | None = None
    comparison: Comparison | None = None

    @property
    def fine(self) -> bool:
        return self.comparison is not None and self.comparison.same_route and self.comparison.before == self.comparison.after


def diff(base: Path, head: Path) -> list[Changed]:
    """What changed from one journal, or folder of journals, to another: by scenario and seed. Raises BadInput."""
    replayer = Replayer()
    old, new = (_journals(place, replayer) for place in (base, head))
    found = []
    for scenario, seed in sorted({*old, *new}):
        was, now = old.get((scenario, seed)), new.get((scenario, seed))
        if was is None or now is None:
            found.append(Changed(scenario=scenario, seed=seed, only="base" if now is None else "head"))
        else:
            found.append(Changed(scenario=scenario, seed=seed, comparison=compare(was[0], now[0], (was[1], now[1]))))
    return found


def _journals(place: Path, replayer: Replayer) -> dict[tuple[str, int], tuple[Account, Truth]]:
    files = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
    if not files:
        raise BadInput(f"diff: {place}: no journal there (*.jsonl); `drillbook test PATH --journals {place}` writes them")
    read = [(file, read_journal(file)) for file in files]
    return {
        (journal.header["scenario"], journal.header["seed"]): _told(journal, replayer.inputs(str(file), journal)) for file, journal in read
    }


def _told(journal: Journal, inputs: Inputs) -> tuple[Account, Truth]:
    account = Account(journal.records, frozenset(rule.kind for rule in inputs.runbook.throughout))
    return account, World(inputs.system, inputs.scenario, journal.header["seed"]).truth(account.ends, account.interventions)


def diff_text(found: Sequence[Changed]) -> str:
    """A line a scenario that changed, and a count."""
    lines = [line for one in found if not one.fine for line in _one(one)]
    return "\n".join([*lines, _count(found)]) + "\n"


def _one(one: Changed) -> list[str]:
    if one.comparison is None:
        return [f"{one.scenario}[seed={one.seed}]: only in {one.only}"]
    parts = _parts(one.comparison)
    rows = [f"  {row.mark} {row.before or '-'}  |  {row.after or '-'}" for row in one.comparison.route if row.mark != "="]
    return [f"{one.scenario}[seed={one.seed}]: {'; '.join(parts) or 'the outcome is the same'}", *rows]


def _count(found: Sequence[Changed]) -> str:
    changed = sum(not one.fine for one in found)
    return f"{changed} of {len(found)} drills changed"


def diff_markdown(found: Sequence[Changed]) -> str:
    """The same as the body of a comment on a pull request: a table of outcomes, and the routes folded below it."""
    changed = [one for one in found if not one.fine]
    lines = [f"### Incident drills: {_count(found)}", ""]
    if changed:
        lines += ["| scenario | route | what it changes |", "| --- | --- | --- |", *map(_table_row, changed), ""]
    for one in changed:
        if one.comparison is not None and not one.comparison.same_route:
            summary = f"<summary>{one.scenario}, seed {one.seed}: the routes</summary>"
            lines += ["<details>", summary, "", "```diff", *_routes(one.comparison), "```", "", "</details>", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table_row(one: Changed) -> str:
    if one.comparison is None:
        return f"| {one.scenario} (seed {one.seed}) | only in {one.only} | |"
    parts = "<br>".join(_parts(one.comparison, ": ")) or "nothing"
    return f"| {one.scenario} (seed {one.seed}) | {'same' if one.comparison.same_route else 'changed'} | {parts} |"


def _parts(found: Comparison, sign: str = " ") -> list[str]:
    return [f"{one.name}{sign}{one.before} → {one.after}" for one in found.measures if one.before != one.after]


def _routes(found: Comparison) -> list[str]:
    """The routes as a unified diff, with the clauses that decided where they part."""
    lines = []
    for row in found.route:
        if row.mark == "=":
            lines.append(f"  {row.before.partition(' ')[2]}")
            continue
        lines += [f"- {row.before.partition(' ')[2]}"] if row.before else []
        lines += [f"+ {row.after.partition(' ')[2]}"] if row.after else []
        lines += [f"# decided by: {', '.join(row.clauses)}"] if row.clauses else []
    return lines


def document(found: Sequence[Changed]) -> dict[str, Any]:
    """The same as JSON data."""
    drills = [one.model_dump(mode="json") | {"changed": not one.fine} for one in found]
    return {"changed": sum(not one.fine for one in found), "drills": drills}

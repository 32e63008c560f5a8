"""Replays, what-ifs, forks and sweeps as a person reads them: plain lines for a divergence, tables for what stands side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from drillbook.comparing import Comparison, Flip
from drillbook.decisions import Sweep
from drillbook.divergence import Difference, Divergence
from drillbook.forking import Fork
from drillbook.replaying import Replay
from drillbook.units import clock, printable

__all__ = [
    "comparison_document", "flips", "fork_document", "fork_heading", "line", "measures", "replay_document", "report", "routes",
    "sweep_table", "sweep_verdict",
]  # fmt: skip

_FIELDS, _SIBLINGS, _WIDTH = 6, 6, 120


def line(done: Replay) -> str:
    """One line for a journal: verdict, scenario, seed, records, digest, file."""
    header, count, digest = done.recorded.header, len(done.recorded.lines), done.recorded.digest[:12]
    return f"{done.verdict.lower():10} {header['scenario']} seed {header['seed']} · {count} records · {digest} · {done.name}"


def report(done: Replay) -> Iterator[str]:
    """The full report on a replay that diverged, a line a fact."""
    if done.flaky is not None:
        yield from _flaky(done, done.flaky)
    elif done.divergence is not None:
        yield from _changed(done, done.divergence)


def _changed(done: Replay, found: Divergence) -> Iterator[str]:
    yield found.headline
    yield from _facts(found)
    if done.changed_inputs:
        yield _row("changed since", ", ".join(done.changed_inputs))
    yield _row("verdict", "CHANGED: the current code agrees with itself, and not with the journal")
    moved = [f"{one.name} {one.before} → {one.after}" for one in done.comparison.measures if one.before != one.after]
    yield _row("outcome", "; ".join(moved) or "the same")
    yield _row("reproduce", f"drillbook replay {done.name}")
    yield _row("accept", f"drillbook replay {done.name} --accept")


def _flaky(done: Replay, found: Divergence) -> Iterator[str]:
    yield f"FLAKY step {found.step} · {found.first.place} — {found.first.kind}"
    yield from _facts(found, ("first run", "second run"))
    yield _row("verdict", "FLAKY: two runs of the current code differ from each other, here first; mend that before anything else")
    yield _row("reproduce", f"drillbook replay {done.name}")


def _facts(found: Divergence, sides: tuple[str, str] = ("recorded", "current")) -> Iterator[str]:
    yield _row("record", f"#{found.first.seq} {found.first.what}")
    yield _row("last agreed", found.agreed)
    for place, event in enumerate(found.rests_on):
        yield _row("" if place else "rests on", event)
    for place, text in enumerate(_differs(found.first, sides)):
        yield _row("" if place else "differs", text)
    for place, other in enumerate(found.siblings[:_SIBLINGS]):
        yield _row("" if place else "also there", f"{other.place} — {other.kind} ({other.what})")
    if len(found.siblings) > _SIBLINGS:
        yield _row("", f"and {len(found.siblings) - _SIBLINGS} more tasks of this superstep")


def _differs(first: Difference, sides: tuple[str, str]) -> Iterator[str]:
    for part in first.fields[:_FIELDS]:
        yield f"{part.name}: {sides[0]} {_short(part.recorded)} | {sides[1]} {_short(part.current)}"
    if len(first.fields) > _FIELDS:
        yield f"and {len(first.fields) - _FIELDS} more fields"
    if not first.fields:
        yield f"the record is {'not there any more' if first.kind in ('MISSING', 'UNCONSUMED') else 'new'}"


def _short(value: Any) -> str:
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _row(name: str, text: str) -> str:
    return f"  {name:14}{text}"


def _grid(*columns: str) -> Table:
    table = Table(*columns, box=None, padding=(0, 2, 0, 0))
    for column in table.columns:
        column.overflow = "fold"
    return table


def routes(found: Comparison, before: str = "before", after: str = "after") -> Table:
    """The routes in two columns; where they part, the clauses that decided."""
    table = _grid("", before, after, "clauses that decided")
    for row in found.route:
        mark, style = ("", "") if row.mark == "=" else (row.mark, "bold")
        table.add_row(Text(mark), Text(row.before, style), Text(row.after, style), Text("\n".join(row.clauses)))
    return table


def measures(found: Comparison, before: str = "before", after: str = "after") -> Table:
    """The outcome in two columns, with the change."""
    table = _grid("", before, after, "change")
    for one in found.measures:
        table.add_row(one.name, one.before, one.after, one.change)
    return table


def flips(found: tuple[Flip, ...]) -> Iterator[str]:
    """The clauses that were answered otherwise at the same steps, a line each."""
    places: dict[tuple[str, bool], list[str]] = {}
    for flip in found:
        places.setdefault((flip.clause, flip.after), []).append(f"{flip.step}#{flip.attempt + 1}" if flip.attempt else flip.step)
    for (clause, after), steps in places.items():
        yield f"{clause} {str(not after).lower()} → {str(after).lower()} at {', '.join(steps)}"


def fork_heading(found: Fork) -> str:
    """What was done otherwise, and from where on."""
    step = found.decision.step
    otherwise = found.wish.command.removeprefix(f"--at {found.wish.at} ")
    return (f"{found.parent.scenario.id} seed {found.parent.seed}, forked at {step.step} ({clock(found.decision.at)}): {otherwise}\n"
            f"{found.shared} records of {len(found.parent.journal.lines)} are shared with the parent; "
            f"harm is counted 2 h beyond the parent's end, for both")  # fmt: skip


def sweep_table(found: Sweep) -> Table:
    """Every decision with its best and its worst alternative, the one that mattered most first."""
    table = _grid("at", "step", "decided", "best instead", "saves", "USD", "worst instead", "costs", "USD")
    for step, best, worst in found.decisions:
        good, bad = best.gain > (0, 0, 0), worst.gain < (0, 0, 0)
        table.add_row(
            clock(step.opened_at), f"{step.step}#{step.attempt + 1}" if step.attempt else step.step, step.outcome,
            best.name if good else "-", f"{best.users_saved:,}" if good else "", f"{best.revenue_saved_usd:,}" if good else "",
            worst.name if bad else "-", f"{-worst.users_saved:,}" if bad else "", f"{-worst.revenue_saved_usd:,}" if bad else "",
        )  # fmt: skip
    return table


def sweep_verdict(found: Sweep, name: str) -> Iterator[str]:
    """The best alternative with the command that flies it, and the point of no return."""
    best, last = found.best, found.no_return
    if best is None or last is None:
        yield "nothing that was tried would have saved anybody"
        return
    yield (f"best: {best.name} at {best.decision.step.step} ({clock(best.decision.at)}) instead of {best.decision.step.outcome}: "
           f"{best.users_saved:,} of {found.before.users_hit:,} users and {best.revenue_saved_usd:,} of "
           f"{found.before.revenue_lost_usd:,} USD saved")  # fmt: skip
    yield f"fly it: drillbook fork {name} {best.wish.command}"
    yield (f"point of no return: {last.step} at {clock(last.opened_at)}; after it, nothing that was tried would have saved a tenth "
           "of the harm")  # fmt: skip
    yield f"{len(found.alternatives)} alternatives; harm is counted up to {clock(found.until)} for all of them"


def replay_document(done: Replay) -> dict[str, Any]:
    """A replay as JSON data."""
    base = {
        "journal": done.name, "scenario": done.recorded.header["scenario"], "seed": done.recorded.header["seed"], "verdict": done.verdict,
        "records": len(done.recorded.lines), "digest": done.recorded.digest, "digest_now": done.drill.journal.digest,
        "sources": done.sources,
    }  # fmt: skip
    if done.identical:
        return base
    divergence = done.flaky or done.divergence
    more = {"divergence": divergence.model_dump(mode="json") | {"headline": divergence.headline}} if divergence else {}
    return {**base, **more, "changed_inputs": list(done.changed_inputs), "comparison": comparison_document(done.comparison)}


def comparison_document(found: Comparison) -> dict[str, Any]:
    return {**found.model_dump(mode="json"), "same_route": found.same_route}


def fork_document(found: Fork, journal: str | None) -> dict[str, Any]:
    """A fork as JSON data."""
    return {
        "scenario": found.parent.scenario.id, "seed": found.parent.seed, "parent": found.parent.journal.digest,
        "at": found.decision.at, "step": found.decision.step.step, "wish": found.wish.command, "shared": found.shared,
        "digest": found.drill.journal.digest, "journal": journal, "comparison": comparison_document(found.comparison),
    }  # fmt: skip

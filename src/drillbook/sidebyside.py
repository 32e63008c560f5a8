"""Replays and what-ifs as a person reads them: plain lines for a divergence, tables for what stands side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import Any

from rich.table import Table
from rich.text import Text

from drillbook.comparing import Comparison, Flip
from drillbook.divergence import Difference, Divergence, Field
from drillbook.replaying import Replay
from drillbook.units import clock, printable

__all__ = ["comparison_document", "flips", "grid", "line", "measures", "replay_document", "report", "routes", "summary"]

_FIELDS, _SIBLINGS, _WIDTH, _BEFORE = 6, 6, 120, 40


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


_AGREES: Mapping[str, str] = MappingProxyType({
    "not": "it was not asked whether the current code agrees with itself",
    "here": "the current code agrees with itself in this process, and not with the journal",
    "elsewhere": "the current code agrees with itself, here and in a fresh process, and not with the journal",
})  # fmt: skip
_DISAGREES: Mapping[str, str] = MappingProxyType({
    "here": "two runs in this process differ, here first: look for a clock, random numbers, or something that one drill leaves to the next",
    "elsewhere": "two runs here agree, a fresh process does not, here first: look for the order of a set, id(), hash(), or the local time",
})  # fmt: skip


def _changed(done: Replay, found: Divergence) -> Iterator[str]:
    yield found.headline
    yield from _facts(found, ("recorded", "with the edit" if done.edits.any else "current"))
    yield from _since(done)
    if done.edits.any:
        return
    yield _row("verdict", f"CHANGED: {_AGREES[done.asked]}")
    moved = [f"{one.name} {one.before} → {one.after}" for one in done.comparison.measures if one.before != one.after]
    yield _row("outcome", "; ".join(moved) or "the same")
    yield _row("reproduce", f"drillbook replay {done.name}")
    yield _row("accept", f"drillbook replay {done.name} --accept")


def _flaky(done: Replay, found: Divergence) -> Iterator[str]:
    yield f"FLAKY step {found.step} · {found.first.place} — {found.first.kind}"
    yield from _facts(found, ("first run", "second run"))
    yield from _since(done)
    yield _row("verdict", f"FLAKY: {_DISAGREES[done.asked]}; mend that before anything else")
    yield _row("reproduce", f"drillbook replay {done.name}")


def _since(done: Replay) -> Iterator[str]:
    if done.changed_inputs:
        yield _row("changed since", ", ".join(done.changed_inputs))


def _facts(found: Divergence, sides: tuple[str, str]) -> Iterator[str]:
    first = found.first
    yield _row("record", f"#{first.seq} {first.what}{f' → {_cut(printable(first.now))}' if first.now not in ('', first.what) else ''}")
    yield _row("last agreed", found.agreed)
    yield from _rows("rests on", found.rests_on)
    yield from _rows("differs", _differs(first, sides))
    if found.hint:
        yield _row("hint", found.hint)
    yield from _rows("also there", map(_sibling, found.siblings[:_SIBLINGS]))
    if len(found.siblings) > _SIBLINGS:
        yield _row("", f"and {len(found.siblings) - _SIBLINGS} more tasks of this superstep")


def _sibling(other: Difference) -> str:
    now = f" → {_cut(printable(other.now))}" if other.now not in ("", other.what) else ""
    return f"{other.place} — {other.kind} ({other.what}{now})"


def _differs(first: Difference, sides: tuple[str, str]) -> Iterator[str]:
    for part in first.fields[:_FIELDS]:
        was, now = _pair(part)
        yield f"{part.name}: {sides[0]} {was} | {sides[1]} {now}"
    if len(first.fields) > _FIELDS:
        yield f"and {len(first.fields) - _FIELDS} more fields"
    if not first.fields:
        yield f"the record is {'not there any more' if first.kind in ('MISSING', 'UNCONSUMED') else 'new'}"


def _pair(part: Field) -> tuple[str, str]:
    """Both values of a field; long ones from a little before where they part."""
    was, now = (_shown(part.name, value) for value in (part.recorded, part.current))
    same = len([*takewhile(lambda both: both[0] == both[1], zip(was, now, strict=False))])
    start = same - _BEFORE if max(len(was), len(now)) > _WIDTH and same > _BEFORE else 0
    return _cut(was, start), _cut(now, start)


def _shown(name: str, value: Any) -> str:
    return clock(value) if name == "vt" and isinstance(value, int) else printable(json.dumps(value, ensure_ascii=False))


def _cut(text: str, start: int = 0) -> str:
    text = f"…{text[start:]}" if start else text
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def summary(replays: Sequence[Replay], unread: int = 0) -> Iterator[str]:
    """What came of a corpus, and where it diverged, the place of most journals first."""
    verdicts = Counter(done.verdict.lower() for done in replays)
    counts = [f"{count} {verdict}" for verdict, count in sorted(verdicts.items(), reverse=True)]
    yield f"{len(replays) + unread} journals: {', '.join([*counts, *([f'{unread} not read'] if unread else [])])}"
    found = [(done, done.flaky or done.divergence) for done in replays]
    places = Counter(f"{where.first.path} — {where.first.kind}" for _, where in found if where is not None)
    for place, count in places.most_common():
        yield f"  {count:3} first at {place}"


def _rows(name: str, texts: Iterable[str]) -> Iterator[str]:
    for place, text in enumerate(texts):
        yield _row("" if place else name, text)


def _row(name: str, text: str) -> str:
    return f"  {name:14}{text}"


def grid(*columns: str) -> Table:
    """A plain table, whose long cells are folded."""
    table = Table(*columns, box=None, padding=(0, 2, 0, 0))
    for column in table.columns:
        column.overflow = "fold"
    return table


def routes(found: Comparison, before: str = "before", after: str = "after") -> Table:
    """The routes in two columns; where they part, the clauses that decided."""
    table = grid("", before, after, "clauses that decided")
    for row in found.route:
        mark, style = ("", "") if row.mark == "=" else (row.mark, "bold")
        table.add_row(Text(mark), Text(row.before, style), Text(row.after, style), Text("\n".join(row.clauses)))
    return table


def measures(found: Comparison, before: str = "before", after: str = "after", never: str = "never") -> Table:
    """The outcome in two columns, with the change; `never` says of a time that it did not come."""
    table = grid("", before, after, "change")
    for one in found.measures:
        table.add_row(one.name, *(never if text == "never" else text for text in (one.before, one.after)), one.change)
    return table


def flips(found: tuple[Flip, ...]) -> Iterator[str]:
    """The clauses that were answered otherwise at the same steps, a line each."""
    places: dict[tuple[str, bool], list[str]] = {}
    for flip in found:
        places.setdefault((flip.clause, flip.after), []).append(f"{flip.step}#{flip.attempt + 1}" if flip.attempt else flip.step)
    for (clause, after), steps in places.items():
        yield f"{clause} {str(not after).lower()} → {str(after).lower()} at {', '.join(steps)}"


def replay_document(done: Replay) -> dict[str, Any]:
    """A replay as JSON data."""
    base = {
        "journal": done.name, "scenario": done.recorded.header["scenario"], "seed": done.recorded.header["seed"], "verdict": done.verdict,
        "records": len(done.recorded.lines), "digest": done.recorded.digest, "digest_now": done.drill.journal.digest,
        "sources": done.sources, "asked": done.asked,
    }  # fmt: skip
    if done.identical:
        return base
    divergence = done.flaky or done.divergence
    more = {"divergence": divergence.model_dump(mode="json") | {"headline": divergence.headline}} if divergence else {}
    return {**base, **more, "changed_inputs": list(done.changed_inputs), "comparison": comparison_document(done.comparison)}


def comparison_document(found: Comparison) -> dict[str, Any]:
    return {**found.model_dump(mode="json"), "same_route": found.same_route}

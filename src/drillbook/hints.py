"""What a difference looks like, in a few words: a name that is another one now, calls that were swapped, dropped or put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["moved", "raising", "renamed", "what"]

Record = Mapping[str, Any]

def what(record: Record) -> str:
    """What a record is about: `observe check_database_health`, `route diagnose`, `error investigate: ValueError: ...`."""
    given = record["in"]
    name = next((given[key] for key in ("name", "step", "duty", "topic", "tool") if given.get(key)), "")
    focus = given.get("target") or given.get("focus") or ""
    text = " ".join(part for part in (record["kind"], str(name), str(focus)) if part)
    return f"{text}: {record['out'].get('error')}" if record["kind"] == "error" else text


def _known(records: Iterable[Record]) -> frozenset[tuple[str, str]]:
    """Every name of a drill with what it names: a step, a role, or what is called."""
    return frozenset(name for record in records for name in _names(record))


def _names(record: Record) -> Iterator[tuple[str, str]]:
    step, _, role = str(record["at"][1]).partition("/")
    yield from (("step", step), ("step", str(record["out"].get("to"))))
    yield from (("role", role), ("role", record["actor"]))
    yield "call", str(record["in"].get("name"))


def renamed(pairs: Iterable[tuple[str, str]], recorded: Sequence[Record], current: Sequence[Record]) -> str:
    """The first pair of names of which each is in one drill only; "" if there is none."""
    old, new = _known(recorded), _known(current)
    gone, come = old - new, new - old
    for was, now in pairs:
        found = next((space for space in ("step", "role", "call") if (space, was) in gone and (space, now) in come), None)
        if found is not None:
            return f"{found} renamed? {was!r} is nowhere in the current drill, and {now!r} nowhere in the recorded one"
    return ""


def raising(was: Record | None, now: Record | None) -> str:
    """What there is to say of a task whose code raises: now, then, or both; "" if it does neither where they differ."""
    then, current = (one["out"]["error"] if one and one["kind"] == "error" else "" for one in (was, now))
    who = f"{(now or was or {}).get('actor')}'s code"
    if then and current:
        return f"{who} raises something else now: {current}"
    if current:
        return f"{who} raises now: {current}"
    return f"{who} raised when it was recorded, and does not now: {then}" if then else ""


def moved(old: Sequence[Record], new: Sequence[Record]) -> str:
    """What became of a task's calls, given those of both drills from the first difference on; "" if both begin with the same call."""
    was, now = (what(rest[0]) if rest else "" for rest in (old, new))
    if was == now:
        return ""
    before, after = Counter(map(what, old)), Counter(map(what, new))
    kept, known = after[was] >= before[was], bool(now) and before[now] >= after[now]
    if was and now and kept and known:
        return f"another order: {now} comes before {was} now"
    if was and not kept:
        return f"{was} is not there any more{f'; {now} comes next' if known else f', {now} is there instead' if now else ''}"
    return f"{now} is new here"

"""Two journals held against each other: where they first differ, of what class that is, and what led there.

The classes and the form of the report are those of docs/replay.md. A record's place is its coordinate
[superstep, path, attempt, ordinal]; sequence numbers and chained digests follow from it and are never compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from drillbook.hints import moved, raising, renamed, what
from drillbook.units import Frozen, clock

__all__ = ["CLASSES", "Difference", "Divergence", "Field", "first_divergence"]

Record = Mapping[str, Any]

CLASSES = ("REQUEST_CHANGED", "ROUTE_CHANGED", "MISSING", "EXTRA", "ORDER_CHANGED", "STATE_CHANGED", "UNCONSUMED")

_OWN_WORDS = frozenset({"say", "note", "task", "error"})
"""The kinds of record whose `out` is the role's own doing, and not an answer to it."""


class Field(Frozen):
    """A field of a record with both its values; None where it is not there."""

    name: str
    recorded: Any = None
    current: Any = None


class Difference(Frozen):
    """A record that is not what it was: its class, its place, and the fields that differ.

    `what` was recorded and `now` stands in its place ("" where nothing does); `hint` says what became of the calls. `raises`: whether
    the task's code raises an exception, now or then.
    """

    kind: str
    path: str
    call: int
    record: str
    what: str
    at: int
    now: str = ""
    seq: int | None = None
    fields: tuple[Field, ...] = ()
    hint: str = ""
    raises: bool = False

    @property
    def place(self) -> str:
        """Where in the drill: `investigate/backend_architect · call 2 · T+04:10`."""
        return f"{self.path} · call {self.call} · {clock(self.at)}"


class Divergence(Frozen):
    """The first superstep in which two journals differ.

    `step`: the how-manieth step of the drill. `agreed`: the last event on which both agree. `rests_on`: the agreed records that the
    first differing one points at as its cause. `siblings`: the first difference of every other task of that superstep.
    `hint`: what it looks like; "" if it looks like nothing in particular.
    """

    step: int
    turn: int
    first: Difference
    agreed: str
    rests_on: tuple[str, ...]
    siblings: tuple[Difference, ...] = ()
    hint: str = ""

    @property
    def headline(self) -> str:
        return f"DIVERGED step {self.step} · {self.first.place} — {self.first.kind}"


def first_divergence(recorded: Sequence[Record], current: Sequence[Record]) -> Divergence | None:
    """Where two journals first differ; None if they tell the same."""
    place = _first(recorded, current)
    if place is None:
        return None
    turn = min(row[place]["at"][0] for row in (recorded, current) if place < len(row))
    old, new = _superstep(recorded, turn), _superstep(current, turn)
    found = sorted(_differences(old, new), key=lambda one: one[0])
    first, *siblings = [one for _, one in found] or [_order(recorded, current, place)]
    steps = sum(record["kind"] == "step" for record in recorded[: place + 1])
    stands = current[place] if place < len(current) else recorded[place]
    return Divergence(
        step=max(steps, 1), turn=turn, first=first, agreed=_event(recorded[place - 1]) if place else "nothing: the first record differs",
        rests_on=tuple(_event(recorded[seq]) for seq in stands["cause"] if 0 <= seq < place), siblings=tuple(siblings),
        hint=first.hint if first.raises else renamed(_pairs(first, siblings), recorded, current) or first.hint,
    )  # fmt: skip


def _pairs(first: Difference, siblings: Sequence[Difference]) -> Iterator[tuple[str, str]]:
    """What may be one thing under two names: the values of a field, the paths of a task that is gone and of one that is new."""
    yield from ((part.recorded, part.current) for part in first.fields if isinstance(part.recorded, str) and isinstance(part.current, str))
    gone, new = ([one.path for one in (first, *siblings) if one.kind == kind] for kind in ("MISSING", "EXTRA"))
    for was, now in zip(gone, new, strict=False):
        yield from zip(_parts(was), _parts(now), strict=False)


def _parts(path: str) -> list[str]:
    return path.partition(" (")[0].split("/")


def _first(recorded: Sequence[Record], current: Sequence[Record]) -> int | None:
    """The first place at which what happened differs. A record's causes are numbers: they agree as long as all before does."""
    pairs = zip_longest(recorded, current)
    return next((place for place, (old, new) in enumerate(pairs) if old is None or new is None or _content(old) != _content(new)), None)


def _content(record: Record) -> tuple[Any, ...]:
    return tuple(record[name] for name in ("at", "vt", "kind", "actor", "in", "out", "cause"))


def _superstep(records: Sequence[Record], turn: int) -> dict[str, list[Record]]:
    """The records of a superstep by task, each task's in the order of its calls."""
    tasks: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record["at"][0] == turn:
            tasks[_task(record)].append(record)
    return tasks


def _task(record: Record) -> str:
    """What belongs together: a task's calls and conclusions; the barrier's own records stand by kind."""
    path = str(record["at"][1])
    return path if "/" in path or path == "alert" else f"{path} ({record['kind']})"


def _differences(old: Mapping[str, list[Record]],
                 new: Mapping[str, list[Record]]) -> Iterator[tuple[tuple[bool, int, int, bool, str], Difference]]:  # fmt: skip
    """The first difference of every task, each with the key that it is sorted by: code that raises now, for the rest may follow from it;
    then the journal's order, what was recorded first."""
    for task in sorted({*old, *new}):
        calls = old.get(task, []), new.get(task, [])
        for call, (was, now) in enumerate(zip_longest(*calls), 1):
            difference = _difference(was, now, call)
            if difference is not None:
                if was and now and _unconsumed(was, now, new[task]):
                    difference = difference.model_copy(update={"kind": "UNCONSUMED"})
                stands = was or now or {}
                raised = raising(was, now)
                hint = raised or (moved(*(side[call - 1 :] for side in calls)) if was and now else "")
                calm = now is None or now["kind"] != "error"
                yield ((calm, int(stands["vt"]), int(stands["seq"]), was is None, task),
                       difference.model_copy(update={"hint": hint, "raises": bool(raised)}))  # fmt: skip
                break


def _difference(was: Record | None, now: Record | None, call: int) -> Difference | None:
    if was is None or now is None:
        there = was or now or {}
        kind = "MISSING" if now is None else "EXTRA"
        if kind == "MISSING" and there["kind"] == "ask":
            kind = "UNCONSUMED"
        return _about(kind, there, call, ())
    fields = tuple(_fields(was, now))
    return _about(_class(was, now), was, call, fields, now) if fields else None


def _unconsumed(was: Record, now: Record, calls: Sequence[Record]) -> bool:
    """Whether somebody outside was asked, and something else stands there now, and the task asks that nowhere."""
    return was["kind"] == "ask" != now["kind"] and all(one["kind"] != "ask" or one["in"] != was["in"] for one in calls)


def _class(was: Record, now: Record) -> str:
    """Whether other things were asked or done, or the same was answered otherwise."""
    if was["kind"] == now["kind"] == "route":
        return "ROUTE_CHANGED"
    asked = any(was[name] != now[name] for name in ("kind", "actor", "in", "vt", "at"))
    return "REQUEST_CHANGED" if asked or was["kind"] in _OWN_WORDS else "STATE_CHANGED"


_COMPARED = ("kind", "actor", "vt", "in", "out")


def _compared(was: Record, now: Record) -> tuple[str, ...]:
    """What is worth comparing: of another call only what it asks, for its answer is to another question; of another kind not even that."""
    if what(was) == what(now):
        return _COMPARED
    return _COMPARED[:3] if was["kind"] != now["kind"] else _COMPARED[:4]


def _fields(was: Record, now: Record) -> Iterator[Field]:
    """The fields that differ, those first that are there now; of an exception its text."""
    if "error" in (was["kind"], now["kind"]) and was["kind"] != now["kind"]:
        yield Field(name="kind", recorded=was["kind"], current=now["kind"])
        yield Field(name="out.error", recorded=was["out"].get("error"), current=now["out"].get("error"))
        return
    for name in _compared(was, now):
        old, new = dict(_flat(name, was[name])), dict(_flat(name, now[name]))
        for key in sorted({*old, *new}, key=lambda key: (key not in new, [*old, *new].index(key))):
            if old.get(key) != new.get(key):
                yield Field(name=key, recorded=old.get(key), current=new.get(key))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a value, each by its path."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _flat(f"{name}.{key}", part)
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from _flat(f"{name}[{place}]", part)
    else:
        yield name, value


def _about(kind: str, record: Record, call: int, fields: tuple[Field, ...], now: Record | None = None) -> Difference:
    return Difference(kind=kind, path=_task(record), call=call, record=record["kind"], what=what(record), at=record["vt"],
                      now=what(now) if now else "", seq=record["seq"], fields=fields)  # fmt: skip


def _order(recorded: Sequence[Record], current: Sequence[Record], place: int) -> Difference:
    """Each task did the same in itself; only the order between them differs, or what a record points at."""
    was, now = recorded[place], current[place]
    same = all(was[name] == now[name] for name in ("at", "vt", "kind", "actor", "in", "out"))
    fields = (Field(name="cause", recorded=was["cause"], current=now["cause"]),) if same else (
        Field(name="order", recorded=_event(was), current=_event(now)),)  # fmt: skip
    return _about("STATE_CHANGED" if same else "ORDER_CHANGED", was, was["at"][3] + 1, fields)


def _event(record: Record) -> str:
    """A record in one line: `#12 T+04:10 investigate/backend_architect observe check_database_health`."""
    return f"#{record['seq']} {clock(record['vt'])} {record['at'][1]} {what(record)}"

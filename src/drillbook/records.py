"""Journal records: their form, their canonical bytes, and the chain that binds each to the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import orjson

from drillbook.units import YEAR

__all__ = ["FIELDS", "GENESIS", "KINDS", "Chain", "as_json", "canonical", "changed_parts", "digest_of", "unsound"]

KINDS = ("step", "task", "observe", "act", "say", "note", "ask", "route", "world", "timer", "error")
"""step: a step opens; task: a duty ends; observe, act, say, ask: through the toolbelt; note: a conclusion that was
entered into the case; world: a change takes effect; timer: an obligation falls due; route: where an outcome leads."""

GENESIS = "0" * 64


def _coordinate(value: Any) -> bool:
    return isinstance(value, list) and [type(part) for part in value] == [int, str, int, int]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _number(value: Any) -> bool:
    return type(value) is int


def _time(value: Any) -> bool:
    return type(value) is int and abs(value) <= 10 * YEAR


def _flags(value: Any) -> bool:
    return isinstance(value, dict) and all(type(part) is bool for part in value.values())


def _maybe(value: Any) -> bool:
    return value is None or isinstance(value, str)


FIELDS: Mapping[str, Callable[[Any], bool]] = MappingProxyType({
    "seq": _number, "at": _coordinate, "vt": _time, "kind": _text, "actor": _text,
    "in": lambda value: isinstance(value, dict), "out": lambda value: isinstance(value, dict),
    "cause": lambda value: isinstance(value, list) and all(type(part) is int for part in value), "prev": _text,
})  # fmt: skip
"""The fields of a record, each with what it has to be: `at` is [superstep, path, attempt, ordinal], `vt` virtual ms."""

Form = Mapping[str, Callable[[Any], bool]]


def _form(given: Form, got: Form) -> tuple[tuple[str, str, Callable[[Any], bool]], ...]:
    return tuple([("in", name, fine) for name, fine in given.items()] + [("out", name, fine) for name, fine in got.items()])


_NAME: Form = MappingProxyType({"name": _text})

_FORMS = MappingProxyType({
    "refused": _form(_NAME, {"refused": _text}),
    "step": _form({"step": _text, "attempt": _number}, {"crew": _texts, "called_in": _texts}),
    "task": _form({"duty": _text, "topic": _text}, {"outcome": _text, "why": _text}),
    "observe": _form(_NAME, {}),
    "act": _form({"name": _text, "target": _text}, {"accepted": lambda value: type(value) is bool, "detail": _text}),
    "say": _form({"name": _text, "topic": _text}, {"text": _text, "state": _text}),
    "note": _form(_NAME, {}),
    "note declared": _form(_NAME, {"severity": _text}),
    "note diagnosed": _form(_NAME, {"cause": _text, "component": _maybe}),
    "note reached": _form(_NAME, {"milestone": _text}),
    "note activated": _form(_NAME, {"roles": _texts}),
    "note escalated": _form(_NAME, {"condition": _text}),
    "ask": _form({"name": _text, "request": lambda value: True}, {}),
    "route": _form({"step": _text, "outcome": _text},
                   {"to": _text, "edge": _text, "marks": _texts, "concludes": _maybe, "clauses": _flags}),
    "world": _form({"tool": _text, "target": _text}, {"in_effect_from": _time}),
    "world alert": _form(_NAME, {"starts_at": _time}),
    "timer": _form({"topic": _text, "due": _time}, {"duty": _text}),
    "error": _form(_NAME, {"error": _text}),
})  # fmt: skip
"""What a record of a kind holds at least, as far as anybody reads it: of a note by its name, of the world by its path. A call that
was refused holds why."""


_CAME_OF_ASKING = frozenset({"answer", "failed", "unanswered"})


def unsound(record: Mapping[str, Any]) -> str | None:
    """The field of a record that is not what its kind says, as `out.clauses`; None where all are. An unknown kind has no form."""
    if record["kind"] == "ask" and (len(record["out"]) != 1 or not {*record["out"]} <= _CAME_OF_ASKING):
        return "out"
    form: Any = _FORMS.get("refused") if "refused" in record["out"] else _FORMS.get(f"{record['kind']} {_said(record)}")
    for side, name, fine in form or _FORMS.get(record["kind"], ()):
        if name not in record[side] or not fine(record[side][name]):
            return f"{side}.{name}"
    return None


def _said(record: Mapping[str, Any]) -> Any:
    return record["at"][1] if record["kind"] == "world" else record["in"].get("name")


_HASHES: Mapping[str, str] = MappingProxyType({"scenario_hash": "scenario", "runbook": "runbook", "graph": "graph", "engine": "engine"})
_PARTS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "roles": ("role {}", "{} roles"), "shared": ("{}", "{} shared files"), "cast": ("cast of {}", "cast of {} roles"),
    "packages": ("package {}", "{} packages"),
})  # fmt: skip
"""What a header tells of in parts: how one that changed is named, and how many are, where they are more than `_NAMED`."""
_NAMED = 6


def changed_parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs from one header to another: engine, runbook, graph, scenario, cast, roles, the files that they share, packages.

    What the old one does not know is no difference, but for the hashes that every header has.
    """
    found = [shown for name, shown in _HASHES.items() if old.get(name) != new[name]]
    for name, (one, many) in _PARTS.items():
        was, now = (header.get(name, {}) for header in (old, new))
        parts = [key for key in sorted({*was, *now}) if name in old and was.get(key) != now.get(key)]
        found += map(one.format, parts) if len(parts) <= _NAMED else [many.format(len(parts))]
    return tuple(found)


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, UTF-8, no spaces. NaN becomes null. Raises TypeError for what JSON does not know."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def as_json(value: Any) -> Any:
    """A copy of a value as it comes back from a journal. Raises TypeError for what JSON does not know."""
    return orjson.loads(canonical(value))


def digest_of(value: Any) -> str:
    """sha256 of a value's canonical JSON."""
    return sha256(canonical(value)).hexdigest()


@dataclass(frozen=True)
class Chain:
    """The end of a journal: the next sequence number and the digest of the last record."""

    seq: int = 0
    prev: str = GENESIS

    def add(self, *, at: Sequence[int | str], vt: int, kind: str, actor: str, given: Mapping[str, Any],
            got: Mapping[str, Any], cause: Sequence[int] = ()) -> tuple[Chain, bytes]:  # fmt: skip
        """The chain with one record more, and that record's line (with its newline)."""
        line = canonical({
            "seq": self.seq, "at": list(at), "vt": vt, "kind": kind, "actor": actor, "in": given, "out": got,
            "cause": sorted({seq for seq in cause if seq >= 0}), "prev": self.prev,
        })  # fmt: skip
        return Chain(self.seq + 1, sha256(line).hexdigest()), line + b"\n"

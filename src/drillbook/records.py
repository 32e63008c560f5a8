"""Journal records: their form, their canonical bytes, and the chain that binds each to the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import orjson

__all__ = ["FIELDS", "GENESIS", "KINDS", "Chain", "canonical"]

KINDS = ("step", "task", "observe", "act", "say", "note", "ask", "route", "world", "timer", "error")
"""step: a step opens; task: a duty ends; observe, act, say, ask: through the toolbelt; note: a conclusion that was
entered into the case; world: a change takes effect; timer: an obligation falls due; route: where an outcome leads."""

GENESIS = "0" * 64


def _coordinate(value: Any) -> bool:
    return isinstance(value, list) and [type(part) for part in value] == [int, str, int, int]


FIELDS: Mapping[str, Callable[[Any], bool]] = MappingProxyType({
    "seq": lambda value: type(value) is int,
    "at": _coordinate,
    "vt": lambda value: type(value) is int,
    "kind": lambda value: isinstance(value, str),
    "actor": lambda value: isinstance(value, str),
    "in": lambda value: isinstance(value, dict),
    "out": lambda value: isinstance(value, dict),
    "cause": lambda value: isinstance(value, list) and all(type(part) is int for part in value),
    "prev": lambda value: isinstance(value, str),
})  # fmt: skip
"""The fields of a record, each with what it has to be: `at` is [superstep, path, attempt, ordinal], `vt` virtual ms."""


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, UTF-8, no spaces. Raises TypeError for what JSON does not know, NaN included."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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

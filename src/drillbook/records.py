"""Journal records: their form, their canonical bytes, and the chain that binds each to the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

__all__ = ["GENESIS", "KINDS", "Chain", "canonical"]

KINDS = ("step", "task", "observe", "act", "say", "note", "ask", "route", "world", "timer", "error")
"""step: a step opens; task: a duty ends; observe, act, say, ask: through the toolbelt; note: a conclusion that was
entered into the case; world: a change takes effect; timer: an obligation falls due; route: where an outcome leads."""

GENESIS = "0" * 64


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

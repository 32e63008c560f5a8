"""What drawing needs: a stream of random numbers a name, whatever else was drawn; and durations as files write them."""

from __future__ import annotations

from hashlib import sha256
from random import Random

from drillbook.units import HOUR, MINUTE, SECOND

__all__ = ["duration_text", "stream"]


def stream(*names: object) -> Random:
    """The random numbers that belong to these names, the same in every process."""
    return Random(int.from_bytes(sha256("|".join(map(str, names)).encode()).digest()[:16]))


def duration_text(length: int) -> str:
    """A duration (ms, whole seconds) as files write it: `1h30m`, `90s` as `1m30s`, `0s`."""
    parts = [(length // HOUR, "h"), (length % HOUR // MINUTE, "m"), (length % MINUTE // SECOND, "s")]
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"

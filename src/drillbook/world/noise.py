"""Noise from a hash: it depends on the seed, the series and the time, and never on the order of asking."""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["NoiseRow", "noise_row"]

NoiseRow = tuple[float, ...]

_LEVELS = tuple(byte / 127.5 - 1.0 for byte in range(256))


def noise_row(seed: int, series: str, at: int, width: int = 10) -> NoiseRow:
    """`width` (up to 64) numbers in [-1, 1], evenly spread, for a series at a time."""
    digest = blake2b(f"{seed}|{series}|{at}".encode(), digest_size=width).digest()
    return tuple([_LEVELS[byte] for byte in digest])

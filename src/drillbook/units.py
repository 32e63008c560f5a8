"""Virtual time and how it is written. All times are integer milliseconds since the scenario's start."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

__all__ = [
    "HOUR", "MILLISECONDS", "MINUTE", "SECOND", "YEAR", "Duration", "Frozen", "clock", "duration", "parse_duration", "parting", "printable",
    "span", "stamp",
]  # fmt: skip

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

YEAR = 366 * 24 * HOUR
"""The longest duration that a file may give."""
_UNITS = MappingProxyType({"d": 24 * HOUR, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1})
_DURATION = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)


MILLISECONDS = MappingProxyType({"durations": "ms"})
"""The validation context for what `model_dump` gave: there, durations are milliseconds."""


class Frozen(BaseModel):
    """The base of every value that crosses a border: immutable, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def parse_duration(text: Any) -> int:
    """Milliseconds of a duration such as `90s`, `15m`, `1h30m`, `2d` or `500ms`; raises ValueError for anything else."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) and len(text) < 40 else None
    if match is None:
        raise ValueError(f"{text!r} is not a duration; valid: 90s, 15m, 1h30m, 2d (never negative)")
    length = sum(int(count) * unit for count, unit in zip(match.groups(), _UNITS.values(), strict=True) if count)
    if length > YEAR:
        raise ValueError(f"{text!r} is longer than a year")
    return length


def duration(length: int) -> str:
    """A duration as `parse_duration` reads it and a person writes it: `10m`, `1h30m`; a part of a second as `600ms`."""
    parts = []
    for unit, size in _UNITS.items():
        count, length = divmod(length, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def _duration(value: Any, info: ValidationInfo) -> int:
    """Files write durations as text; a model that was dumped (`MILLISECONDS` as the context) holds them as numbers."""
    if type(value) is int and (value == 0 or (info.context is MILLISECONDS and 0 < value <= YEAR)):
        return value
    return parse_duration(value)


Duration = Annotated[int, BeforeValidator(_duration), Field(json_schema_extra={"format": "90s, 15m, 1h30m"})]
"""A field of a file that holds a duration as text and milliseconds as a value."""


def clock(at: int) -> str:
    """T+mm:ss, as a responder says it; minutes run past 59, and times before the start get a minus."""
    minutes, seconds = divmod(abs(at) // SECOND, 60)
    return f"T{'-' if at < 0 else '+'}{minutes:02d}:{seconds:02d}"


def span(length: int) -> str:
    """A length of time for prose: `45 s`, `12 min`, `2 h 05 min`, `3 days`."""
    if length < MINUTE:
        return f"{length // SECOND} s"
    if length < HOUR:
        return f"{length // MINUTE} min"
    if length < 48 * HOUR:
        hours, rest = divmod(length, HOUR)
        return f"{hours} h {rest // MINUTE:02d} min" if rest >= MINUTE else f"{hours} h"
    return f"{length // (24 * HOUR)} days"


def parting(one: str, other: str) -> int:
    """Where two texts first differ: the length of the shorter where it begins the other."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def printable(text: str) -> str:
    """Text as a terminal or a page may show it: control characters, with which others' texts could act on it, are taken out."""
    if text.isprintable():
        return text
    return "".join([letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text])


def stamp(starts: datetime, at: int) -> str:
    """The wall-clock reading of a virtual time in a scenario that starts at `starts`: `2026-03-02 09:15 UTC`."""
    return (starts + timedelta(milliseconds=at)).strftime("%Y-%m-%d %H:%M UTC")

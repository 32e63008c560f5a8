"""Figures in running text: times, lengths of time, amounts and shares, each with its place and with how exactly it was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from drillbook.units import HOUR, MINUTE, SECOND

__all__ = ["COUNT", "Amount", "Length", "Moment", "count", "dollars", "lengths", "moments", "people", "shares"]

DAY = 24 * HOUR
_HEDGE = re.compile(r"(?:about|around|approximately|approx\.?|roughly|circa|nearly|almost|some|~|≈|just (?:over|under))\s*$", re.IGNORECASE)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNT = rf"(?:\d+|no|{'|'.join(_WORDS)})"
"""A count in figures or in words, as a pattern."""


class Moment(NamedTuple):
    """A point of time: virtual ms, where it stands in the text, and by how much (ms) it may be off."""

    at: int
    start: int
    end: int
    slack: int


class Length(NamedTuple):
    """A length of time: ms, its place, and by how much (ms) it may be off, by the smallest unit that was named."""

    ms: int
    start: int
    end: int
    slack: int


class Amount(NamedTuple):
    """A number: its value, its place, whether it was rounded or hedged, and the bound that it is (least, most, or none)."""

    value: float
    start: int
    end: int
    rough: bool
    bound: str


def count(word: str) -> int:
    """A count in figures or in words, as a number."""
    lower = word.lower()
    return int(lower) if lower.isdecimal() else 0 if lower == "no" else _WORDS.index(lower)


_CLOCK = re.compile(
    r"(?<![\w+:.-])(?:"
    r"T(?P<sign>[+-])(?P<tm>\d{1,5}):(?P<ts>\d\d)(?!\d)"
    r"|(?P<date>\d{4}-\d\d-\d\d)[T ](?P<ih>\d\d):(?P<im>\d\d)(?::(?P<is>\d\d))?"
    r"|(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:\s?(?P<half>[ap])\.?m\b\.?)?(?![:\d])"
    r")(?:\s?(?:UTC|Z|\+00:00)\b)?",
    re.IGNORECASE,
)


def moments(text: str, starts: datetime, around: int) -> Iterator[Moment]:
    """Every point of time in a text: T+mm:ss, ISO, or a clock's reading, of which the day nearest to `around` (virtual ms) is meant."""
    for found in _CLOCK.finditer(text):
        at = _at(found, starts.astimezone(UTC), around)
        if at is not None:
            yield Moment(at, found.start(), found.end(), 5 * MINUTE if _HEDGE.search(text[: found.start()]) else MINUTE - SECOND)


def _at(found: re.Match[str], starts: datetime, around: int) -> int | None:
    part = found.groupdict()
    if part["tm"]:
        return (-1 if part["sign"] == "-" else 1) * (int(part["tm"]) * MINUTE + int(part["ts"]) * SECOND)
    if part["date"]:
        try:
            when = datetime.fromisoformat(f"{part['date']}T{part['ih']}:{part['im']}:{part['is'] or '00'}+00:00")
        except ValueError:
            return None
        return _ms(when - starts)
    hour = int(part["h"]) % 12 + (12 if part["half"] in ("p", "P") else 0) if part["half"] else int(part["h"])
    when = starts.replace(hour=hour, minute=int(part["m"]), second=int(part["s"] or 0), microsecond=0)
    return min((_ms(when - starts) + days * DAY for days in (-1, 0, 1, 2)), key=lambda at: abs(at - around))


def _ms(gap: timedelta) -> int:
    return gap // timedelta(milliseconds=1)


_UNIT = r"(?:days?|d|hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|sec|s)"
_ONE = rf"(?:\d+(?:\.\d+)?\s*-?\s*{_UNIT}|(?:{'|'.join(_WORDS[1:])})\s+(?:days?|hours?|minutes?|seconds?))\b"
_LENGTH = re.compile(rf"(?<![\w.,:+/-]){_ONE}(?:(?:,?\s*(?:and\s+)?|\s*){_ONE})*|\b(?:half an|an|one and a half) hours?(?: and a half)?\b",
                     re.IGNORECASE)  # fmt: skip
_PART = re.compile(rf"(\d+(?:\.\d+)?|{'|'.join(_WORDS[1:])})\s*-?\s*({_UNIT})\b", re.IGNORECASE)
_SIZES = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_SPOKEN = {"half an hour": HOUR // 2, "an hour": HOUR, "an hour and a half": HOUR * 3 // 2, "one and a half hours": HOUR * 3 // 2}


def lengths(text: str) -> Iterator[Length]:
    """Every length of time in a text: 24 min, 1 h 05 min, 90 seconds, half an hour."""
    for found in _LENGTH.finditer(text):
        spoken = _SPOKEN.get(found[0].lower())
        parts = [(_number(number), _SIZES[unit[0].lower()]) for number, unit in _PART.findall(found[0])]
        if spoken is None and not parts:
            continue
        ms = spoken if spoken is not None else round(sum(number * size for number, size in parts))
        finest = MINUTE * 10 if spoken is not None else min(size for _, size in parts)
        slack = {SECOND: SECOND, MINUTE: MINUTE, HOUR: HOUR // 2, DAY: DAY // 2}.get(finest, finest)
        hedged = _HEDGE.search(text[: found.start()])
        yield Length(ms, found.start(), found.end(), max(slack, ms // 8, 5 * MINUTE if ms > 20 * MINUTE else MINUTE) if hedged else slack)


def _number(word: str) -> float:
    return float(word) if word[0].isdigit() else count(word)


_NUM = r"(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?(?P<k>k|K|thousand|million|[mM](?=\s|$))?"
_PEOPLE = re.compile(
    rf"(?<![\w.,$:+#/-]){_NUM}(?:\s(?!of\b|a\b|an\b|per\b|in\b|until\b|(?:second|minute|hour|day|week|month)s?\b)[a-z-]+){{0,2}}?\s(?:users|customers|people|visitors|shoppers"
    rf"|travellers|accounts)\b"
                     r"(?!\s(?:an?|per|each|every)\s(?:minute|hour|second))")  # fmt: skip
_DOLLARS = re.compile(
    rf"(?<![\w.,:+#/-])(?:(?:US)?\$\s?|USD\s?){_NUM}"
    rf"|(?<![\w.,$:+#/-]){_NUM.replace('?P<n>', '?P<n2>').replace('?P<k>', '?P<k2>')}\s?(?:USD|dollars|US dollars)\b")
_RATE = re.compile(r"\s*(?:USD|dollars)?\s*(?:an?|per|each|every|/)\s?(?:minute|min|hour|second|day)", re.IGNORECASE)
_SHARE = re.compile(r"(?<![\w.,:+-])(?P<n>\d{1,3}(?:\.\d+)?)(?P<k>)\s?(?:%|percent\b|per cent\b)")
_LEAST = re.compile(
    r"(?:at least|not? (?:fewer|less) than|(?<!no )(?<!not )more than|over|above|exceed(?:ed|ing|s)?|upwards of|in excess of|>)\s*"
    r"(?:the\s)?$", re.IGNORECASE)  # fmt: skip
_MOST = re.compile(r"(?:at most|not? (?:more than|over|above)|(?<!no )(?<!not )(?:fewer|less) than|under|below|up to|<)\s*$", re.IGNORECASE)
_TIMES = {"k": 1e3, "K": 1e3, "thousand": 1e3, "million": 1e6, "m": 1e6, "M": 1e6}


def _amounts(pattern: re.Pattern[str], text: str) -> Iterator[Amount]:
    for found in pattern.finditer(text):
        part = {name.rstrip("2"): value for name, value in found.groupdict().items() if value is not None}
        value = float(part["n"].replace(",", "")) * _TIMES.get(part.get("k", ""), 1)
        before = text[: found.start()]
        bound = "most" if _MOST.search(before) else "least" if _LEAST.search(before) else ""
        rounded = bool(part.get("k")) or (value >= 100 and value % 100 == 0)
        yield Amount(value, found.start(), found.end(), bool(_HEDGE.search(before)) or rounded, bound)


def people(text: str) -> Iterator[Amount]:
    """Every number of users in a text."""
    return _amounts(_PEOPLE, text)


def dollars(text: str) -> Iterator[Amount]:
    """Every sum of US dollars in a text, but rates."""
    return (amount for amount in _amounts(_DOLLARS, text) if not _RATE.match(text[amount.end :]))


def shares(text: str) -> Iterator[Amount]:
    """Every percentage in a text."""
    return _amounts(_SHARE, text)

"""The Evidence Collector's screenshot: what the dashboards show at a moment, as an SVG drawn from production's signals.

Journals hold the sha256 of these bytes. What is drawn here is therefore, to the letter, a part of the journal's format: another look
needs another version of it. That is why nothing here is shared with the pictures that may change at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from drillbook.units import MINUTE, clock
from drillbook.world.telemetry import Moment

__all__ = ["screenshot"]

_ROWS, _POINTS, _AHEAD = 12, 90, 10 * MINUTE
_WIDTH, _TOP, _ROW, _LEFT, _RIGHT = 720, 58, 44, 150, 620
_INK, _SOFT, _LINE, _GOOD, _BAD = "#1b1f24", "#59636e", "#c4ccd4", "#0072b2", "#b34700"
_HURTS = 0.02
"""A journey of which so much more than usual fails is not well."""


class _Series(NamedTuple):
    """A journey's share of failing users above the usual, 0 to 1, a value a moment."""

    journey: str
    values: list[float]


def screenshot(now: Moment) -> str:
    """The failing users of every journey from before the incident until now, and the changes that were made; ends in a newline."""
    moments = _moments(now)
    states = [now.before(at) for at in moments]
    usual = now.usual.failing
    journeys = now.show.system.journeys
    series = [_Series(one.name, [round(max(state.failing[one.name] - usual[one.name], 0.0), 4) for state in states]) for one in journeys]
    shown = sorted(series, key=lambda one: -max(one.values))[:_ROWS]
    height = _TOP + _ROW * len(shown) + 46
    parts = [
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(16, 26, f"{now.show.system.title} at {clock(now.at)}", size=16, weight="bold"),
        _text(16, 45, "share of users who fail, above the usual, a row a journey, the worst first", colour=_SOFT),
        *_changes(now, moments, height), *(part for row, one in enumerate(shown) for part in _row(row, one)),
        *_feet(moments, height, len(series) - len(shown)),
    ]  # fmt: skip
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" role="img"'
    told = f"The dashboards of {now.show.system.title} at {clock(now.at)}"
    return f'{head} font-family="sans-serif"><title>{escape(told)}</title>{"".join(parts)}</svg>\n'


def _moments(now: Moment) -> list[int]:
    """From ten minutes before production was last surely healthy until now, at most so many moments."""
    minutes = range(now.show.begins - now.show.begins % MINUTE - _AHEAD, now.at, MINUTE)
    stride = max(-(-len(minutes) // _POINTS), 1)
    return [*minutes[::-stride][::-1], now.at]


def _across(at: int, moments: Sequence[int]) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (at - moments[0]) / max(moments[-1] - moments[0], 1)


def _changes(now: Moment, moments: Sequence[int], height: int) -> Iterator[str]:
    for act in sorted(now.done, key=lambda act: (act.at, act.tool, act.target)):
        if act.at >= moments[0]:
            x = f"{_across(act.at, moments):.1f}"
            yield f'<path d="M{x},{_TOP - 4}V{height - 40}" stroke="{_SOFT}" stroke-dasharray="3 3"/>'
            yield _text(x, height - 26, f"{act.tool.replace('_', ' ')} {act.target}", anchor="middle", colour=_SOFT)


def _row(row: int, one: _Series) -> Iterator[str]:
    """A journey: its name, its course, its worst, and what it is now."""
    base, worst = _TOP + _ROW * (row + 1) - 8, max(one.values)
    colour = _BAD if one.values[-1] >= _HURTS else _GOOD
    step = (_RIGHT - _LEFT) / max(len(one.values) - 1, 1)
    points = [f"{_LEFT + step * place:.1f},{base - 28 * value:.1f}" for place, value in enumerate(one.values)]
    yield f'<path d="M{_LEFT},{base}H{_RIGHT}" stroke="{_LINE}"/>'
    yield f'<path d="M{_LEFT},{base}L{"L".join(points)}L{_RIGHT},{base}Z" fill="{colour}" fill-opacity="0.18"/>'
    yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    yield _text(16, base - 8, one.journey, weight="bold")
    yield _text(_RIGHT + 8, base - 14, f"{one.values[-1] * 100:.1f}% now", colour=colour, weight="bold")
    yield _text(_RIGHT + 8, base, f"worst {worst * 100:.1f}%", colour=_SOFT)


def _feet(moments: Sequence[int], height: int, more: int) -> Iterator[str]:
    yield _text(_LEFT, height - 10, clock(moments[0]), colour=_SOFT)
    yield _text(_RIGHT, height - 10, clock(moments[-1]), anchor="end", colour=_SOFT)
    if more:
        yield _text(16, height - 10, f"and {more} more journeys", colour=_SOFT)


def _text(x: float | str, y: float, text: str, *, size: int = 12, weight: str = "normal", anchor: str = "start", colour: str = _INK) -> str:
    looks = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{colour}"'
    return f'<text x="{x}" y="{y}" {looks}>{escape(text)}</text>'

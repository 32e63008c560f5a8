"""SVG as text: elements, texts that are broken into lines, and a document with a title and colours for light and dark.

Nothing is loaded from elsewhere, and what a mark says when it is pointed at is a `title` in it, which every browser shows by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from drillbook.drawing.theme import STYLE

__all__ = ["curve", "document", "element", "lines", "said", "stacked", "wide", "wrapped"]

_TEXTS = "svg.db text{fill:var(--ink)}svg.db .soft{fill:var(--soft)}"


def element(name: str, *inside: str, **attributes: object) -> str:
    """An element; `_` in an attribute's name is a dash, one at its end is left out, and what is None is not written."""
    written = {key.rstrip("_").replace("_", "-"): _value(value) for key, value in attributes.items() if value is not None}
    given = "".join(f" {key}={quoteattr(value)}" for key, value in written.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>"


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def said(text: str) -> str:
    """What a mark says when it is pointed at, and to who cannot see it."""
    return element("title", escape(text))


def lines(texts: Sequence[str], x: float, y: float, size: float = 12, **attributes: object) -> str:
    """Lines of text, one below the other, `y` the middle of them all."""
    step = size * 1.25
    top = y - step * (len(texts) - 1) / 2 + size * 0.35
    spans = (element("tspan", escape(text), x=float(x), y=top + step * number) for number, text in enumerate(texts))
    return element("text", *spans, font_size=size, **{"text_anchor": "middle", **attributes})


def curve(points: Sequence[tuple[float, float]]) -> str:
    """A path through points from the top down (or up), that leaves and enters each of them upright."""
    parts = [f"M{_at(points[0])}"]
    for (left, top), (right, bottom) in pairwise(points):
        half = (top + bottom) / 2
        parts.append(f"C{_at((left, half))} {_at((right, half))} {_at((right, bottom))}")
    return "".join(parts)


def _at(point: tuple[float, float]) -> str:
    return ",".join(_value(float(value)) for value in point)


def document(size: tuple[float, float], title: str, description: str, inside: Iterable[str]) -> str:
    """A picture of its own, `size` in pixels: with what it shows in words, for who hears it. Ends in a newline."""
    width, height = size
    head = (element("title", escape(title)), element("desc", escape(description)), element("style", STYLE + _TEXTS))
    page = element("rect", width="100%", height="100%", style="fill:var(--page)")
    return element(
        "svg", *head, page, *inside, xmlns="http://www.w3.org/2000/svg", class_="db", role="img", viewBox=f"0 0 {_at(size)}",
        width=float(width), height=float(height), style="max-width:100%;height:auto",
    ) + "\n"  # fmt: skip


_SIZE = re.compile(r'<svg\b[^>]*?viewBox="0 0 ([\d.]+)[ ,]([\d.]+)"')


def stacked(pictures: Sequence[str], title: str, description: str, gap: float = 14) -> str:
    """Documents one below the other, as one."""
    width, top, parts = 0.0, 0.0, list[str]()
    for picture in pictures:
        found = _SIZE.search(picture)
        if found is None:
            raise ValueError("a picture without a viewBox")
        wide_, high = float(found[1]), float(found[2])
        parts.append(picture.rstrip().replace("<svg ", f'<svg y="{top:g}" ', 1))
        width, top = max(width, wide_), top + high + gap
    return document((width, top), title, description, parts)


_NARROW, _BROAD = frozenset("fijlrtI.,:;'|!()[] /-"), frozenset("mwMW%@&")


def wide(text: str, size: float = 12) -> float:
    """About how wide a text is, in pixels."""
    return size * sum(0.32 if letter in _NARROW else 0.88 if letter in _BROAD else 0.68 if letter.isupper() else 0.56 for letter in text)


def wrapped(text: str, width: float, size: float = 12) -> list[str]:
    """A text in lines of at most that width, broken between words; a word that is wider has a line of its own."""
    return list(_wrapped(text.split(), width, size))


def _wrapped(words: list[str], width: float, size: float) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line} {word}".strip()
        if line and wide(longer, size) > width:
            yield line
            longer = word
        line = longer
    yield line

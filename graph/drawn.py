"""The runbook's picture as an SVG, drawn from the runbook: a box a step with its crew, an edge a way on with its outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drillbook.drawing.layers import Edge, Layout, Size, layered
from drillbook.drawing.svg import curve, document, element, lines, said, wide, wrapped
from drillbook.graph.picture import condition, member, ways
from drillbook.runbook import END, Runbook, Step

__all__ = ["drawn"]

_TITLE, _SMALL, _LABEL, _LEAD = 12.5, 10.5, 9.5, 1.25
_WIDEST, _LABEL_WIDEST = 190.0, 120.0
_ABOVE = 64.0
"""Room for the heading."""
_STRIPES = ("#0072b2", "#cc79a7", "#e69f00", "#009e73", "#56b4e9", "#d55e00")
"""A branch of the decision tree, a colour at the side of its boxes."""


@dataclass(frozen=True)
class _Text:
    """What stands in a box: its title, and smaller what is below it, in lines."""

    title: list[str]
    below: list[str]
    branch: str | None = None

    @property
    def size(self) -> Size:
        width = max([*(wide(text, _TITLE) * 1.06 for text in self.title), *(wide(text, _SMALL) for text in self.below)])
        return width + 24, (len(self.title) * _TITLE + len(self.below) * _SMALL) * _LEAD + 14


def drawn(runbook: Runbook, route: Sequence[Edge] = ()) -> str:
    """The whole runbook as an SVG; it ends in a newline.

    `route` is the way that a drill took, an edge (from, to) a step that it passed: these are thick and numbered, and the rest steps back.
    """
    steps = _in_order(runbook)
    texts = {name: _text(runbook, step) for name, step in steps.items()} | {END: _Text([END], [])}
    labels = {(name, to): _label(texts) for name, step in steps.items() for to, texts in ways(step).items()}
    layout = layered({name: text.size for name, text in texts.items()}, {edge: _room(text) for edge, text in labels.items()})
    taken = _numbers(route)
    parts = [*_edges(layout, labels, taken), *_boxes(runbook, layout, texts, taken), *_captions(layout, labels, taken)]
    body = element("g", *parts, transform=f"translate(0,{_ABOVE})")
    size = (layout.size[0], layout.size[1] + _ABOVE)
    return document(size, runbook.title, _words(runbook, route), [_MARKERS, *_heading(runbook), body])


def _in_order(runbook: Runbook) -> dict[str, Step]:
    """The steps as a walk from the first one meets them: the same picture in whichever order a file, or a journal, names them."""
    order, todo = dict[str, None](), [runbook.start]
    while todo:
        name = todo.pop()
        if name in runbook.steps and name not in order:
            order[name] = None
            todo += reversed([*ways(runbook.steps[name])])
    return {name: runbook.steps[name] for name in (*order, *sorted({*runbook.steps} - {*order}))}


_MARKERS = element("defs", *(
    element("marker", element("path", d="M0,0L8,4L0,8z", style=f"fill:var(--{colour})"), id=name, viewBox="0 0 8 8", refX=8, refY=4,
            markerWidth=width, markerHeight=width, markerUnits="userSpaceOnUse", orient="auto")
    for name, colour, width in (("db-way", "soft", 8), ("db-ran", "good", 12))
))  # fmt: skip


def _text(runbook: Runbook, step: Step) -> _Text:
    below = [*filter(None, [step.window]), *(member(runbook, crew) for crew in step.crew)]
    return _Text(wrapped(step.title, _WIDEST, _TITLE), [line for text in below for line in wrapped(text, _WIDEST, _SMALL)], step.branch)


def _label(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for line in wrapped(text, _LABEL_WIDEST, _LABEL)]


def _room(texts: Sequence[str]) -> Size:
    return max(wide(text, _LABEL) for text in texts) + 8, (len(texts) + 1) * _LABEL * _LEAD + 6


def _numbers(route: Sequence[Edge]) -> dict[Edge, str]:
    """When each edge of a route was taken: `3`, or `3, 7` of one that was taken twice."""
    found: dict[Edge, list[str]] = {}
    for number, edge in enumerate(route, start=1):
        found.setdefault(edge, []).append(str(number))
    return {edge: ", ".join(numbers) for edge, numbers in found.items()}


def _heading(runbook: Runbook) -> Iterator[str]:
    yield lines([runbook.title], 20, 22, 18, text_anchor="start", font_weight="bold")
    yield lines([f"starts with: {' / '.join(runbook.triggers)}"], 20, 46, 12, text_anchor="start", class_="soft")


def _boxes(runbook: Runbook, layout: Layout, texts: Mapping[str, _Text], taken: Mapping[Edge, str]) -> Iterator[str]:
    branches = [*dict.fromkeys(text.branch for text in texts.values() if text.branch)]
    passed = {name for edge in taken for name in edge}
    for name, text in texts.items():
        (x, y), (width, height) = layout.boxes[name], text.size
        left, top = x - width / 2, y - height / 2
        frame = "var(--good)" if name in passed else "var(--line)"
        parts = [element("rect", x=left, y=top, width=width, height=height, rx=6,
                         style=f"fill:var(--box);stroke:{frame};stroke-width:{2.5 if name in passed else 1}")]  # fmt: skip
        if text.branch:
            colour = _STRIPES[branches.index(text.branch) % len(_STRIPES)]
            stripe = element("rect", x=left, y=top, width=5, height=height, rx=2, style=f"fill:{colour}")
            parts += [said(condition(runbook, text.branch)), stripe]
        middle = top + 7 + len(text.title) * _TITLE * _LEAD / 2
        parts.append(lines(text.title, x, middle, _TITLE, font_weight="bold"))
        if text.below:
            parts.append(lines(text.below, x, top + height - 7 - len(text.below) * _SMALL * _LEAD / 2, _SMALL, class_="soft"))
        yield element("g", *parts, opacity=None if not taken or name in passed else 0.55)


def _edges(layout: Layout, labels: Mapping[Edge, Sequence[str]], taken: Mapping[Edge, str]) -> Iterator[str]:
    """Every edge, those of the route last, so that they lie on top."""
    for edge in sorted(layout.ways, key=lambda edge: edge in taken):
        kind, colour, width = ("db-ran", "good", 3) if edge in taken else ("db-way", "line" if taken else "soft", 1.2)
        told = said(f"{edge[0]} to {edge[1]}: {' '.join(labels[edge])}")
        style = f"fill:none;stroke:var(--{colour});stroke-width:{width}"
        yield element("path", told, d=curve(layout.between(edge)), style=style, marker_end=f"url(#{kind})")


def _captions(layout: Layout, labels: Mapping[Edge, Sequence[str]], taken: Mapping[Edge, str]) -> Iterator[str]:
    halo = "paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round"
    for edge, texts in labels.items():
        number = [f"({taken[edge]})"] if edge in taken else []
        x, y = layout.labels[edge]
        bold = "bold" if number else None
        yield lines([*number, *texts], x, y, _LABEL, style=halo, class_=None if number or not taken else "soft", font_weight=bold)


def _words(runbook: Runbook, route: Sequence[Edge]) -> str:
    """The picture in words."""
    if route:
        return f"The way of a drill: {', '.join([*(runbook.steps[name].title for name, _ in route), route[-1][1]])}."
    told = (f"{step.title} leads to {', '.join(ways(step))}" for step in runbook.steps.values())
    return f"{runbook.summary} {'; '.join(told)}."

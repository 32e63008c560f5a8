"""The service map: who calls whom, where the fault is, and how the trouble spread. Of a large system, what the trouble touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import networkx as nx

from drillbook import frames
from drillbook.drawing.layers import Layout, Size, layered
from drillbook.drawing.svg import curve, document, element, lines, said, wide
from drillbook.drill import Drill
from drillbook.frames import Spread
from drillbook.picture import Picture
from drillbook.scenario import System
from drillbook.units import clock

__all__ = ["MOST", "service_map"]

MOST = 40
"""More boxes than that nobody reads: then the map shows the components that were hurt, and who is beside them."""
_NAME, _SMALL, _ABOVE, _GAP = 12.0, 10.0, 66.0, (20, 26)


class _Box(NamedTuple):
    """What stands in a box: a component, smaller what befell it, and how it is drawn."""

    name: str
    below: tuple[str, ...]
    frame: str
    tells: str

    @property
    def size(self) -> Size:
        width = max(wide(self.name, _NAME) * 1.08, *(wide(text, _SMALL) for text in ("", *self.below)))
        return width + 20, (_NAME + len(self.below) * _SMALL) * 1.25 + 12


def service_map(drill: Drill) -> Picture:
    """The system's components and calls: those with a fault, those that it reached with when and how badly, the rest as it is."""
    spread = frames.spread(drill)
    shown = chosen(drill.system, [one.component for one in spread])
    boxes = {name: _box(name, place, spread) for name, place in _places(shown, spread).items()}
    graph = drill.system.graph().subgraph(shown)
    layout = layered({name: box.size for name, box in boxes.items()}, dict.fromkeys(sorted(graph.edges), (4.0, 2.0)), _GAP)
    parts = [*_calls(layout, {one.component for one in spread}), *_boxes(layout, boxes)]
    says = _says(drill, spread, len(shown))
    heading = (lines([f"{drill.system.title}: where the trouble was"], 20, 22, 16, text_anchor="start", font_weight="bold"),
               lines([_legend(drill, len(shown))], 20, 46, 11, text_anchor="start", class_="soft"))  # fmt: skip
    body = element("g", *parts, transform=f"translate(0,{_ABOVE})")
    wanted = max(layout.size[0], wide(_legend(drill, len(shown)), 11) + 40)
    picture = document((wanted, layout.size[1] + _ABOVE), f"Service map of {drill.scenario.id}", says, [*heading, body])
    return Picture(f"Service map of {drill.scenario.id}", says, picture)


def chosen(system: System, hurt: Sequence[str], most: int = MOST) -> list[str]:
    """The components on the map, in the system's order: all of a small system, else those hurt first, and who is beside them."""
    names = [spec.name for spec in system.components]
    if len(names) <= most:
        return names
    graph = system.graph()
    ranked = dict.fromkeys(hurt[:most])
    for name in hurt:
        ranked.update(dict.fromkeys(sorted(nx.all_neighbors(graph, name))))
    kept = {*[*ranked][:most]} or {*names[:most]}
    return [name for name in names if name in kept]


def _places(shown: Sequence[str], spread: Sequence[Spread]) -> dict[str, int]:
    """Each component with the place at which the trouble reached it, 0 where it did not."""
    order = {one.component: place for place, one in enumerate(spread, 1)}
    return {name: order.get(name, 0) for name in shown}


def _box(name: str, place: int, spread: Sequence[Spread]) -> _Box:
    if not place:
        return _Box(name, (), "line", f"{name}: as usual")
    one = spread[place - 1]
    bad = [f"{one.worst_error_pct:g}% errors"] if one.worst_error_pct >= 1 else []
    bad += [f"{one.worst_slowdown:g}x slower"] if one.worst_slowdown >= 1.2 else []
    below = (*([f"fault: {one.fault.replace('_', ' ')}"] if one.fault else []), f"{clock(one.since)} {', '.join(bad)}".strip())
    until = f" until {clock(one.until)}" if one.until is not None else ""
    tells = f"{name}: outside its normal band from {clock(one.since)}{until}; at worst {', '.join(bad) or 'otherwise unusual'}"
    return _Box(name, below, "bad" if one.fault else "note", tells + (f"; fault: {one.fault}" if one.fault else ""))


def _calls(layout: Layout, hurt: set[str]) -> Iterator[str]:
    """Every call; those between components that were hurt, by which the trouble may have come, last and thick."""
    for edge in sorted(layout.ways, key=lambda edge: {*edge} <= hurt):
        width, colour = (2.2, "note") if {*edge} <= hurt else (1.0, "line")
        style = f"fill:none;stroke:var(--{colour});stroke-width:{width}"
        yield element("path", said(f"{edge[0]} calls {edge[1]}"), d=curve(layout.between(edge)), style=style)


def _boxes(layout: Layout, boxes: Mapping[str, _Box]) -> Iterator[str]:
    for name, box in boxes.items():
        (x, y), (width, height) = layout.boxes[name], box.size
        style = f"fill:var(--box);stroke:var(--{box.frame});stroke-width:{1 if box.frame == 'line' else 3}"
        dash = "6 3" if box.frame == "bad" else None
        rect = element("rect", x=x - width / 2, y=y - height / 2, width=width, height=height, rx=5, style=style, stroke_dasharray=dash)
        name_at = y - height / 2 + 6 + _NAME * 0.625
        texts = [lines([name], x, name_at, _NAME, font_weight="bold" if box.frame != "line" else None)]
        if box.below:
            texts.append(lines(box.below, x, y + height / 2 - 6 - len(box.below) * _SMALL * 0.625, _SMALL))
        yield element("g", said(box.tells), rect, *texts)


def _legend(drill: Drill, shown: int) -> str:
    every = len(drill.system.components)
    part = f"; {shown} of {every} components" if shown < every else ""
    return f"dashed: a fault; thick: what it reached, since when, at worst; from caller down to callee{part}"


def _says(drill: Drill, spread: Sequence[Spread], shown: int) -> str:
    order = ", ".join(f"{one.component} ({clock(one.since)})" for one in spread[:_NAMED]) or "no component"
    more = f" and {len(spread) - _NAMED} more" if len(spread) > _NAMED else ""
    faults = ", ".join(f"{fault.kind} at {fault.target}" for fault in drill.scenario.faults) or "none"
    return f"Faults: {faults}. The trouble reached {order}{more}. {shown} of {len(drill.system.components)} components are shown."


_NAMED = 12

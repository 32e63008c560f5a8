"""Where the boxes and the edges of a directed graph go: layer by layer, few crossings, straight edges (Sugiyama, Tagawa, Toda 1981).

An edge has a place of its own in every layer between its ends, as wide as its label where the label stands, so that nothing overlaps.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import networkx as nx

__all__ = ["Edge", "Layout", "Point", "Size", "layered"]

Size = tuple[float, float]
"""Width and height, in pixels."""
Edge = tuple[str, str]
Point = tuple[float, float]
_Knot = Any
"""A box by its name, or an edge's place in a layer as (edge, layer)."""
_Near = Mapping[_Knot, tuple[list[_Knot], list[_Knot]]]
_SWEEPS = 24
_PULLS = (1.0, 2.0, 8.0)
"""How much straighter an edge is between two knots of its own than at a box, and there than between two boxes (Gansner et al. 1993)."""


@dataclass(frozen=True)
class Layout:
    """The middle of every box, every edge as points from its beginning to its end, the middle of every label, and the size of it all.

    `sizes` are those of the boxes, as they were given.
    """

    boxes: Mapping[str, Point]
    ways: Mapping[Edge, tuple[Point, ...]]
    labels: Mapping[Edge, Point]
    size: Size
    sizes: Mapping[str, Size]

    def between(self, edge: Edge) -> list[Point]:
        """An edge's points, from the rim of one box to the rim of the other."""
        points = [*self.ways[edge]]
        for end, near, name in ((0, 1, edge[0]), (-1, -2, edge[1])):
            x, y = points[end]
            half = self.sizes[name][1] / 2
            points[end] = (x, y + half if points[near][1] > y else y - half)
        return points


def layered(boxes: Mapping[str, Size], labels: Mapping[Edge, Size], gap: Size = (18, 14)) -> Layout:
    """Lay out a graph from the top down. `boxes` and `labels` give the size of every box and of the label of every edge."""
    graph: nx.DiGraph[str] = nx.DiGraph(list(labels))
    graph.add_nodes_from(boxes)
    backwards = _backwards(graph, list(boxes))
    layer = _layers(graph, backwards, list(boxes))
    chains = _chains(graph, layer)
    size: dict[_Knot, Size] = {**boxes, **{knot: (6.0, 0.0) for chain in chains.values() for knot in chain[1:-1]}}
    said = {edge: chain[-2 if edge in backwards else 1] for edge, chain in chains.items()}
    size.update({said[edge]: labels[edge] for edge in labels})
    near = _neighbours(chains.values())
    rows = _ordered(_rows(boxes, layer, chains), near)
    x, y = _across(rows, size, near, gap[0]), _down(rows, size, gap[1])
    at = {knot: (x[knot], y[number]) for number, row in enumerate(rows) for knot in row}
    left = min(x[knot] - size[knot][0] / 2 for knot in at) - gap[0]
    moved = {knot: (round(right - left, 1), round(down, 1)) for knot, (right, down) in at.items()}
    width = max(moved[knot][0] + size[knot][0] / 2 for knot in moved) + gap[0]
    ways = {edge: tuple(moved[knot] for knot in (reversed(chain) if edge in backwards else chain)) for edge, chain in chains.items()}
    height = y[-1] + max(size[knot][1] for knot in rows[-1]) / 2 + gap[1]
    return Layout({name: moved[name] for name in boxes}, ways, {edge: moved[knot] for edge, knot in said.items()}, (width, height), boxes)


def _backwards(graph: nx.DiGraph[str], order: Sequence[str]) -> frozenset[Edge]:
    """The edges that lead back to where a walk has come from: without them the graph has no cycle."""
    found, done, open_ = set[Edge](), set[str](), dict[str, None]()
    for root in order:
        if root in done:
            continue
        walk = [(root, iter(graph.adj[root]))]
        open_[root] = None
        while walk:
            name, ways = walk[-1]
            to = next((to for to in ways if to not in done), None)
            if to is None:
                done.add(name)
                open_.pop(name)
                walk.pop()
            elif to in open_:
                found.add((name, to))
            else:
                open_[to] = None
                walk.append((to, iter(graph.adj[to])))
    return frozenset(found)


def _layers(graph: nx.DiGraph[str], backwards: frozenset[Edge], order: Sequence[str]) -> dict[str, int]:
    """The layer of every box: below all that lead to it, with a layer between for labels."""
    down: nx.DiGraph[str] = nx.DiGraph([edge[::-1] if edge in backwards else edge for edge in graph.edges if len({*edge}) > 1])
    down.add_nodes_from(order)
    layer, rank = dict.fromkeys(order, 0), {name: place for place, name in enumerate(order)}
    for name in nx.lexicographical_topological_sort(down, key=rank.__getitem__):
        layer.update({to: max(layer[to], layer[name] + 2) for to in down.adj[name]})
    return layer


def _chains(graph: nx.DiGraph[str], layer: Mapping[str, int]) -> dict[Edge, list[_Knot]]:
    """Every edge, turned so that it leads down, as the knots that it passes: at least one between its ends, for its label."""
    chains: dict[Edge, list[_Knot]] = {}
    for edge in graph.edges:
        top, bottom = sorted(edge, key=lambda name: layer[name])
        between = range(layer[top] + 1, max(layer[bottom], layer[top] + 2))
        chains[edge] = [top, *((edge, number) for number in between), bottom]
    return chains


def _rows(boxes: Mapping[str, Size], layer: Mapping[str, int], chains: Mapping[Edge, list[_Knot]]) -> list[list[_Knot]]:
    """The knots of every layer, in the order in which they are met."""
    last = max([*layer.values(), *(number for chain in chains.values() for _, number in chain[1:-1])], default=0)
    rows: list[list[_Knot]] = [[] for _ in range(last + 1)]
    for name in boxes:
        rows[layer[name]].append(name)
    for chain in chains.values():
        for knot in chain[1:-1]:
            rows[knot[1]].append(knot)
    return rows


def _neighbours(chains: Iterable[list[_Knot]]) -> dict[_Knot, tuple[list[_Knot], list[_Knot]]]:
    """What every knot is joined with in the layer above and in the one below."""
    found: dict[_Knot, tuple[list[_Knot], list[_Knot]]] = defaultdict(lambda: ([], []))
    for chain in chains:
        for upper, lower in pairwise(chain[:-1] if chain[0] == chain[-1] else chain):
            found[upper][1].append(lower)
            found[lower][0].append(upper)
    return found


def _ordered(rows: list[list[_Knot]], near: _Near) -> list[list[_Knot]]:
    """Every layer sorted by the middle of what its knots are joined with, above and below in turn; the order with the fewest crossings."""
    best, fewest = rows, _crossings(rows, near)
    for sweep in range(_SWEEPS):
        side = sweep % 2
        rows = [list(row) for row in rows]
        for number in range(1, len(rows)) if side == 0 else range(len(rows) - 2, -1, -1):
            place = {knot: index for index, knot in enumerate(rows[number + (1 if side else -1)])}
            middle = {knot: _mean([place[one] for one in near[knot][side]], index) for index, knot in enumerate(rows[number])}
            rows[number].sort(key=middle.__getitem__)
        crossings = _crossings(rows, near)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows: list[list[_Knot]], near: _Near) -> int:
    """How many pairs of edges cross between neighbouring layers (Barth, Mutzel, Juenger 2004, by sorted insertion)."""
    count = 0
    for upper, lower in pairwise(rows):
        place = {knot: index for index, knot in enumerate(lower)}
        seen: list[int] = []
        for knot in upper:
            ends = sorted(place[one] for one in near[knot][1])
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _across(rows: list[list[_Knot]], size: Mapping[_Knot, Size], near: _Near, gap: float) -> dict[_Knot, float]:
    """How far to the right the middle of every knot is: as near to its neighbours as the order and the widths of its layer allow."""
    x: dict[_Knot, float] = {}
    for row in rows:
        starts = [0.0, *accumulate(size[knot][0] + gap for knot in row)]
        x.update({knot: start + size[knot][0] / 2 - starts[-1] / 2 for knot, start in zip(row, starts, strict=False)})
    for sweep in range(5 * _SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            pulls = [[(x[one], _pull(knot, one)) for side in near[knot] for one in side] for knot in row]
            weights = [sum(weight for _, weight in pull) or 1.0 for pull in pulls]
            wanted = [sum(place * weight for place, weight in pull) / heavy if pull else x[knot]
                      for knot, pull, heavy in zip(row, pulls, weights, strict=True)]  # fmt: skip
            offsets = [0.0, *accumulate((size[one][0] + size[two][0]) / 2 + gap for one, two in pairwise(row))]
            free = _rising([want - offset for want, offset in zip(wanted, offsets, strict=True)], weights)
            x.update({knot: place + offset for knot, place, offset in zip(row, free, offsets, strict=True)})
    return x


def _pull(one: _Knot, other: _Knot) -> float:
    """How much two knots pull each other to one line: an edge within itself most, so that it is straight."""
    return _PULLS[isinstance(one, tuple) + isinstance(other, tuple)]


def _rising(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising numbers that are nearest to those wanted, by least squares (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(wanted, weights, strict=True):
        count = 1
        while blocks and blocks[-1][0] >= value:
            before, heavy, many = blocks.pop()
            value, weight, count = (value * weight + before * heavy) / (weight + heavy), weight + heavy, count + many
        blocks.append((value, weight, count))
    return [value for value, _, count in blocks for _ in range(count)]


def _down(rows: list[list[_Knot]], size: Mapping[_Knot, Size], gap: float) -> list[float]:
    """How far down the middle of every layer is."""
    heights = [max((size[knot][1] for knot in row), default=0.0) for row in rows]
    bottoms = accumulate(height + gap for height in heights)
    return [bottom - height / 2 for bottom, height in zip(bottoms, heights, strict=True)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise

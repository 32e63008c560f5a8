"""An alert storm: few troubles, thousands of notices; most are duplicates, and some alerts flap."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from hashlib import sha256

import networkx as nx

from drillbook.firing import Firing, Notice
from drillbook.units import MINUTE

__all__ = ["DUPLICATES", "FLAPPING", "distant", "storm"]

DUPLICATES = 0.6
FLAPPING = 0.2
LASTS = 10 * MINUTE


def storm(origins: Sequence[Firing], count: int, seed: int) -> Iterator[Notice]:
    """`count` notices within ten minutes, in the order of time, that all come from `origins` (at least one).

    60% repeat what was said before, 20% end an alert or begin it again, the rest are new: every origin, then the same on
    other instances of its component.
    """
    draw = random.Random(int.from_bytes(sha256(f"storm|{seed}|{count}".encode()).digest()[:8]))
    repeats, flaps = round(count * DUPLICATES), round(count * FLAPPING)
    kinds = [_repeat] * repeats + [_flap] * flaps + [_new] * (count - repeats - flaps)
    draw.shuffle(kinds)
    kinds.insert(0, kinds.pop(kinds.index(_new)) if _new in kinds else _new)
    begin = max(firing.alert.starts_at for firing in origins)
    said: list[Notice] = []
    for place, kind in enumerate(kinds[:count]):
        yield kind(said, origins, begin + place * LASTS // count, draw)


def _new(said: list[Notice], origins: Sequence[Firing], at: int, draw: random.Random) -> Notice:
    """The next origin; after the last, an origin on another instance."""
    place = len(said)
    origin = origins[place % len(origins)]
    notice = Notice(origin if place < len(origins) else _elsewhere(origin, place), at, False)
    said.append(notice)
    return notice


def _elsewhere(origin: Firing, place: int) -> Firing:
    name = (origin.alert.component or "host").replace("_", "-")
    instance = f"{name}-{sha256(f'{name}|{place}'.encode()).hexdigest()[:10]}:9090"
    labels = {**origin.alert.labels, "instance": instance}
    return origin.model_copy(update={"alert": origin.alert.model_copy(update={"labels": labels, "fingerprint": ""})})


def _repeat(said: list[Notice], origins: Sequence[Firing], at: int, draw: random.Random) -> Notice:
    """The same again."""
    return draw.choice(said)._replace(at=at)


def _flap(said: list[Notice], origins: Sequence[Firing], at: int, draw: random.Random) -> Notice:
    """An alert that fires ends; one that has ended fires anew."""
    place = draw.randrange(len(said))
    last = said[place]
    alert = last.firing.alert if not last.resolved else last.firing.alert.model_copy(update={"starts_at": at})
    said[place] = Notice(last.firing.model_copy(update={"alert": alert}), at, not last.resolved)
    return said[place]


def distant(graph: nx.DiGraph[str], names: Sequence[str], count: int) -> list[str]:
    """`count` of the named components that lie far from each other: each next one is the farthest from those chosen before."""
    ways = graph.to_undirected(as_view=True)
    chosen = [min(names, key=lambda name: (ways.degree(name), name))]
    far = dict.fromkeys(names, len(ways))
    while len(chosen) < count:
        lengths = nx.single_source_shortest_path_length(ways, chosen[-1])
        far = {name: min(far[name], lengths.get(name, len(ways))) for name in names}
        chosen.append(max(sorted(names), key=far.__getitem__))
    return chosen

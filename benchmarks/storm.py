"""How fast a storm of alerts becomes incidents, by the size of the system. Prints throughput, and the growth as a ratio."""

from __future__ import annotations

import random
import statistics
import sys
import time

import networkx as nx

from drillbook.alerts import Grouper, distant, fingerprint, storm
from drillbook.case import Alert
from drillbook.firing import Firing, Notice

ALERTS = 10_000
PLACES = 3
SIZES = (10, 100, 1000)
ROUNDS = 5
MOST = 1000
BOUND = 2.0
"""How much slower a notice may be at 1,000 services than at 100: the place of an alert is looked up, not searched for."""


def _layers(size: int) -> nx.DiGraph[str]:
    """A layered system, as wide as deep; each service calls one to three of the next layer."""
    draw, width = random.Random(size), round(size**0.5)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(f"s{place}" for place in range(size))
    for place in range(size - width):
        layer = (place // width + 1) * width
        callees = range(layer, min(layer + width, size))
        graph.add_edges_from((f"s{place}", f"s{callee}") for callee in draw.sample(callees, min(len(callees), draw.randint(1, 3))))
    return graph


def _storm(graph: nx.DiGraph[str]) -> list[Notice]:
    places = distant(graph, sorted(graph), PLACES)
    origins = [Firing(alert=Alert(name="HighErrorRate", summary="", component=name, starts_at=0,
                                  labels={"alertname": "HighErrorRate", "component": name})) for name in places]  # fmt: skip
    return [*storm(origins, ALERTS, 7)]


def _take(graph: nx.DiGraph[str], notices: list[Notice]) -> tuple[float, Grouper, int]:
    """Seconds for all notices, the grouper, and the most that it kept."""
    grouper, most, began = Grouper(graph, most=MOST), 0, time.perf_counter()
    for notice in notices:
        alert = notice.firing.alert
        grouper.take(fingerprint(alert.labels), str(alert.component), notice.at, resolved=notice.resolved)
        most = max(most, grouper.kept)
    return time.perf_counter() - began, grouper, most


def main() -> int:
    medians: dict[int, float] = {}
    for size in SIZES:
        graph = _layers(size)
        notices = _storm(graph)
        rounds = [_take(graph, notices) for _ in range(ROUNDS)]
        medians[size] = statistics.median(seconds for seconds, _, _ in rounds)
        _, grouper, most = rounds[-1]
        print(f"{size:5} services, {graph.number_of_edges():5} edges: {ALERTS:,} alerts become {len(grouper.incidents)} incidents"
              f" at {ALERTS / medians[size]:,.0f} a second, at most {most:,} entries kept")  # fmt: skip
        if len(grouper.incidents) != PLACES:
            print(f"{PLACES} incidents were expected")
            return 1
    ratio = medians[1000] / medians[100]
    print(f"1,000 services / 100 services: {ratio:.2f} (at most {BOUND:g}: {'ok' if ratio <= BOUND else 'TOO SLOW'})")
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())

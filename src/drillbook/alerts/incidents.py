"""Many notices of alerts become few incidents: by key, by time, and by closeness in the service graph; in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

import networkx as nx

from drillbook.units import MINUTE

__all__ = ["Grouper", "Incident"]


@dataclass
class Incident:
    """Alerts that belong together. Times in ms on the notices' clock; `firing` counts the alerts that have not ended."""

    number: int
    opened: int
    last: int
    components: set[str] = field(default_factory=set)
    notices: int = 0
    alerts: int = 0
    firing: int = 0
    into: Incident | None = field(default=None, repr=False)

    def whole(self) -> Incident:
        """The incident that this one has become part of; itself if none."""
        found = self
        while found.into is not None:
            found = found.into
        return found


@dataclass
class _Known:
    """An alert that was seen before."""

    incident: Incident
    firing: bool


class Grouper:
    """Takes notices in the order in which they come and keeps at most `most` alerts and `most` incidents.

    An alert belongs to the incident that has an alerting component at most `reach` calls away and had news within `window` ms;
    where there are several, they turn out to be one. Alerts on no known component belong together by their name.
    When the memory is full, the alert or incident that was quiet for longest is forgotten first.
    """

    def __init__(self, graph: nx.DiGraph[str], *, window: int = 30 * MINUTE, reach: int = 1, most: int = 2000) -> None:
        self._graph = graph.to_undirected(as_view=True)
        self._window, self._reach, self._most = window, reach, most
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._open: OrderedDict[int, Incident] = OrderedDict()
        self._home: dict[str, Incident] = {}
        self._near: dict[str, frozenset[str]] = {}
        self._closed: deque[Incident] = deque(maxlen=most)
        self._clock = 0
        self._opened = 0

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Every incident that is remembered, in the order in which they opened."""
        return tuple(sorted([*self._closed, *self._open.values()], key=lambda one: one.number))

    @property
    def kept(self) -> int:
        """How many alerts and incidents are in memory."""
        return len(self._known) + len(self._open) + len(self._closed)

    def take(self, key: str, place: str, at: int, *, resolved: bool = False) -> Incident | None:
        """Note an alert: its key, its component (or its name, where it names none), when; None for the end of an unknown one."""
        self._clock = max(self._clock, at)
        self._expire()
        known = self._known.get(key)
        incident = known.incident.whole() if known else None
        if incident is None or incident.number not in self._open:
            if resolved:
                return None
            known, incident = None, self._join(place, at)
        self._note(key, known, incident, resolved)
        return incident

    def _note(self, key: str, known: _Known | None, incident: Incident, resolved: bool) -> None:
        incident.firing += (not resolved) - (known is not None and known.firing)
        incident.alerts += known is None
        incident.notices += 1
        incident.last = self._clock
        self._open.move_to_end(incident.number)
        self._known[key] = _Known(incident, not resolved)
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            _, lost = self._known.popitem(last=False)
            lost.incident.whole().firing -= lost.firing

    def _join(self, place: str, at: int) -> Incident:
        """The incident of a place that alerts for the first time; those that it connects become the oldest of them."""
        close = {self._home[name].number: self._home[name] for name in self._around(place) if name in self._home}
        if not close:
            self._opened += 1
            close = {self._opened: Incident(self._opened, at, self._clock)}
            self._open.update(close)
        oldest, *others = (close[number] for number in sorted(close))
        for other in others:
            self._merge(other, oldest)
        oldest.components.add(place)
        self._home[place] = oldest
        if len(self._open) > self._most:
            self._close(next(iter(self._open.values())))
        return oldest

    def _merge(self, part: Incident, whole: Incident) -> None:
        part.into = whole
        del self._open[part.number]
        whole.components |= part.components
        whole.notices += part.notices
        whole.alerts += part.alerts
        whole.firing += part.firing
        self._home.update(dict.fromkeys(part.components, whole))

    def _around(self, place: str) -> frozenset[str]:
        """A place and what is at most `reach` calls away from it."""
        if place not in self._graph:
            return frozenset([place])
        if place not in self._near:
            self._near[place] = frozenset(nx.single_source_shortest_path_length(self._graph, place, cutoff=self._reach))
        return self._near[place]

    def _expire(self) -> None:
        while self._open and next(iter(self._open.values())).last < self._clock - self._window:
            self._close(next(iter(self._open.values())))

    def _close(self, incident: Incident) -> None:
        """No more alerts join it."""
        del self._open[incident.number]
        for name in incident.components:
            del self._home[name]
        self._closed.append(incident)

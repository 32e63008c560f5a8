"""Parts of a drill that are looked at by themselves: its timeline, a service's metrics, its screenshots, two drills side by side.

Each prints as text, shows in a notebook as a picture, and goes to pandas as a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import drillbook
from drillbook.answers import MetricRow
from drillbook.comparing import Comparison, compare
from drillbook.drill import Drill
from drillbook.errors import BadInput, expect
from drillbook.picture import Picture
from drillbook.shown import Shown
from drillbook.timeline import Event, timeline
from drillbook.units import MINUTE, clock
from drillbook.world.screenshot import screenshot

__all__ = ["Beside", "Metrics", "Screenshot", "Timeline", "beside", "screenshots"]


@dataclass(frozen=True, repr=False)
class Timeline(Shown):
    """Everything that happened in a drill, in the order of virtual time: events, as a sequence; in a notebook as swim-lanes."""

    drill: Drill

    @property
    def brief(self) -> str:
        return f"of {self.drill.scenario.id} seed {self.drill.seed}: {len(self)} events"

    @cached_property
    def events(self) -> tuple[Event, ...]:
        return tuple(timeline(self.drill.runbook, self.drill.case))

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __getitem__(self, place: int) -> Event:
        return self.events[place]

    @cached_property
    def picture(self) -> Picture:
        """The swim-lanes. Raises BadInput without the extra `notebook`."""
        drawn: Picture = drillbook.charts.swimlanes(self.drill)
        return drawn

    def to_frame(self) -> Any:
        """A row an event: minutes, at (ms), who, kind, text, weight (2: a turning point), step. Raises BadInput without pandas."""
        return drillbook.tables.frame([{"minutes": one.at / MINUTE, **one._asdict()} for one in self.events])


@dataclass(frozen=True, repr=False)
class Metrics(Shown):
    """What a service's instruments showed, a row a minute, from a little before the fault until the incident was concluded."""

    drill: Drill
    service: str
    rows: tuple[tuple[int, MetricRow], ...]

    @property
    def brief(self) -> str:
        return f"of {self.service} in {self.drill.scenario.id} seed {self.drill.seed}: {len(self.rows)} moments"

    @cached_property
    def picture(self) -> Picture:
        """The four golden signals. Raises BadInput without the extra `notebook`."""
        drawn: Picture = drillbook.charts.signals(self.drill, self.service, self.rows)
        return drawn

    def to_frame(self) -> Any:
        """A row a moment: minutes, and the fields of `MetricRow` (percentages, ms, requests a second). Raises BadInput without pandas."""
        return drillbook.tables.frame([{"minutes": at / MINUTE, **row.model_dump()} for at, row in self.rows])


@dataclass(frozen=True)
class Screenshot:
    """What the dashboards showed when somebody kept a picture of them: when, who, the figures in words, and the picture.

    `digest` is the one that the journal holds. `svg` is drawn again from the world; None where it is not that picture: in journals from
    before version 4, which hold the digest of the figures, and where a scenario gives the tool's answer itself.
    """

    at: int
    role: str
    shows: tuple[str, ...]
    healthy: bool
    digest: str
    svg: str | None = field(repr=False)

    def _repr_html_(self) -> str | None:
        return self.svg


def screenshots(drill: Drill) -> tuple[Screenshot, ...]:
    """The pictures that were kept, in the order of the journal."""
    return tuple(_taken(drill, one) for one in drill.account.of("observe", "capture_evidence"))


def _taken(drill: Drill, record: Mapping[str, Any]) -> Screenshot:
    out, turn = record["out"], record["at"][0]
    done = tuple(act for act, made in drill.account.made if made < turn)
    svg = screenshot(drill.world.show.moment(record["vt"], done))
    same = sha256(svg.encode()).hexdigest() == out["digest"]
    return Screenshot(record["vt"], record["actor"], tuple(out["shows"]), out["healthy"], out["digest"], svg if same else None)


@dataclass(frozen=True, repr=False)
class Beside(Shown):
    """Two drills side by side: aligned timelines, the routes, what was asked and answered otherwise, and the outcomes."""

    before: Drill
    after: Drill
    names: tuple[str, str] = ("before", "after")

    @property
    def brief(self) -> str:
        return f"{self.names[0]} {self.before.brief}; {self.names[1]} {self.after.brief}"

    @cached_property
    def comparison(self) -> Comparison:
        """Route, clauses and outcomes, the harm of each counted up to its own end."""
        return compare(self.before.account, self.after.account, (self.before.truth, self.after.truth))

    @cached_property
    def picture(self) -> Picture:
        """Both on one axis of time. Raises BadInput without the extra `notebook`."""
        drawn: Picture = drillbook.charts.beside(self.before, self.after, self.names)
        return drawn


def beside(before: Drill, after: Drill, names: tuple[str, str] = ("before", "after")) -> Beside:
    """Hold one drill against another. Raises BadInput for what is no drill."""
    for name, drill in zip(("before", "after"), (before, after), strict=True):
        expect(f"compare: {name}", drill, Drill, "a drill, as `drillbook.run` gives it")
    if not (isinstance(names, tuple | list) and len({*map(str, names)}) == 2 and all(isinstance(name, str) for name in names)):
        raise BadInput(f"compare: names {names!r}; valid: what the two are called, as ('before', 'after')")
    return Beside(before, after, (names[0], names[1]))


def lines(found: Timeline) -> Iterator[str]:
    """The events that are worth a line, as text."""
    return (f"{clock(one.at):>9}  {one.who}: {one.text}" for one in found if one.weight)


def figures(found: Metrics) -> Iterator[str]:
    """Minute by minute, what was delivered of errors, latency, traffic and saturation."""
    yield f"{found.service}: errors %, p95 ms, requests a second, saturation %"
    for at, row in found.rows:
        values = (row.error_pct, row.p95_ms, row.rps, row.saturation)
        yield f"{clock(at):>9}  " + "  ".join("-" if value is None else f"{value:10,.2f}" for value in values)

"""What the pictures show, as plain rows: phases, marks and lanes from the case, hurt users and metrics from the world.

Whoever draws (Altair, pandas, a test) starts here. Times are virtual ms; a row is a NamedTuple of numbers and words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from drillbook.answers import MetricRow
from drillbook.case import Concluded
from drillbook.drill import Drill
from drillbook.errors import BadInput, valid_names
from drillbook.scenario import FaultSpec
from drillbook.timeline import Event, timeline
from drillbook.units import MINUTE, clock

__all__ = ["GROUPS", "Change", "Hurt", "Mark", "Phase", "Spread", "Stretch", "changes", "hurt", "lanes", "marks", "metrics", "phases",
           "after", "pile", "spread", "stretch"]  # fmt: skip

_AROUND = 3 * MINUTE
_BINS = 180
"""Marks of one lane and group that would lie on top of one another are one mark: within so small a part of the stretch."""
_POINTS = 240
_TOLD = 6


class Stretch(NamedTuple):
    """The time that a picture shows."""

    begins: int
    ends: int

    def __contains__(self, at: object) -> bool:
        return isinstance(at, int) and self.begins <= at <= self.ends

    @property
    def minutes(self) -> range:
        """Its minutes, or as many evenly spaced moments as a picture can show."""
        whole = range(-(-self.begins // MINUTE) * MINUTE, self.ends + 1, MINUTE)
        return whole[:: -(-len(whole) // _POINTS)]


class Phase(NamedTuple):
    """A step that was passed, as a stretch of time."""

    step: str
    title: str
    outcome: str
    who: str
    begins: int
    ends: int


class Mark(NamedTuple):
    """What somebody did at a moment: `many` events of one group in one lane, and what they say."""

    at: int
    lane: str
    group: str
    many: int
    said: str


class Hurt(NamedTuple):
    """How many users a minute fail at a moment, above the usual, and which share of all."""

    at: int
    users_per_minute: float
    failing_pct: float


class Change(NamedTuple):
    """A change to production, when it took effect, and what it really did."""

    at: int
    what: str
    effect: str
    why: str


class Spread(NamedTuple):
    """A component that was hurt: since when, how badly at worst, and by which fault of its own if it has one."""

    component: str
    since: int
    until: int | None
    worst_error_pct: float
    worst_slowdown: float
    fault: str | None


GROUPS: Mapping[str, str] = MappingProxyType({
    "alerted": "alert", "observed": "look", "found": "look", "scoped": "look", "declared": "decision", "diagnosed": "decision",
    "approved": "decision", "activated": "team", "acted": "action", "verified": "check", "said": "message", "escalated": "escalation",
    "reached": "milestone", "concluded": "milestone", "reviewed": "review", "planned": "review", "refused": "trouble", "failed": "trouble",
    "stepped": "step",
})  # fmt: skip
"""The group of marks that a kind of event belongs to; a check that does not hold and a remedy have groups of their own."""


def _group(event: Event) -> str:
    if event.kind == "verified" and event.text.startswith("NOT OK"):
        return "failed check"
    return "remedy" if event.kind == "acted" and event.weight == 2 else GROUPS[event.kind]


def stretch(drill: Drill) -> Stretch:
    """From a little before the fault (or the first alert) until the incident is concluded, and a little more."""
    known = [at for name, at in drill.milestones.items() if name in ("introduced", "detected") and at is not None]
    ends = max(drill.case.times_of(Concluded), default=drill.account.ends)
    begins = min([*known, ends])
    margin = max(_AROUND, (ends - begins) // 20)
    return Stretch(begins - margin, ends + margin)


def phases(drill: Drill, within: Stretch | None = None) -> list[Phase]:
    """Every step that was passed, as far as it lies within the stretch (all of the drill by default)."""
    names, steps = drill.runbook.roles, drill.runbook.steps
    made = [Phase(one.step, steps[one.step].title, one.outcome, names.get(one.role, one.role), one.opened_at, one.at)
            for one in drill.account.route]  # fmt: skip
    if within is None:
        return made
    seen = [one for one in made if one.begins < within.ends and one.ends > within.begins]
    return [one._replace(begins=max(one.begins, within.begins), ends=min(one.ends, within.ends)) for one in seen]


def marks(drill: Drill, within: Stretch | None = None, least: int = 1) -> list[Mark]:
    """What happened, of events of at least this weight; those that would lie on one another are one mark with their count."""
    within = within or stretch(drill)
    wide = max((within.ends - within.begins) // _BINS, 1)
    piles: dict[tuple[str, str, int], list[Event]] = {}
    for event in timeline(drill.runbook, drill.case):
        if event.weight >= least and event.at in within:
            piles.setdefault((event.who, _group(event), (event.at - within.begins) // wide), []).append(event)
    return [pile(lane, group, events) for (lane, group, _), events in piles.items()]


def pile(lane: str, group: str, events: Sequence[Event]) -> Mark:
    """Events as one mark: all that they say, or the first few and how many more."""
    told = [event.text for event in events[:_TOLD]]
    more = [f"and {len(events) - _TOLD} more"] if len(events) > _TOLD else []
    return Mark(events[0].at, lane, group, len(events), "\n".join([f"{clock(events[0].at)} {lane}", *told, *more]))


def lanes(found: Iterable[Mark], drill: Drill) -> list[str]:
    """The lanes that have marks: what raised the alarm first, then the roles in the order in which they come in."""
    seen = list(dict.fromkeys(mark.lane for mark in sorted(found, key=lambda mark: mark.at)))
    roles = {*drill.runbook.roles.values()}
    return sorted(seen, key=lambda lane: lane in roles)


def hurt(drill: Drill, within: Stretch | None = None) -> list[Hurt]:
    """The users who fail, a row a minute (or as many rows as a picture can show), as they really did."""
    done, show = drill.case.interventions, drill.world.show
    usual = show.physics.usual.users_failing
    states = [(at, show.state(at, done)) for at in (within or stretch(drill)).minutes]
    return [Hurt(at, round(state.users_hit, 1), round(max(state.users_failing - usual, 0) * 100, 2)) for at, state in states]


def changes(drill: Drill) -> list[Change]:
    """The changes that were made to production, in the order of their effect, with what each really did."""
    return [Change(act.at, f"{act.tool.replace('_', ' ')} {act.target}", act.effect, act.why) for act in drill.truth.actions]


def metrics(drill: Drill, service: str, within: Stretch | None = None) -> list[tuple[int, MetricRow]]:
    """A service's metrics as the instruments showed them, minute by minute. Raises BadInput for a service that there is not."""
    if not isinstance(service, str) or drill.system.component(service) is None:
        raise BadInput(f"metrics: {drill.system.name} has no service {service!r}; "
                       f"{valid_names(str(service), [spec.name for spec in drill.system.components])}")  # fmt: skip
    done, show = drill.case.interventions, drill.world.show
    return [(at, show.moment(at, done).shown.row(service)) for at in (within or stretch(drill)).minutes]


def spread(drill: Drill, within: Stretch | None = None) -> list[Spread]:
    """Every component that was hurt, in the order in which the trouble reached it; then those with a fault that never showed."""
    within = within or stretch(drill)
    seen: dict[str, list[tuple[int, float, float]]] = {}
    show, done = drill.world.show, drill.case.interventions
    usual = show.physics.usual.components
    for at in within.minutes:
        state = show.state(at, done)
        for name in sorted(state.abnormal):
            part = state.components[name]
            seen.setdefault(name, []).append((at, part.error, part.latency_ms / max(usual[name].latency_ms, 1e-9)))
    faults: dict[str, list[FaultSpec]] = {}
    for fault in drill.scenario.faults:
        faults.setdefault(fault.target, []).append(fault)
    last = within.minutes[-1]
    kinds = {name: " and ".join(dict.fromkeys(one.kind for one in found)) for name, found in faults.items()}
    rows = [_spread(name, points, last, kinds.get(name)) for name, points in seen.items()]
    silent = [Spread(name, min(one.at for one in found), None, 0.0, 1.0, kinds[name]) for name, found in faults.items() if name not in seen]
    return sorted(rows, key=lambda row: (row.since, row.fault is None)) + silent


def _spread(name: str, points: Sequence[tuple[int, float, float]], last: int, fault: str | None) -> Spread:
    until = None if points[-1][0] == last else points[-1][0]
    return Spread(name, points[0][0], until, round(max(error for _, error, _ in points) * 100, 1),
                  round(max(slow for _, _, slow in points), 1), fault)  # fmt: skip


def after(drill: Drill, within: Stretch) -> Iterator[Phase]:
    """The steps that come after the stretch: the review, and what is left to do."""
    return (one for one in phases(drill) if one.ends > within.ends)

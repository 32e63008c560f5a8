"""A drill's alerts for other systems: the scenario is flown, and what fired in it meanwhile is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import drillbook
from drillbook.alerts import FORMATS, encode, fingerprint, post, promtool_tests, rules_file, storm
from drillbook.alerts.outbound import EVENTS, Context
from drillbook.alerts.post import address, shown
from drillbook.case import Alerted
from drillbook.errors import BadInput, valid_names
from drillbook.firing import Firing, Notice
from drillbook.loading import load_system
from drillbook.scenario import System
from drillbook.scenarios import SYSTEMS, find
from drillbook.units import clock, parse_duration
from drillbook.world.alarms import fired, live, samples

if TYPE_CHECKING:
    from drillbook.drill import Drill

__all__ = ["STYLES", "Order", "alerts_of", "bodies", "notices", "promtool", "rules", "send"]

STYLES = (*FORMATS, "promtool")
"""What `drillbook alert` writes; `promtool` is a unit test for the exported rules."""

_IDLE: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "promtool": ("storm", "group_by", "starts"), **dict.fromkeys(("prometheus", *EVENTS), ("group_by",)),
})  # fmt: skip
"""Parts of an order that would change nothing, by style."""

_LATEST = parse_duration("7d")
_MOST = 1_000_000


def alerts_of(drill: Drill, until: int) -> tuple[Firing, ...]:
    """What the responders were alerted by, and what the rules fired up to `until` (virtual ms), each alert in the order of time.

    An alert that no rule of the system explains fires until the incident is resolved.
    """
    done = drill.case.interventions
    by_rule = [one for one in fired(drill.world.show, until, done) if one.alert.starts_at <= until]
    known = {fingerprint(one.alert.labels) for one in by_rule}
    given = [item.alert for item in drill.case.all(Alerted) if item.alert.starts_at <= until]
    ends = drill.case.milestone("resolved")
    over = ends if ends is not None and ends <= until else None
    others = [
        Firing(alert=alert, annotations={"summary": alert.summary}, ends_at=over)
        for alert in given if fingerprint(alert.labels) not in known
    ]  # fmt: skip
    return tuple(sorted([*others, *by_rule], key=lambda one: one.alert.starts_at))


def notices(firings: Sequence[Firing], until: int, *, every: bool) -> list[Notice]:
    """The last word of each alert, or `every` change, up to `until`."""
    said = []
    for one in firings:
        over = one.ends_at is not None and one.ends_at <= until
        if every or not over:
            said.append(Notice(one, one.alert.starts_at, False))
        if over:
            said.append(Notice(one, one.ends_at or 0, True))
    return sorted(_last(said) if not every else said, key=lambda notice: notice.at)


def _last(said: list[Notice]) -> list[Notice]:
    """An alert that fired several times is known by its last time."""
    return [*{fingerprint(notice.firing.alert.labels): notice for notice in sorted(said, key=lambda one: one.at)}.values()]


class Order(NamedTuple):
    """What to write: of which drill, in which style, up to when (until it is noticed where None), as a storm of how many.

    `starts` is when the scenario starts by the clock of whoever gets the alerts (ISO 8601), else as the scenario says.
    """

    scenario: str | Path
    style: str = "alertmanager"
    seed: int | None = None
    until: str | None = None
    storm: int | None = None
    group_by: tuple[str, ...] = ()
    starts: str | None = None


def bodies(order: Order) -> list[Any]:
    """What a system sends in a drill. Raises BadInput for an order that cannot be filled, and where nothing has fired by then."""
    last = _check(order)
    drill = drillbook.run(order.scenario, seed=order.seed)
    if order.style == "promtool":
        return [promtool(drill, last)]
    first = max(item.alert.starts_at for item in drill.case.all(Alerted))
    at = first if last is None else last
    firings = alerts_of(drill, at)
    if not firings:
        raise BadInput(f"--until {order.until}: nothing has fired by {clock(at)}; {drill.scenario.id} is noticed at {clock(first)}")
    said = notices(firings, at, every=order.style in EVENTS)
    if order.storm is not None:
        said = [*storm(firings, order.storm, drill.seed)]
    return encode(order.style, said, Context(drill.scenario.id, _starts(order.starts) or drill.scenario.starts, group_by=order.group_by))


def _check(order: Order) -> int | None:
    """The order's end in virtual ms; raises BadInput for what cannot be filled."""
    if order.style not in STYLES:
        raise BadInput(f"--format: unknown format {order.style!r}; {valid_names(order.style, STYLES)}")
    for name in _IDLE.get(order.style, ()):
        if getattr(order, name):
            raise BadInput(f"--format {order.style}: {_option(name)} would change nothing; leave it out, or choose another format")
    if order.storm is not None and not 1 <= order.storm <= _MOST:
        raise BadInput(f"--storm {order.storm}: valid: 1 to {_MOST:,} alerts")
    _starts(order.starts)
    return _until(order.until)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _starts(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        starts = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--starts: {text!r} is no time; valid: 2026-03-02T09:00:00Z") from None
    if not 1970 < starts.year < 9000:
        raise BadInput(f"--starts: {text!r}: a year after 1970 and before 9000 is expected")
    return starts


def _until(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        until = parse_duration(text)
    except ValueError as error:
        raise BadInput(f"--until: {error}") from None
    if until > _LATEST:
        raise BadInput(f"--until {text}: at most 7d")
    return until


def promtool(drill: Drill, until: int | None = None) -> dict[str, Any]:
    """A drill's metrics and alerts, minute by minute to its end, as a unit test for the rules of its system."""
    show, done, system = drill.world.show, drill.case.interventions, drill.system
    last = drill.case.now if until is None else until
    series = samples(show, sorted({rule.metric for rule in system.alerts}), last, done)
    kinds = {spec.name: spec.kind for spec in system.components}
    return promtool_tests(system, f"{system.name}.rules.yaml", kinds, series, [firing for _, firing in live(show, last, done)])


def rules(name: str, others: Mapping[str, object] = MappingProxyType({})) -> str:
    """The rules file of a system: an id of the catalogue, or a file. Raises BadInput, also for any of the `others`: it takes no options."""
    given = [_option(option) for option, value in others.items() if value not in (None, [])]
    if given:
        raise BadInput(f"--rules {name}: {', '.join(given)} would change nothing; rules are printed by themselves")
    return rules_file(_system(name))


def _system(name: str) -> System:
    known = {path.stem: path for path in SYSTEMS.glob("*.yaml")}
    if name in known or not name.endswith((".yaml", ".yml", ".json")):
        if name not in known:
            raise BadInput(f"--rules: unknown system {name!r}; {valid_names(name, known)}")
        return load_system(known[name])
    return load_system(find(name))


def send(url: str, order: Order) -> str:
    """Post a drill's bodies and say what was sent. Alertmanager's own API takes them as Prometheus posts them. Raises BadInput."""
    if order.style == "promtool":
        raise BadInput("--format promtool: a test file is printed, not posted")
    if order.style == "alertmanager" and address(url).path.rstrip("/").endswith("/api/v2/alerts"):
        order = order._replace(style="prometheus")
    media = "application/cloudevents+json" if order.style == "cloudevents" else "application/json"
    sent = post(url, bodies(order), media)
    return f"posted {sent} {'body' if sent == 1 else 'bodies'} ({order.style}) to {shown(url)}"

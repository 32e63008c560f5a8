"""Alert rules over the state, minute by minute, as Prometheus evaluates them: pending, firing after `for`, resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from drillbook.case import Alert
from drillbook.firing import Firing
from drillbook.scenario import AlertRule
from drillbook.units import HOUR, MINUTE
from drillbook.world.physics import ComponentState
from drillbook.world.telemetry import Done, Telemetry

__all__ = ["Samples", "fired", "first_alerts", "live", "samples"]

_LONGEST = 6 * HOUR

Samples = dict[tuple[str, str], list[float]]
"""Values a minute, by metric and component."""


def _value(metric: str, state: ComponentState) -> float:
    match metric:
        case "error_pct":
            return state.error * 100
        case "p95_ratio":
            return state.slow
        case "saturation":
            return state.rho * 100
        case "up":
            return float(state.up)
        case _:
            return float(getattr(state, metric))


def _over(rule: AlertRule, value: float) -> bool:
    return (rule.above is not None and value > rule.above) or (rule.below is not None and value < rule.below)


def live(show: Telemetry, until: int, done: Done = ()) -> Iterator[tuple[int, tuple[Firing, ...]]]:
    """Every minute up to `until`, with the alerts that fire in it, in the order of the rules.

    An alert's value in its texts is the minute's; its `starts_at` the minute in which it left `pending`.
    """
    watched = [(rule, name) for rule in show.system.alerts for name, spec in show.specs.items() if spec.kind in rule.kinds]
    pending: dict[int, int] = {}
    since: dict[int, int] = {}
    last, over = None, dict[int, float]()
    for minute in show.minutes(until):
        firing = []
        states = show.state(minute, done).components
        if states is not last:
            last, over = states, _all_over(watched, states)
            pending, since = ({place: begun for place, begun in known.items() if place in over} for known in (pending, since))
        for place, value in over.items():
            rule, name = watched[place]
            if minute - pending.setdefault(place, minute) >= rule.for_:
                firing.append(_firing(rule, name, since.setdefault(place, minute), value))
        yield minute, tuple(firing)


def _all_over(watched: Sequence[tuple[AlertRule, str]], states: Mapping[str, ComponentState]) -> dict[int, float]:
    """The values that are over a bound, by the place of rule and component."""
    values = [_value(rule.metric, states[name]) for rule, name in watched]
    return {place: value for place, value in enumerate(values) if _over(watched[place][0], value)}


def _firing(rule: AlertRule, name: str, since: int, value: float) -> Firing:
    summary = rule.summary.format(component=name, value=f"{value:.1f}", minutes=rule.for_ // MINUTE)
    labels = {**rule.labels, "alertname": rule.alert, "component": name, "severity": rule.severity}
    alert = Alert(name=rule.alert, summary=summary, component=name, label=rule.severity, starts_at=since, labels=labels)
    runbook = {"runbook_url": rule.runbook_url} if rule.runbook_url else {}
    return Firing(alert=alert, annotations={"summary": summary, **runbook}, expr=rule.promql)


def first_alerts(show: Telemetry) -> tuple[Alert, ...]:
    """The alerts of the first minute in which any fires, in the order of the rules; empty if none fires in 6 hours."""
    first = next((firing for _, firing in live(show, show.begins + _LONGEST) if firing), ())
    return tuple(one.alert for one in first)


def fired(show: Telemetry, until: int, done: Done = ()) -> tuple[Firing, ...]:
    """Everything that fired up to `until`, as it was when it began, ended where it ended; in the order of time."""
    burning: dict[tuple[tuple[str, str], ...], Firing] = {}
    over: list[Firing] = []
    for minute, firing in live(show, until, done):
        now = {tuple(sorted(one.alert.labels.items())): one for one in firing}
        for gone in [key for key in burning if key not in now]:
            over.append(burning.pop(gone).model_copy(update={"ends_at": minute}))
        for key, one in now.items():
            burning.setdefault(key, one)
    return tuple(sorted([*over, *burning.values()], key=lambda one: one.alert.starts_at))


def samples(show: Telemetry, metrics: Iterable[str], until: int, done: Done = ()) -> Samples:
    """The values that the rules see, minute by minute up to `until`, of every component."""
    series: Samples = {(metric, name): [] for metric in metrics for name in show.specs}
    for minute in show.minutes(until):
        states = show.state(minute, done).components
        for (metric, name), values in series.items():
            values.append(_value(metric, states[name]))
    return series

"""Alert rules over the state: which alerts fire first, and when."""

from __future__ import annotations

from drillbook.case import Alert
from drillbook.scenario import AlertRule
from drillbook.units import HOUR, MINUTE
from drillbook.world.physics import ComponentState
from drillbook.world.telemetry import Telemetry

__all__ = ["first_alerts"]

_LONGEST = 6 * HOUR


def _value(rule: AlertRule, state: ComponentState) -> float:
    match rule.metric:
        case "error_pct":
            return state.error * 100
        case "p95_ratio":
            return state.slow
        case "saturation":
            return state.rho * 100
        case "up":
            return float(state.up)
        case _:
            return float(getattr(state, rule.metric))


def _over(rule: AlertRule, state: ComponentState) -> bool:
    value = _value(rule, state)
    return (rule.above is not None and value > rule.above) or (rule.below is not None and value < rule.below)


def first_alerts(show: Telemetry) -> tuple[Alert, ...]:
    """The alerts of the first minute in which any fires, in the order of the rules; empty if none fires in 6 hours."""
    watched = [(rule, name) for rule in show.system.alerts for name, spec in show.specs.items() if spec.kind in rule.kinds]
    pending: dict[tuple[str, str], int] = {}
    for minute in show.minutes(show.begins + _LONGEST):
        fired = []
        states = show.state(minute, ()).components
        for rule, name in watched:
            if not _over(rule, states[name]):
                pending.pop((rule.alert, name), None)
            elif minute - pending.setdefault((rule.alert, name), minute) >= rule.for_:
                fired.append(_alert(rule, name, minute, states[name]))
        if fired:
            return tuple(fired)
    return ()


def _alert(rule: AlertRule, name: str, at: int, state: ComponentState) -> Alert:
    summary = rule.summary.format(component=name, value=f"{_value(rule, state):.1f}", minutes=rule.for_ // MINUTE)
    labels = {"alertname": rule.alert, "component": name, "severity": rule.severity}
    return Alert(name=rule.alert, summary=summary, component=name, label=rule.severity, starts_at=at, labels=labels)

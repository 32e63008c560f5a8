"""What a drill starts from: a scenario and its system, and the alerts that wake somebody."""

from __future__ import annotations

from pathlib import Path

from drillbook.alerts import fingerprint, read_alerts
from drillbook.case import Alert
from drillbook.errors import BadInput, expect
from drillbook.reading import read_scenario
from drillbook.scenario import Scenario, System
from drillbook.world import World

__all__ = ["Start", "read_start", "triggered"]

Start = tuple[Scenario, System, tuple[Alert, ...]]
"""What a drill starts from: a scenario, its system, and the alerts of a body, if one starts it."""


def read_start(scenario: str | Path | Scenario, alert: str | Path | None = None) -> Start:
    """A scenario (by id, path, or at hand), its system, and the alerts of a body that starts it: `alert`, else its own. Raises BadInput."""
    spec, system, path = read_scenario(scenario)
    return spec, system, _alerts(spec, system, path, alert)


def _alerts(scenario: Scenario, system: System, path: Path, given: str | Path | None) -> tuple[Alert, ...]:
    """The alerts of a body: the one given, else the one that the scenario names."""
    trigger = scenario.trigger
    expect("alert", given, (str, Path, type(None)), "the path of a file with an alert's body")
    body = given if given is not None else (path.parent / trigger.alertmanager if trigger and trigger.alertmanager else None)
    if body is None:
        return ()
    at = trigger.at if trigger else min((fault.at for fault in scenario.faults), default=0) + 3 * 60_000
    return read_alerts(body, [spec.name for spec in system.components], at, scenario.starts if given else None)


def triggered(scenario: Scenario, world: World) -> tuple[Alert, ...]:
    """The alerts of a scenario without a body: of its trigger, else those that the rules fire first. Raises BadInput if none does."""
    given = scenario.trigger
    if given is None:
        alerts = world.alerts()
        if not alerts:
            raise BadInput(f"{scenario.id}: no alert rule of {scenario.system} fires within 6 hours; give the scenario a `trigger`")
        return tuple(alert.model_copy(update={"fingerprint": fingerprint(alert.labels)}) for alert in alerts)
    known = {"alertname": given.alert, "component": given.component, "severity": given.severity}
    labels = {name: value for name, value in known.items() if value}
    return (Alert(name=given.alert, source=given.source, summary=given.summary, component=given.component, label=given.severity,
                  starts_at=given.at, labels=labels, fingerprint=fingerprint(labels)),)  # fmt: skip

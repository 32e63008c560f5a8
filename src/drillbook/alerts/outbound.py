"""Alerts as other systems send them: one body a group of alerts, or one an event, as each system does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from drillbook.alerts.labels import common, fingerprint, group_key, label_order
from drillbook.firing import Notice

__all__ = ["FORMATS", "Context", "encode", "rfc3339"]

ALERTMANAGER = "http://alertmanager.example.com:9093"
PROMETHEUS = "http://prometheus.example.com:9090"
GRAFANA = "http://grafana.example.com"
PLACEHOLDER_KEY = "R0UT1NGKEYPLACEHOLDER00000000000"
NEVER = "0001-01-01T00:00:00Z"
MOST_IN_A_BODY = 64

_SEVERITIES: Mapping[str, str] = MappingProxyType({
    "critical": "critical", "page": "critical", "error": "error", "high": "error", "severe": "error", "warning": "warning",
    "medium": "warning", "info": "info", "low": "info", "none": "info",
})  # fmt: skip
"""PagerDuty knows four severities."""

Body = dict[str, Any]


class Context(NamedTuple):
    """What bodies say beside the alerts: the scenario and its start, the receiver, the labels that alerts are grouped by."""

    scenario: str
    starts: datetime
    receiver: str = "drillbook"
    group_by: tuple[str, ...] = ()


def rfc3339(starts: datetime, at: int) -> str:
    """A virtual time as the wall clock of a scenario that starts at `starts` has it, in UTC, without idle zeros."""
    begin = starts if starts.tzinfo else starts.replace(tzinfo=UTC)
    text = (begin + timedelta(milliseconds=at)).astimezone(UTC).isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if "." in text else text) + "Z"


def _generator(notice: Notice) -> str:
    return f"{PROMETHEUS}/graph?g0.expr={quote_plus(notice.firing.expr)}&g0.tab=1"


def _posted(notice: Notice, context: Context, fires: Body | None = None) -> Body:
    """An alert as Prometheus posts it; one that fires has no end, so that Alertmanager sets it by its own clock."""
    firing = notice.firing
    ends = {"endsAt": rfc3339(context.starts, notice.at)} if notice.resolved else fires or {}
    return {
        "labels": dict(sorted(firing.alert.labels.items())), "annotations": dict(sorted(firing.annotations.items())),
        "startsAt": rfc3339(context.starts, firing.alert.starts_at), **ends, "generatorURL": _generator(notice),
    }  # fmt: skip


def _listed(notice: Notice, context: Context) -> Body:
    """An alert as a webhook body lists it."""
    status = "resolved" if notice.resolved else "firing"
    return {"status": status, **_posted(notice, context, {"endsAt": NEVER}), "fingerprint": fingerprint(notice.firing.alert.labels)}


def _prometheus(notices: Sequence[Notice], context: Context) -> Iterator[Any]:
    for part in _parts(notices):
        yield [_posted(notice, context) for notice in part]


def _alertmanager(notices: Sequence[Notice], context: Context) -> Iterator[Body]:
    for labels, part in _groups(notices, context):
        yield _webhook(part, labels, context, ALERTMANAGER, "4")


def _webhook(part: Sequence[Notice], labels: dict[str, str], context: Context, url: str, version: str) -> Body:
    part = sorted(part, key=lambda notice: label_order(notice.firing.alert.labels))
    return {
        "receiver": context.receiver, "status": "resolved" if all(notice.resolved for notice in part) else "firing",
        "alerts": [_listed(notice, context) for notice in part], "groupLabels": labels,
        "commonLabels": common([notice.firing.alert.labels for notice in part]),
        "commonAnnotations": common([notice.firing.annotations for notice in part]),
        "externalURL": url, "version": version, "groupKey": group_key(labels), "truncatedAlerts": 0,
    }  # fmt: skip


def _grafana(notices: Sequence[Notice], context: Context) -> Iterator[Body]:
    for labels, part in _groups(notices, context):
        body = _webhook(part, labels, context, f"{GRAFANA}/", "1")
        alerts = [{**one, **_grafana_extras(one)} for one in body["alerts"]]
        firing = sum(one["status"] == "firing" for one in alerts)
        state = f"FIRING:{firing}" if firing else f"RESOLVED:{len(alerts)}"
        title = f"[{state}] {' '.join(labels.values())} ({' '.join(body['commonLabels'].values())})"
        texts = [f"{one['status']}: {one['annotations'].get('summary', '')}" for one in alerts]
        yield {**body, "alerts": alerts, "orgId": 1, "title": title, "state": "alerting" if firing else "ok", "message": "\n".join(texts)}


def _grafana_extras(alert: Body) -> Body:
    matchers = "&".join(f"matcher={quote_plus(f'{name}={value}')}" for name, value in alert["labels"].items())
    return {"silenceURL": f"{GRAFANA}/alerting/silence/new?alertmanager=grafana&{matchers}", "dashboardURL": "", "panelURL": "",
            "values": None, "valueString": ""}  # fmt: skip


def _pagerduty(notices: Sequence[Notice], context: Context) -> Iterator[Body]:
    for notice in notices:
        alert = notice.firing.alert
        event = {"routing_key": PLACEHOLDER_KEY, "event_action": "resolve" if notice.resolved else "trigger",
                 "dedup_key": fingerprint(alert.labels)}  # fmt: skip
        yield event if notice.resolved else {**event, **_triggered(notice, context)}


def _triggered(notice: Notice, context: Context) -> Body:
    alert, link = notice.firing.alert, notice.firing.annotations.get("runbook_url")
    place = alert.component or alert.labels.get("instance") or context.scenario
    payload = {
        "summary": alert.summary[:1024], "source": alert.labels.get("instance", place), "class": alert.name,
        "severity": _SEVERITIES.get((alert.label or "").lower(), "error"),
        "timestamp": rfc3339(context.starts, alert.starts_at), "component": place, "group": alert.labels.get("job", "drillbook"),
        "custom_details": dict(sorted(alert.labels.items())),
    }  # fmt: skip
    return {"payload": payload, "client": "drillbook", "client_url": _generator(notice),
            "links": [{"href": link, "text": "Runbook"}] if link else []}  # fmt: skip


def _cloudevents(notices: Sequence[Notice], context: Context) -> Iterator[Body]:
    for place, notice in enumerate(notices):
        one = _listed(notice, context)
        yield {
            "specversion": "1.0", "id": f"{one['fingerprint']}-{place}", "source": f"/drillbook/{context.scenario}",
            "type": f"io.drillbook.alert.{one['status']}", "subject": notice.firing.alert.component or notice.firing.alert.name,
            "time": rfc3339(context.starts, notice.at), "datacontenttype": "application/json", "data": one,
        }  # fmt: skip


def _groups(notices: Sequence[Notice], context: Context) -> Iterator[tuple[dict[str, str], list[Notice]]]:
    """The notices by the labels that they are grouped by, each alert once in a body."""
    groups: dict[tuple[tuple[str, str], ...], list[Notice]] = {}
    for notice in notices:
        labels = notice.firing.alert.labels
        key = tuple((name, labels[name]) for name in sorted(context.group_by) if name in labels)
        groups.setdefault(key, []).append(notice)
    for key, members in groups.items():
        for part in _parts(members):
            yield dict(key), part


def _parts(notices: Iterable[Notice]) -> Iterator[list[Notice]]:
    """Cut where an alert comes again, or a body is full."""
    part: dict[str, Notice] = {}
    for notice in notices:
        key = fingerprint(notice.firing.alert.labels)
        if key in part or len(part) == MOST_IN_A_BODY:
            yield [*part.values()]
            part = {}
        part[key] = notice
    if part:
        yield [*part.values()]


Encoder = Callable[[Sequence[Notice], Context], Iterator[Any]]

FORMATS: Mapping[str, Encoder] = MappingProxyType({
    "alertmanager": _alertmanager, "prometheus": _prometheus, "grafana": _grafana, "pagerduty": _pagerduty, "cloudevents": _cloudevents,
})  # fmt: skip
"""What alerts can be written as; `prometheus` is the body of Alertmanager's /api/v2/alerts."""

EVENTS = frozenset({"pagerduty", "cloudevents"})
"""The formats that send an event for every change, not the present state of a group."""


def encode(format_: str, notices: Sequence[Notice], context: Context) -> list[Any]:
    """The bodies that a system sends for notices in their order."""
    return [*FORMATS[format_](notices, context)]

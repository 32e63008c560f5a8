"""Alerts from outside: bodies of four systems, told apart by their fields and read into our Alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from drillbook.alerts.body import Body, read_body
from drillbook.alerts.foreign import AlertmanagerAlert, AlertmanagerWebhook, CloudEvent, GrafanaWebhook, PagerDutyEvent, PostedAlert
from drillbook.alerts.labels import fingerprint, match
from drillbook.case import Alert
from drillbook.units import HOUR

__all__ = ["Received", "read_alerts", "receive"]

_LATEST = 72 * HOUR
"""How far from a scenario's start an alert's own time still counts, in ms."""

_KNOWN = "an Alertmanager or Grafana webhook has `alerts`, an alert for /api/v2/alerts `labels`, " \
         "a PagerDuty event `event_action`, a CloudEvent `specversion`"  # fmt: skip


@dataclass(frozen=True)
class Received:
    """An alert as it came: ours, the key that says which alert it is, whether it ended, its time, and the body it came in.

    `starts` and `ends` are as the sender's clock has them; `foreign` keeps every field, known or not.
    """

    alert: Alert
    key: str
    resolved: bool
    starts: datetime | None
    ends: datetime | None
    foreign: BaseModel


def receive(body: Body, components: Iterable[str] = ()) -> Iterator[Received]:
    """The alerts of a body (it may be a list) or of a list of bodies, in their order. Raises BadInput for what is no known format."""
    names = tuple(components)
    for part in _parts(body):
        for inner in _parts(part):
            yield from _one(inner, names)


def _parts(body: Body) -> Iterator[Body]:
    """The members of a list; a body that is no list is its own only part."""
    if not isinstance(body.data, list):
        yield body
        return
    if not body.data:
        raise body.wrong((), f"an empty list: no alert is in it; {_KNOWN}")
    for index in range(len(body.data)):
        yield body.part(index)


def _one(body: Body, names: tuple[str, ...]) -> Iterator[Received]:
    if not isinstance(body.data, dict):
        raise body.wrong((), f"no alert: a {type(body.data).__name__} stands here; {_KNOWN}")
    for fits, read in _FORMATS:
        if fits(body.data):
            yield from read(body, names)
            return
    raise body.wrong((), f"{_guess(body.data)}; {_KNOWN}")


def _guess(data: dict[str, Any]) -> str:
    if data.get("type") == "message" and "attachments" in data:
        return "a chat message about alerts (Microsoft Teams), not an alert"
    if "commonLabels" in data or "alert_source" in data:
        return f"not an alert that is read here: it has no `alerts` (source: {str(data.get('alert_source', 'unknown'))[:40]!r})"
    return "not an alert that is read here"


def _is_grafana(data: dict[str, Any]) -> bool:
    return "alerts" in data and ("orgId" in data or data.get("version") == "1")


def _grafana(body: Body, names: tuple[str, ...]) -> Iterator[Received]:
    return _grouped(body, body.read_as(GrafanaWebhook).alerts, names)


def _alertmanager(body: Body, names: tuple[str, ...]) -> Iterator[Received]:
    return _grouped(body, body.read_as(AlertmanagerWebhook).alerts, names)


def _grouped(body: Body, alerts: tuple[AlertmanagerAlert, ...], names: tuple[str, ...]) -> Iterator[Received]:
    if not alerts:
        raise body.wrong(("alerts",), "an empty list: at least one alert is expected")
    for place, one in enumerate(alerts):
        yield _labelled(body, ("alerts", place), one, one, one.status == "resolved", names)


def _posted(body: Body, names: tuple[str, ...]) -> Iterator[Received]:
    """A posted alert that has an end is over; one that Alertmanager lists with a state is not: its end is only foreseen."""
    one = body.read_as(PostedAlert)
    ended = _time(one.endsAt) is not None and "status" not in body.data
    yield _labelled(body, (), one, one, ended, names)


def _cloud_event(body: Body, names: tuple[str, ...]) -> Iterator[Received]:
    event = body.read_as(CloudEvent)
    resolved = event.data.status == "resolved" or (event.data.status is None and event.type.endswith("resolved"))
    read = _labelled(body, ("data",), event.data, event, resolved, names)
    yield Received(read.alert, read.key, resolved, read.starts or event.time, read.ends, event)


def _labelled(body: Body, path: tuple[str | int, ...], one: PostedAlert, foreign: BaseModel, resolved: bool,
              names: tuple[str, ...]) -> Received:  # fmt: skip
    """An alert that is its labels. Its key joins the fingerprint it came with and the one of its labels: senders err in the first."""
    name = one.labels.get("alertname")
    if not name:
        raise body.wrong((*path, "labels"), "label 'alertname' is missing")
    computed = fingerprint(one.labels)
    told = one.annotations
    alert = Alert(
        name=name, summary=told.get("summary") or told.get("description") or told.get("message") or name,
        component=match(one.labels, names), label=one.labels.get("severity"), starts_at=0, labels=one.labels,
        fingerprint=one.fingerprint or computed,
    )  # fmt: skip
    return Received(alert, f"{alert.fingerprint}/{computed}", resolved, _time(one.startsAt), _time(one.endsAt), foreign)


def _pagerduty(body: Body, names: tuple[str, ...]) -> Iterator[Received]:
    """A trigger or a resolve; that a person has seen an alert changes nothing about it."""
    event = body.read_as(PagerDutyEvent)
    payload = event.payload
    if event.event_action == "trigger" and payload is None:
        raise body.wrong(("event_action",), "a trigger needs a `payload` with summary, source and severity")
    if event.event_action != "trigger" and not event.dedup_key:
        raise body.wrong(("event_action",), f"a {event.event_action} needs the `dedup_key` of its trigger")
    if event.event_action == "acknowledge":
        return
    labels = _details(event)
    key = event.dedup_key or fingerprint(labels)
    alert = Alert(
        name=labels.get("alertname") or (payload and (payload.class_ or payload.summary[:80])) or key,
        summary=payload.summary if payload else f"{event.event_action} {key}", component=match(labels, names),
        label=labels.get("severity"), starts_at=0, labels=labels, fingerprint=key,
    )  # fmt: skip
    yield Received(alert, key, event.event_action == "resolve", _time(payload.timestamp if payload else None), None, event)


def _details(event: PagerDutyEvent) -> dict[str, str]:
    """The labels of an event: what its details say in text, else its payload's own fields."""
    payload = event.payload
    if payload is None:
        return {}
    details = payload.custom_details if isinstance(payload.custom_details, dict) else {}
    inner = details["labels"] if isinstance(details.get("labels"), dict) else details
    own = {"component": payload.component, "service": payload.group, "instance": payload.source, "severity": payload.severity}
    if payload.class_:
        own["alertname"] = payload.class_
    labels = {str(name): value for name, value in inner.items() if isinstance(value, str)}
    return {**{name: value for name, value in own.items() if value}, **labels}


_FORMATS: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[Body, tuple[str, ...]], Iterator[Received]]], ...] = (
    (lambda data: "specversion" in data, _cloud_event),
    (lambda data: "event_action" in data or "routing_key" in data, _pagerduty),
    (_is_grafana, _grafana),
    (lambda data: "alerts" in data or ("groupKey" in data and "receiver" in data), _alertmanager),
    (lambda data: "labels" in data, _posted),
)
"""What each format's body is known by, and how it is read; the first that fits."""


def _time(at: datetime | None) -> datetime | None:
    """With a zone, UTC where none is given; None for the zero time that Go writes."""
    if at is None or at.year < 1970:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_alerts(path: Path | str, components: Iterable[str], at: int, starts: datetime | None = None) -> tuple[Alert, ...]:
    """The alerts that fire after a file's bodies, each once, matched to components by their labels.

    They are noticed together: when the last of them began, where that is near the scenario's start `starts`, else at `at`
    (virtual ms). Raises BadInput for a file that holds no such bodies, and for one in which nothing fires in the end.
    """
    body = read_body(path)
    firing: dict[str, Received] = {}
    ended = 0
    for one in receive(body, components):
        ended += one.resolved
        if one.resolved:
            firing.pop(one.key, None)
        else:
            firing.setdefault(one.key, one)
    if not firing:
        raise body.wrong(("alerts",), f"no alert here is firing ({ended} resolved); a drill starts from one that fires")
    noticed = max(_near(starts, [one.starts for one in firing.values()]), default=at)
    shared = Counter(one.alert.fingerprint for one in firing.values())
    return tuple(one.alert.model_copy(update={"starts_at": noticed, "fingerprint": _own(one, shared)}) for one in firing.values())


def _own(one: Received, shared: Counter[str]) -> str:
    """The fingerprint of an alert; the one of its labels where other labels came with the same."""
    return one.key.rpartition("/")[2] if shared[one.alert.fingerprint] > 1 else one.alert.fingerprint


def _near(starts: datetime | None, times: list[datetime | None]) -> Iterator[int]:
    """The times, in virtual ms, that lie within three days after `starts`."""
    begin = _time(starts)
    for time in times:
        if begin is not None and time is not None:
            at = (time - begin) // timedelta(milliseconds=1)
            if 0 <= at <= _LATEST:
                yield at

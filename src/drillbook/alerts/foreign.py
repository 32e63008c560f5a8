"""The bodies that other systems send, as they document them. Fields that we do not know are kept, in `model_extra`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AlertmanagerAlert", "AlertmanagerWebhook", "CloudAlert", "CloudEvent", "GrafanaWebhook", "PagerDutyEvent", "PagerDutyPayload",
    "PostedAlert",
]  # fmt: skip

Status = Literal["firing", "resolved"]
Labels = dict[str, str]


class Foreign(BaseModel):
    """A part of a body that is not ours."""

    model_config = ConfigDict(frozen=True, extra="allow")


class PostedAlert(Foreign):
    """An alert as it is posted to Alertmanager's /api/v2/alerts."""

    labels: Labels
    annotations: Labels = Field(default_factory=dict)
    startsAt: datetime | None = None  # noqa: N815 - the name in the body
    endsAt: datetime | None = None  # noqa: N815
    fingerprint: str = ""


class AlertmanagerAlert(PostedAlert):
    """One alert of a webhook body of Alertmanager or Grafana."""

    status: Status


class AlertmanagerWebhook(Foreign):
    """Alertmanager's webhook body, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config"""

    version: Literal["4"] = "4"
    status: Status
    alerts: tuple[AlertmanagerAlert, ...]


class GrafanaWebhook(Foreign):
    """The webhook body of Grafana's unified alerting, with `orgId`, `title`, `state` and `message` beside Alertmanager's fields."""

    version: str = "1"
    status: Status
    alerts: tuple[AlertmanagerAlert, ...]


class PagerDutyPayload(Foreign):
    """What a trigger event tells: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/"""

    summary: str = Field(min_length=1)
    source: str
    severity: Literal["critical", "error", "warning", "info"]
    timestamp: datetime | None = None
    component: str | None = None
    group: str | None = None
    class_: str | None = Field(None, alias="class")
    custom_details: Any = None


class PagerDutyEvent(Foreign):
    """An event of PagerDuty's Events API v2."""

    routing_key: str = Field(min_length=1)
    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: str | None = Field(None, max_length=255)
    payload: PagerDutyPayload | None = None


class CloudAlert(PostedAlert):
    """The alert in a CloudEvent's `data`: an alert of a webhook body; where it has no status, the event's type says it."""

    status: Status | None = None


class CloudEvent(Foreign):
    """A CloudEvents 1.0 event in JSON that carries an alert: https://github.com/cloudevents/spec"""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    time: datetime | None = None
    data: CloudAlert

"""Alerts from outside: Alertmanager's webhook body (version 4), read into our Alert."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from drillbook.case import Alert
from drillbook.errors import BadInput
from drillbook.files import Document, read_document

__all__ = ["AlertmanagerAlert", "AlertmanagerWebhook", "fingerprint", "read_alertmanager"]

_NAMING = ("component", "service", "app", "job", "deployment", "pod", "instance")


class AlertmanagerAlert(BaseModel):
    """One alert of a webhook body; fields that we do not know are kept."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    fingerprint: str = ""


class AlertmanagerWebhook(BaseModel):
    """A webhook body of Alertmanager, version 4."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)
    version: str = "4"
    status: Literal["firing", "resolved"]
    alerts: tuple[AlertmanagerAlert, ...] = Field(min_length=1)


def fingerprint(labels: dict[str, str]) -> str:
    """Alertmanager's fingerprint of a label set: FNV-1a (64 bit) over sorted names and values, 0xFF between."""
    value = 14695981039346656037
    for name in sorted(labels):
        for byte in (*name.encode(), 0xFF, *labels[name].encode(), 0xFF):
            value = ((value ^ byte) * 1099511628211) % 2**64
    return f"{value:016x}"


def read_alertmanager(path: Path | str, components: Iterable[str], at: int) -> tuple[Alert, ...]:
    """The firing alerts of a webhook body, noticed at virtual time `at`, matched to components by their labels.

    Raises BadInput for a file that is no such body, and for one in which nothing fires.
    """
    document = read_document(path)
    body = document.read_as(AlertmanagerWebhook)
    names = sorted(components, key=len, reverse=True)
    alerts = tuple(_alert(alert, names, at, document, place) for place, alert in enumerate(body.alerts) if alert.status == "firing")
    if not alerts:
        raise BadInput([document.problem(("alerts",), "no alert in this body is firing")])
    return alerts


def _alert(alert: AlertmanagerAlert, names: list[str], at: int, document: Document, place: int) -> Alert:
    if "alertname" not in alert.labels:
        raise BadInput([document.problem(("alerts", place, "labels"), "label 'alertname' is missing")])
    summary = alert.annotations.get("summary") or alert.annotations.get("description") or alert.labels["alertname"]
    return Alert(
        name=alert.labels["alertname"], summary=summary, component=_match(alert.labels, names), labels=alert.labels,
        label=alert.labels.get("severity"), starts_at=at, fingerprint=alert.fingerprint or fingerprint(alert.labels),
    )  # fmt: skip


def _match(labels: dict[str, str], names: list[str]) -> str | None:
    """The component that a label names: exactly, or as the beginning of a pod's or an instance's name."""
    for label in _NAMING:
        value = labels.get(label, "").lower().replace("-", "_")
        for name in names:
            if value == name or (label in ("pod", "instance") and value.startswith(f"{name}_")):
                return name
    return None

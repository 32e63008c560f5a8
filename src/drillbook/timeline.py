"""The case as a timeline: an event a line, in words. One table from kinds of entry to what a person reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from drillbook.case import (
    Acted,
    Activated,
    Alerted,
    Approved,
    Case,
    Concluded,
    Declared,
    Diagnosed,
    Entry,
    Escalated,
    Failed,
    Found,
    Observed,
    Planned,
    Reached,
    Refused,
    Reviewed,
    Said,
    Scoped,
    Stepped,
    Verified,
)  # fmt: skip
from drillbook.glance import glance
from drillbook.runbook import Runbook
from drillbook.units import Frozen, printable, span

__all__ = ["Event", "events", "timeline"]


class Event(NamedTuple):
    """One line: when (virtual ms), who, what kind, in words. `weight`: 0 detail, 1 event, 2 turning point."""

    at: int
    who: str
    kind: str
    text: str
    weight: int
    step: str


_ALERTS = 3
"""How many alerts of a storm are worth a line."""

Words = Callable[[Any, Runbook], tuple[str, int]]


def _names(runbook: Runbook, roles: tuple[str, ...]) -> str:
    return ", ".join(runbook.roles.get(role, role) for role in roles)


def _activated(item: Activated, runbook: Runbook) -> tuple[str, int]:
    if item.roles:
        return f"team activated: {_names(runbook, item.roles)}", 1
    return f"called in: {_names(runbook, item.called_in)}", 1


def _declared(item: Declared, runbook: Runbook) -> tuple[str, int]:
    row = next((row for row in runbook.severities if row.level == item.severity), None)
    meaning = f", {row.name}" if row else ""
    before = f" (was {item.previous})" if item.previous else ""
    respond = f"; response time {row.response_time}" if row else ""
    return f"declares {item.severity}{meaning}{before}: {item.reason}{respond}", 2


def _diagnosed(item: Diagnosed, runbook: Runbook) -> tuple[str, int]:
    if item.cause == "unknown":
        return f"cannot say yet: {item.why}", 2
    against = next((one.evidence_against for one in item.ranked[:1]), ())
    spoken = f"; against it: {against[0]}" if against else ""
    return f"decides: {item.why}{spoken}", 2


def _said(item: Said, runbook: Runbook) -> tuple[str, int]:
    """Messages by a template stand under their kind's name; others say themselves what they are about."""
    return (f"{item.topic.replace('_', ' ')}\n{item.text}" if item.topic in runbook.templates else item.text), 1


def _planned(item: Planned, runbook: Runbook) -> tuple[str, int]:
    owner = runbook.roles.get(item.owner, item.owner)
    return f"{'in the backlog' if item.backlog else 'plans'}: {item.title} ({owner}, within {span(item.due)})", 1


_WORDS: Mapping[type[Frozen], Words] = MappingProxyType({
    Alerted: lambda item, runbook: (f"{item.alert.name}: {item.alert.summary}", 2),
    Observed: lambda item, runbook: (f"{item.tool.replace('_', ' ')}: {glance(item.answer)}", 1),
    Found: lambda item, runbook: (item.text, 0),
    Acted: lambda item, runbook: (f"{item.tool.replace('_', ' ')}: {item.detail}", 2 if item.intervention else 1),
    Approved: lambda item, runbook: (f"{'approves' if item.ok else 'REFUSES'} {item.tool.replace('_', ' ')} {item.target}: {item.why}", 2),
    Scoped: lambda item, runbook: (" ".join(f"{ask} {answer}." for ask, answer in item.answers), 1),
    Refused: lambda item, runbook: (f"REFUSED: {item.reason}", 2),
    Said: _said,
    Declared: _declared,
    Activated: _activated,
    Diagnosed: _diagnosed,
    Verified: lambda item, runbook: (f"{'ok' if item.ok else 'NOT OK'}: {item.check} ({item.detail})", 1),
    Escalated: lambda item, runbook: (f"escalation: {runbook.in_words(item.condition)} ({item.action})", 2),
    Reached: lambda item, runbook: (f"milestone: {item.milestone}", 2),
    Concluded: lambda item, runbook: (f"concluded: {item.outcome.replace('_', ' ')}", 2),
    Stepped: lambda item, runbook: (f"{runbook.steps[item.step].title}: {item.outcome.replace('_', ' ')}", 0),
    Reviewed: lambda item, runbook: (f"post-mortem written: {', '.join(part.title.lower() for part in item.sections)}", 1),
    Planned: _planned,
    Failed: lambda item, runbook: (f"FAILED: {item.error}", 2),
})  # fmt: skip


def timeline(runbook: Runbook, case: Case) -> list[Event]:
    """Every entry of the case as an event, in the order of virtual time (then of the journal)."""
    return events(runbook, case.entries)


def events(runbook: Runbook, entries: Iterable[Entry]) -> list[Event]:
    """Entries as events, in the order of virtual time. A look that a verdict follows is a detail of the verdict."""
    ordered = sorted(entries, key=lambda entry: (entry.at, entry.seq))
    judged = {(entry.at, entry.role) for entry in ordered if isinstance(entry.item, Verified)}
    alerts = [entry for entry in ordered if isinstance(entry.item, Alerted)]
    return [_event(entry, runbook, judged, alerts) for entry in ordered]


def _event(entry: Entry, runbook: Runbook, judged: set[tuple[int, str]], alerts: list[Entry]) -> Event:
    text, weight = _WORDS[type(entry.item)](entry.item, runbook)
    if isinstance(entry.item, Observed) and (entry.at, entry.role) in judged:
        weight = 0
    if entry in alerts[_ALERTS:]:
        weight = 0
    elif entry in alerts[_ALERTS - 1 :] and len(alerts) > _ALERTS:
        text = f"{text} (and {len(alerts) - _ALERTS} more alerts)"
    return Event(entry.at, runbook.roles.get(entry.role, entry.role), entry.item.kind, printable(text), weight, entry.step)

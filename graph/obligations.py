"""What falls due while an incident runs: status updates, briefs and escalations, in virtual time.

An obligation depends only on the case as it was known at its due time. Nothing here speaks or acts: it says who owes
what, and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drillbook.case import Case, Concluded, Declared, Diagnosed, Entry, Escalated, Reached, Said
from drillbook.runbook import Check, Escalation, Runbook, Throughout, holds
from drillbook.units import MINUTE

__all__ = ["Obligation", "due"]


class Obligation(NamedTuple):
    """A role owes a duty at a time. `next_at`: when the next of its kind is due at the latest."""

    at: int
    role: str
    duty: str
    topic: str
    action: str = ""
    next_at: int = 0
    checks: tuple[Check, ...] = ()


def due(runbook: Runbook, case: Case) -> tuple[Obligation, ...]:
    """Everything that has fallen due by now and was not carried out, in time order."""
    if case.severity is None:
        return ()
    owed = [*_cadences(runbook, case), *_escalations(runbook, case)]
    return tuple(sorted(owed, key=lambda one: (one.at, one.topic, one.role)))


def _end(case: Case) -> int:
    """No obligation falls due after the incident was concluded."""
    concluded = case.entries_of(Concluded)
    return min(concluded[0].at, case.now) if concluded else case.now


def _changes(case: Case) -> list[int]:
    """When the public state or the severity changed."""
    return sorted({entry.at for kind in (Declared, Diagnosed, Reached, Concluded) for entry in case.entries_of(kind) if _is_change(entry)})


def _is_change(entry: Entry) -> bool:
    match entry.item:
        case Declared(previous=previous):
            return previous is not None
        case Diagnosed(cause=cause):
            return cause != "unknown"
        case Reached(milestone=milestone):
            return milestone in ("mitigated", "resolved")
        case _:
            return True


def _cadences(runbook: Runbook, case: Case) -> Iterator[Obligation]:
    for rule in runbook.throughout:
        starts = _begins(runbook, case, rule)
        if starts is not None:
            yield from _cadence(runbook, case, rule, starts)


def _begins(runbook: Runbook, case: Case, rule: Throughout) -> int | None:
    """When a cadence's condition first held."""
    moments = sorted({entry.at for kind in (Declared, Diagnosed) for entry in case.entries_of(kind)})
    return next((at for at in moments if holds(runbook, rule.while_, case.as_of(at))), None)


def _cadence(runbook: Runbook, case: Case, rule: Throughout, starts: int) -> Iterator[Obligation]:
    sent = [entry.at for entry in case.entries_of(Said) if isinstance(entry.item, Said) and entry.item.topic == rule.kind]
    changes, end = (_changes(case) if rule.at_changes else []), _end(case)
    last: int | None = max(sent, default=None)
    check = (Check(text=rule.text, tool=rule.tool),)
    while True:
        if last is None:
            at = min([starts + rule.first, *(change for change in changes if change >= starts)])
        else:
            at = min([last + rule.every, *(change for change in changes if change > last)])
        if at > end:
            return
        if holds(runbook, rule.while_, case.as_of(at)):
            yield Obligation(at, rule.role, rule.duty, rule.kind, next_at=at + rule.every, checks=check)
        last = at


def _escalations(runbook: Runbook, case: Case) -> Iterator[Obligation]:
    done = {item.condition for item in case.all(Escalated)}
    for rule in runbook.escalations:
        if rule.condition not in done:
            at = _escalates(runbook, case, rule)
            if at is not None:
                for role in rule.to:
                    yield Obligation(at, role, "escalate", rule.condition, action=rule.action)


def _escalates(runbook: Runbook, case: Case, rule: Escalation) -> int | None:
    """The first moment by now at which a condition has held for as long as it must; None if there is none."""
    end = _end(case)
    moments = [at for at in _moments(runbook, case) if at <= end]
    since: int | None = None
    for at, following in zip(moments, [*moments[1:], end + 1], strict=True):
        if not holds(runbook, rule.when, case.as_of(at)):
            since = None
            continue
        since = at if since is None else since
        if since + rule.after <= min(following, end):
            return max(since + rule.after, at)
    return None


def _moments(runbook: Runbook, case: Case) -> list[int]:
    """When something that an escalation may ask about could change."""
    times = {entry.at for kind in (Declared, Reached, Concluded) for entry in case.entries_of(kind)}
    times |= {at for at, _ in case.impacts}
    threshold = runbook.parameters.get("revenue_threshold_usd")
    declared = min((entry.at for entry in case.entries_of(Declared)), default=case.now)
    for at, impact in case.impacts:
        if threshold is not None and impact.revenue_per_minute_usd > 0 and impact.revenue_lost_usd <= threshold:
            times.add(at + int((threshold - impact.revenue_lost_usd) / impact.revenue_per_minute_usd * MINUTE) + MINUTE)
    return sorted(time for time in times if time >= declared)

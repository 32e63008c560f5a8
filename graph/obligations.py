"""What falls due while an incident runs: status updates, briefs and escalations, in virtual time.

An obligation depends only on the case as it was known at its due time. Nothing here speaks or acts: it says who owes
what, and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drillbook.case import Case, Concluded, Declared, Diagnosed, Escalated, Reached, Said
from drillbook.runbook import Check, Clauses, Escalation, Runbook, Throughout
from drillbook.units import MINUTE, Frozen

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
    look = _Hindsight(runbook, case)
    owed = [*_cadences(look), *_escalations(look)]
    return tuple(sorted(owed, key=lambda one: (one.at, one.topic, one.role)))


class _Hindsight:
    """Asks clauses of the case as it was known at a moment; looks back at each moment once."""

    def __init__(self, runbook: Runbook, case: Case) -> None:
        self.runbook, self.case = runbook, case
        self._past: dict[int, Clauses] = {}

    def held(self, clauses: tuple[str, ...], at: int) -> bool:
        if at not in self._past:
            self._past[at] = Clauses(self.runbook, self.case.as_of(at))
        return self._past[at].hold(clauses)


def _end(case: Case) -> int:
    """No obligation falls due after the incident was concluded."""
    return min([*case.times_of(Concluded), case.now])


Moment = tuple[int, int]
"""A virtual time, and the record that brought it: what is entered at the time of a message may stand before or after it."""

_ALL = 2**63
"""After every record of a time."""


def _changes(case: Case) -> list[Moment]:
    """When the public state or the severity changed."""
    kinds: tuple[type[Frozen], ...] = (Declared, Diagnosed, Reached, Concluded)
    return sorted({(entry.at, entry.seq) for kind in kinds for entry, item in case.each(kind) if _is_change(case, entry.at, item)})


def _is_change(case: Case, at: int, item: Frozen) -> bool:
    match item:
        case Declared(previous=previous):
            return previous is not None
        case Diagnosed(cause=cause):
            return cause != "unknown" or case.as_of(at - 1).state != "Investigating"
        case Reached(milestone=milestone):
            return milestone in ("mitigated", "resolved")
        case _:
            return True


def _cadences(look: _Hindsight) -> Iterator[Obligation]:
    for rule in look.runbook.throughout:
        starts = _begins(look, rule)
        if starts is not None:
            yield from _cadence(look, rule, starts)


def _begins(look: _Hindsight, rule: Throughout) -> int | None:
    """When a cadence's condition first held."""
    moments = sorted({*look.case.times_of(Declared, Diagnosed)})
    return next((at for at in moments if look.held(rule.while_, at)), None)


def _cadence(look: _Hindsight, rule: Throughout, starts: int) -> Iterator[Obligation]:
    case = look.case
    sent = [(entry.at, entry.seq) for entry, said in case.each(Said) if said.topic == rule.kind]
    changes, end = (_changes(case) if rule.at_changes else []), _end(case)
    last: Moment | None = max(sent, default=None)
    check = (Check(text=rule.text, tool=rule.tool),)
    while True:
        if last is None:
            at = min([starts + rule.first, *(change for change, _ in changes if change >= starts)])
        else:
            at = min([last[0] + rule.every, *(change[0] for change in changes if change > last)])
        if at > end:
            return
        if look.held(rule.while_, at):
            yield Obligation(at, rule.role, rule.duty, rule.kind, next_at=at + rule.every, checks=check)
        last = at, _ALL


def _escalations(look: _Hindsight) -> Iterator[Obligation]:
    done = {item.condition for item in look.case.all(Escalated)}
    moments, end = _moments(look.runbook, look.case), _end(look.case)
    known = [at for at in moments if at <= end]
    for rule in look.runbook.escalations:
        if rule.condition not in done:
            at = _escalates(look, rule, known, end)
            if at is not None:
                for role in rule.to:
                    yield Obligation(at, role, "escalate", rule.condition, action=rule.action)


def _escalates(look: _Hindsight, rule: Escalation, known: list[int], end: int) -> int | None:
    """The first moment by `end` at which a condition has held for as long as it must; None if there is none."""
    since: int | None = None
    for at, following in zip(known, [*known[1:], end], strict=True):
        if not look.held(rule.when, at):
            since = None
            continue
        since = at if since is None else since
        if since + rule.after <= following:
            return max(since + rule.after, at)
    return None


def _moments(runbook: Runbook, case: Case) -> list[int]:
    """When something that an escalation may ask about could change."""
    times = {*case.times_of(Declared, Diagnosed, Reached, Concluded), *(at for at, _ in case.impacts)}
    threshold = runbook.parameters.get("revenue_threshold_usd")
    declared = min(case.times_of(Declared), default=case.now)
    for at, impact in case.impacts:
        if threshold is not None and impact.revenue_per_minute_usd > 0 and impact.revenue_lost_usd <= threshold:
            times.add(at + int((threshold - impact.revenue_lost_usd) / impact.revenue_per_minute_usd * MINUTE) + MINUTE)
    return sorted(time for time in times if time >= declared)

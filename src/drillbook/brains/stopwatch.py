"""The stopwatch of whoever plays a role in real time: how long the incident runs, and what falls due next, all in virtual time."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.case import Alerted, Case, Declared, Escalated, Said
from drillbook.runbook import Clauses, Runbook

__all__ = ["ahead", "running"]


def running(case: Case, now: int) -> Iterator[tuple[str, int]]:
    """(since what, for how many virtual ms) of the first alert, of the severity that is declared, and of the fix."""
    marks = {
        "alert": min(case.times_of(Alerted), default=None), f"{case.severity} declared": max(case.times_of(Declared), default=None),
        "mitigated": case.milestone("mitigated"),
    }  # fmt: skip
    return ((name, now - at) for name, at in marks.items() if at is not None)


def ahead(runbook: Runbook, case: Case, now: int) -> list[tuple[int, str]]:
    """(in how many virtual ms, what) of every cadence that runs and every deadline to come, the next first.

    What falls due while a task runs is sent out on time by those whom it concerns; so a cadence is never overdue.
    """
    declared = max(case.times_of(Declared), default=None)
    if declared is None or case.outcome is not None:
        return []
    owed = (*_cadences(runbook, case, now), *_deadlines(runbook, case, declared))
    return sorted((at - now, what) for at, what in owed if at >= now)


def _cadences(runbook: Runbook, case: Case, now: int) -> Iterator[tuple[int, str]]:
    clauses, first = Clauses(runbook, case), min(case.times_of(Declared))
    for rule in runbook.throughout:
        if clauses.hold(rule.while_):
            sent = max((entry.at for entry, item in case.each(Said) if item.topic == rule.kind), default=None)
            due = first + rule.first if sent is None else sent + rule.every
            yield due + max(-((due - now) // rule.every), 0) * rule.every, rule.kind.replace("_", " ")


def _deadlines(runbook: Runbook, case: Case, declared: int) -> Iterator[tuple[int, str]]:
    clauses, done = Clauses(runbook, case), {item.condition for item in case.all(Escalated)}
    for rule in runbook.escalations:
        if rule.after and rule.condition not in done and clauses.hold(rule.when):
            yield declared + rule.after, f"escalation: {runbook.in_words(rule.condition)}"

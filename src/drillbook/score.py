"""The rubric: what a drill came to, held against the truth of the world. End state and way are scored apart."""

from __future__ import annotations

from drillbook.answers import Impact
from drillbook.case import Case, Declared, Said
from drillbook.runbook import Runbook, severity_of
from drillbook.units import MINUTE, Frozen
from drillbook.world import Truth

__all__ = ["Score", "score", "true_severity"]


class Score(Frozen):
    """Points of 100, and what each part gave: (points reached, points possible)."""

    points: int
    end_state: dict[str, tuple[int, int]]
    process: dict[str, tuple[int, int]]


def true_severity(runbook: Runbook, case: Case, impact: Impact) -> str | None:
    """The severity by the runbook's table on the world's impact; None if it was no incident."""
    severity, _ = severity_of(runbook, case.with_observation(impact, case.now))
    return severity.level if severity else None


def _part(fine: bool, worth: int) -> tuple[int, int]:
    return (worth if fine else 0, worth)


def _cadence_kept(case: Case, kind: str, longest: int) -> bool:
    """Whether no gap between two messages of a kind was longer than the runbook allows."""
    times = sorted(entry.at for entry, said in case.each(Said) if said.topic == kind)
    declared = min(case.times_of(Declared), default=None)
    if not times or declared is None:
        return True
    return all(later - earlier <= longest for earlier, later in zip([declared, *times], times, strict=False))


def score(runbook: Runbook, case: Case, truth: Truth, severity: str | None) -> Score:
    """Score a drill. `severity` is the true one."""
    handled = severity not in (None, "P3")
    found = case.diagnosis
    right_outcome = {None: "not_an_incident", "P3": "backlog"}.get(severity, "resolved")
    recovered = truth.recovered_at is not None or not handled
    end_state = {
        "severity": _part(case.severity == severity, 15),
        "cause": _part((found.cause if found else None) == (truth.cause if handled else None), 20),
        "component": _part((found.component if found else None) == (truth.component if handled else None), 15),
        "outcome": _part(case.outcome == right_outcome and recovered, 20),
    }
    gap = {rule.kind: rule.every for rule in runbook.throughout}
    needless = truth.harmful_actions
    process = {
        "no_harm": (max(15 - 8 * needless, 0), 15),
        "status_updates": _part(_cadence_kept(case, "status_update", gap.get("status_update", 15 * MINUTE)), 10),
        "briefs": _part(_cadence_kept(case, "executive_brief", gap.get("executive_brief", 30 * MINUTE)), 5),
    }
    points = sum(got for got, _ in (*end_state.values(), *process.values()))
    return Score(points=points, end_state=end_state, process=process)

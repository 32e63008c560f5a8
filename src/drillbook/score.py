"""The rubric: what a drill came to, held against the truth of the world. End state and way are scored apart."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

from drillbook.answers import Impact
from drillbook.case import Case, Concluded, Declared, Diagnosed, Said
from drillbook.runbook import Runbook, Throughout, holds, severity_of
from drillbook.scenario import Expect
from drillbook.units import Frozen
from drillbook.world import Truth

__all__ = ["Score", "expected", "score", "true_severity"]


_ENDS: Mapping[str | None, str] = MappingProxyType({None: "not_an_incident", "P3": "backlog"})
"""How an incident ends of which no cause has to be found, by its true severity."""


class Score(Frozen):
    """Points of 100, and what each part gave: (points reached, points possible)."""

    points: int
    end_state: dict[str, tuple[int, int]]
    process: dict[str, tuple[int, int]]


def true_severity(runbook: Runbook, case: Case, impact: Impact) -> str | None:
    """The severity by the runbook's table on the world's impact; None if it was no incident."""
    severity, _ = severity_of(runbook, case.with_observation(impact, case.now))
    return severity.level if severity else None


def expected(truth: Truth, severity: str | None) -> Expect:
    """What a drill should come to, `severity` being the true one: only what has to be diagnosed has a cause and a component."""
    outcome = _ENDS.get(severity, "resolved")
    if severity in _ENDS:
        return Expect.model_validate({"severity": severity, "outcome": outcome})
    return Expect.model_validate({"severity": severity, "cause": truth.cause, "component": truth.component, "outcome": outcome})


def _part(fine: bool, worth: int) -> tuple[int, int]:
    return (worth if fine else 0, worth)


def _cadence_kept(runbook: Runbook, case: Case, kind: str) -> bool:
    """Whether messages of a kind came as often as the runbook asks, for as long as it asks for them."""
    return all(_kept(runbook, case, rule) for rule in runbook.throughout if rule.kind == kind)


def _kept(runbook: Runbook, case: Case, rule: Throughout) -> bool:
    moments = sorted(case.times_of(Declared, Diagnosed))
    due = next((at for at in moments if holds(runbook, rule.while_, case.as_of(at))), None)
    if due is None:
        return True
    over = next((at for at in moments if at > due and not holds(runbook, rule.while_, case.as_of(at))), case.now)
    ends = min([over, *case.times_of(Concluded)])
    times = sorted(entry.at for entry, said in case.each(Said) if said.topic == rule.kind and entry.at <= ends)
    return all(later - earlier <= rule.every for earlier, later in pairwise([due, *times, ends]))


def score(runbook: Runbook, case: Case, truth: Truth, severity: str | None) -> Score:
    """Score a drill. `severity` is the true one."""
    handled = severity not in _ENDS
    found, right = case.diagnosis, expected(truth, severity)
    recovered = truth.recovered_at is not None or not handled
    end_state = {
        "severity": _part(case.severity == severity, 15),
        "cause": _part((found.cause if found else None) == right.cause, 20),
        "component": _part((found.component if found else None) == right.component, 15),
        "outcome": _part(case.outcome == right.outcome and recovered, 20),
    }
    team = runbook.team(severity, case) if severity else ()
    process = {
        "no_harm": (max(10 - 5 * truth.harmful_actions, 0), 10),
        "team": _part({*team} <= {*case.members} if severity else not case.members, 5),
        "status_updates": _part(_cadence_kept(runbook, case, "status_update"), 10),
        "briefs": _part(_cadence_kept(runbook, case, "executive_brief"), 5),
    }
    points = sum(got for got, _ in (*end_state.values(), *process.values()))
    return Score(points=points, end_state=end_state, process=process)

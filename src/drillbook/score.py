"""The rubric: what a drill came to, held against the truth of the world. End state and way are scored apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from types import MappingProxyType

from drillbook.answers import Impact
from drillbook.case import Case, Concluded, Declared, Diagnosed, Said
from drillbook.runbook import Runbook, Throughout, holds, severity_of
from drillbook.scenario import Expect
from drillbook.units import Frozen
from drillbook.world import Truth

__all__ = ["BY_LAW", "END_STATE", "PROCESS", "Score", "expected", "score", "true_severity"]

END_STATE: Mapping[str, int] = MappingProxyType({"severity": 15, "cause": 20, "component": 15, "outcome": 20})
"""What a drill came to, and the points of each part."""

PROCESS: Mapping[str, int] = MappingProxyType({
    "no_harm": 10, "team": 3, "no_extra_people": 2, "order": 2, "status_updates": 5, "briefs": 2, "escalations": 3, "evidence": 3,
})  # fmt: skip
"""How it came to that, and the points of each part. With the end state it is 100."""

BY_LAW: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "order": ("declared-before-anything-is-changed", "fix-then-evidence", "watched-before-resolved"),
    "escalations": ("escalations-on-time",),
    "evidence": ("remedies-rest-on-evidence",),
})  # fmt: skip
"""The parts that laws judge (drillbook.invariants): a part has its points if none of its laws is broken."""

_ENDS: Mapping[str | None, str] = MappingProxyType({None: "not_an_incident", "P3": "backlog"})
"""How an incident ends of which no cause has to be found, by its true severity."""


class Score(Frozen):
    """Points of 100, and what each part gave: (points reached, points possible)."""

    points: int
    end_state: dict[str, tuple[int, int]]
    process: dict[str, tuple[int, int]]

    @property
    def passed(self) -> bool:
        """Whether severity, cause, component and outcome are right and nothing harmful was done."""
        return all(got == of for got, of in (*self.end_state.values(), self.process["no_harm"]))


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


def _needed(runbook: Runbook, case: Case, severity: str | None) -> frozenset[str]:
    """The team of the true severity."""
    return frozenset(runbook.team(severity, case) if severity else ())


def _called_for(runbook: Runbook, case: Case, severity: str | None) -> frozenset[str]:
    """Everybody who was not one too many: the teams of the true severity, and of levels that the table gave when they were declared.

    Who stands for a placeholder may change with the component that is thought to be at fault.
    """
    moments = [case, *map(case.as_of, sorted({*case.times_of(Declared, Diagnosed)}))]
    levels = {said.severity for entry, said in case.each(Declared) if _by_table(runbook, case.as_of(entry.at)) == said.severity}
    return frozenset(role for level in {*levels, severity} if level for known in moments for role in runbook.team(level, known))


def _by_table(runbook: Runbook, known: Case) -> str | None:
    found, _ = severity_of(runbook, known)
    return found.level if found else None


def score(runbook: Runbook, case: Case, truth: Truth, severity: str | None, broken: Collection[str] = ()) -> Score:
    """Score a drill. `severity` is the true one; `broken` names the laws of `BY_LAW` that the drill breaks.

    What did not come up, as an escalation that nothing called for, is held against nobody.
    """
    found, right = case.diagnosis, expected(truth, severity)
    end_state = {
        "severity": case.severity == severity,
        "cause": (found.cause if found else None) == right.cause,
        "component": (found.component if found else None) == right.component,
        "outcome": case.outcome == right.outcome and (truth.recovered_at is not None or severity in _ENDS),
    }
    process = {
        "team": _needed(runbook, case, severity) <= {*case.members},
        "no_extra_people": {*case.members} <= _called_for(runbook, case, severity),
        "status_updates": _cadence_kept(runbook, case, "status_update"),
        "briefs": _cadence_kept(runbook, case, "executive_brief"),
        **{part: not {*laws} & {*broken} for part, laws in BY_LAW.items()},
    }
    harm = max(PROCESS["no_harm"] - 5 * truth.harmful_actions, 0)
    parts = {
        "end_state": {part: (worth * end_state[part], worth) for part, worth in END_STATE.items()},
        "process": {part: (harm if part == "no_harm" else worth * process[part], worth) for part, worth in PROCESS.items()},
    }
    return Score(points=sum(got for side in parts.values() for got, _ in side.values()), **parts)

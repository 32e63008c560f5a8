"""Putting the case into words: the phrases that status updates, briefs and the review share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.answers import Impact
from drillbook.case import Case, Diagnosed, Said
from drillbook.facts import revenue_lost, users_hit
from drillbook.runbook import Runbook
from drillbook.tools import TOOLS
from drillbook.units import MINUTE

__all__ = [
    "action_now", "business", "cause_in_words", "eta", "measured_before_fix", "money", "service_name", "trouble", "users_in_words",
]  # fmt: skip

_CAUSES: Mapping[str, str] = MappingProxyType({
    "deployment": "a recent deployment of {component}",
    "infrastructure": "a failure of {component}'s infrastructure",
    "code_bug": "a bug in {component}",
    "external_dependency": "an outage of {component}, which others run for us",
})  # fmt: skip


def service_name(case: Case) -> str:
    """What the public calls the thing that is broken: the worst hit features, else the alerting component."""
    impact = case.worst
    hit = [row for row in (impact.features if impact else ()) if row.failing_pct >= 3]
    if len(hit) > 3:
        return "Whole site"
    worst = sorted(hit, key=lambda row: -row.failing_pct)
    names = [row.feature for row in worst[:2]] or [case.component or "service"]
    return " and ".join(name.replace("_", " ").capitalize() for name in names)


def money(usd: int) -> str:
    return f"{usd:,} USD"


def users_in_words(case: Case) -> str:
    """How many were hit, and while nothing has helped yet, which share of traffic fails."""
    impact = case.impact
    if impact is None:
        return "an unknown number of users"
    share = f", {impact.users_failing_pct:.1f}% of traffic" if case.state in ("Investigating", "Identified") else ""
    return f"{users_hit(case):,} users {'in all' if case.state == 'Resolved' else 'so far'}{share}"


def trouble(case: Case) -> str:
    """What users notice, by the latest measurement; one that is older than the fix speaks of the time before it."""
    if case.impact is None:
        return "We are measuring the impact."
    data = " Records of some customers were read without permission." if case.impact.user_data_affected else ""
    return f"{'Recovering. Before the fix: ' if measured_before_fix(case) else ''}{_failing(case.impact)}{data}"


def measured_before_fix(case: Case) -> bool:
    """Whether the last measurement is older than the fix."""
    mitigated = case.milestone("mitigated")
    return mitigated is not None and bool(case.impacts) and case.impacts[-1][0] < mitigated


def _failing(impact: Impact) -> str:
    hit = [row for row in impact.features if row.failing_pct >= 1]
    if hit:
        parts = [f"{row.feature.replace('_', ' ')} fails for {row.failing_pct:.0f}% of attempts" for row in hit[:4]]
        return f"{'; '.join(parts)} (measured: {impact.users_failing_pct:.1f}% of users)."
    return "No function is impaired."


def cause_in_words(case: Case) -> str:
    found = case.diagnosis
    if found is None or found.cause == "unknown":
        return "no cause is confirmed yet"
    return _CAUSES.get(found.cause, found.cause).format(component=found.component)


_STATES: Mapping[str, str] = MappingProxyType({
    "Resolved": "The incident is over; a review follows.",
    "Monitoring": "A fix is in place and we are watching it.",
    "Investigating": "We are looking for the cause.",
})  # fmt: skip


def action_now(case: Case) -> str:
    """What is being done, by the public state and the cause."""
    if case.state in _STATES:
        return _STATES[case.state]
    last = case.interventions[-1] if case.interventions else None
    done = f" Last change: {last.tool.replace('_', ' ')} of {last.target}." if last else ""
    return f"The cause is {cause_in_words(case)}; we are working on it.{done}"


def eta(case: Case, runbook: Runbook) -> str:
    """What is left of the branch of the diagnosed cause, from the durations of its tools, or of the watch."""
    if case.state == "Resolved":
        return "none needed, it is over"
    mitigated = case.milestone("mitigated")
    if mitigated is not None:
        return f"{_minutes(mitigated + runbook.watch.lasts - case.now)} of watching"
    cause = case.diagnosis.cause if case.diagnosis else None
    branch = [step for step in runbook.steps.values() if cause and step.branch == cause]
    tools = [TOOLS[crew.does[0].tool] for step in branch for crew in step.crew[:1] if crew.does and crew.does[0].tool]
    decided = max(case.times_of(Diagnosed), default=case.now)
    return f"about {_minutes(decided + sum(tool.takes for tool in tools) - case.now)}" if tools else "not yet known"


def _minutes(left: int) -> str:
    """At least five: nobody should be told of less."""
    return f"{max(left // MINUTE, 5)} minutes"


def business(case: Case) -> str:
    """Revenue, users and reputation, as known."""
    impact = case.worst
    if impact is None:
        return "not yet measured"
    public = any(said.channel == "publish_status" for said in case.all(Said))
    reputation = "public, on the status page" if public else "not public yet"
    data = "; customer data was read by a stranger" if impact.user_data_affected else ""
    return f"revenue about {money(revenue_lost(case))} lost, {users_in_words(case)}, reputation: {reputation}{data}"

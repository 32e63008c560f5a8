"""Executive Summary Generator: briefs for stakeholders in P0 incidents: situation, cause, action, impact."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change
from drillbook.agents.words import action_now, business, cause_in_words, eta, measured_before_fix, service_name, users_in_words
from drillbook.case import Case, Escalated
from drillbook.toolbelt import Charter, Report, Task, Toolbelt
from drillbook.units import stamp

CHARTER = Charter(
    role="executive_summary_generator",
    title="Executive Summary Generator",
    mission=(
        "You brief executives in five lines: situation, cause, action, impact, next update. Figures before adjectives, "
        "known apart from suspected, and the business consequence always."
    ),
    tools=frozenset({"send_brief"}),
    duties=frozenset({"brief", "escalate"}),
)

_DOWN_PCT = 75.0


def brief(task: Task, case: Case, belt: Toolbelt) -> Report:
    """A brief by the runbook's template."""
    belt.say(change("send_brief"), task.topic, _brief(task, case, belt), case.state)
    return Report(outcome="told", why=case.state)


def escalate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Executives hear of users' data at once, with what is owed to whom."""
    text = f"{task.topic}: {task.action}. Business impact: {business(case)}. Legal assesses the duty to notify."
    belt.say(change("send_brief"), task.topic, text, case.state)
    belt.note(Escalated(condition=task.topic, action=task.action))
    return Report(outcome="told", why=task.action)


def _brief(task: Task, case: Case, belt: Toolbelt) -> str:
    known = bool(case.diagnosis and case.diagnosis.cause != "unknown")
    return belt.runbook.template("executive_brief").fill({
        "timestamp": stamp(belt.starts, task.at),
        "service": service_name(case),
        "condition": _condition(case),
        "users": users_in_words(case),
        "cause_known": "Known" if known else "Under investigation",
        "cause": cause_in_words(case),
        "action": action_now(case).rstrip("."),
        "eta": eta(case, belt.runbook),
        "business_impact": business(case),
        "next_update": "none, this was the last" if case.state == "Resolved" else stamp(belt.starts, task.next_at),
    })  # fmt: skip


def _condition(case: Case) -> str:
    """Down or degraded, by the worst that was measured; and whether that is over."""
    worst = "down" if case.worst and case.worst.users_failing_pct >= _DOWN_PCT else "degraded"
    if case.state not in ("Monitoring", "Resolved"):
        return worst
    return f"recovering from being {worst}," if measured_before_fix(case) else f"working again after being {worst},"


DUTIES = MappingProxyType({"brief": brief, "escalate": escalate})

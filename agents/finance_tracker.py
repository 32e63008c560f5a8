"""Finance Tracker: what the incident costs."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change, tool_of
from drillbook.agents.words import money
from drillbook.answers import Impact
from drillbook.case import Case, Escalated
from drillbook.toolbelt import Charter, Report, Task, Toolbelt

CHARTER = Charter(
    role="finance_tracker",
    title="Finance Tracker",
    mission=(
        "You say what an incident costs: revenue lost so far, the rate at which it goes on, what is deferred rather than "
        "lost, and what service credits may be owed."
    ),
    tools=frozenset({"measure_business_impact", "report_business_impact"}),
    duties=frozenset({"escalate"}),
)


def escalate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Measure, and report lost revenue and its rate."""
    impact: Impact = belt.observe(tool_of("measure_business_impact"))
    text = (
        f"{belt.runbook.in_words(task.topic)}: {task.action}. "
        f"{money(impact.revenue_lost_usd)} lost so far, {money(impact.revenue_per_minute_usd)} a minute now, "
        f"{impact.users_hit:,} users hit."
    )
    belt.say(change("report_business_impact"), task.topic, text)
    belt.note(Escalated(condition=task.topic, action=task.action))
    return Report(outcome="told", why=task.action)


DUTIES = MappingProxyType({"escalate": escalate})

"""Studio Producer: more people, and pressure on vendors, when an incident outgrows its team."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change, target_of
from drillbook.agents.words import business
from drillbook.case import Case, Escalated
from drillbook.toolbelt import Charter, Report, Task, Toolbelt
from drillbook.units import span

CHARTER = Charter(
    role="studio_producer",
    title="Studio Producer",
    mission=(
        "You are called when an incident outgrows its team. Give it the people it needs, raise it with the vendor's duty "
        "manager where a vendor is at fault, and weigh what it costs the business."
    ),
    tools=frozenset({"assign_resources", "escalate_to_vendor"}),
    duties=frozenset({"escalate"}),
)


def escalate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Assign people; where the cause is outside, go to the vendor as well."""
    external = case.diagnosis is not None and case.diagnosis.cause == "external_dependency"
    if external and "vendor" in task.action.lower():
        belt.act(change("escalate_to_vendor"), target_of(case), case.grounds)
    declared = case.milestone("declared") or task.at
    text = f"{belt.runbook.in_words(task.topic)}: {task.action}. Open for {span(max(task.at - declared, 0))}; {business(case)}."
    belt.say(change("assign_resources"), task.topic, text)
    belt.note(Escalated(condition=task.topic, action=task.action))
    return Report(outcome="told", why=task.action)


DUTIES = MappingProxyType({"escalate": escalate})

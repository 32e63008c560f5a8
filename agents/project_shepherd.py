"""Project Shepherd: frees people when an incident drags on."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change
from drillbook.case import Case, Escalated
from drillbook.toolbelt import Charter, Report, Task, Toolbelt

CHARTER = Charter(
    role="project_shepherd",
    title="Project Shepherd",
    mission=(
        "You are called when a major incident drags on. Free people from planned work, arrange relief for those who have "
        "been on it for hours, and tell the projects that wait."
    ),
    tools=frozenset({"assign_resources"}),
    duties=frozenset({"escalate"}),
)


def escalate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Reallocate people to the incident."""
    on_it = ", ".join(belt.runbook.roles.get(role, role) for role in case.team)
    belt.say(change("assign_resources"), task.topic, f"{task.topic}: {task.action}. Relief for: {on_it}.")
    belt.note(Escalated(condition=task.topic, action=task.action))
    return Report(outcome="told", why=task.action)


DUTIES = MappingProxyType({"escalate": escalate})

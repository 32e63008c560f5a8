"""Support Responder: the only voice to users. Status page every fifteen minutes, notices when there is something to do."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change, target_of
from drillbook.agents.words import action_now, cause_in_words, service_name, trouble
from drillbook.case import Case
from drillbook.toolbelt import Charter, Report, Task, Toolbelt
from drillbook.units import stamp

CHARTER = Charter(
    role="support_responder",
    title="Support Responder",
    mission=(
        "You speak to users. Say plainly what does not work, what is being done and when you will speak again; promise "
        "nothing that is not known, name no customer and no employee, and keep the rhythm even when there is no news."
    ),
    tools=frozenset({"publish_status", "notify_users", "read_tickets"}),
    duties=frozenset({"communicate"}),
)


def communicate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """A status update where the cadence asks for one, else a notice to users."""
    tool = belt.checks()[0][1].name
    if tool == "publish_status":
        belt.say(change(tool), task.topic, _status(task, case, belt), case.state)
        return Report(outcome="told", why=case.state)
    fallback = case.card(target_of(case))
    instead = f" Meanwhile we {fallback.fallback}." if fallback and fallback.fallback else ""
    belt.say(change(tool), "user_notice", f"{trouble(case)} The cause is {cause_in_words(case)}.{instead}", case.state)
    return Report(outcome="told", why="users were told")


def _status(task: Task, case: Case, belt: Toolbelt) -> str:
    last = case.state == "Resolved" or case.outcome == "unresolved"
    return belt.runbook.template("status_update").fill({
        "timestamp": stamp(belt.starts, task.at),
        "service": service_name(case),
        "state": case.state,
        "user_impact": trouble(case),
        "action": "The incident was handed over and is being worked on." if case.outcome == "unresolved" else action_now(case),
        "next_update": "none, this was the last" if last else f"by {stamp(belt.starts, task.next_at)}",
    })  # fmt: skip


DUTIES = MappingProxyType({"communicate": communicate})

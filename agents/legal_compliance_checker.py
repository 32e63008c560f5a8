"""Legal Compliance Checker: what a breach obliges us to tell, to whom, and by when."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change, tool_of
from drillbook.answers import DataExposure
from drillbook.case import Case, Escalated
from drillbook.toolbelt import Charter, Report, Task, Toolbelt
from drillbook.units import HOUR, stamp

CHARTER = Charter(
    role="legal_compliance_checker",
    title="Legal Compliance Checker",
    mission=(
        "You assess duties to notify. Establish which records were exposed, whether they are personal, and since when; "
        "name the rule and its deadline (GDPR article 33: 72 hours from awareness), and separate what is known from what "
        "is suspected."
    ),
    tools=frozenset({"assess_data_exposure", "notify_regulator"}),
    duties=frozenset({"escalate"}),
)

_GDPR_DEADLINE = 72 * HOUR


def escalate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Measure the exposure, and record the assessment with its deadline."""
    seen: DataExposure = belt.observe(tool_of("assess_data_exposure"))
    kind = "personal records of customers" if seen.personal else "records, none of them personal"
    state = "still going on" if seen.ongoing else "stopped"
    deadline = stamp(belt.starts, task.at + _GDPR_DEADLINE)
    duty = f"notification of the authority is due by {deadline} (GDPR art. 33)" if seen.personal else "no duty to notify so far"
    text = f"{task.topic}: {task.action}. {seen.records_exposed:,} {kind} were read; the reading is {state}; {duty}."
    belt.say(change("notify_regulator"), task.topic, text)
    belt.note(Escalated(condition=task.topic, action=task.action))
    return Report(outcome="told", why=duty)


DUTIES = MappingProxyType({"escalate": escalate})

"""Evidence Collector: nothing counts as fixed until it was seen to work, and the picture is kept."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import check, target_of, tool_of, verify
from drillbook.answers import HotfixChecks
from drillbook.case import Case, Verified
from drillbook.toolbelt import Charter, Report, Task, Toolbelt

CHARTER = Charter(
    role="evidence_collector",
    title="Evidence Collector",
    mission=(
        "You believe what was seen. Verify that the users' trouble is gone, keep a picture of the working state, look for "
        "new trouble that the fix brought, and say no when a claim is not borne out."
    ),
    tools=frozenset({"verify_fix", "capture_evidence", "check_new_issues", "run_hotfix_checks"}),
    duties=frozenset({"check", "review_fix", "verify"}),
)


def review_fix(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Before a fix is deployed: is the failure reproduced, and does the fix cure it?"""
    line, tool = belt.checks()[0]
    answer: HotfixChecks = belt.observe(tool_of(tool.name), target_of(case))
    fine = answer.built and answer.reproduced and answer.cured
    seen = "reproduced and cured by the fix" if fine else "not cured by the fix" if answer.reproduced else "not reproduced"
    belt.note(Verified(check=line.text, ok=fine, detail=f"the failure of {answer.component} is {seen}"))
    return Report(outcome="accepted" if fine else "rejected", why=f"the failure is {seen}")


DUTIES = MappingProxyType({"check": check, "review_fix": review_fix, "verify": verify})

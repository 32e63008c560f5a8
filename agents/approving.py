"""Approval: whoever the runbook names judges a change that somebody else is about to make."""

from __future__ import annotations

from drillbook.answers import RollbackPlans
from drillbook.case import Case
from drillbook.toolbelt import APPROVED, Report, Task, Toolbelt
from drillbook.units import MINUTE

__all__ = ["approve"]

_THOUGHT = MINUTE
"""How long it takes."""


def approve(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Asked by somebody who is about to change production: yes, if it is what the diagnosis calls for and puts no data at risk."""
    tool, _, target = task.action.partition(" ")
    belt.wait(belt.now + _THOUGHT)
    if target != case.component or not case.grounds:
        return Report(outcome="refused", why=f"the evidence does not point to {target}")
    plans = [plan for _, seen in case.answers(RollbackPlans)[-1:] for plan in seen.plans if plan.component == target]
    if tool == "rollback" and any(not plan.reversible for plan in plans):
        return Report(outcome="refused", why=f"rolling {target} back would put data at risk: {plans[0].risk}")
    return Report(outcome=APPROVED, why=f"{case.diagnosis.why if case.diagnosis else target}")

"""DevOps Automator: deployments, the pipeline, rollbacks. The only role that rolls back or deploys a fix."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change, implement, investigate, target_of
from drillbook.answers import RollbackPlan, RollbackPlans
from drillbook.case import Case, Found
from drillbook.toolbelt import Charter, Report, Task, Toolbelt

CHARTER = Charter(
    role="devops_automator",
    title="DevOps Automator",
    mission=(
        "You own deployments, the pipeline and the infrastructure code. Know what went out and when, prepare a rollback "
        "before it is asked for, and execute it on the commander's diagnosis. Never roll back across an irreversible "
        "migration: say so, and ask for a fix forward."
    ),
    tools=frozenset({
        "review_deployment_history", "check_pipeline_status", "prepare_rollback", "verify_infrastructure_state",
        "rollback", "deploy_hotfix", "implement_hotfix", "support_infrastructure_change",
    }),
    duties=frozenset({"investigate", "mitigate", "support"}),
)  # fmt: skip


_SURE = 6.0
"""Points against a rollback that would put data at risk, and for the way around it."""


def _plan(case: Case, component: str) -> RollbackPlan | None:
    """The rollback that was prepared for a component, if any."""
    prepared = case.answers(RollbackPlans)
    return next((plan for plan in prepared[-1][1].plans if plan.component == component), None) if prepared else None


def mitigate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Carry out the change that the runbook's line names on the diagnosed component."""
    tool = belt.checks()[0][1].name
    if tool == "implement_hotfix":
        return implement(task, case, belt)
    target, plan = target_of(case), _plan(case, target_of(case))
    if tool == "rollback" and plan and not plan.reversible:
        risk = f"rolling {target} back would put data at risk"
        belt.note(Found(cause="deployment", component=target, weight=-_SURE, source="rollback", text=risk))
        belt.note(Found(cause="code_bug", component=target, weight=_SURE, source="rollback", text=f"{target} can be fixed forward"))
        return Report(outcome="failed", why=f"{risk}: {plan.risk}")
    if any(done.tool == tool and done.target == target for done in case.interventions):
        return Report(outcome="failed", why=f"{tool} {target} was done before and did not help")
    receipt = belt.act(change(tool), target, case.grounds)
    return Report(outcome="done" if receipt.accepted else "failed", why=receipt.detail)


def support(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Keep the infrastructure code in line with what was changed by hand."""
    receipt = belt.act(change(belt.checks()[0][1].name), target_of(case))
    return Report(outcome="done" if receipt.accepted else "failed", why=receipt.detail)


DUTIES = MappingProxyType({"investigate": investigate, "mitigate": mitigate, "support": support})

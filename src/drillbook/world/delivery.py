"""Deployments, the pipeline and rollback plans, as the delivery system shows them."""

from __future__ import annotations

from drillbook.answers import Deployment, Deployments, Pipeline, PipelineRun, RollbackPlan, RollbackPlans
from drillbook.units import HOUR
from drillbook.world.telemetry import Moment

__all__ = ["deployment_history", "pipeline", "recent_deployments", "rollback_plans", "version_at"]

DAY = 24 * HOUR


def _history(now: Moment) -> list[Deployment]:
    """Every deployment so far, newest first; our own rollbacks and hotfixes are among them."""
    at, done = now.at, now.done
    rows = [
        Deployment(
            component=spec.component, version=spec.version, previous=spec.previous, at=spec.time, by=spec.by,
            change=spec.change, reversible=spec.reversible,
            rolled_back=any(act.tool == "rollback" and act.target == spec.component and spec.time < act.at for act in done),
        )
        for spec in now.show.deployments if spec.time <= at
    ]  # fmt: skip
    for act in done:
        if act.tool == "deploy_hotfix":
            base = next((row.version for row in rows if row.component == act.target), "1.0.0")
            rows.append(Deployment(component=act.target, version=f"{base}+hotfix", previous=base, at=act.at, by=act.role,
                                   change="hotfix for the incident"))  # fmt: skip
    return sorted(rows, key=lambda row: (-row.at, row.component))


def version_at(now: Moment, component: str) -> str:
    """The version of a component that serves at a moment."""
    for row in _history(now):
        if row.component == component:
            return row.previous if row.rolled_back else row.version
    return "1.0.0"


def recent_deployments(now: Moment, focus: str | None) -> Deployments:
    """The deployments of the last day."""
    return Deployments(rows=tuple(row for row in _history(now) if row.at > now.at - DAY))


def deployment_history(now: Moment, focus: str | None) -> Deployments:
    """The deployments of the last week."""
    return Deployments(rows=tuple(row for row in _history(now) if row.at > now.at - 7 * DAY))


def pipeline(now: Moment, focus: str | None) -> Pipeline:
    """The last pipeline run of every component that was deployed, and the stages that it skipped."""
    runs: dict[str, PipelineRun] = {}
    for spec in sorted(now.show.deployments, key=lambda spec: spec.time):
        if spec.time <= now.at:
            status = "passed_with_skips" if spec.skipped else "passed"
            runs[spec.component] = PipelineRun(component=spec.component, version=spec.version, at=spec.time,
                                               status=status, skipped=spec.skipped)  # fmt: skip
    return Pipeline(runs=tuple(runs.values()))


def rollback_plans(now: Moment, focus: str | None) -> RollbackPlans:
    """What could be put back to what: of every component, its newest deployment that still stands."""
    plans: dict[str, RollbackPlan] = {}
    for row in _history(now):
        if not row.rolled_back and row.component not in plans and (focus is None or row.component == focus):
            risk = "low: no schema change" if row.reversible else "HIGH: crosses an irreversible migration, data at risk"
            plans[row.component] = RollbackPlan(component=row.component, version=row.version, back_to=row.previous,
                                                deployed_at=row.at, reversible=row.reversible, risk=risk)  # fmt: skip
    return RollbackPlans(plans=tuple(plans.values()))

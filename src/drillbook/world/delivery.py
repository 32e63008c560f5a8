"""Deployments, the pipeline and rollback plans, as the delivery system shows them."""

from __future__ import annotations

from drillbook.answers import Deployment, Deployments, Pipeline, PipelineRun, RollbackPlan, RollbackPlans
from drillbook.units import HOUR
from drillbook.world.telemetry import Done, Telemetry

__all__ = ["deployment_history", "pipeline", "recent_deployments", "rollback_plans", "version_at"]

DAY = 24 * HOUR


def _history(show: Telemetry, at: int, done: Done) -> list[Deployment]:
    """Every deployment so far, newest first; our own rollbacks and hotfixes are among them."""
    rows = [
        Deployment(
            component=spec.component, version=spec.version, previous=spec.previous, at=spec.time, by=spec.by,
            change=spec.change, reversible=spec.reversible,
            rolled_back=any(act.tool == "rollback" and act.target == spec.component and spec.time < act.at <= at for act in done),
        )
        for spec in show.scenario.deployments if spec.time <= at
    ]  # fmt: skip
    for act in done:
        if act.tool == "deploy_hotfix" and act.at <= at:
            base = next((row.version for row in rows if row.component == act.target), "1.0.0")
            rows.append(Deployment(component=act.target, version=f"{base}+hotfix", previous=base, at=act.at, by=act.role,
                                   change="hotfix for the incident"))  # fmt: skip
    return sorted(rows, key=lambda row: (-row.at, row.component))


def version_at(show: Telemetry, component: str, at: int, done: Done) -> str:
    """The version of a component that serves at a moment."""
    for row in _history(show, at, done):
        if row.component == component:
            return row.previous if row.rolled_back else row.version
    return "1.0.0"


def recent_deployments(show: Telemetry, focus: str | None, at: int, done: Done) -> Deployments:
    """The deployments of the last day."""
    return Deployments(rows=tuple(row for row in _history(show, at, done) if row.at > at - DAY))


def deployment_history(show: Telemetry, focus: str | None, at: int, done: Done) -> Deployments:
    """The deployments of the last week."""
    return Deployments(rows=tuple(row for row in _history(show, at, done) if row.at > at - 7 * DAY))


def pipeline(show: Telemetry, focus: str | None, at: int, done: Done) -> Pipeline:
    """The last pipeline run of every component that was deployed, and the stages that it skipped."""
    runs: dict[str, PipelineRun] = {}
    for spec in sorted(show.scenario.deployments, key=lambda spec: spec.time):
        if spec.time <= at:
            status = "passed_with_skips" if spec.skipped else "passed"
            runs[spec.component] = PipelineRun(component=spec.component, version=spec.version, at=spec.time,
                                               status=status, skipped=spec.skipped)  # fmt: skip
    return Pipeline(runs=tuple(runs.values()))


def rollback_plans(show: Telemetry, focus: str | None, at: int, done: Done) -> RollbackPlans:
    """What could be put back to what: of every component, its newest deployment that still stands."""
    plans: dict[str, RollbackPlan] = {}
    for row in _history(show, at, done):
        if not row.rolled_back and row.component not in plans and (focus is None or row.component == focus):
            risk = "low: no schema change" if row.reversible else "HIGH: crosses an irreversible migration, data at risk"
            plans[row.component] = RollbackPlan(component=row.component, version=row.version, back_to=row.previous,
                                                deployed_at=row.at, reversible=row.reversible, risk=risk)  # fmt: skip
    return RollbackPlans(plans=tuple(plans.values()))

"""Baselines: brains that judge without looking. What a cast is worth shows only beside them."""

from __future__ import annotations

from dataclasses import dataclass

from drillbook.answers import SystemMetrics
from drillbook.case import Case, Diagnosed
from drillbook.toolbelt import Brain, Report, Task, Toolbelt

__all__ = ["AlwaysRollBack"]


@dataclass(frozen=True)
class AlwaysRollBack:
    """Diagnoses a deployment whatever the evidence says, in the worst-looking component not yet rolled back."""

    otherwise: Brain

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty != "diagnose":
            return self.otherwise(task, case, belt)
        target = _worst(case)
        why = f"it is always the last deployment: {target}"
        belt.note(Diagnosed(cause="deployment", component=target, why=why))
        return Report(outcome="deployment", why=why)


def _worst(case: Case) -> str | None:
    """The component with most errors, by the last metrics, that was not yet rolled back; else the alert's."""
    tried = {done.target for done in case.interventions if done.tool == "rollback"}
    seen = case.answers(SystemMetrics)
    if not seen:
        return case.component
    rows = sorted(seen[-1][1].rows, key=lambda row: (-(row.error_pct or 0.0), row.component))
    return next((row.component for row in rows if row.component not in tried), None)

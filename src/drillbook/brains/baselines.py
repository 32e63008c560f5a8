"""Baselines: brains that judge without looking. What a cast is worth shows only beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from drillbook.answers import Deployments
from drillbook.case import Activated, Case, Declared, Diagnosed, Reached
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.tools import TOOLS, Tool

__all__ = ["AlwaysRollBack", "ConstantAnswer", "SeverityFromLabel"]


@dataclass(frozen=True)
class AlwaysRollBack:
    """Diagnoses a deployment whatever the evidence says: the newest not yet rolled back; with none left, at what the first alert names."""

    otherwise: Brain

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty != "diagnose":
            return self.otherwise(task, case, belt)
        target = _newest(case) or _alerted(case)
        return _diagnose(belt, "deployment", target, f"it is always the last deployment: {target}")


@dataclass(frozen=True)
class ConstantAnswer:
    """Gives the commonest answer every time: P1, the infrastructure, the first database."""

    otherwise: Brain

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty == "triage":
            return _declare(case, belt, "P1", "it is always P1")
        if task.duty == "diagnose":
            first = next((card.name for card in case.catalogue if card.kind == "database"), case.catalogue[0].name)
            return _diagnose(belt, "infrastructure", first, f"it is always {first}")
        return self.otherwise(task, case, belt)


_LEVELS: Mapping[str | None, str] = MappingProxyType({
    "critical": "P1", "page": "P1", "error": "P1", "high": "P1", "warning": "P2", "ticket": "P2", "info": "P3", "low": "P3", "none": "P3",
})  # fmt: skip


@dataclass(frozen=True)
class SeverityFromLabel:
    """Believes the alert's label, and keeps to it: critical is P1, warning P2, info P3; without a label P2."""

    otherwise: Brain

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty == "triage":
            label = case.alert.label if case.alert else None
            return _declare(case, belt, _LEVELS.get(label, "P2"), f"the alert's label says {label}")
        report = self.otherwise(task, case, belt)
        if any(draft.name == "declared" for draft in belt.drafts):
            belt.note(Declared(severity=case.severity or "P2", reason="the label stands, whatever was measured"))
        return report


def _declare(case: Case, belt: Toolbelt, level: str, why: str) -> Report:
    """A triage whose severity is settled beforehand; the impact is measured, for those who write messages."""
    tool = cast(Mapping[str, Tool[Any]], TOOLS)
    belt.act(tool["acknowledge_alert"], case.alert.name if case.alert else "incident")
    belt.note(Reached(milestone="acknowledged"))
    belt.observe(tool["assess_impact"])
    belt.note(Declared(severity=level, reason=why), Reached(milestone="declared"))
    belt.note(Activated(roles=belt.runbook.team(level, case)))
    return Report(outcome=level, why=why)


def _diagnose(belt: Toolbelt, cause: str, component: str | None, why: str) -> Report:
    belt.note(Diagnosed(cause=cause, component=component, why=why))
    return Report(outcome=cause, why=why)


def _newest(case: Case) -> str | None:
    """The component that was deployed last, of those not yet rolled back."""
    tried = {done.target for done in case.interventions if done.tool == "rollback"}
    seen = case.answers(Deployments)
    rows = sorted(seen[-1][1].rows, key=lambda row: (-row.at, row.component)) if seen else []
    return next((row.component for row in rows if not row.rolled_back and row.component not in tried), None)


def _alerted(case: Case) -> str:
    """The component that the first alert names, else the first of the catalogue: no reading is looked at."""
    return (case.alert and case.alert.component) or case.catalogue[0].name

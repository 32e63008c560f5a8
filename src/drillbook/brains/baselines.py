"""Baselines: brains that judge without looking. What a cast is worth shows only beside them.

Each is a whole policy: whatever it says of severity, cause and component is its own, and nothing of it is the stub's diagnosis. (That
`always_rollback` classifies by the runbook's table is no diagnosis: the table is applied to what was measured.) The duties that are left
to the stub carry out what was decided: they investigate, make the change that the runbook lists, check, tell and write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from drillbook.answers import Deployments, Impact
from drillbook.case import Activated, Alert, Case, Declared, Diagnosed, Reached
from drillbook.records import digest_of
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.tools import TOOLS, Tool

__all__ = ["AlwaysRollBack", "ConstantAnswer", "RandomAnswer", "SeverityFromLabel"]


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
            _measure(case, belt)
            return _declare(case, belt, "P1", "it is always P1")
        if task.duty == "diagnose":
            first = next((card.name for card in case.catalogue if card.kind == "database"), case.catalogue[0].name)
            return _diagnose(belt, "infrastructure", first, f"it is always {first}")
        return self.otherwise(task, case, belt)


_LEVELS: Mapping[str | None, str] = MappingProxyType({
    "critical": "P1", "page": "P1", "error": "P1", "high": "P1", "warning": "P2", "ticket": "P2", "info": "P3", "low": "P3", "none": "P3",
})  # fmt: skip

_SAYS: Mapping[str, str] = MappingProxyType({
    **dict.fromkeys(("deployed", "deployment", "release", "released", "rollout", "version"), "deployment"),
    **dict.fromkeys(("provider", "vendor", "supplier", "partner"), "external_dependency"),
    **dict.fromkeys(("slow", "slower", "slowrequests", "hang", "hangs", "wait", "takes", "cpu", "memory", "disk", "node", "replica", "lag",
                     "queue", "connections", "resourcesaturation", "saturation", "checksum", "down"), "infrastructure"),
})  # fmt: skip
"""The cause that a word of an alert suggests to somebody who looks no further."""

_KINDS: Mapping[str | None, str] = MappingProxyType({
    "external": "external_dependency", **dict.fromkeys(("database", "replica", "cache", "queue"), "infrastructure"),
})  # fmt: skip
"""And what the kind of the component suggests; of code that fails, that it has a bug."""


@dataclass(frozen=True)
class SeverityFromLabel:
    """Believes the alert, and keeps to it: its label is the severity (critical P1, warning P2, info P3; without one P2), the component that
    it names is at fault, and its words say why."""

    otherwise: Brain

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty == "triage":
            _measure(case, belt)
            label = case.alert.label if case.alert else None
            return _declare(case, belt, _LEVELS.get(label, "P2"), f"the alert's label says {label}")
        if task.duty == "diagnose":
            target = _alerted(case)
            cause = _suggested(case.alert, case, target)
            return _diagnose(belt, cause, target, f"the alert is about {target}, and sounds like {cause}")
        return self.otherwise(task, case, belt)


def _suggested(alert: Alert | None, case: Case, target: str) -> str:
    words = re.findall(r"\w+", f"{alert.name} {alert.summary}".lower()) if alert else []
    card = case.card(target)
    said = (_SAYS[word] for word in words if word in _SAYS)
    return next(said, None) or _KINDS.get(card.kind if card else None, "code_bug")


@dataclass(frozen=True)
class RandomAnswer:
    """Draws severity, cause and component. A draw is a hash of the seed and of where it is made: the date, the alerts, what was measured
    first, the duty and its attempt; so a drill has its draws, whatever was drawn elsewhere, and another seed's noise has others."""

    otherwise: Brain
    seed: int = 1

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty == "triage":
            levels, measured = [row.level for row in belt.runbook.severities], _measure(case, belt)
            return _declare(case, belt, self._draw(levels, "severity", measured, task, case, belt), "one is as good as another")
        if task.duty == "diagnose":
            causes = [outcome for outcome in belt.runbook.steps[task.step].outcomes if outcome not in ("unknown", "recovered")]
            impact = case.impacts[0][1] if case.impacts else None
            component = self._draw([card.name for card in case.catalogue], "component", impact, task, case, belt)
            return _diagnose(belt, self._draw(causes, "cause", impact, task, case, belt), component, "one is as good as another")
        return self.otherwise(task, case, belt)

    def _draw(self, names: list[str], what: str, impact: Impact | None, task: Task, case: Case, belt: Toolbelt) -> str:
        known = [seen.model_dump(mode="json") for seen in (case.alert, impact) if seen]
        place = [self.seed, what, belt.starts.isoformat(), known, task.path, task.attempt]
        return names[int(digest_of(place)[:12], 16) % len(names)]


def _measure(case: Case, belt: Toolbelt) -> Impact:
    """Take the alert and measure the impact: nobody judges by it here, but messages tell it."""
    tool = cast(Mapping[str, Tool[Any]], TOOLS)
    belt.act(tool["acknowledge_alert"], case.alert.name if case.alert else "incident")
    belt.note(Reached(milestone="acknowledged"))
    return cast(Impact, belt.observe(tool["assess_impact"]))


def _declare(case: Case, belt: Toolbelt, level: str, why: str) -> Report:
    """The end of a triage: the severity, and its team."""
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

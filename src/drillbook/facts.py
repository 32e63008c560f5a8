"""The facts that a runbook may ask about: one table, each a function of the case alone.

A fact speaks of the case as it is known; for the past, ask it of `case.as_of(at)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from drillbook.answers import FeatureImpact, RollbackPlans
from drillbook.case import Activated, Case, Stepped
from drillbook.units import MINUTE

__all__ = ["ATTEMPTS", "FACTS", "Fact", "Value", "ValueKind", "attempts", "revenue_lost", "users_hit"]

Value = bool | int | float | str | None

ValueKind = Literal["flag", "number", "severity", "cause", "kind", "name"]
"""What a fact's values are: yes or no, a number, a level of the runbook, a cause, a kind of component, any text."""


class Fact(NamedTuple):
    """A fact: what its values are, and how it is read off a case."""

    kind: ValueKind
    of: Callable[[Case], Value]

    def __call__(self, case: Case) -> Value:
        return self.of(case)


def _failing(case: Case, critical: bool) -> float:
    impact = case.impact
    features: tuple[FeatureImpact, ...] = impact.features if impact else ()
    return max((feature.failing_pct for feature in features if feature.critical is critical), default=0.0)


ATTEMPTS = frozenset({"rollback", "restart", "scale", "failover", "activate_fallback", "deploy_hotfix"})
"""The tools that count as an attempt to cure."""


def attempts(case: Case) -> int:
    """How many remedies were carried out, and how often a dependency was waited for: waiting again is trying again."""
    waited = sum("monitor_dependency" in item.duties for item in case.all(Stepped))
    return sum(done.tool in ATTEMPTS for done in case.interventions) + waited


def revenue_lost(case: Case) -> int:
    """USD lost by now: the last measurement, carried on at its rate until a change was made that may have altered it."""
    return case.impact.revenue_lost_usd + case.impact.revenue_per_minute_usd * _carried(case) // MINUTE if case.impact else 0


def users_hit(case: Case) -> int:
    """Users hit by now: the last measurement, carried on as the revenue is."""
    return case.impact.users_hit + case.impact.users_per_minute * _carried(case) // MINUTE if case.impact else 0


def _carried(case: Case) -> int:
    """For how long (ms) the rates of the last measurement may be taken to have gone on."""
    at = case.impacts[-1][0]
    until = min([case.now, *(done.at for done in case.interventions if done.at > at)])
    return max(until - at, 0)


def _api_related(case: Case) -> bool:
    features = case.worst.features if case.worst else ()
    return any(feature.api and feature.failing_pct >= 1.0 for feature in features)


def _workaround(case: Case) -> bool:
    hit = [feature for feature in (case.impact.features if case.impact else ()) if feature.failing_pct >= 1.0]
    return bool(hit) and all(feature.workaround for feature in hit)


def _self_recovered(case: Case) -> bool:
    return case.alert is not None and case.impact is not None and not case.impact.services


def _rollback_reversible(case: Case) -> bool:
    """Whether the rollback that was prepared for the component at fault crosses no migration."""
    prepared = case.answers(RollbackPlans)
    plans = prepared[-1][1].plans if prepared else ()
    return all(plan.reversible for plan in plans if plan.component == case.component)


def _cause(case: Case) -> Value:
    return case.diagnosis.cause if case.diagnosis else None


def _component_kind(case: Case) -> Value:
    card = case.card(case.component)
    return card.kind if card else None


def _flag(name: str) -> Callable[[Case], Value]:
    return lambda case: bool(case.impact and getattr(case.impact, name))


def _recoveries(case: Case) -> int:
    """How often production was found well again where a cause was to be decided on."""
    return sum(item.outcome == "recovered" and "diagnose" in item.duties for item in case.all(Stepped))


FACTS: Mapping[str, Fact] = MappingProxyType({
    "severity": Fact("severity", lambda case: case.severity),
    "cause": Fact("cause", _cause),
    "component": Fact("name", lambda case: case.component),
    "component_kind": Fact("kind", _component_kind),
    "component_known": Fact("flag", lambda case: case.card(case.component) is not None),
    "users_failing_pct": Fact("number", lambda case: case.impact.users_failing_pct if case.impact else 0.0),
    "users_hit": Fact("number", users_hit),
    "critical_feature_failing_pct": Fact("number", lambda case: _failing(case, critical=True)),
    "minor_feature_failing_pct": Fact("number", lambda case: _failing(case, critical=False)),
    "peak_error_pct": Fact("number", lambda case: case.impact.peak_error_pct if case.impact else 0.0),
    "slowdown": Fact("number", lambda case: case.impact.slowdown if case.impact else 1.0),
    "visual_reports_per_hour": Fact("number", lambda case: case.impact.visual_reports_per_hour if case.impact else 0),
    "data_at_risk": Fact("flag", _flag("data_at_risk")),
    "breach_suspected": Fact("flag", _flag("breach_suspected")),
    "user_data_affected": Fact("flag", _flag("user_data_affected")),
    "maintenance": Fact("flag", _flag("maintenance")),
    "workaround": Fact("flag", _workaround),
    "recovered_by_itself": Fact("flag", _self_recovered),
    "revenue_lost_usd": Fact("number", revenue_lost),
    "api_related": Fact("flag", _api_related),
    "rollback_reversible": Fact("flag", _rollback_reversible),
    "mitigated": Fact("flag", lambda case: case.milestone("mitigated") is not None),
    "resolved": Fact("flag", lambda case: case.milestone("resolved") is not None),
    "concluded": Fact("flag", lambda case: case.outcome is not None),
    "rounds": Fact("number", lambda case: len(case.investigations)),
    "attempts": Fact("number", attempts),
    "recoveries": Fact("number", _recoveries),
    "team_size": Fact("number", lambda case: len({role for item in case.all(Activated) for role in item.roles})),
})  # fmt: skip
"""Every fact by name, with the kind of its values. Numbers keep their units: percent, USD, counts."""

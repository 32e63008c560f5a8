"""Incidents made harder, one turn at a time: it comes back, something else breaks, a remedy is refused, instruments fail.

`varied` is a pure function of a scenario and of what is drawn; what it gives lints and runs as the scenario did.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from drillbook.generate.draws import duration_text
from drillbook.scenario import DeploymentSpec, FaultSpec, Missing, Scenario, StubAnswer, System, TelemetrySpec
from drillbook.units import MINUTE
from drillbook.world import FAULTS

__all__ = ["varied"]

Turn = Callable[[Scenario, System, Random], dict[str, Any]]

_REFUSALS = {
    "rollback": "refused: the image of the version before is no longer in the registry",
    "restart": "refused: the control plane takes no orders",
    "scale": "refused: the quota of the namespace is used up",
    "failover": "refused: the standby is too far behind",
    "activate_fallback": "refused: the switch of the fallback answers 500",
    "support_infrastructure_change": "refused: the state of the infrastructure code is locked",
    "implement_hotfix": "refused: the build does not succeed",
    "deploy_hotfix": "refused: the pipeline is closed for a release freeze",
}
"""Changes that production may refuse, each with what it says then."""

_LONG = 25
_REPEATS = 8


def varied(scenario: Scenario, system: System, draw: Random) -> Scenario:
    """The scenario with one turn more."""
    turn = draw.choice(_TURNS)
    return scenario.model_copy(update=turn(scenario, system, draw))


def _last(scenario: Scenario) -> FaultSpec:
    return max(scenario.faults, key=lambda fault: fault.at)


def _again(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """The last fault a second time, after the repair."""
    last = _last(scenario)
    return {"faults": (*scenario.faults, last.model_copy(update={"at": last.at + draw.randint(30, 80) * MINUTE}))}


def _another(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """Another fault, at any component that it can hurt."""
    kind = draw.choice(sorted(FAULTS))
    targets = [spec.name for spec in system.components if spec.kind in FAULTS[kind].hurts]
    if not targets:
        return {}
    at = duration_text(_last(scenario).at + draw.randint(0, 70) * MINUTE)
    made = FaultSpec.model_validate({"kind": kind, "target": draw.choice(targets), "at": at, "magnitude": round(draw.uniform(0.5, 1.5), 2)})
    return {"faults": (*scenario.faults, made)}


def _passes(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """The last fault goes by itself before much is done about it."""
    last = _last(scenario)
    shorter = last.model_copy(update={"lasts": draw.randint(3, _LONG) * MINUTE})
    return {"faults": (*(fault for fault in scenario.faults if fault is not last), shorter)}


def _comes_and_goes(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """The first fault in short bursts, one after the other."""
    first, every = scenario.faults[0], draw.randint(6, 30)
    lasts = draw.randint(2, max(every // 2, 2)) * MINUTE
    moments = [first.at, *(first.at + (_LONG + count * every) * MINUTE for count in range(_REPEATS))]
    return {"faults": tuple(first.model_copy(update={"at": at, "lasts": lasts, "ramp": 0}) for at in moments)}


def _refused(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """Production refuses a kind of change."""
    tool = draw.choice(sorted(_REFUSALS))
    answer = {"kind": "receipt", "accepted": False, "detail": _REFUSALS[tool], "takes_effect": 0}
    kept = tuple(one for one in scenario.tools if one.tool != tool)
    return {"tools": (*kept, StubAnswer.model_validate({"tool": tool, "answer": answer}))}


def _blind(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """Metrics of the component at fault are missing, and all figures come late."""
    target = scenario.faults[0].target
    missing = tuple(Missing.model_validate({"component": target, "metric": name}) for name in ("error_pct", "cpu", "memory"))
    return {"telemetry": TelemetrySpec.model_validate({"late": f"{draw.randint(0, 12)}m", "missing": missing})}


def _faint(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """The last fault is a weak one."""
    last = _last(scenario)
    weaker = last.model_copy(update={"magnitude": round(draw.uniform(0.05, 0.4), 2)})
    return {"faults": (*(fault for fault in scenario.faults if fault is not last), weaker)}


def _suspected(scenario: Scenario, system: System, draw: Random) -> dict[str, Any]:
    """The component at fault was deployed just before, and the deployment is innocent."""
    last = _last(scenario)
    if system.component(last.target) is None or FAULTS[last.kind].cause == "external_dependency":
        return {}
    at = duration_text(max(last.at - draw.randint(0, 4) * MINUTE, 0))
    row = {"component": last.target, "version": "7.1.0", "previous": "7.0.9", "at": at, "change": "log format", "skipped": ["load test"]}
    return {"deployments": (*scenario.deployments, DeploymentSpec.model_validate(row))}


_TURNS: tuple[Turn, ...] = (_again, _again, _another, _another, _passes, _comes_and_goes, _refused, _refused, _blind, _faint, _suspected)

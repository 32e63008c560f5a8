"""The simulated production: it answers the tools, carries out changes, and knows the truth.

`World.answer` is a pure function of the scenario, the seed, the time and the changes made so far. There is no hidden
state, so snapshots, forks and travel in time cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from drillbook.answers import Answer, Receipt
from drillbook.case import Alert
from drillbook.scenario import Scenario, System
from drillbook.tools import REMEDIES, Tool
from drillbook.units import Frozen
from drillbook.world import delivery, impact, prose, signals
from drillbook.world.alarms import first_alerts
from drillbook.world.chain import causal_chain
from drillbook.world.faults import FAULTS
from drillbook.world.physics import State
from drillbook.world.telemetry import Done, Moment, Telemetry
from drillbook.world.truth import ActionTruth, Truth, truth

__all__ = ["ActionTruth", "FAULTS", "TARGETS", "State", "Truth", "World"]

TARGETS: dict[str, tuple[str, ...]] = {name: kind.hurts for name, kind in FAULTS.items()}
"""Every fault kind with the kinds of component that it can hurt."""

Reader = Callable[[Moment, str | None], Answer]

_READERS: Mapping[str, Reader] = MappingProxyType({
    "assess_impact": impact.impact,
    "check_system_metrics": signals.system_metrics,
    "review_error_logs": signals.error_logs,
    "check_recent_deployments": delivery.recent_deployments,
    "verify_external_dependencies": signals.dependencies,
    "check_database_health": signals.database_health,
    "review_api_error_rates": signals.api_rates,
    "check_service_communication": signals.communication,
    "identify_failing_component": signals.failing_components,
    "review_deployment_history": delivery.deployment_history,
    "check_pipeline_status": delivery.pipeline,
    "prepare_rollback": delivery.rollback_plans,
    "verify_infrastructure_state": signals.infrastructure,
    "check_client_side": signals.client_signals,
    "run_hotfix_checks": signals.hotfix_checks,
    "verify_fix": impact.impact,
    "capture_evidence": signals.evidence,
    "check_new_issues": signals.error_logs,
    "verify_recovery": signals.system_metrics,
    "check_cascading_failures": signals.communication,
    "monitor_recovery": signals.system_metrics,
    "monitor_dependency": signals.dependencies,
    "run_regression": signals.regression,
    "measure_response_times": signals.regression,
    "measure_error_rates": signals.regression,
    "measure_business_impact": impact.impact,
    "assess_data_exposure": impact.data_exposure,
    "reconstruct_timeline": causal_chain,
    "summarise_logs": prose.log_summary,
    "search_past_incidents": prose.past_incidents,
    "read_tickets": prose.tickets,
})  # fmt: skip

_RECEIPTS: Mapping[str, str] = MappingProxyType({
    "acknowledge_alert": "alert acknowledged: {target}",
    "activate_team": "paged: {target}",
    "open_channel": "channel opened: {target}",
    "rollback": "previous version of {target} is serving",
    "restart": "all replicas of {target} were restarted",
    "scale": "{target} has twice its replicas",
    "failover": "standby of {target} was promoted",
    "activate_fallback": "fallback for {target} is active",
    "support_infrastructure_change": "infrastructure code of {target} matches what runs",
    "implement_hotfix": "fix for {target} was reviewed and built",
    "deploy_hotfix": "fix for {target} is serving",
    "escalate_to_vendor": "vendor of {target} has put its duty manager on it",
    "add_to_backlog": "in the backlog: {target}",
})  # fmt: skip


class World:
    """A simulated production. It answers as a `Backend`, and tells the truth to whoever composes the drill."""

    def __init__(self, system: System, scenario: Scenario, seed: int, pictured: bool = True) -> None:
        self.show = Telemetry(system, scenario, seed, pictured)

    def answer(self, tool: Tool[Frozen], focus: str | None, at: int, done: Done) -> Answer:
        """What `tool` gives at virtual time `at`, `done` being the changes made so far."""
        now = self.show.moment(at, done)
        if tool.effect == "reads":
            return _READERS[tool.name](now, focus)
        return self._receive(tool, focus or "", now)

    def _receive(self, tool: Tool[Frozen], target: str, now: Moment) -> Receipt:
        obstacle = self._obstacle(tool.name, target, now)
        detail = obstacle or _RECEIPTS[tool.name].format(target=target)
        return Receipt(accepted=obstacle is None, detail=detail, takes_effect=now.at)

    def _obstacle(self, tool: str, target: str, now: Moment) -> str | None:
        """Why a change cannot be made at all, None if it can."""
        spec = self.show.specs.get(target)
        if tool not in REMEDIES or tool == "escalate_to_vendor":
            return None
        if spec is None:
            return f"there is no component {target!r}"
        if spec.kind == "external" and tool != "activate_fallback":
            return f"{target} is run by others"
        if tool == "rollback" and not delivery.rollback_plans(now, target).plans:
            return f"{target} has no deployment to go back from"
        if tool == "activate_fallback" and spec.fallback is None:
            return f"{target} has no fallback"
        if tool == "failover" and spec.kind not in ("database", "replica", "cache"):
            return f"{target} has no standby"
        return None

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts that the system's rules fire first."""
        return first_alerts(self.show)

    def truth(self, until: int, done: Done) -> Truth:
        """What really happened up to `until`."""
        return truth(self.show, until, done)

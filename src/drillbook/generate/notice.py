"""Who notices an incident that no alert rule fires for: a user, an agent that watches, or a probe; read off the world."""

from __future__ import annotations

from typing import Any

from drillbook.generate.draws import duration_text
from drillbook.scenario import Scenario, System, Trigger
from drillbook.units import HOUR, MINUTE
from drillbook.world import State, World

__all__ = ["noticed"]

_WRITTEN = 6 * MINUTE
"""From the first harm to somebody who says so."""


def noticed(system: System, scenario: Scenario) -> Trigger | None:
    """What starts the drill; None if an alert rule does.

    Where nothing is ever wrong, a probe that failed once starts it: the right answer is then that it is no incident.
    """
    world = World(system, scenario, scenario.seed)
    if world.alerts():
        return None
    begins, usual = world.show.begins, world.show.moment(0).usual
    states = {minute: world.show.state(minute, ()) for minute in world.show.minutes(begins + HOUR)}
    hurt = [minute for minute, state in states.items() if _hurt(state, usual)]
    if not hurt:
        target = scenario.faults[0].target if scenario.faults else None
        return _trigger("monitoring", begins + 2 * _WRITTEN, "ProbeFailed", "a probe failed once", component=target, severity="warning")
    worst = max((states[minute] for minute in hurt), key=lambda state: (state.exposes, state.users_failing, len(state.abnormal)))
    return _report(system, worst, usual, hurt[0] + _WRITTEN)


def _hurt(state: State, usual: State) -> bool:
    return bool(state.abnormal) or state.exposes > 0 or state.users_failing > usual.users_failing + 0.01


def _report(system: System, worst: State, usual: State, at: int) -> Trigger:
    """Users know what they did, not which component failed; an agent knows the component."""
    parts = worst.components
    leaking, blemished = (max(parts, key=lambda name: getattr(parts[name], field)) for field in ("exposes", "visual"))
    extra = {journey.name: worst.failing[journey.name] - usual.failing[journey.name] for journey in system.journeys}
    journey = max(extra, key=lambda name: extra[name])
    if parts[leaking].exposes > 0:
        return _trigger("agent_detection", at, "UnusualEgress", f"{leaking} sends out far more records than usual", component=leaking)
    if extra[journey] > 0.01:
        return _trigger("user_report", at, "Customers complain", f"several customers write that {journey} does not work")
    if parts[blemished].visual > 3:
        return _trigger("user_report", at, "Layout", f"a customer sends a picture of {blemished}", component=blemished)
    odd = min(worst.abnormal)
    return _trigger("agent_detection", at, "Anomaly", f"{odd} is outside its normal band", component=odd)


def _trigger(source: str, at: int, alert: str, summary: str, **fields: Any) -> Trigger:
    return Trigger.model_validate({"source": source, "at": duration_text(at), "alert": alert, "summary": summary, **fields})

"""Who notices an incident, and whether anybody suffers from it by then; read off the world.

Where no alert rule fires it is a user who writes, an agent that watches, or a probe.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from drillbook.answers import Impact
from drillbook.generate.draws import duration_text
from drillbook.scenario import System, Trigger
from drillbook.tools import TOOLS
from drillbook.units import HOUR, MINUTE
from drillbook.world import FAULTS, State, World

__all__ = ["Notice", "felt", "felt_in_full", "noticed"]

_WRITTEN = 6 * MINUTE
"""From the first harm to somebody who says so."""

_LOOKED = 2 * MINUTE
"""From the alert to the first look at who is hurt."""

_LEAST = 0.01
"""The share of users from which on some of them write."""

_CLEARLY = 1.1


class Notice(NamedTuple):
    """What starts a drill (None: an alert rule does), and whether users are hurt when somebody looks."""

    trigger: Trigger | None
    felt: bool


def felt(impact: Impact) -> bool:
    """Whether users are hurt so much that somebody has to act, or data are.

    The bounds are those of the incident runbook's severity table, a tenth higher, so that noise does not decide; a test holds them
    against it. They are not read from there: what is drawn must not depend on the runbook that is flown.
    """
    measured = [(impact.users_failing_pct, 1), (impact.slowdown, 10), (impact.visual_reports_per_hour, 5),
                *((part.failing_pct, 3 if part.critical else 10) for part in impact.features)]  # fmt: skip
    return impact.data_at_risk or impact.breach_suspected or any(value >= _CLEARLY * bound for value, bound in measured)


def felt_in_full(world: World) -> bool:
    """Whether a scenario's faults are felt some minutes after they have grown and woken: cheap, for a first choice."""
    scenario = world.show.scenario
    grown = [fault.at + (fault.ramp or FAULTS[fault.kind].grows) for fault in scenario.faults]
    begun = max([*grown, *[spike.at for spike in scenario.traffic]], default=0)
    return _felt_at(world, begun + _WRITTEN + _LOOKED)


def _felt_at(world: World, at: int) -> bool:
    return felt(cast(Impact, world.answer(TOOLS["assess_impact"], None, at, ())))


def noticed(world: World) -> Notice:
    """What starts the drill, and whether it is felt then.

    Where nothing is ever wrong, a probe that failed once starts it: the right answer is then that it is no incident.
    """
    alerts = world.alerts()
    trigger = None if alerts else _somebody(world)
    return Notice(trigger, _felt_at(world, (trigger.at if trigger else alerts[0].starts_at) + _LOOKED))


def _somebody(world: World) -> Trigger:
    scenario, begins, usual = world.show.scenario, world.show.begins, world.show.moment(0).usual
    states = {minute: world.show.state(minute, ()) for minute in world.show.minutes(begins + HOUR)}
    hurt = [minute for minute, state in states.items() if _hurt(state, usual)]
    if not hurt:
        target = scenario.faults[0].target if scenario.faults else None
        return _trigger("monitoring", begins + 2 * _WRITTEN, "ProbeFailed", "a probe failed once", component=target, severity="warning")
    worst = max((states[minute] for minute in hurt), key=lambda state: (state.exposes, state.users_failing, len(state.abnormal)))
    suffered = [minute for minute in hurt if states[minute].users_failing > usual.users_failing + _LEAST]
    return _report(world.show.system, worst, usual, hurt[0] + _WRITTEN, min(suffered, default=hurt[0]) + _WRITTEN)


def _hurt(state: State, usual: State) -> bool:
    return bool(state.abnormal) or state.exposes > 0 or state.users_failing > usual.users_failing + _LEAST


def _report(system: System, worst: State, usual: State, at: int, written: int) -> Trigger:
    """Users know what they did, not which component failed, and have `written` once they were hurt; an agent knows the component."""
    parts = worst.components
    leaking, blemished = (max(parts, key=lambda name: getattr(parts[name], field)) for field in ("exposes", "visual"))
    extra = {journey.name: worst.failing[journey.name] - usual.failing[journey.name] for journey in system.journeys}
    journey = max(extra, key=lambda name: extra[name])
    if parts[leaking].exposes > 0:
        return _trigger("agent_detection", at, "UnusualEgress", f"{leaking} sends out far more records than usual", component=leaking)
    if extra[journey] > _LEAST:
        return _trigger("user_report", written, "Customers complain", f"several customers write that {journey} does not work")
    if parts[blemished].visual > 3:
        return _trigger("user_report", at, "Layout", f"a customer sends a picture of {blemished}", component=blemished)
    odd = min(worst.abnormal)
    return _trigger("agent_detection", at, "Anomaly", f"{odd} is outside its normal band", component=odd)


def _trigger(source: str, at: int, alert: str, summary: str, **fields: Any) -> Trigger:
    return Trigger.model_validate({"source": source, "at": duration_text(at), "alert": alert, "summary": summary, **fields})

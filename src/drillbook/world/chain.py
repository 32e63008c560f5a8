"""How a failure travelled: from what users saw down to where it started, read off the state at its worst."""

from __future__ import annotations

from drillbook.answers import CausalChain, Hop
from drillbook.scenario import FaultSpec, Journey
from drillbook.units import MINUTE
from drillbook.world.delivery import version_at
from drillbook.world.faults import FAULTS
from drillbook.world.physics import State, first_callers
from drillbook.world.telemetry import Moment, Telemetry

__all__ = ["causal_chain", "leading_fault"]


def leading_fault(show: Telemetry) -> FaultSpec | None:
    """The fault that hurts most, by itself and untreated; the first of equals."""
    return max(show.scenario.faults, key=lambda fault: (_weight(fault), -fault.at), default=None)


def _weight(fault: FaultSpec) -> float:
    effects = FAULTS[fault.kind].effects
    return fault.magnitude * (effects.error + (effects.latency - 1) / 20 + effects.exposes / 100 + effects.visual / 1000)


def _worst_minute(now: Moment) -> State:
    """The worst of the minutes sampled on the way, a few dozen at the most."""
    minutes = now.show.minutes(now.at)
    step = max(len(minutes) // 48, 1)
    return max((now.before(minute) for minute in minutes[::step]), key=lambda state: state.users_failing + state.slowdown / 1000)


def causal_chain(now: Moment, focus: str | None) -> CausalChain:
    """The chain of one incident; without hops if production was healthy throughout."""
    fault = leading_fault(now.show)
    if fault is None:
        return CausalChain(hops=(), started_at=None, first_symptom_at=None, trigger="nothing failed", missing_check="none",
                           peak_users_failing_pct=0)  # fmt: skip
    worst, kind = _worst_minute(now), FAULTS[fault.kind]
    path = first_callers(fault.target, now.show.physics.hard_callers)
    words = {"component": fault.target, "version": version_at(now.show.moment(fault.at), fault.target)}
    hops = [Hop(component=name, what=_harm(worst, name), since=_first(now.show, name)) for name in path]
    journey = _journey(now, worst)
    seen = f"{worst.failing[journey.name] * 100:.0f}% of attempts at {journey.name} failed"
    return CausalChain(
        hops=(Hop(component=journey.component, what=seen, since=_first(now.show, path[0])), *hops),
        started_at=fault.at, first_symptom_at=_first(now.show, path[0]) or _first(now.show, fault.target),
        trigger=fault.story or kind.mechanism.format(**words), missing_check=kind.gap.format(**words),
        peak_users_failing_pct=round(worst.users_failing * 100, 1),
    )  # fmt: skip


def _journey(now: Moment, worst: State) -> Journey:
    usual = now.usual.failing
    return max(now.show.system.journeys, key=lambda journey: (worst.failing[journey.name] - usual[journey.name], journey.users))


def _harm(worst: State, name: str) -> str:
    state = worst.components[name]
    own = "of its own" if state.local_error > 0.5 * state.error else "passed on to it"
    if state.error > 0.02:
        return f"{name} failed {state.error * 100:.0f}% of its requests ({own})"
    return f"{name} answered {state.slow:.1f} times slower than usual"


def _first(show: Telemetry, name: str) -> int | None:
    """The first minute in which a component was abnormal, had nothing been done."""
    return next((minute for minute in show.minutes(show.begins + 30 * MINUTE) if name in show.state(minute, ()).abnormal), None)

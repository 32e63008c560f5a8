"""How a failure travelled: from what users saw down to where it started, read off the state at its worst."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.answers import CausalChain, Hop
from drillbook.scenario import FaultSpec, Journey
from drillbook.units import MINUTE
from drillbook.world.delivery import version_at
from drillbook.world.faults import FAULTS
from drillbook.world.physics import Physics, State, first_callers
from drillbook.world.telemetry import Moment, Telemetry

__all__ = ["causal_chain", "leading_fault"]


def leading_fault(show: Telemetry) -> FaultSpec | None:
    """The fault that hurts users most, by itself and untreated; the first of equals."""
    faults = show.scenario.faults
    if len(faults) < 2:
        return next(iter(faults), None)
    return max(faults, key=lambda fault: (_harm_alone(show, fault), -fault.at))


def _harm_alone(show: Telemetry, fault: FaultSpec) -> float:
    """The share of users that fail by this fault alone at its full strength; exposed records and blemishes count, too."""
    alone = Physics(show.system, (fault,), show.scenario.traffic)
    states = [alone.state(at, ()) for at in (fault.at + fault.ramp + MINUTE, *(spike.at + MINUTE for spike in show.scenario.traffic))]
    return max(
        round(state.users_failing, 3) + state.slowdown / 1000 + state.exposes / 100
        + sum(part.visual for part in state.components.values()) / 10_000
        for state in states
    )  # fmt: skip


def _worst_minute(now: Moment) -> State:
    """The worst of the minutes on the way."""
    return max([*_way(now)] or [now.state], key=lambda state: state.users_failing + state.slowdown / 1000)


def _way(now: Moment) -> Iterator[State]:
    """Minute by minute, until all faults and changes are over and production is as usual."""
    scenario = now.show.scenario
    begins = [*(fault.at for fault in scenario.faults), *(spike.at for spike in scenario.traffic), *(act.at for act in now.done)]
    begun = max(begins, default=0)
    for minute in now.show.minutes(now.at):
        state = now.before(minute)
        yield state
        if minute > begun and state is now.usual:
            return


def causal_chain(now: Moment, focus: str | None) -> CausalChain:
    """The chain of one incident; without hops if production was healthy throughout."""
    fault = leading_fault(now.show)
    if fault is None:
        return CausalChain(hops=(), started_at=None, first_symptom_at=None, trigger="nothing failed", missing_check="none",
                           peak_users_failing_pct=0)  # fmt: skip
    worst, kind = _worst_minute(now), FAULTS[fault.kind]
    journey = _journey(now, worst)
    known = {journey.component, *journey.through, *journey.needs, *_main_entry(now, journey)}
    path = first_callers(fault.target, now.show.physics.hard_callers, known)
    words = {"component": fault.target, "version": version_at(now.show.moment(fault.at), fault.target)}
    hops = [Hop(component=name, what=_harm(worst, name), since=_first(now.show, name)) for name in path]
    symptoms = [since for since in (_first(now.show, path[0]), _first(now.show, fault.target)) if since is not None]
    return CausalChain(
        hops=(_seen(now, worst, journey), *hops), started_at=fault.at, first_symptom_at=symptoms[0] if symptoms else None,
        trigger=fault.story or kind.mechanism.format(**words), missing_check=kind.gap.format(**words),
        peak_users_failing_pct=round(worst.users_failing * 100, 1),
    )  # fmt: skip


def _journey(now: Moment, worst: State) -> Journey:
    usual = now.usual.failing
    return max(now.show.system.journeys, key=lambda journey: (worst.failing[journey.name] - usual[journey.name], journey.users))


def _main_entry(now: Moment, journey: Journey) -> list[str]:
    """The entry by which most of a journey's users come in, where it says by which they do."""
    return sorted(journey.entries, key=lambda name: -now.show.system.entries[name])[:1]


def _seen(now: Moment, worst: State, journey: Journey) -> Hop:
    """What users noticed."""
    share = worst.failing[journey.name] - now.usual.failing[journey.name]
    return Hop(component=journey.component, what=f"{max(share, 0) * 100:.0f}% of attempts at {journey.name} failed")


def _harm(worst: State, name: str) -> str:
    state = worst.components[name]
    own = "of its own" if state.local_error > 0.5 * state.error else "passed on to it"
    if state.exposes > 1:
        return f"{name} gave {state.exposes:.0f} records a minute to somebody who does not own them"
    if state.visual > 1:
        return f"{name} was drawn wrongly, as {state.visual:.0f} users an hour reported"
    if state.unreached > 0.02:
        return f"{state.unreached * 100:.0f}% of the calls to {name} never arrived"
    if state.delayed > 1.8:
        return f"calls to {name} took {state.delayed:.1f} times as long on their way"
    if state.error > 0.02:
        return f"{name} failed {state.error * 100:.0f}% of its requests ({own})"
    return f"{name} answered {state.slow:.1f} times slower than usual"


def _first(show: Telemetry, name: str) -> int | None:
    """The first minute in which a component was abnormal, had nothing been done."""
    return next((minute for minute in show.minutes(show.begins + 30 * MINUTE) if name in show.state(minute, ()).abnormal), None)

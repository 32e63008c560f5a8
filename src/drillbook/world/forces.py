"""What acts on production at a moment: faults as far as they have grown and were treated, traffic, side effects, fallbacks.

Pure functions of the scenario, the time and the changes that were made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from drillbook.case import Intervention
from drillbook.scenario import FaultSpec, Spike
from drillbook.units import MINUTE
from drillbook.world.faults import FAULTS, SIDE_EFFECTS, Remedy

__all__ = ["Forces", "forces", "intensity", "scaled"]

_GONE = 0.004


class Forces(NamedTuple):
    """All that sets a moment apart from others: the state depends on the time through these alone.

    The strength of each fault; (component, share of failing requests) of the changes that still disturb; (component,
    share kept from its callers) of the fallbacks; (component, multiple of its capacity) of what was scaled.
    """

    traffic: float
    strengths: tuple[float, ...]
    shocks: tuple[tuple[str, float], ...]
    shields: tuple[tuple[str, float], ...]
    scaled: tuple[tuple[str, int], ...] = ()

    @property
    def quiet(self) -> bool:
        return self.traffic == 1 and not any(self.strengths) and not self.shocks


def _traffic(spikes: Sequence[Spike], at: int) -> float:
    """Traffic at a moment as a multiple of the usual."""
    return math.prod([spike.times for spike in spikes if spike.at <= at < spike.at + spike.lasts])


def _awake(fault: FaultSpec, spikes: Sequence[Spike], at: int) -> bool:
    """Whether traffic has reached what the fault sleeps below: now, or ever since it began if it stays awake."""
    kind = FAULTS[fault.kind]
    if not kind.wakes_above:
        return True
    moments = [at] if not kind.latched else [fault.at, *[spike.at for spike in spikes if fault.at <= spike.at <= at]]
    return any(_traffic(spikes, moment) >= kind.wakes_above for moment in moments)


def _grown(fault: FaultSpec, at: int) -> float:
    """How far a fault has grown by itself, 0 to 1, were nothing done about it."""
    if at < fault.at:
        return 0.0
    ramp = fault.ramp or FAULTS[fault.kind].grows
    grown = 1.0 if ramp == 0 else min((at - fault.at) / ramp, 1.0)
    if fault.lasts is not None and at > fault.at + fault.lasts:
        grown *= math.exp(-(at - fault.at - fault.lasts) / MINUTE)
    return grown


def _after(remedy: Remedy, left: float, since: int) -> float:
    """What is left of a fault `since` ms after a remedy took effect."""
    fading = math.exp(-since / remedy.tau)
    match remedy.effect:
        case "cure":
            return left * fading
        case "ease":
            return left * (1 - remedy.strength * (1 - fading))
        case "relapse":
            back = since - remedy.after
            return left * fading if back < 0 else left * (1 - math.exp(-back / remedy.tau))
        case "worsen":
            return left * (1 + remedy.strength * (1 - fading))
        case "shield":
            return left


def intensity(fault: FaultSpec, at: int, done: Sequence[Intervention], traffic: Sequence[Spike] = ()) -> float:
    """The strength of a fault at a moment, 0 to about 2, given the traffic and the changes made by then."""
    left = _grown(fault, at) * fault.magnitude if _awake(fault, traffic, at) else 0.0
    remedies = FAULTS[fault.kind].remedies
    for action in done:
        remedy = remedies.get(action.tool)
        if remedy and action.target == fault.target and fault.at <= action.at <= at:
            left = _after(remedy, left, at - action.at)
    return left if left > _GONE else 0.0


def forces(faults: Sequence[FaultSpec], traffic: Sequence[Spike], at: int, done: Sequence[Intervention]) -> Forces:
    """What acts at virtual time `at`, given the interventions that took effect by then."""
    shocks = [(action.target, side.error) for action in done
              if (side := SIDE_EFFECTS.get(action.tool)) and at < action.at + side.lasts]  # fmt: skip
    return Forces(
        traffic=_traffic(traffic, at),
        strengths=tuple([intensity(fault, at, done, traffic) for fault in faults]),
        shocks=tuple(shocks), shields=tuple(_shields(faults, at, done).items()), scaled=tuple(scaled(done).items()),
    )  # fmt: skip


def scaled(done: Sequence[Intervention]) -> dict[str, int]:
    """By how much each component was scaled: every time to twice its replicas."""
    factors: dict[str, int] = {}
    for action in done:
        if action.tool == "scale":
            factors[action.target] = 2 * factors.get(action.target, 1)
    return factors


def _shields(faults: Sequence[FaultSpec], at: int, done: Sequence[Intervention]) -> dict[str, float]:
    """How much of a target's failure its fallback keeps from its callers, by target."""
    shields: dict[str, float] = {}
    for action in done:
        if action.tool == "activate_fallback":
            for fault in faults:
                remedy = FAULTS[fault.kind].remedies.get(action.tool)
                if remedy and action.target == fault.target:
                    shields[fault.target] = remedy.strength * (1 - math.exp(-(at - action.at) / remedy.tau))
    return shields

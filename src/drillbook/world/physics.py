"""The state of production at a moment: a pure function of the system, the faults, the traffic and what was done.

Harm starts in components, travels from callee to caller along calls (hard calls pass failures on, soft ones a trace),
and load travels the other way; retries and lost capacity turn load into saturation, and saturation into more harm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import networkx as nx

from drillbook.case import Intervention
from drillbook.scenario import CallSpec, ComponentSpec, FaultSpec, Spike, System
from drillbook.units import MINUTE
from drillbook.world.faults import FAULTS, SIDE_EFFECTS, Effects, Remedy

__all__ = ["ComponentState", "Physics", "State", "intensity"]

_SOFT = 0.03
_GONE = 0.004


@dataclass(slots=True)
class ComponentState:
    """One component at a moment. Shares are 0 to 1, resources in percent, latencies in ms, load in requests a second."""

    local_error: float = 0.0
    error: float = 0.0
    own_ms: float = 0.0
    latency_ms: float = 0.0
    usual_ms: float = 0.0
    load: float = 0.0
    rho: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0
    network: float = 0.0
    disk: float = 0.0
    connections: float = 0.0
    lag_ms: float = 0.0
    locks: float = 0.0
    restarts: float = 0.0
    replicas: float = 0.0
    scripts: float = 0.0
    visual: float = 0.0
    exposes: float = 0.0
    up: bool = True
    slow: float = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """Production at a moment: every component, for every journey the share of its users that fail, and the records
    that strangers read each minute."""

    at: int
    components: dict[str, ComponentState]
    failing: dict[str, float]
    users_failing: float
    slowdown: float
    traffic: float
    exposes: float


def _grown(fault: FaultSpec, at: int) -> float:
    """How far a fault has grown by itself, 0 to 1, were nothing done about it."""
    if at < fault.at:
        return 0.0
    grown = 1.0 if fault.ramp == 0 else min((at - fault.at) / fault.ramp, 1.0)
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


def intensity(fault: FaultSpec, at: int, done: Sequence[Intervention]) -> float:
    """The strength of a fault at a moment, 0 to about 2, given the changes made by then."""
    left = _grown(fault, at) * fault.magnitude
    remedies = FAULTS[fault.kind].remedies
    for action in done:
        remedy = remedies.get(action.tool)
        if remedy and action.target == fault.target and fault.at <= action.at <= at:
            left = _after(remedy, left, at - action.at)
    return left if left > _GONE else 0.0


@dataclass(frozen=True)
class Physics:
    """The laws of one production under one scenario."""

    system: System
    faults: tuple[FaultSpec, ...]
    traffic: tuple[Spike, ...]

    @cached_property
    def order(self) -> tuple[ComponentSpec, ...]:
        """Callers before callees."""
        specs = {spec.name: spec for spec in self.system.components}
        return tuple(specs[name] for name in nx.lexicographical_topological_sort(self.system.graph()))

    @cached_property
    def retries(self) -> dict[str, int]:
        """How often a component's callers try again, by component."""
        most: dict[str, int] = {}
        for caller in self.order:
            for call in caller.calls:
                most[call.to] = max(most.get(call.to, 0), call.retries)
        return most

    @cached_property
    def usual(self) -> State:
        """The healthy system at usual traffic."""
        return Physics(self.system, (), ()).state(0, ())

    def state(self, at: int, done: tuple[Intervention, ...]) -> State:
        """Production at virtual time `at`, given the interventions that are in effect by then."""
        done = tuple(action for action in done if action.at <= at)
        traffic = math.prod(spike.times for spike in self.traffic if spike.at <= at < spike.at + spike.lasts)
        if traffic == 1 and (self.faults or self.traffic) and self._quiet(at, done):
            return replace(self.usual, at=at)
        states = {spec.name: ComponentState(local_error=spec.error_pct / 100, replicas=spec.replicas) for spec in self.order}
        slowed: dict[str, float] = {}
        lost: dict[str, float] = {}
        self._hurt(states, slowed, lost, at, done)
        self._load(states, traffic)
        shields = self._shields(at, done)
        for spec in reversed(self.order):
            self._settle(spec, states, slowed, lost, shields)
        return self._journeys(at, states, shields, traffic)

    def _quiet(self, at: int, done: tuple[Intervention, ...]) -> bool:
        """Whether nothing sets this moment apart from any other healthy one."""
        if any(intensity(fault, at, done) for fault in self.faults):
            return False
        return not any(at < action.at + SIDE_EFFECTS[action.tool].lasts for action in done if action.tool in SIDE_EFFECTS)

    def _hurt(self, states: dict[str, ComponentState], slowed: dict[str, float], lost: dict[str, float], at: int,
              done: tuple[Intervention, ...]) -> None:  # fmt: skip
        for fault in self.faults:
            strength = intensity(fault, at, done)
            if strength:
                effects = FAULTS[fault.kind].effects
                _add(states[fault.target], effects, strength)
                slowed[fault.target] = slowed.get(fault.target, 1.0) * (1 + (effects.latency - 1) * strength)
                lost[fault.target] = max(lost.get(fault.target, 0.0), min(effects.capacity * strength, 0.95))
        for action in done:
            side = SIDE_EFFECTS.get(action.tool)
            if side and side.error and action.target in states and at < action.at + side.lasts:
                target = states[action.target]
                target.local_error = 1 - (1 - target.local_error) * (1 - side.error)

    def _load(self, states: dict[str, ComponentState], traffic: float) -> None:
        requests = self.system.users_per_minute * self.system.requests_per_user * traffic / 60
        for entry, share in self.system.entries.items():
            states[entry].load += requests * share
        for spec in self.order:
            load = states[spec.name].load
            for call in spec.calls:
                states[call.to].load += load * call.share

    def _shields(self, at: int, done: tuple[Intervention, ...]) -> dict[str, float]:
        """How much of a target's failure its fallback keeps from its callers, by target."""
        shields: dict[str, float] = {}
        for fault in self.faults:
            remedy = FAULTS[fault.kind].remedies.get("activate_fallback")
            for action in done:
                if remedy and action.tool == "activate_fallback" and action.target == fault.target:
                    shields[fault.target] = remedy.strength * (1 - math.exp(-(at - action.at) / remedy.tau))
        return shields

    def _settle(self, spec: ComponentSpec, states: dict[str, ComponentState], slowed: dict[str, float],
                lost: dict[str, float], shields: dict[str, float]) -> None:  # fmt: skip
        state = states[spec.name]
        capacity = spec.capacity_rps * spec.replicas * (1 - lost.get(spec.name, 0.0))
        state.rho = rho = state.load * (1 + self.retries.get(spec.name, 0) * state.local_error) / capacity
        if rho > 1:
            state.local_error = 1 - (1 - state.local_error) / rho
        state.own_ms = spec.latency_ms * slowed.get(spec.name, 1.0) * (1 + 3 * min(rho, 1.2) ** 4)
        healthy, waiting = 1 - state.local_error, state.own_ms
        for call in spec.calls:
            passed, delay = _passed(call, states[call.to], shields.get(call.to, 0.0))
            healthy *= 1 - passed
            waiting += delay
        state.error = 1 - healthy
        state.latency_ms = waiting
        self._resources(spec, state)

    def _resources(self, spec: ComponentSpec, state: ComponentState) -> None:
        if state.error >= 0.999:
            state.cpu = spec.cpu * 0.15
            state.network = spec.network * 0.1
        else:
            usual = max(spec.capacity_rps * spec.replicas * 0.5, 1e-9)
            work = 0.5 + 0.5 * min(state.load / usual, 4.0)
            state.cpu += spec.cpu * work
            state.network += spec.network * work
        state.memory += spec.memory
        state.disk += spec.disk
        state.connections += 30.0 if spec.kind in ("database", "replica") else 0.0
        state.lag_ms += 40.0 if spec.kind == "replica" else 0.0

    def _journeys(self, at: int, states: dict[str, ComponentState], shields: dict[str, float], traffic: float) -> State:
        failing: dict[str, float] = {}
        slowdown = 1.0
        usual = {} if not self.faults and not self.traffic else self.usual.components
        for name, state in states.items():
            state.usual_ms = usual[name].latency_ms if usual else state.latency_ms
            state.slow = state.latency_ms / state.usual_ms
        for journey in self.system.journeys:
            target = states[journey.component]
            fine = 1 - target.error * (1 - shields.get(journey.component, 0.0))
            for name in journey.through:
                fine *= 1 - states[name].local_error
            for name in journey.needs:
                fine *= 1 - states[name].error
            impatient = min(max((target.slow - 3) / 20, 0.0), 0.5)
            failing[journey.name] = 1 - fine * (1 - impatient)
            slowdown = max(slowdown, target.slow)
        users = sum(journey.users * failing[journey.name] for journey in self.system.journeys)
        return State(at, states, failing, min(users, 1.0), slowdown, traffic, sum([state.exposes for state in states.values()]))


def _passed(call: CallSpec, callee: ComponentState, shield: float) -> tuple[float, float]:
    """What a call passes to its caller: a share of failures, and a delay in ms."""
    share = min(call.share, 1.0)
    if not call.hard:
        return callee.error * share * _SOFT * (1 - shield), min(callee.latency_ms, 50.0) * share
    return callee.error * share * (1 - shield), callee.latency_ms * share * (1 - shield)


def _add(state: ComponentState, effects: Effects, strength: float) -> None:
    state.local_error = 1 - (1 - state.local_error) * (1 - min(effects.error * strength, 1.0))
    state.cpu += effects.cpu * strength
    state.memory += effects.memory * strength
    state.network += effects.network * strength
    state.disk += effects.disk * strength
    state.connections += effects.connections * strength
    state.lag_ms += effects.lag_ms * strength
    state.locks += effects.locks * strength
    state.restarts += effects.restarts * strength
    state.scripts += effects.scripts * strength
    state.visual += effects.visual * strength
    state.exposes += effects.exposes * strength
    state.replicas -= state.replicas * min(effects.replicas * strength, 1.0)
    state.up = state.up and not (effects.down and strength > 0.5)

"""The state of production at a moment: a pure function of the system, the faults, the traffic and what was done.

Harm starts in components, travels from callee to caller along calls (hard calls pass failures on, soft ones a trace),
and load travels the other way; retries and lost capacity turn load into saturation, and saturation into more harm.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import networkx as nx

from drillbook.case import Intervention
from drillbook.scenario import ComponentSpec, FaultSpec, Journey, Spike, System
from drillbook.world.faults import FAULTS, Effects
from drillbook.world.forces import Forces, forces

__all__ = ["ComponentState", "Cut", "Cuts", "Physics", "State", "first_callers"]

_SOFT = 0.03
Ways = tuple[tuple[tuple[str, ...], float], ...]


class Cut(NamedTuple):
    """What happens to the calls of one component to another on their way: the share lost, and a factor of latency."""

    lost: float
    slowed: float


Cuts = Mapping[tuple[str, str], Cut]
_CLEAR = Cut(0.0, 1.0)
_UNCUT: Cuts = MappingProxyType({})
_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(slots=True)
class ComponentState:
    """One component at a moment. Shares are 0 to 1, resources in percent, latencies in ms, load in requests a second.

    `slowed` and `lost` are what faults do to its own latency (factor) and capacity (share); `slow` is its whole latency
    as a multiple of the usual, `own_slow` its own alone. `unreached`: the share of calls to it that never arrive, `delayed`:
    the factor by which the way to it slows them.
    """

    local_error: float = 0.0
    error: float = 0.0
    own_ms: float = 0.0
    latency_ms: float = 0.0
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
    floods: float = 0.0
    checksums: float = 0.0
    refused: float = 0.0
    unreached: float = 0.0
    up: bool = True
    slowed: float = 1.0
    lost: float = 0.0
    scaled: int = 1
    slow: float = 1.0
    own_slow: float = 1.0
    delayed: float = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """Production at a moment.

    `failing`: for every journey the share of its users that fail; `exposes`: the records that strangers read each
    minute; `users_hit` and `usd_lost`: each minute, above the usual; `abnormal`: the components that are outside their
    normal band; `cuts`: what happens to calls between components on their way. States share the components that
    nothing has touched; none is changed later.
    """

    components: dict[str, ComponentState]
    failing: dict[str, float]
    users_failing: float
    slowdown: float
    traffic: float
    exposes: float
    users_hit: float
    usd_lost: float
    abnormal: frozenset[str]
    cuts: Cuts = field(default_factory=dict)


@dataclass(frozen=True)
class Physics:
    """The laws of one production under one scenario."""

    system: System
    faults: tuple[FaultSpec, ...]
    traffic: tuple[Spike, ...]
    _memo: dict[Forces, State] = field(default_factory=dict, repr=False)

    @cached_property
    def order(self) -> tuple[ComponentSpec, ...]:
        """Callers before callees."""
        specs = {spec.name: spec for spec in self.system.components}
        return tuple(specs[name] for name in nx.lexicographical_topological_sort(self.system.graph()))

    @cached_property
    def rising(self) -> tuple[ComponentSpec, ...]:
        """Callees before callers: the way that harm travels."""
        return self.order[::-1]

    @cached_property
    def retries(self) -> dict[str, int]:
        """How often a component's callers try again, by component."""
        most: dict[str, int] = {}
        for caller in self.order:
            for call in caller.calls:
                most[call.to] = max(most.get(call.to, 0), call.retries)
        return most

    @cached_property
    def callers(self) -> dict[str, list[str]]:
        """Who calls a component, by name."""
        return self._callers(hard=False)

    @cached_property
    def hard_callers(self) -> dict[str, list[str]]:
        """Who fails when a component fails, by name."""
        return self._callers(hard=True)

    def _callers(self, hard: bool) -> dict[str, list[str]]:
        callers: dict[str, list[str]] = {spec.name: [] for spec in self.order}
        for spec in sorted(self.order, key=lambda spec: spec.name):
            for name in {call.to for call in spec.calls if call.hard or not hard}:
                callers[name].append(spec.name)
        return callers

    @cached_property
    def ways(self) -> dict[str, Ways]:
        """How the users of each journey come in: the components on the way, and the share of the users that take it."""
        return {journey.name: _ways(journey, self.system.entries) for journey in self.system.journeys}

    def above(self, origins: Iterable[str]) -> set[str]:
        """Where harm that starts in these components may show: they and all that call them, directly or not."""
        above, todo = set(origins), [*origins]
        while todo:
            new = [name for name in self.callers.get(todo.pop(), ()) if name not in above]
            above.update(new)
            todo.extend(new)
        return above

    @cached_property
    def usual_loads(self) -> dict[str, float]:
        return self._loads(1)

    @cached_property
    def usual(self) -> State:
        """The healthy system at usual traffic."""
        states = {spec.name: _unhurt(spec, self.usual_loads[spec.name]) for spec in self.order}
        for spec in self.rising:
            self._settle(spec, states, {}, {})
        return self._observed(states, {}, 1, states, {}, {})

    def state(self, at: int, done: Sequence[Intervention]) -> State:
        """Production at virtual time `at`, given the interventions that took effect by then."""
        acting = forces(self.faults, self.traffic, at, done)
        if acting.quiet:
            return self.usual
        state = self._memo.get(acting)
        if state is None:
            state = self._memo[acting] = self._under(acting)
        return state

    def _under(self, acting: Forces) -> State:
        usual, traffic, shields = self.usual, acting.traffic, dict(acting.shields)
        hurt = [(fault, strength) for fault, strength in zip(self.faults, acting.strengths, strict=True) if strength]
        origins = {*[fault.target for fault, _ in hurt], *[target for target, _ in acting.shocks], *shields}
        cuts, floods = self._cuts(hurt), _floods(hurt)
        shifted = traffic != 1 or bool(cuts) or bool(floods)
        above = self.above(origins)
        touched = [spec for spec in self.rising if shifted or spec.name in above]
        loads = self._loads(traffic, floods, cuts) if shifted else self.usual_loads
        states = {**usual.components, **{spec.name: _unhurt(spec, loads[spec.name]) for spec in touched}}
        for name, factor in acting.scaled:
            if name in states and states[name] is not usual.components[name]:
                states[name].scaled = factor
        for fault, strength in hurt:
            effects = FAULTS[fault.kind].effects
            reached = FAULTS[fault.kind].edge and self.callers[fault.target]
            _add(states[fault.target], replace(effects, error=0.0, latency=1.0) if reached else effects, strength)
        for target, error in acting.shocks:
            if target in states:
                states[target].local_error = 1 - (1 - states[target].local_error) * (1 - error)
        for spec in touched:
            self._settle(spec, states, shields, cuts)
            states[spec.name].slow = states[spec.name].latency_ms / usual.components[spec.name].latency_ms
            states[spec.name].own_slow = states[spec.name].own_ms / usual.components[spec.name].own_ms
        for name in {callee for _, callee in cuts}:
            states[name].unreached = self._unreached(name, cuts, loads)
            states[name].delayed = max([cut.slowed for (_, callee), cut in cuts.items() if callee == name])
        return self._observed(states, shields, traffic, usual.components, usual.failing, cuts)

    def _cuts(self, hurt: Sequence[tuple[FaultSpec, float]]) -> Cuts:
        """What faults of calls do to each call; a component that nobody calls is hurt itself instead."""
        cuts: dict[tuple[str, str], Cut] = {}
        for fault, strength in hurt:
            kind = FAULTS[fault.kind]
            for caller in self.callers[fault.target] if kind.edge else ():
                if fault.caller in (None, caller):
                    before = cuts.get((caller, fault.target), _CLEAR)
                    lost = 1 - (1 - before.lost) * (1 - min(kind.effects.error * strength, 1.0))
                    cuts[caller, fault.target] = Cut(lost, before.slowed * (1 + (kind.effects.latency - 1) * strength))
        return cuts

    def _unreached(self, name: str, cuts: Cuts, loads: Mapping[str, float]) -> float:
        """The share of all calls to a component that never arrive."""
        weights = {spec.name: loads[spec.name] * call.share for spec in self.order for call in spec.calls if call.to == name}
        total = sum(weights.values()) or 1.0
        return sum([weight * cuts.get((caller, name), _CLEAR).lost for caller, weight in weights.items()]) / total

    def _loads(self, traffic: float, floods: Mapping[str, float] = _NOTHING, cuts: Cuts = _UNCUT) -> dict[str, float]:
        """Requests a second that arrive at each component: floods add to them, cuts keep them away."""
        requests = self.system.users_per_minute * self.system.requests_per_user * traffic / 60
        loads = dict.fromkeys([spec.name for spec in self.order], 0.0)
        for entry, share in self.system.entries.items():
            loads[entry] += requests * share
        for spec in self.order:
            loads[spec.name] *= 1 + floods.get(spec.name, 0.0)
            for call in spec.calls:
                loads[call.to] += loads[spec.name] * call.share * (1 - cuts.get((spec.name, call.to), _CLEAR).lost)
        return loads

    def _settle(self, spec: ComponentSpec, states: dict[str, ComponentState], shields: Mapping[str, float], cuts: Cuts) -> None:
        """Errors, latency and resources of a component, those of its callees being known."""
        state = states[spec.name]
        capacity = spec.capacity_rps * spec.replicas * state.scaled * (1 - state.lost)
        state.rho = rho = state.load * (1 + self.retries.get(spec.name, 0) * state.local_error) / capacity
        if rho > 1:
            state.local_error = 1 - (1 - state.local_error) / rho
        state.own_ms = spec.latency_ms * state.slowed * (1 + 3 * min(rho, 1.2) ** 4)
        healthy, waiting = 1 - state.local_error, state.own_ms
        for call in spec.calls:
            callee, share, bare = states[call.to], min(call.share, 1.0), 1 - shields.get(call.to, 0.0)
            lost, slowed = cuts.get((spec.name, call.to), _CLEAR)
            failed, took = 1 - (1 - callee.error) * (1 - lost), callee.latency_ms * slowed
            if call.hard:
                healthy *= 1 - failed * share * bare
                waiting += took * share * bare
            else:
                healthy *= 1 - failed * share * _SOFT * bare
                waiting += min(took, 50.0) * share
        state.error = 1 - healthy
        state.latency_ms = waiting
        _use(spec, state)

    def _observed(self, states: dict[str, ComponentState], shields: Mapping[str, float], traffic: float,
                  usual: Mapping[str, ComponentState], usually_failing: Mapping[str, float], cuts: Cuts) -> State:  # fmt: skip
        """The state as users feel it, and how it differs from the usual."""
        failing, hit, lost = {}, 0.0, 0.0
        for journey in self.system.journeys:
            failing[journey.name] = share = _failing(journey, self.ways[journey.name], states, shields)
            extra = max(share - usually_failing.get(journey.name, share), 0.0)
            hit += journey.users * extra
            lost += journey.revenue * extra
        return State(
            components=states, failing=failing, traffic=traffic,
            users_failing=min(sum([journey.users * failing[journey.name] for journey in self.system.journeys]), 1.0),
            slowdown=max([1.0, *[_pace(journey, way, states) for journey in self.system.journeys for way, _ in self.ways[journey.name]]]),
            exposes=sum([state.exposes for state in states.values()]),
            users_hit=hit * self.system.users_per_minute * traffic, usd_lost=lost * self.system.revenue_per_minute_usd * traffic,
            abnormal=frozenset([name for name, state in states.items() if _abnormal(state, usual[name])]), cuts=cuts,
        )  # fmt: skip


def _ways(journey: Journey, entries: Mapping[str, float]) -> Ways:
    whole = sum([entries[name] for name in journey.entries])
    return tuple(((name, *journey.through), entries[name] / whole) for name in journey.entries) or ((journey.through, 1.0),)


def _failing(journey: Journey, ways: Ways, states: Mapping[str, ComponentState], shields: Mapping[str, float]) -> float:
    """The share of a journey's users that fail, or give up because it is slow."""
    target = states[journey.component]
    served = (1 - target.error * (1 - shields.get(journey.component, 0.0))) * (1 - target.unreached)
    for name in journey.needs:
        served *= (1 - states[name].error) * (1 - states[name].unreached)
    return 1 - sum([share * served * _arriving(journey, way, states) for way, share in ways])


def _arriving(journey: Journey, way: tuple[str, ...], states: Mapping[str, ComponentState]) -> float:
    """The share of those who come by a way that get through and do not give up."""
    impatient = min(max((_pace(journey, way, states) - 3) / 20, 0.0), 0.5)
    return math.prod([(1 - states[name].local_error) * (1 - states[name].unreached) for name in way]) * (1 - impatient)


def _pace(journey: Journey, way: tuple[str, ...], states: Mapping[str, ComponentState]) -> float:
    """How much slower than usual a journey is for those who come by a way: its component, the way to it, or one on it by itself."""
    target = states[journey.component]
    return max([target.slow * target.delayed, *[states[name].own_slow * states[name].delayed for name in way]])


def _abnormal(state: ComponentState, usual: ComponentState) -> bool:
    """Whether a component's own signals are outside their normal band."""
    return (
        state.error > usual.error + 0.02 or state.slow > 1.8 or not state.up or state.locks > 5
        or state.cpu > 90 or state.memory > 90 or state.disk > 90 or state.scripts > 20 or state.visual > 3
        or state.lag_ms > 5_000 or state.exposes > 5 or state.unreached > 0.05 or state.delayed > 1.8
        or state.checksums > 2 or state.refused > 20
    )  # fmt: skip


def first_callers(name: str, callers: Mapping[str, Sequence[str]], known: Collection[str] = ()) -> list[str]:
    """A way from an entry of the system down to a component: up from it, along a caller that is `known` or else the first."""
    path = [name]
    while above := callers[path[0]]:
        path.insert(0, next((caller for caller in above if caller in known), above[0]))
    return path


def _floods(hurt: Sequence[tuple[FaultSpec, float]]) -> dict[str, float]:
    """Requests beside the usual ones, as a multiple of these, by component."""
    floods: dict[str, float] = {}
    for fault, strength in hurt:
        extra = FAULTS[fault.kind].effects.floods * strength
        if extra:
            floods[fault.target] = floods.get(fault.target, 0.0) + extra
    return floods


def _unhurt(spec: ComponentSpec, load: float) -> ComponentState:
    return ComponentState(local_error=spec.error_pct / 100, load=load, replicas=spec.replicas)


def _use(spec: ComponentSpec, state: ComponentState) -> None:
    """Resources by load: a component that fails everything does next to nothing."""
    if state.error >= 0.999:
        state.cpu = spec.cpu * 0.15
        state.network = spec.network * 0.1
    else:
        usual = max(spec.capacity_rps * spec.replicas * state.scaled * 0.5, 1e-9)
        work = 0.5 + 0.5 * min(state.load / usual, 4.0)
        state.cpu += spec.cpu * work
        state.network += spec.network * work
    state.memory += spec.memory
    state.disk += spec.disk
    state.connections += 30.0 if spec.kind in ("database", "replica") else 0.0
    state.lag_ms += 40.0 if spec.kind == "replica" else 0.0


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
    state.floods += effects.floods * strength
    state.checksums += effects.checksums * strength
    state.refused += effects.refused * strength
    state.replicas -= state.replicas * min(effects.replicas * strength, 1.0)
    state.up = state.up and not (effects.down and strength > 0.5)
    state.slowed *= 1 + (effects.latency - 1) * strength
    state.lost = max(state.lost, min(effects.capacity * strength, 0.95))

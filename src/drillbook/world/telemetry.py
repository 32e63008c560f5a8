"""What instruments show of the state: with noise, and with the moment when a component left its normal band."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from drillbook.answers import MetricRow
from drillbook.case import Intervention
from drillbook.scenario import ComponentSpec, DeploymentSpec, FaultSpec, Scenario, System
from drillbook.units import MINUTE
from drillbook.world.faults import FAULTS
from drillbook.world.forces import intensity
from drillbook.world.noise import NoiseRow, noise_row
from drillbook.world.physics import ComponentState, Physics, State

__all__ = ["Done", "Moment", "Telemetry"]

Done = tuple[Intervention, ...]

_SPREAD = 0.03
_BROUGHT = 30 * MINUTE


@dataclass(frozen=True)
class Telemetry:
    """The instruments over one production. Every answer is a pure function of what is asked.

    `pictured`: whether the digest of a screenshot is that of its picture; before journals of version 4 it was that of its figures.
    """

    system: System
    scenario: Scenario
    seed: int
    pictured: bool = True

    @cached_property
    def physics(self) -> Physics:
        return Physics(self.system, self.scenario.faults, self.scenario.traffic)

    @cached_property
    def specs(self) -> dict[str, ComponentSpec]:
        return {spec.name: spec for spec in self.system.components}

    @cached_property
    def missing(self) -> dict[str, dict[str, None]]:
        """The metrics that the instruments do not deliver, by component."""
        gaps: dict[str, dict[str, None]] = {}
        for gap in self.scenario.telemetry.missing:
            gaps.setdefault(gap.component, {})[gap.metric] = None
        return gaps

    @cached_property
    def deployments(self) -> tuple[DeploymentSpec, ...]:
        """What was deployed: as the scenario says, and the change that brought a fault where the scenario names none."""
        told = self.scenario.deployments
        return (*told, *[_change(fault) for fault in self.scenario.faults if FAULTS[fault.kind].change and not _named(fault, told)])

    @cached_property
    def begins(self) -> int:
        """Before this moment production is healthy: the first fault or spike, in virtual ms."""
        return min([*(fault.at for fault in self.scenario.faults), *(spike.at for spike in self.scenario.traffic)], default=0)

    @cached_property
    def norms(self) -> dict[str, tuple[float, float]]:
        """(error rate in percent, p95 in ms) of each component as the instruments know them from healthy days."""
        usual = self.physics.usual.components
        return {name: (round(part.error * 100, 2), round(_p95(part), 1)) for name, part in usual.items()}

    def state(self, at: int, done: Done) -> State:
        """The true state at virtual time `at`, given the changes made by then; later ones do not count."""
        return self.physics.state(at, [action for action in done if action.at <= at])

    def moment(self, at: int, done: Done = ()) -> Moment:
        """What can be seen at virtual time `at`, given the changes made by then; later ones do not count."""
        return Moment(self, at, tuple([action for action in done if action.at <= at]))

    def minutes(self, until: int) -> range:
        """The minutes since production was last surely healthy, up to `until`."""
        return range(self.begins - self.begins % MINUTE, until + 1, MINUTE)


@dataclass(frozen=True)
class Moment:
    """What the instruments show at one moment (virtual ms), `done` being the changes made by then."""

    show: Telemetry
    at: int
    done: Done

    @property
    def shown(self) -> Moment:
        """The moment that metrics and logs show: earlier where they come late."""
        late = self.show.scenario.telemetry.late
        return self.show.moment(max(self.at - late, 0), self.done) if late else self

    def strength(self, fault: FaultSpec) -> float:
        """The strength of a fault, 0 to about 2."""
        return intensity(fault, self.at, self.done, self.show.scenario.traffic)

    @cached_property
    def state(self) -> State:
        """The true state."""
        return self.show.physics.state(self.at, self.done)

    @property
    def components(self) -> dict[str, ComponentState]:
        return self.state.components

    @property
    def usual(self) -> State:
        """The healthy system at usual traffic."""
        return self.show.physics.usual

    @cached_property
    def onsets(self) -> dict[str, int]:
        """When the present abnormal stretch of each abnormal component began, to the minute."""
        lasting = self.state.abnormal
        onsets = dict.fromkeys(lasting, self.at)
        for minute in reversed(self.show.minutes(self.at)):
            lasting &= self.before(minute).abnormal
            if not lasting:
                break
            onsets.update(dict.fromkeys(lasting, minute))
        return onsets

    def before(self, at: int) -> State:
        """The true state at an earlier moment of the same history."""
        return self.show.state(at, self.done)

    def since(self, name: str) -> int | None:
        """When the present abnormal stretch of a component began, to the minute; None while it is normal."""
        return self.onsets.get(name)

    def noise(self, series: str) -> NoiseRow:
        return noise_row(self.show.seed, series, self.at)

    def p95_ms(self, name: str) -> float:
        """One component's 95th percentile of latency in ms, as `row` has it."""
        return _figure(_p95(self.components[name]), self.noise(name)[7])

    def error_pct(self, name: str) -> float:
        """One component's share of failing requests in percent, as `row` has it."""
        return _percent(self.components[name].error * 100, self.noise(name)[5])

    def row(self, name: str) -> MetricRow:
        """One component's metrics as the instruments show them."""
        state, noise = self.components[name], self.noise(name)
        usual_error, usual_p95 = self.show.norms[name]
        row = MetricRow(
            component=name,
            cpu=_percent(state.cpu, noise[0]), memory=_percent(state.memory, noise[1]),
            network=_percent(state.network, noise[2]), disk=_percent(state.disk, noise[3] / 8),
            rps=_figure(state.load, noise[4]), error_pct=_percent(state.error * 100, noise[5]),
            usual_error_pct=usual_error, p50_ms=_figure(state.latency_ms, noise[6]),
            p95_ms=_figure(_p95(state), noise[7]), usual_p95_ms=usual_p95,
            saturation=_percent(state.rho * 100, noise[8]), up=state.up, since=self.since(name),
            usual_rps=round(self.show.physics.usual_loads[name], 1),
        )  # fmt: skip
        gaps = self.show.missing.get(name)
        return row.model_copy(update=gaps) if gaps else row


def _named(fault: FaultSpec, told: tuple[DeploymentSpec, ...]) -> bool:
    """Whether the scenario itself tells of a change that may have brought a fault."""
    return any(spec.component == fault.target and fault.at - _BROUGHT <= spec.time <= fault.at for spec in told)


def _change(fault: FaultSpec) -> DeploymentSpec:
    """The change that brought a fault, with it and by the way that all changes go."""
    kind = FAULTS[fault.kind]
    minor = 1 + fault.at // MINUTE % 8
    # Durations are read from text only; this one is a number already.
    return DeploymentSpec.model_construct(component=fault.target, version=f"2.{minor}.0", previous=f"2.{minor - 1}.0", at=fault.at,
                                          change=kind.change, reversible=kind.reversible)  # fmt: skip


def _p95(state: ComponentState) -> float:
    return state.latency_ms * (2.2 + 1.8 * min(state.rho, 1.0) ** 2)


def _figure(value: float, noise: float) -> float:
    return round(value * (1 + _SPREAD * noise), 1)


def _percent(value: float, noise: float) -> float:
    shown = value * (1 + _SPREAD * noise)
    return round(shown, 2) if shown < 100 else 100.0

"""What instruments show of the state: with noise, with a normal band, and with the moment when a signal left it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from drillbook.answers import MetricRow
from drillbook.case import Intervention
from drillbook.scenario import ComponentSpec, Scenario, System
from drillbook.units import MINUTE
from drillbook.world.noise import NoiseRow, noise_row
from drillbook.world.physics import ComponentState, Physics, State

__all__ = ["Done", "Telemetry"]

Done = tuple[Intervention, ...]

_SPREAD = 0.03


@dataclass(frozen=True)
class Telemetry:
    """The instruments over one production. Memoises states; every answer is a pure function of what is asked."""

    system: System
    scenario: Scenario
    seed: int
    _memo: dict[tuple[int, Done], State] = field(default_factory=dict, repr=False)
    _bands: dict[tuple[int, Done], frozenset[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def physics(self) -> Physics:
        return Physics(self.system, self.scenario.faults, self.scenario.traffic)

    @cached_property
    def specs(self) -> dict[str, ComponentSpec]:
        return {spec.name: spec for spec in self.system.components}

    @cached_property
    def begins(self) -> int:
        """Before this moment production is healthy: the first fault or spike, in virtual ms."""
        return min([*(fault.at for fault in self.scenario.faults), *(spike.at for spike in self.scenario.traffic)], default=0)

    def state(self, at: int, done: Done) -> State:
        """The true state at a moment."""
        key = (at, done if not done or done[-1].at <= at else tuple([action for action in done if action.at <= at]))
        state = self._memo.get(key)
        if state is None:
            state = self._memo[key] = self.physics.state(*key)
        return state

    def abnormal(self, at: int, done: Done) -> frozenset[str]:
        """The components whose own signals are outside their normal band at a moment."""
        found = self._bands.get((at, done))
        if found is None:
            usual = self.physics.usual.components
            parts = self.state(at, done).components.items()
            found = self._bands[at, done] = frozenset([name for name, part in parts if _abnormal(part, usual[name])])
        return found

    def minutes(self, until: int) -> Iterator[int]:
        """The minutes since production was last surely healthy, up to `until`."""
        return iter(range(self.begins - self.begins % MINUTE, until + 1, MINUTE))

    def noise(self, series: str, at: int) -> NoiseRow:
        return noise_row(self.seed, series, at)

    def row(self, name: str, at: int, done: Done) -> MetricRow:
        """One component's metrics as the instruments show them."""
        state, usual = self.state(at, done).components[name], self.physics.usual.components[name]
        noise = self.noise(name, at)
        return MetricRow(
            component=name,
            cpu=_percent(state.cpu, noise[0]), memory=_percent(state.memory, noise[1]),
            network=_percent(state.network, noise[2]), disk=_percent(state.disk, noise[3] / 8),
            rps=_figure(state.load, noise[4]), error_pct=_percent(state.error * 100, noise[5]),
            usual_error_pct=round(usual.error * 100, 2), p50_ms=_figure(state.latency_ms, noise[6]),
            p95_ms=_figure(_p95(state), noise[7]), usual_p95_ms=round(_p95(usual), 1),
            saturation=_percent(state.rho * 100, noise[8]), up=state.up, since=self.since(name, at, done),
        )  # fmt: skip

    def since(self, name: str, at: int, done: Done) -> int | None:
        """When the present abnormal stretch of a component began, to the minute; None while it is normal."""
        if name not in self.abnormal(at, done):
            return None
        first = at
        for minute in range(at - at % MINUTE, self.begins - MINUTE, -MINUTE):
            if name not in self.abnormal(minute, done):
                break
            first = minute
        return first


def _abnormal(state: ComponentState, usual: ComponentState) -> bool:
    return (
        state.error > usual.error + 0.02 or state.slow > 1.8 or not state.up or state.locks > 5
        or max(state.cpu, state.memory, state.disk) > 90 or state.scripts > 20 or state.visual > 3
        or state.lag_ms > 5_000 or state.exposes > 5
    )  # fmt: skip


def _p95(state: ComponentState) -> float:
    return state.latency_ms * (2.2 + 1.8 * min(state.rho, 1.0) ** 2)


def _figure(value: float, noise: float) -> float:
    return round(max(value * (1 + _SPREAD * noise), 0.0), 1)


def _percent(value: float, noise: float) -> float:
    return round(min(max(value * (1 + _SPREAD * noise), 0.0), 100.0), 2)

"""One story: whatever happens, metrics, logs, history, dependencies, databases, alerts and the platform tell of the same state.

Three hundred incidents are drawn here in the shop (fault, target, time, growth, strength, traffic), three hundred as `drillbook run
--random` draws them in both systems (red herrings, spikes, peaks that wake a fault), and looked at minute by minute; the ordinary
profile stops after a hundred of each, the thorough one (DRILLBOOK_PROFILE=thorough) looks at all of them. Before the
fault and after full recovery the signals must not be told from a healthy system's: a two-sample Kolmogorov-Smirnov test at
alpha = 0.001 on standardised residuals, with fixed seeds, so that it either always holds or never.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from functools import cache
from hashlib import sha256

import pytest
from flights import THOROUGH, scenario
from incidents import incident, pairs

from drillbook import generate
from drillbook.answers import (
    ClientSignals,
    Communication,
    DatabaseHealth,
    Dependencies,
    Deployments,
    ErrorLogs,
    FailingComponents,
    Impact,
    Infrastructure,
    MetricRow,
    SystemMetrics,
)  # fmt: skip
from drillbook.case import Intervention
from drillbook.reading import read_system
from drillbook.scenario import Scenario, Spike
from drillbook.scenarios import systems
from drillbook.tools import TOOLS
from drillbook.units import HOUR, MINUTE
from drillbook.world import FAULTS, World
from drillbook.world.alarms import live
from drillbook.world.delivery import DAY

SHOP = scenario("checkout-bad-deploy")[1]
SYSTEMS = [read_system(name) for name in systems()]
PAIRS = pairs(SHOP)
DRAWS, SHARES = (200, 4) if THOROUGH else (60, 2)
ALPHA = 0.001


def _dice(number: int) -> random.Random:
    return random.Random(sha256(f"one story {number}".encode()).digest())


def drawn(number: int) -> Scenario:
    """A random incident: any fault at any target that it can hurt, at any time, growing or not, weak or strong, with or without a peak."""
    dice = _dice(number)
    base = incident(*dice.choice(PAIRS), SHOP, seed=number, magnitude=dice.uniform(0.3, 1.5))
    at = dice.randrange(2, 30) * MINUTE
    fault = base.faults[0].model_copy(update={"at": at, "ramp": dice.choice((0, 0, 2, 5, 10)) * MINUTE, "lasts": dice.choice((None, 15 * MINUTE))})
    peaks = [spike.model_copy(update={"at": at}) for spike in base.traffic]
    if not peaks and dice.random() < 0.3:
        peaks = [Spike.model_construct(at=at + dice.randrange(-2, 4) * MINUTE, lasts=6 * MINUTE, times=dice.uniform(0.5, 2.5))]
    return base.model_copy(update={"faults": (fault,), "traffic": tuple(peaks)})


def generated(number: int) -> World:
    """An incident as users draw them, the systems in turn."""
    system = SYSTEMS[number % len(SYSTEMS)]
    spec = generate.incident(12, number, system)
    return World(system, spec, spec.seed)


def worlds(share: int = 0, shares: int = 1) -> Iterator[World]:
    """The productions in which the incidents of a share happen."""
    for number in range(share, DRAWS, shares):
        yield World(SHOP, drawn(number), number)
        yield generated(number)


class Look:
    """All that the instruments show at one minute."""

    def __init__(self, world: World, at: int, done: tuple[Intervention, ...] = ()) -> None:
        self.state = world.show.state(at, done)
        shown = {name: world.answer(TOOLS[name], None, at, done) for name in _LOOKED_AT}
        metrics, logs, deps = shown["check_system_metrics"], shown["review_error_logs"], shown["verify_external_dependencies"]
        data, platform, calls = shown["check_database_health"], shown["verify_infrastructure_state"], shown["check_service_communication"]
        history, traces, clients, impact = (shown[name] for name in _LOOKED_AT[6:])
        assert isinstance(metrics, SystemMetrics)
        assert isinstance(logs, ErrorLogs)
        assert isinstance(deps, Dependencies)
        assert isinstance(data, DatabaseHealth)
        assert isinstance(platform, Infrastructure)
        assert isinstance(calls, Communication)
        assert isinstance(history, Deployments)
        assert isinstance(traces, FailingComponents)
        assert isinstance(clients, ClientSignals)
        assert isinstance(impact, Impact)
        self.at, self.metrics = at, {row.component: row for row in metrics.rows}
        self.logs, self.deps, self.data, self.platform = logs.lines, deps.rows, data.rows, platform.rows
        self.calls, self.history, self.traces, self.clients, self.impact = calls.calls, history.rows, traces.origins, clients.rows, impact


_LOOKED_AT = (
    "check_system_metrics", "review_error_logs", "verify_external_dependencies", "check_database_health", "verify_infrastructure_state",
    "check_service_communication", "check_recent_deployments", "identify_failing_component", "check_client_side", "assess_impact",
)  # fmt: skip


def _the_down_are_down_everywhere(look: Look) -> None:
    for row in look.platform:
        assert (row.ready == 0) is not look.metrics[row.component].up
        if row.ready == 0:
            assert any(line.component == row.component or f"call to {row.component} " in line.message for line in look.logs), row
    assert all(row.up is look.metrics[row.component].up for row in look.data)


def _onsets_agree(look: Look) -> None:
    abnormal = {name for name, row in look.metrics.items() if row.since is not None}
    assert abnormal == {*look.impact.services} == look.state.abnormal
    others = [
        *((row.component, row.since) for row in look.deps), *((row.component, row.since) for row in look.data),
        *((row.component, row.since) for row in look.clients),
    ]  # fmt: skip
    for name, since in others:
        assert since == look.metrics[name].since, name
    assert all((row.since or 0) <= look.at for row in look.metrics.values())


def _dependencies_are_what_calls_show(look: Look) -> None:
    for row in look.deps:
        into = [call for call in look.calls if call.callee == row.component]
        if row.status != "operational":
            assert all(call.error_pct > 4 or call.p95_ms > 3 * call.usual_p95_ms for call in into), row
        else:
            assert all(call.error_pct < 7 and call.p95_ms < 5 * call.usual_p95_ms for call in into), row


def _calls_are_what_callees_give(look: Look) -> None:
    for call in look.calls:
        callee = look.metrics[call.callee].error_pct
        assert callee is not None
        floor = 100 - (100 - callee) * (100 - call.unreached_pct) / 100
        assert call.error_pct == pytest.approx(floor, rel=0.12, abs=1.0), call


def _nobody_cries_without_a_fault(look: Look, world: World, target: str) -> None:
    now = world.show.moment(look.at)
    strong = now.strength(world.show.scenario.faults[0]) > 0
    for line in look.logs:
        if line.message.startswith("call to "):
            callee = line.message.split()[2]
            assert look.state.components[callee].error > 0.05 or look.state.components[callee].slow > 3 or callee == target, line
        else:
            assert strong, line
            assert line.component == target, line
    if look.state.traffic == 1 and not FAULTS[world.show.scenario.faults[0].kind].effects.floods:
        assert {origin.component for origin in look.traces} <= {target}, "who fails by itself under usual traffic is who was hurt"


def _history_tells_of_the_change(look: Look, world: World) -> None:
    fault, told = world.show.scenario.faults[0], world.show.scenario.deployments
    due = {(spec.component, spec.version, spec.time) for spec in told if look.at - DAY < spec.time <= look.at}
    shown = {(row.component, row.version, row.at) for row in look.history}
    assert due <= shown
    change = FAULTS[fault.kind].change
    suspects = [row for row in look.history if row.component == fault.target and fault.at - 5 * MINUTE <= row.at <= fault.at]
    if fault.at <= look.at:
        assert len(suspects) == (1 if change else 0)
    assert {*shown} - due <= {(row.component, row.version, row.at) for row in suspects}, "nothing is shown that did not happen"


READ = {
    "error_pct": lambda state: state.error * 100,
    "p95_ratio": lambda state: state.slow,
    "cpu": lambda state: state.cpu,
}  # fmt: skip
"""What the rules of both systems look at, read off the state."""


def _alerts_follow_the_state(world: World, looks: dict[int, Look]) -> int:
    """An alert fires in a minute if and only if its rule has been over its bound for so long; the instruments show it, too."""
    show, count, over = world.show, 0, dict[tuple[str, str], int]()
    for minute, firing in live(show, max(looks)):
        states, fires = show.state(minute, ()).components, {(one.alert.name, one.alert.component): one.alert for one in firing}
        for rule in show.system.alerts:
            for name in [spec.name for spec in show.system.components if spec.kind in rule.kinds]:
                assert rule.above is not None
                key = (rule.alert, name)
                over[key] = over.get(key, 0) + MINUTE if READ[rule.metric](states[name]) > rule.above else 0
                assert (key in fires) is (over[key] > rule.for_), (key, minute)
                if key in fires:
                    assert fires[key].starts_at == minute - over[key] + MINUTE + rule.for_
                    count += 1
                if key in fires and minute in looks:
                    assert _shown(looks[minute].metrics[name], rule.metric) > rule.above * 0.85, (key, minute)
    return count


def _shown(row: MetricRow, metric: str) -> float:
    shown = {"error_pct": row.error_pct, "cpu": row.cpu, "p95_ratio": (row.p95_ms or 0) / (row.usual_p95_ms or 1)}[metric]
    assert shown is not None
    return shown


@pytest.mark.parametrize("share", range(SHARES))
def test_at_every_minute_all_signals_tell_of_one_state(share: int) -> None:
    fired = 0
    for world in worlds(share, SHARES):
        fault = world.show.scenario.faults[0]
        minutes = range(fault.at - fault.at % MINUTE - 2 * MINUTE, fault.at + fault.ramp + 9 * MINUTE, MINUTE)
        looks = {at: Look(world, at) for at in minutes}
        for look in looks.values():
            _the_down_are_down_everywhere(look)
            _onsets_agree(look)
            _dependencies_are_what_calls_show(look)
            _calls_are_what_callees_give(look)
            _nobody_cries_without_a_fault(look, world, fault.target)
            _history_tells_of_the_change(look, world)
        fired += _alerts_follow_the_state(world, looks)
    assert fired > 100


def _statistic(one: list[float], other: list[float]) -> float:
    """Kolmogorov-Smirnov: the greatest distance between two empirical distributions."""
    merged = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    seen, widest = [0, 0], 0.0
    for place, (value, which) in enumerate(merged):
        seen[which] += 1
        if place + 1 == len(merged) or merged[place + 1][0] != value:
            widest = max(widest, abs(seen[0] / len(one) - seen[1] / len(other)))
    return widest


def _bound(one: list[float], other: list[float]) -> float:
    """The distance that two samples of one distribution pass with probability ALPHA."""
    return math.sqrt(-math.log(ALPHA / 2) / 2 * (len(one) + len(other)) / (len(one) * len(other)))


def _residuals(row: MetricRow, usual: MetricRow, metrics: tuple[str, ...]) -> list[float]:
    """Relative differences from the healthy system's mean, in units of the instruments' spread."""
    return [(getattr(row, name) / getattr(usual, name) - 1) / 0.03 for name in metrics if getattr(usual, name)]


METRICS = ("cpu", "memory", "network", "disk", "error_pct", "rps", "p50_ms", "p95_ms", "saturation")


def _sample(world: World, at: int, done: tuple[Intervention, ...] = ()) -> list[float]:
    means = _means(world.show.system.name)
    shown = world.answer(TOOLS["check_system_metrics"], None, at, done)
    assert isinstance(shown, SystemMetrics)
    return [value for row in shown.rows for value in _residuals(row, means[row.component], METRICS)]


@cache
def _means(system: str) -> dict[str, MetricRow]:
    """The components of a healthy system, which no incident changes."""
    well = World(next(one for one in SYSTEMS if one.name == system), drawn(0).model_copy(update={"faults": (), "traffic": ()}), 0)
    return {name: _mean(well, name) for name in well.show.specs}


def _mean(world: World, name: str) -> MetricRow:
    """A component of the healthy system without the noise of its instruments."""
    usual, row = world.show.physics.usual.components[name], world.show.moment(0).row(name)
    rough = {"cpu": usual.cpu, "memory": usual.memory, "network": usual.network, "rps": usual.load, "p50_ms": usual.latency_ms, "disk": usual.disk,
             "error_pct": usual.error * 100, "p95_ms": row.usual_p95_ms, "saturation": usual.rho * 100}  # fmt: skip
    return row.model_copy(update=rough)


def _cured(world: World) -> tuple[int, tuple[Intervention, ...]]:
    """When all is over, and what ended it: the cure where there is one, else the fault's own end."""
    fault = world.show.scenario.faults[0]
    cures = [name for name, remedy in FAULTS[fault.kind].remedies.items() if remedy.effect == "cure"]
    begun = fault.at + max(fault.ramp, FAULTS[fault.kind].grows) + 10 * MINUTE
    done = (Intervention(tool=cures[0], target=fault.target, at=begun, role="x"),) if cures else ()
    return begun + 6 * HOUR, done


def test_before_and_after_production_is_not_told_from_a_healthy_one() -> None:
    healthy: list[float] = []
    before: list[float] = []
    during: list[float] = []
    after: list[float] = []
    for number, drawn_world in enumerate(worlds()):
        spec, system = drawn_world.show.scenario, drawn_world.show.system
        fault = spec.faults[0].model_copy(update={"lasts": 20 * MINUTE}) if FAULTS[spec.faults[0].kind].cause == "external_dependency" else spec.faults[0]
        world = World(system, spec.model_copy(update={"faults": (fault,)}), number)
        well = World(system, spec.model_copy(update={"faults": (), "traffic": ()}), number + 600)
        end, done = _cured(world)
        healthy += _sample(well, 5 * MINUTE)
        before += _sample(world, min([fault.at, *[spike.at for spike in spec.traffic]]) - MINUTE)
        during += _sample(world, fault.at + fault.ramp + 3 * MINUTE)
        after += _sample(world, end, done)
    for name, sample in (("before", before), ("after", after)):
        print(f"{name}: D = {_statistic(healthy, sample):.4f}, bound {_bound(healthy, sample):.4f}, {len(sample)} residuals")
        assert _statistic(healthy, sample) < _bound(healthy, sample), name
    assert _statistic(healthy, during) > 3 * _bound(healthy, during), "the test sees a fault where there is one"

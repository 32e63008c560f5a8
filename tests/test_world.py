"""The world: a pure function of scenario, seed, time and what was done; its signals tell one story."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flights import IDS, examples, fly, scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from drillbook.answers import Dependencies, ErrorLogs, FailingComponents, Impact, Infrastructure, SystemMetrics
from drillbook.case import Intervention
from drillbook.scenario import FaultSpec, Scenario, Spike
from drillbook.tools import REMEDIES, TOOLS
from drillbook.units import MINUTE
from drillbook.world import FAULTS, World

SPEC, SHOP = scenario("checkout-bad-deploy")
READS = sorted(name for name, tool in TOOLS.items() if tool.effect == "reads")
NAMES = [part.name for part in SHOP.components]
PAIRS = [(kind, part.name) for kind, fault in sorted(FAULTS.items()) for part in SHOP.components if part.kind in fault.hurts]

faults = st.builds(
    lambda pair, at, ramp, magnitude: FaultSpec.model_construct(kind=pair[0], target=pair[1], at=at * MINUTE, ramp=ramp * MINUTE,
                                                                lasts=None, magnitude=magnitude, story=None),
    st.sampled_from(PAIRS), st.integers(0, 30), st.integers(0, 10), st.floats(0.3, 1.5),
)  # fmt: skip
actions = st.builds(lambda tool, target, at: Intervention(tool=tool, target=target, at=at * MINUTE, role="x"),
                    st.sampled_from(REMEDIES), st.sampled_from(NAMES), st.integers(0, 90))  # fmt: skip


def _world(*broken: FaultSpec, seed: int = 1) -> World:
    scenario_ = Scenario.model_construct(**{**dict(SPEC), "faults": broken, "traffic": (), "maintenance": ()})
    return World(SHOP, scenario_, seed)


def _done(actions_: list[Intervention]) -> tuple[Intervention, ...]:
    return tuple(sorted(actions_, key=lambda action: action.at))


@pytest.mark.parametrize(("entry", "share"), SHOP.entries.items())
def test_a_dead_entry_fails_the_users_who_come_in_by_it(entry: str, share: float) -> None:
    dead = FaultSpec.model_construct(kind="scaled_to_zero", target=entry, at=0, ramp=0, lasts=None, magnitude=1.0, story=None)
    comers = sum(journey.users for journey in SHOP.journeys if journey.entries)
    state, usual = _world(dead).show.state(MINUTE, ()), _world().show.physics.usual

    assert len(SHOP.entries) > 1
    assert state.users_failing - usual.users_failing == pytest.approx(share * comers, abs=0.01)
    assert state.failing["notifications"] == usual.failing["notifications"], "nobody comes in for it"


@settings(max_examples=examples(60), deadline=None)
@given(broken=st.lists(faults, max_size=2), done=st.lists(actions, max_size=4), at=st.integers(0, 120), tool=st.sampled_from(READS))
def test_an_answer_depends_on_what_is_asked_and_on_nothing_else(broken: list[FaultSpec], done: list[Intervention], at: int, tool: str) -> None:
    asked, fresh = _world(*broken), _world(*broken)
    for minute in (at + 40, at // 2, at):
        asked.answer(TOOLS["check_system_metrics"], None, minute * MINUTE, _done(done)[: minute % 3])
    assert asked.answer(TOOLS[tool], None, at * MINUTE, _done(done)) == fresh.answer(TOOLS[tool], None, at * MINUTE, _done(done))


@settings(max_examples=examples(60), deadline=None)
@given(broken=faults, done=st.lists(actions, max_size=3), at=st.integers(0, 120))
def test_the_future_does_not_reach_back(broken: FaultSpec, done: list[Intervention], at: int) -> None:
    world, now = _world(broken), at * MINUTE
    past = tuple(action for action in _done(done) if action.at <= now)
    for tool in READS:
        assert world.answer(TOOLS[tool], None, now, _done(done)) == world.answer(TOOLS[tool], None, now, past)


@settings(max_examples=examples(60), deadline=None)
@given(broken=faults, at=st.integers(0, 120))
def test_shares_are_shares_and_losses_only_grow(broken: FaultSpec, at: int) -> None:
    world = _world(broken)
    seen: list[Impact] = []
    for minute in range(at, at + 40, 10):
        impact = world.answer(TOOLS["assess_impact"], None, minute * MINUTE, ())
        assert isinstance(impact, Impact)
        metrics = world.answer(TOOLS["check_system_metrics"], None, minute * MINUTE, ())
        assert isinstance(metrics, SystemMetrics)
        assert all(value is not None and 0 <= value <= 100 for row in metrics.rows for value in (row.cpu, row.memory, row.network, row.disk, row.error_pct))
        assert 0 <= impact.users_failing_pct <= 100
        assert all(0 <= feature.failing_pct <= 100 for feature in impact.features)
        seen.append(impact)
    truths = [world.truth(minute * MINUTE, ()) for minute in range(at, at + 40, 10)]
    assert all(later.users_hit >= earlier.users_hit and later.revenue_lost_usd >= earlier.revenue_lost_usd for earlier, later in pairwise(truths))


@settings(max_examples=examples(80), deadline=None)
@given(broken=faults)
def test_before_the_fault_production_is_healthy_in_every_signal(broken: FaultSpec) -> None:
    healthy, hurt = _world(), _world(broken)
    at = max(broken.at - 1, 0)
    if at < broken.at:
        for tool in ("check_system_metrics", "review_error_logs", "check_service_communication", "verify_external_dependencies", "assess_impact"):
            assert hurt.answer(TOOLS[tool], None, at, ()) == healthy.answer(TOOLS[tool], None, at, ())


@settings(max_examples=examples(80), deadline=None)
@given(broken=faults)
def test_metrics_logs_traces_and_dependencies_tell_one_story(broken: FaultSpec) -> None:
    world, at = _world(broken), broken.at + broken.ramp + 5 * MINUTE
    metrics, logs, deps, traces, impact = (
        world.answer(TOOLS[tool], None, at, ())
        for tool in ("check_system_metrics", "review_error_logs", "verify_external_dependencies", "identify_failing_component", "assess_impact")
    )  # fmt: skip
    assert isinstance(metrics, SystemMetrics)
    assert isinstance(logs, ErrorLogs)
    assert isinstance(deps, Dependencies)
    assert isinstance(traces, FailingComponents)
    assert isinstance(impact, Impact)
    abnormal = {row.component for row in metrics.rows if row.since is not None}
    assert {*impact.services} == abnormal
    assert {row.component for row in deps.rows if row.since is not None} == abnormal & {row.component for row in deps.rows}
    assert {line.component for line in logs.lines if line.component != broken.target} <= {*NAMES}
    if any((row.error_pct or 0) > row.usual_error_pct + 20 and row.component == broken.target for row in metrics.rows):
        assert broken.target in {origin.component for origin in traces.origins}


def test_a_cure_cures_and_an_unfit_action_only_disturbs() -> None:
    broken = FaultSpec.model_construct(kind="bad_deployment", target="checkout", at=0, ramp=0, lasts=None, magnitude=1.0, story=None)
    world = _world(broken)
    curing = (Intervention(tool="rollback", target="checkout", at=10 * MINUTE, role="x"),)
    useless = (Intervention(tool="rollback", target="search", at=10 * MINUTE, role="x"),)

    def failing(at: int, done: tuple[Intervention, ...]) -> float:
        return world.show.state(at * MINUTE, done).failing["checkout"]

    assert failing(30, curing) < 0.02 < 0.5 < failing(30, useless) == failing(30, ())
    assert world.show.state(11 * MINUTE, useless).failing["search"] > world.show.state(11 * MINUTE, ()).failing["search"]


def test_more_replicas_carry_more_load() -> None:
    spike = Spike.model_validate({"at": "5m", "lasts": "2h", "times": 3.0})
    world = World(SHOP, Scenario.model_construct(**{**dict(SPEC), "faults": (), "traffic": (spike,), "maintenance": ()}), 1)
    done = tuple(Intervention(tool="scale", target=name, at=20 * MINUTE, role="x") for name in NAMES for _ in range(2))

    def failing(at: int) -> float:
        return world.show.state(at * MINUTE, done).users_failing

    assert failing(15) > 0.3 > 0.05 > failing(25)
    rows = world.answer(TOOLS["verify_infrastructure_state"], None, 25 * MINUTE, done)
    assert isinstance(rows, Infrastructure)
    specs = {part.name: part for part in SHOP.components}
    assert all(row.replicas == 4 * specs[row.component].replicas for row in rows.rows)


def test_symptoms_show_away_from_the_cause() -> None:
    alerts = {alert.component for alert in fly("database-primary-down").world.alerts()}
    assert "db_primary" not in alerts
    assert {"web", "gateway"} <= alerts


def test_every_fault_kind_has_a_remedy_and_a_story() -> None:
    for name, kind in FAULTS.items():
        assert kind.remedies, name
        assert {remedy.effect for remedy in kind.remedies.values()} & {"cure", "shield"}, name
        assert "{component}" in kind.log + kind.mechanism, name


def test_the_truth_is_no_guess_of_the_responders() -> None:
    for name in IDS:
        right, wrong = fly(name), fly(name, cast="*=always_rollback")
        assert (right.truth.cause, right.truth.component, right.truth.introduced) == (wrong.truth.cause, wrong.truth.component, wrong.truth.introduced)

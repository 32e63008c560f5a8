"""Many alerts, few incidents: a storm is sorted by key, time and closeness in the service graph, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import networkx as nx
import pytest
from flights import FEW, examples, fly
from hypothesis import given, settings
from hypothesis import strategies as st

from drillbook.alerts import Grouper, distant, encode, fingerprint, parse_body, receive, storm
from drillbook.alerts.outbound import Context
from drillbook.case import Alert
from drillbook.exercise import alerts_of, notices
from drillbook.firing import Firing, Notice
from drillbook.loading import load_system
from drillbook.records import canonical
from drillbook.scenario import System
from drillbook.scenarios import SYSTEMS
from drillbook.units import HOUR, MINUTE

PATHS = sorted(SYSTEMS.glob("*.yaml"))


def _origins(system: System) -> list[Firing]:
    """Every rule that watches it fires at three distant places of a system."""
    kinds = {kind for rule in system.alerts for kind in rule.kinds}
    places = distant(system.graph(), [spec.name for spec in system.components if spec.kind in kinds], 3)
    rows = [(rule, name) for name in places for rule in system.alerts if next(s for s in system.components if s.name == name).kind in rule.kinds]
    return [_firing(name, rule.alert) for rule, name in rows]


def _firing(component: str, alert: str = "HighErrorRate", at: int = 0) -> Firing:
    labels = {"alertname": alert, "component": component, "severity": "critical"}
    return Firing(alert=Alert(name=alert, summary=f"{component}: {alert}", component=component, starts_at=at, labels=labels))


def _take(grouper: Grouper, said: Iterable[Notice]) -> int:
    """The most entries that the grouper ever kept."""
    most = 0
    for notice in said:
        alert = notice.firing.alert
        grouper.take(fingerprint(alert.labels), str(alert.component), notice.at, resolved=notice.resolved)
        most = max(most, grouper.kept)
    return most


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_ten_thousand_alerts_are_three_incidents_in_bounded_memory(path: Path) -> None:
    system = load_system(path)
    said = [*storm(_origins(system), 10_000, seed=3)]
    grouper = Grouper(system.graph(), most=300)
    most = _take(grouper, said)

    assert len(said) == 10_000
    assert len({fingerprint(notice.firing.alert.labels) for notice in said}) == 2000
    assert len(grouper.incidents) == 3
    assert {frozenset(one.components) for one in grouper.incidents} == {frozenset([name]) for name in {str(o.alert.component) for o in _origins(system)}}
    assert most <= 300 + 3


@pytest.mark.parametrize("style", ["alertmanager", "grafana", "pagerduty", "cloudevents"])
def test_a_storm_that_comes_in_bodies_is_three_incidents_too(style: str) -> None:
    system = load_system(PATHS[-1])
    said = [*storm(_origins(system), 10_000, seed=8)]
    grouper, count = Grouper(system.graph(), most=300), 0
    names = [spec.name for spec in system.components]
    for body in encode(style, said, Context("storm", fly("slow-search").scenario.starts)):
        for one in receive(parse_body(canonical(body), "body"), names):
            count += 1
            place = one.alert.component or (None if one.resolved else one.alert.name)
            grouper.take(one.key, str(place), 0, resolved=one.resolved)
            assert grouper.kept <= 303
    assert count == 10_000
    assert len(grouper.incidents) == 3


def test_a_storm_is_as_it_says_duplicates_and_flapping() -> None:
    said = [*storm([_firing("web"), _firing("mail")], 5000, seed=1)]
    seen: dict[str, bool] = {}
    kinds: Counter[str] = Counter()
    for notice in said:
        key = fingerprint(notice.firing.alert.labels)
        kinds["new" if key not in seen else "duplicate" if seen[key] == notice.resolved else "flap"] += 1
        seen[key] = notice.resolved
    assert kinds == {"new": 1000, "duplicate": 3000, "flap": 1000}
    assert [notice.at for notice in said] == sorted(notice.at for notice in said)


@pytest.mark.parametrize("name", [name for name in FEW if name != "disk-and-provider"])  # which is two faults far apart
def test_the_alerts_of_a_drill_that_name_a_component_are_one_incident(name: str) -> None:
    drill = fly(name)
    grouper = Grouper(drill.system.graph(), window=HOUR)
    placed = [one for one in alerts_of(drill, drill.case.now) if one.alert.component]
    _take(grouper, notices(placed, drill.case.now, every=True))
    assert len(grouper.incidents) == (1 if placed else 0)


CHAIN: nx.DiGraph[str] = nx.path_graph(["a", "b", "c", "d", "e", "f", "g"], create_using=nx.DiGraph)


def test_a_known_alert_is_counted_once_and_a_resolve_closes_it() -> None:
    grouper = Grouper(CHAIN)
    for at, resolved in ((0, False), (1, False), (2, True), (3, True), (4, False)):
        grouper.take("k", "a", at, resolved=resolved)
        assert grouper.incidents[0].firing == (not resolved)
    assert (grouper.incidents[0].notices, grouper.incidents[0].alerts) == (5, 1)
    assert grouper.take("unknown", "g", 5, resolved=True) is None
    assert len(grouper.incidents) == 1


def test_far_is_another_incident_until_something_between_them_alerts() -> None:
    grouper = Grouper(CHAIN)
    for name in ("a", "c", "g"):
        grouper.take(name, name, 0)
    assert len(grouper.incidents) == 3
    grouper.take("b", "b", 1)
    assert [(sorted(one.components), one.firing) for one in grouper.incidents] == [(["a", "b", "c"], 3), (["g"], 1)]
    grouper.take("c", "c", 2, resolved=True)
    assert grouper.incidents[0].firing == 2, "what came before they were one still counts"


def test_long_after_is_another_incident() -> None:
    grouper = Grouper(CHAIN, window=10 * MINUTE)
    for at in (0, 10, 21, 22):
        grouper.take("a", "a", at * MINUTE)
    assert [(one.opened, one.notices) for one in grouper.incidents] == [(0, 2), (21 * MINUTE, 2)]


SHOP = load_system(SYSTEMS / "shop.yaml").graph()
steps = st.lists(st.tuples(st.sampled_from([*CHAIN, "Watchdog"]), st.integers(0, 3), st.booleans(), st.integers(0, 20 * MINUTE)), max_size=60)


@settings(max_examples=examples(300), deadline=None)
@given(history=steps, most=st.integers(1, 6))
def test_memory_is_bounded_and_counts_are_counts_whatever_comes(history: list[tuple[str, int, bool, int]], most: int) -> None:
    grouper, now = Grouper(CHAIN, most=most), 0
    for place, instance, resolved, later in history:
        now += later
        grouper.take(f"{place}/{instance}", place, now, resolved=resolved)
        assert grouper.kept <= 3 * most
        assert all(0 <= one.firing <= one.alerts <= one.notices for one in grouper.incidents)
        homes = [name for one in grouper.incidents if one.last >= now - 30 * MINUTE for name in one.components]
        assert len(homes) == len({*homes}) or most < 6


@settings(max_examples=examples(100), deadline=None)
@given(order=st.permutations(["web", "gateway", "checkout", "payments", "mail", "notifications"]))
def test_the_order_in_which_alerts_come_does_not_matter(order: list[str]) -> None:
    grouper = Grouper(SHOP)
    for name in order:
        grouper.take(name, name, 0)
    assert {frozenset(one.components) for one in grouper.incidents} == \
        {frozenset(["web", "gateway", "checkout", "payments"]), frozenset(["mail", "notifications"])}  # fmt: skip

"""Alerts leave a drill as other systems send them: rules that fire and resolve, bodies, and how they are posted."""

from __future__ import annotations

import json
import os
from itertools import pairwise

import pytest
from bodies import FORMATS, written
from flights import IDS, examples, fly, scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from drillbook.alerts import fingerprint, group_key, rules_file
from drillbook.alerts.labels import common
from drillbook.cli import main
from drillbook.exercise import alerts_of
from drillbook.scenario import AlertRule, FaultSpec, System
from drillbook.units import HOUR, MINUTE
from drillbook.world import FAULTS, World
from drillbook.world.alarms import fired, live

SOME = IDS if os.environ.get("DRILLBOOK_PROFILE") == "thorough" else IDS[::3]
"""What the tests fly that hold for any scenario: the ordinary profile takes every third."""


def _world(rule: AlertRule, *faults: FaultSpec) -> World:
    spec, system = scenario("flapping-alert")
    return World(system.model_copy(update={"alerts": (rule,)}), spec.model_copy(update={"faults": faults}), 1)


def _fault(kind: str, target: str, at: int, lasts: int | None = None) -> FaultSpec:
    return FaultSpec.model_construct(kind=kind, target=target, at=at * MINUTE, ramp=0, lasts=lasts and lasts * MINUTE, magnitude=1.0, story=None)


ERRORS = AlertRule(alert="Errors", metric="error_pct", above=10, severity="page", kinds=("service",), summary="{component}: {value}%", **{"for": "3m"})


def test_an_alert_is_pending_then_fires_then_is_resolved() -> None:
    world = _world(ERRORS, _fault("bad_deployment", "search", at=4, lasts=10))
    (alert,) = fired(world.show, HOUR)

    assert alert.alert.starts_at == 7 * MINUTE, "over the bound at 4, for 3 minutes"
    before, after = (world.show.state(at, ()).components["search"].error * 100 for at in ((alert.ends_at or 0) - MINUTE, alert.ends_at or 0))
    assert after <= 10 < before, "in the first minute in which the bound is kept"
    assert alert.alert.labels == {"alertname": "Errors", "component": "search", "severity": "page"}


def test_an_alert_that_does_not_last_never_fires_and_one_that_returns_is_pending_again() -> None:
    short, again = _fault("bad_deployment", "search", at=4, lasts=1), _fault("bad_deployment", "search", at=20, lasts=5)
    assert fired(_world(ERRORS, short).show, HOUR) == ()
    (alert,) = fired(_world(ERRORS, short, again).show, HOUR)
    assert alert.alert.starts_at == 23 * MINUTE


def test_what_ends_the_fault_ends_its_alerts() -> None:
    drill = fly("database-primary-down")
    with_remedy, without = (fired(drill.world.show, drill.case.now, done) for done in (drill.case.interventions, ()))

    assert {one.ends_at is None for one in with_remedy} == {False}
    assert {one.ends_at is None for one in without} == {True}
    promoted = max(act.at for act in drill.case.interventions if act.tool == "failover")
    assert all(one.ends_at is not None and promoted <= one.ends_at <= promoted + HOUR for one in with_remedy)


@settings(max_examples=examples(60), deadline=None)
@given(kind=st.sampled_from(sorted(FAULTS)), at=st.integers(0, 20), lasts=st.integers(1, 30), wait=st.integers(0, 6), bound=st.sampled_from([0.5, 5, 40]), data=st.data())
def test_alerts_agree_with_the_state_at_every_minute(kind: str, at: int, lasts: int, wait: int, bound: float, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from([spec.name for spec in scenario("flapping-alert")[1].components if spec.kind in FAULTS[kind].hurts]))
    kinds = tuple({spec.kind for spec in scenario("flapping-alert")[1].components})
    rule = AlertRule(alert="Errors", metric="error_pct", above=bound, severity="page", kinds=kinds, summary="{value}", **{"for": f"{wait}m"})
    show = _world(rule, _fault(kind, target, at, lasts)).show
    for minute, firing in live(show, HOUR):
        window = [show.state(max(minute - back * MINUTE, 0), ()).components for back in range(wait + 1)]
        over = {name for name in show.specs if all(states[name].error * 100 > bound for states in window)}
        assert {one.alert.component for one in firing} == over or minute - show.begins < wait * MINUTE


@pytest.mark.parametrize("name", SOME)
def test_a_drill_without_a_trigger_starts_with_the_first_minute_that_fires(name: str) -> None:
    drill = fly(name)
    first = drill.world.alerts()
    rules = [one.alert for one in alerts_of(drill, drill.case.now) if one.expr]
    if first:
        assert {alert.component for alert in first} == {alert.component for alert in rules if alert.starts_at == first[0].starts_at}
        assert first[0].starts_at == min(alert.starts_at for alert in rules)


@pytest.mark.parametrize("name", SOME)
def test_a_webhook_body_says_what_its_alerts_share(name: str) -> None:
    for body in written(name, "alertmanager", "3h", None, ("alertname",)):
        labels = [alert["labels"] for alert in body["alerts"]]
        assert body["version"] == "4"
        assert body["groupLabels"] == {"alertname": labels[0]["alertname"]}
        assert body["groupKey"] == f'{{}}:{{alertname="{labels[0]["alertname"]}"}}' == group_key(body["groupLabels"])
        assert body["commonLabels"] == common(labels)
        assert body["status"] == ("firing" if any(alert["status"] == "firing" for alert in body["alerts"]) else "resolved")
        assert all(alert["fingerprint"] == fingerprint(alert["labels"]) for alert in body["alerts"])
        assert all((alert["endsAt"] == "0001-01-01T00:00:00Z") is (alert["status"] == "firing") for alert in body["alerts"])
        assert all(alert["startsAt"] < alert["endsAt"] for alert in body["alerts"] if alert["status"] == "resolved")


def test_a_resolve_has_the_dedup_key_of_its_trigger() -> None:
    events = written("database-primary-down", "pagerduty", "3h")
    begun = {event["dedup_key"] for event in events if event["event_action"] == "trigger"}
    assert begun == {event["dedup_key"] for event in events if event["event_action"] == "resolve"}
    assert all(event["payload"]["severity"] in ("critical", "error", "warning", "info") for event in events if "payload" in event)


def test_every_cloud_event_has_an_id_of_its_own_and_comes_in_the_order_of_time() -> None:
    events = written("database-primary-down", "cloudevents", "3h")
    assert len({(event["source"], event["id"]) for event in events}) == len(events)
    assert all(earlier["time"] <= later["time"] for earlier, later in pairwise(events))
    assert {event["type"] for event in events} == {"io.drillbook.alert.firing", "io.drillbook.alert.resolved"}


@pytest.mark.parametrize("style", FORMATS)
def test_a_storm_is_the_same_for_the_same_seed(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for seed in ("4", "4", "5"):
        assert main(["alert", "checkout-out-of-cpu", "--storm", "50", "--format", style, "--seed", seed]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != printed[2]


def test_go_prints_a_group_key_so() -> None:
    assert group_key({}) == "{}:{}"
    assert group_key({"b": 'say "hi"\n', "a": "ü\u200b\x01"}) == r'{}:{a="ü\u200b\x01", b="say \"hi\"\n"}'
    assert fingerprint({}) == "cbf29ce484222325", "the offset basis of FNV-1a"


BAD = {
    "neither a scenario nor a system": [],
    "unknown format": ["flapping-alert", "--format", "smoke-signals"],
    "no duration": ["flapping-alert", "--until", "soon"],
    "too long": ["flapping-alert", "--until", "999999999d"],
    "too early": ["flapping-alert", "--until", "1m"],
    "no alerts": ["flapping-alert", "--storm", "0"],
    "no time": ["flapping-alert", "--starts", "yesterday"],
    "no address": ["flapping-alert", "--to", "file:///etc/passwd"],
    "no port": ["flapping-alert", "--to", "http://127.0.0.1:99999/"],
    "nobody there": ["flapping-alert", "--to", "http://127.0.0.1:9/"],
    "unknown system": ["--rules", "shoop"],
}


IDLE = {
    "promtool": ["slow-search", "--format", "promtool", "--storm", "10"],
    "groups of a test": ["slow-search", "--format", "promtool", "--group-by", "alertname"],
    "a test's start": ["slow-search", "--format", "promtool", "--starts", "2026-03-02T09:00:00Z"],
    "groups of events": ["slow-search", "--format", "pagerduty", "--group-by", "alertname"],
    "rules": ["--rules", "shop", "--format", "grafana"],
    "rules in their format": ["--rules", "shop", "--format", "alertmanager"],
    "a storm of rules": ["--rules", "shop", "--storm", "5"],
    "rules to": ["--rules", "shop", "--to", "http://127.0.0.1:9/"],
    "rules until": ["--rules", "shop", "--seed", "3"],
}


@pytest.mark.parametrize("arguments", IDLE.values(), ids=IDLE)
def test_an_option_that_would_be_ignored_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alert", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert f"{arguments[-2]} would change nothing" in line


SECRETS = (
    "http://me:hunter2@127.0.0.1:9/x", "http://me:hunter2@[::1/x", "http://me:hun/hunter2@host/", "me:hunter2@host", "http://me:hunter2@host:99999/",
    "http://me:hun@hunter2@127.0.0.1:9/", "http://me:hu\tnter2hunter2@127.0.0.1:9/", "http://me:hunter2@/",
)  # fmt: skip


@pytest.mark.parametrize("url", [*SECRETS, "http://[::1/x"])
def test_an_address_that_cannot_be_posted_to_is_named_without_its_password(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alert", "slow-search", "--to", url]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("drillbook: --to ")
    assert "hunter2" not in line
    assert ("***@" in line) is (url in SECRETS)


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_a_bad_order_is_one_clear_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alert", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1


def test_a_rule_that_can_never_fire_or_never_speak_is_refused() -> None:
    fine = {"alert": "A", "metric": "cpu", "for": "1m", "severity": "x", "kinds": ("web",)}
    with pytest.raises(ValueError, match="a rule has a bound"):
        AlertRule(**fine, summary="s")
    with pytest.raises(ValueError, match="cannot be filled in"):
        AlertRule(**fine, above=1, summary="{component.__class__}")


def test_texts_of_rules_survive_the_templates_of_go() -> None:
    rule = AlertRule(alert="A", metric="cpu", above=1, severity="x", kinds=("web",), summary="{{{{x}}}} {component} {value} {minutes}", **{"for": "90s"})
    system: System = scenario("flapping-alert")[1].model_copy(update={"alerts": (rule,)})
    text = rules_file(system)
    assert "{{ \"{{\" }}x}} {{ $labels.component }} {{ printf \"%.1f\" $value }} 1" in text
    assert "for: 90s" in text


def test_the_command_prints_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alert", "database-primary-down"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert json.loads(printed.out)["status"] == "firing"

"""Throughout: updates, briefs and escalations come at their times, and say what was known at their times."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from flights import IDS, fly, scenario, simulator

from drillbook.case import Declared, Diagnosed, Observed, Said
from drillbook.drill import Drill
from drillbook.simulator import Simulator
from drillbook.units import MINUTE

WRONG = "*=always_rollback"
FLIGHTS = [(name, cast) for name in IDS for cast in ("", WRONG)]


def _times(drill: Drill, kind: str) -> list[int]:
    return [message["at"] for message in drill.messages if message["kind"] == kind]


def _levels(drill: Drill) -> list[str]:
    """Every severity that was declared, in order."""
    return [item.severity for item in drill.case.all(Declared)]


def _ends(drill: Drill) -> int:
    """When the incident was concluded."""
    return next(entry.at for entry in drill.case.entries if entry.item.kind == "concluded")


@pytest.mark.parametrize(("name", "cast"), FLIGHTS)
def test_status_updates_are_never_more_than_fifteen_minutes_apart(name: str, cast: str) -> None:
    drill = fly(name, cast=cast)
    begins = [entry.at for entry, item in drill.case.each(Declared) if item.severity in ("P0", "P1")]
    begins += [entry.at for entry, item in drill.case.each(Diagnosed) if item.cause == "external_dependency"]
    times = _times(drill, "status_update")
    assert bool(times) is bool(begins)
    if begins:
        marks = [min(begins), *times, _ends(drill)]
        assert all(later - earlier <= 15 * MINUTE for earlier, later in pairwise(marks))
        assert times[-1] == _ends(drill)


@pytest.mark.parametrize(("name", "cast"), FLIGHTS)
def test_executives_are_briefed_in_p0_only_at_declaration_and_every_thirty_minutes(name: str, cast: str) -> None:
    drill = fly(name, cast=cast)
    times = _times(drill, "executive_brief")
    assert bool(times) is ("P0" in _levels(drill))
    if times:
        assert times[0] == drill.milestones["declared"]
        assert all(later - earlier <= 30 * MINUTE for earlier, later in pairwise(times))


@pytest.mark.parametrize("name", IDS)
def test_a_message_says_only_what_was_known_when_it_was_due(name: str) -> None:
    drill = fly(name)
    for entry, said in drill.case.each(Said):
        if said.topic in ("status_update", "executive_brief"):
            known = drill.case.as_of(entry.at)
            assert said.state == known.state
            if known.diagnosis is None or known.diagnosis.cause == "unknown":
                assert "no cause is confirmed yet" in said.text or said.topic == "status_update"
                assert not any(word in said.text for word in ("a recent deployment of", "a bug in", "'s infrastructure", "an outage of"))


@pytest.mark.parametrize(("name", "cast"), FLIGHTS)
def test_every_field_of_a_template_is_filled(name: str, cast: str) -> None:
    drill = fly(name, cast=cast)
    for _, said in drill.case.each(Said):
        if said.topic in drill.runbook.templates:
            lines = drill.runbook.templates[said.topic].text.splitlines()
            heads = [line.split("[")[0] for line in lines if "[" in line]
            assert not re.search(r"\[|\]|\{|\}|None|nan", said.text), said.text
            assert all(any(line.startswith(head) and len(line) > len(head) for line in said.text.splitlines()) for head in heads if head)


def test_a_p0_that_is_not_resolved_in_thirty_minutes_goes_to_the_studio_producer_then() -> None:
    drill = fly("database-primary-down")
    (late,) = [one for one in drill.escalations if one["condition"] == "P0 not resolved in 30 min"]
    assert (late["role"], late["at"]) == ("studio_producer", (drill.milestones["declared"] or 0) + 30 * MINUTE)


def test_a_p1_that_is_not_resolved_in_two_hours_goes_to_the_project_shepherd_then() -> None:
    drill = fly("payment-provider-outage")
    (late,) = [one for one in drill.escalations if one["role"] == "project_shepherd"]
    assert late["at"] == (drill.milestones["declared"] or 0) + 120 * MINUTE


def test_a_breach_goes_to_legal_as_soon_as_it_is_measured() -> None:
    drill = fly("customer-data-export")
    measured = min(entry.at for entry, seen in drill.case.each(Observed) if getattr(seen.answer, "breach_suspected", False))
    breach = [one for one in drill.escalations if one["condition"] in ("Data breach suspected", "User data affected")]
    assert {(one["condition"], one["role"]) for one in breach} == {
        ("Data breach suspected", "legal_compliance_checker"), ("User data affected", "legal_compliance_checker"),
        ("User data affected", "executive_summary_generator"),
    }  # fmt: skip
    assert all(one["at"] == measured for one in breach)
    assert any("72" in message["text"] or "GDPR" in message["text"] for message in drill.messages)


def test_lost_revenue_goes_to_finance_when_it_passes_the_threshold_and_not_before() -> None:
    drill = fly("payment-provider-outage")
    (told,) = [one for one in drill.escalations if one["role"] == "finance_tracker"]
    before, after = (drill.world.truth(told["at"] + shift, drill.case.interventions).revenue_lost_usd for shift in (-5 * MINUTE, 5 * MINUTE))
    assert before < 50_000 < after


def test_another_threshold_in_the_runbook_moves_the_escalation() -> None:
    runbook = simulator().runbook
    patient = runbook.model_copy(update={"parameters": {"revenue_threshold_usd": 10_000_000}})
    drill = Simulator(patient).run(*scenario("payment-provider-outage"))
    assert "finance_tracker" not in {one["role"] for one in drill.escalations}
    assert "finance_tracker" in {one["role"] for one in fly("payment-provider-outage").escalations}


def test_nobody_is_paged_where_nothing_is_wrong() -> None:
    drill = fly("flapping-alert")
    assert (drill.case.team, drill.messages, drill.escalations) == ((), [], [])
    assert not list(drill.case.all(Declared))

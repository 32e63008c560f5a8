"""The language of laws: each property means what its words say, on any course of events; and a law of one's own is one line."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flights import IDS, fly, scenario, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

import drillbook
from drillbook.answers import Impact
from drillbook.case import Activated, Alerted, Case, Declared, Diagnosed, Found, Observed, Said, Stepped
from drillbook.errors import BadInput
from drillbook.invariants import (
    LAWS,
    Breach,
    History,
    Law,
    Pick,
    Rule,
    acted,
    always,
    at_most,
    check,
    concluded,
    event,
    followed_by,
    history_of,
    holding,
    law,
    never,
    noted,
    observed,
    passed,
    precedes,
    said,
    within,
)  # fmt: skip
from drillbook.invariants.__main__ import main
from drillbook.journal import Journal, read_journal
from drillbook.records import Chain
from drillbook.runbook import Runbook
from drillbook.simulator import Simulator
from drillbook.toolbelt import Report, Task, Toolbelt
from drillbook.units import MINUTE

Course = list[tuple[int, str, str]]
COURSES: st.SearchStrategy[Course] = st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.sampled_from("xy")), max_size=12)
"""Courses of events: (minute, name, target), in the order in which they stand in a journal."""

EASY = settings(max_examples=60, deadline=None)

A, B, C = (event("act", name) for name in "abc")


def _history(course: Course) -> History:
    records = [{"seq": -1, "at": [0, "s", 0, 0], "vt": 0, "kind": "step", "actor": "nobody", "in": {"step": "s"}, "out": {}, "cause": []}]
    records += [
        {"seq": seq, "at": [0, "s", 0, 0], "vt": at * MINUTE, "kind": "act", "actor": "nobody", "in": {"name": name, "target": target},
         "out": {}, "cause": []} for seq, (at, name, target) in enumerate(course)
    ]  # fmt: skip
    return History(records, simulator().runbook, {})


def _found(rule: Rule, course: Course) -> list[int]:
    """The records at which a rule is broken."""
    return [breach.event.seq for breach in rule(_history(course))]


def _in_time(course: Course) -> list[tuple[int, int, str, str]]:
    return sorted((at, seq, name, target) for seq, (at, name, target) in enumerate(course))


@EASY
@given(course=COURSES)
def test_never_and_always_look_at_every_event(course: Course) -> None:
    rows = _in_time(course)
    assert _found(never(A), course) == [seq for _, seq, name, _ in rows if name == "a"]
    assert _found(never(A | B), course) == [seq for _, seq, name, _ in rows if name in "ab"]
    assert _found(never(~A & event("act")), course) == [seq for _, seq, name, _ in rows if name != "a"]
    fact = always(A, lambda one, history: one.data["target"] == "x", "is not at x")
    assert _found(fact, course) == [seq for _, seq, name, target in rows if name == "a" and target != "x"]


@EASY
@given(course=COURSES)
def test_what_precedes_came_earlier_and_agrees(course: Course) -> None:
    rows = _in_time(course)
    lone = [seq for place, (_, seq, name, _) in enumerate(rows) if name == "b" and not any(row[2] == "a" for row in rows[:place])]
    unlike = [seq for place, (_, seq, name, target) in enumerate(rows) if name == "b" and not any(row[2:] == ("a", target) for row in rows[:place])]
    assert _found(precedes(A, B), course) == lone
    assert _found(precedes(A, B, same=["target"]), course) == unlike


@EASY
@given(course=COURSES)
def test_what_follows_comes_later_and_ahead_of_the_limit(course: Course) -> None:
    rows = _in_time(course)
    names = "".join(name for _, _, name, _ in rows)
    assert len(_found(followed_by(A, B), course)) == sum(name == "a" and "b" not in names[place + 1 :] for place, name in enumerate(names))
    limited = [names[place + 1 :].partition("c") for place, name in enumerate(names) if name == "a"]
    assert len(_found(followed_by(A, B, before=C), course)) == sum(bool(limit) and "b" not in ahead for ahead, limit, _ in limited)


@EASY
@given(course=COURSES, bound=st.integers(0, 20))
def test_within_measures_to_the_next_or_to_the_end(course: Course, bound: int) -> None:
    times = [at for at, _, name, _ in _in_time(course) if name == "a"]
    end = max([at for at, *_ in course], default=0)
    late = sum(later - earlier > bound for earlier, later in pairwise([*times, end]))
    assert len(_found(within(bound * MINUTE, since=A, until=A), course)) == late


@EASY
@given(course=COURSES, count=st.integers(0, 4))
def test_at_most_counts_for_each(course: Course, count: int) -> None:
    over = sum(max(sum(row[1:] == ("a", target) for row in course) - count, 0) for target in "xy")
    assert len(_found(at_most(count, A, per=lambda one: one.data["target"]), course)) == over
    assert len(_found(at_most(count, A), course)) == max(sum(row[1] == "a" for row in course) - count, 0)


def test_a_law_of_ones_own_is_one_line() -> None:
    drill = fly("database-primary-down")
    no_failover = Law("no-failover", "The primary is never failed over by hand", never(acted("failover", target="db_primary")))
    looked = Law("look-first", "The database is looked at first", precedes(observed("check_database_health"), acted("failover")))

    (broken,) = drillbook.check(drill, laws=[*LAWS, no_failover, looked])

    assert str(broken) == "T+29:30: failover of db_primary by Infrastructure Maintainer, which must never happen, record 103"
    assert (broken.law, broken.at, broken.seq) == ("no-failover", 29 * MINUTE + 30_000, 103)


def test_a_function_makes_a_law_too_and_reads_its_bound_from_the_runbook() -> None:
    @law("An incident is diagnosed before half of the rounds are used")
    def soon_diagnosed(history: History) -> Any:
        yield from at_most(history.runbook.limits["rounds"] // 2, passed("diagnose", outcome="unknown"))(history)

    assert soon_diagnosed.name == "soon-diagnosed"
    assert check(fly("checkout-bad-deploy"), laws=[soon_diagnosed]) == []
    assert check(fly("nobody-can-sign-in"), laws=[Law("quiet", "", never(said("status_update")))])


def test_a_violation_says_what_happened_in_words_a_person_understands() -> None:
    patient = simulator().runbook
    hasty = patient.model_copy(update={"throughout": tuple(rule.model_copy(update={"every": 4 * MINUTE}) for rule in patient.throughout)})
    told = [str(one) for one in check(fly("checkout-bad-deploy"), hasty) if one.law == "updates-in-time"]

    assert told
    assert all(" since the last status update (at most 4 min), record " in line and line.startswith("T+") for line in told)


# The history of a journal


@pytest.mark.parametrize("name", IDS[::3])
def test_the_case_that_a_journal_tells_is_the_case_that_the_responders_had(name: str) -> None:
    drill = fly(name)
    told, had = history_of(drill.journal).case, drill.case
    for kind in (Alerted, Activated, Declared, Diagnosed, Found, Said):
        assert _of(told, kind) == _of(had, kind)
    assert [(step.step, step.outcome, {*step.duties}) for step in told.all(Stepped)] == [(step.step, step.outcome, {*step.duties}) for step in had.all(Stepped)]
    assert told.interventions == had.interventions
    assert told.impacts == had.impacts
    assert (told.outcome, told.severity, told.state, told.catalogue) == (had.outcome, had.severity, had.state, had.catalogue)
    assert {type(item.answer) for item in told.all(Observed)} <= {type(item.answer) for item in had.all(Observed)}
    assert Impact in {type(item.answer) for item in told.all(Observed)}


def _of(case: Case, kind: Any) -> list[tuple[int, Any]]:
    """What was entered, by record; a reading's reference is its task's own in a journal, and who is called in by a deadline stands in none."""
    rows = [(entry.seq, item.model_dump(exclude={"ref"})) for entry, item in case.each(kind)]
    return [(seq, row) for seq, row in rows if kind is not Activated or row["roles"]]


def test_a_journal_file_is_judged_as_its_drill_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drill = fly("payment-provider-outage", cast="*=always_rollback")
    file = tmp_path / "drill.jsonl"
    drill.journal.write(file)

    assert check(read_journal(file)) == check(drill) != []
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [f"{file}: {one.law}: {one}" for one in check(drill)]


def test_what_cannot_be_judged_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drill = fly("slow-search")
    bare = Journal({**drill.journal.header, "inputs": None}, drill.journal.lines)
    with pytest.raises(BadInput, match="does not carry what was flown"):
        check(bare)
    assert check(bare, drill.runbook) == []
    with pytest.raises(BadInput, match="the journal is empty"):
        check(Journal(drill.journal.header, ()))
    assert main([str(tmp_path / "none.jsonl")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def _tampered(journal: Journal, change: Any) -> Journal:
    """A journal with its records changed, and chained anew."""
    chain, lines = Chain(), []
    for record in filter(None, map(change, journal.records)):
        chain, line = chain.add(at=record["at"], vt=record["vt"], kind=record["kind"], actor=record["actor"], given=record["in"], got=record["out"], cause=record["cause"])
        lines.append(line)
    return Journal(journal.header, tuple(lines))


def _hasty(record: dict[str, Any]) -> dict[str, Any]:
    """An escalation that was entered a second before its time."""
    return {**record, "vt": record["vt"] - 1000} if record["in"].get("name") == "escalated" else record


def _by_another(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "actor": "finance_tracker"} if record["in"].get("name") == "failover" else record


def test_a_journal_that_was_tampered_with_is_found_out() -> None:
    journal = fly("database-primary-down").journal
    early = check(_tampered(journal, _hasty))
    assert {one.law for one in early} == {"escalations-on-time", "causes-come-first"}, "and it precedes the timer that is its cause"
    assert all(" before T+" in one.what and one.what.endswith("when it was due") for one in early if one.law == "escalations-on-time")
    assert {"within-the-charter"} == {one.law for one in check(_tampered(journal, _by_another))}


# What the laws brought to light


def _runbook(every: int) -> Runbook:
    known = simulator().runbook
    update, *others = known.throughout
    return known.model_copy(update={"throughout": (update.model_copy(update={"every": every}), *others)})


def test_an_incident_that_is_resolved_just_as_an_update_is_due_is_called_resolved() -> None:
    usual = fly("checkout-bad-deploy")
    since_the_last_change = (usual.milestones["resolved"] or 0) - (usual.milestones["mitigated"] or 0)
    drill = Simulator(_runbook(since_the_last_change)).run(*scenario("checkout-bad-deploy"))

    last = [said for entry, said in drill.case.each(Said) if said.topic == "status_update" and entry.at == drill.milestones["resolved"]]
    assert [said.state for said in last] == ["Monitoring", "Resolved"]
    assert check(drill) == []


def test_a_cause_that_is_unknown_again_after_a_fix_is_told_at_once() -> None:
    def doubts(task: Task, case: Case, belt: Toolbelt) -> Report:
        stub = simulator().stubs["infrastructure_maintainer"]
        if task.duty != "diagnose" or not case.interventions:
            return Report(outcome="not_recovered", why="no") if task.duty == "verify" else stub(task, case, belt)
        belt.wait(belt.now + MINUTE)
        belt.note(Diagnosed(cause="unknown", component=None, why="it was something else"))
        return Report(outcome="unknown", why="it was something else")

    drill = drillbook.run("checkout-bad-deploy", cast={"infrastructure_maintainer": doubts})

    doubted = [entry.at for entry, item in drill.case.each(Diagnosed) if item.cause == "unknown"]
    told = {entry.at: said.state for entry, said in drill.case.each(Said) if said.topic == "status_update"}
    assert doubted
    assert told[doubted[0]] == "Investigating"


def test_a_vendor_is_called_on_the_evidence_of_the_diagnosis() -> None:
    (call,) = [one for one in fly("nobody-can-sign-in").journal.records if one["in"].get("name") == "escalate_to_vendor"]
    assert {one["kind"] for one in fly("nobody-can-sign-in").journal.records if one["seq"] in call["cause"]} >= {"timer", "observe"}


def test_a_breach_names_its_event() -> None:
    rule: Rule = lambda history: [Breach(history.events[0], "it began", 5)]  # noqa: E731
    (one,) = check(fly("slow-search"), laws=[Law("began", "It never begins", rule)])
    assert (one.at, one.seq, one.what) == (5, 0, "it began")


def test_picks_have_names() -> None:
    assert (noted("declared", severity="P0").says, said("status_update").says) == ("declared (severity P0)", "status update")
    assert (A | B).says == "a or b"
    assert Pick("mine", lambda one, history: True).called("yours").says == "yours"


@pytest.mark.parametrize(("made", "message"), [
    (lambda: acted("failovr"), "law: unknown tool 'failovr'; did you mean 'failover'?"),
    (lambda: observed("check_metrics"), "law: unknown tool 'check_metrics'"),
    (lambda: concluded("resolvd"), "law: unknown outcome 'resolvd'; did you mean 'resolved'?"),
    (lambda: [*holding("p7").of(history_of(fly("month-end-bug")))], "law: unknown clause 'p7'"),
])  # fmt: skip
def test_a_law_of_what_does_not_exist_is_refused_since_nothing_could_break_it(made: Callable[[], object], message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        made()

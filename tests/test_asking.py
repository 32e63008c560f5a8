"""Whoever asks a model or a person: the answer is recorded, and a replay answers from the journal, or says that it cannot.

A consultant plays the Backend Architect: it does the role's own duties, and asks an oracle whose answers are never the same twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from flights import FEW, command
from forging import opened, sealed

import drillbook
from drillbook.agents import ROSTER
from drillbook.brains.stub import Stub
from drillbook.case import Case
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.outside import NoAnswer
from drillbook.recall import When
from drillbook.replaying import Replay
from drillbook.toolbelt import Brain, Report, Task, Toolbelt

ROLE = "backend_architect"
STUB = Stub(ROSTER[ROLE].duties)

Live = Callable[[Any], Any]
Worded = Callable[[Task, Case], Mapping[str, Any]]


def oracle(request: Any) -> Any:
    """Answers, and never twice the same."""
    return {"opinion": token_hex(8), "on": request["step"]}


def silent(request: Any) -> Any:
    raise AssertionError(f"nobody is asked in a replay, but here is {request}")


def worded(task: Task, case: Case) -> dict[str, Any]:
    return {"step": task.path, "pass": task.attempt, "severity": case.severity}


def louder(task: Task, case: Case) -> dict[str, Any]:
    return {**worded(task, case), "please": True}


def consultant(live: Live = oracle, words: Worded = worded, *, first: bool = True, name: str = "oracle") -> Brain:
    """Asks before its duty or after it, and gives the answer as its reason."""

    def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
        answer = belt.ask(name, words(task, case), live) if first else {}
        report = STUB(task, case, belt)
        answer = answer or belt.ask(name, words(task, case), live)
        return Report(outcome=report.outcome, why=f"{report.why}; the oracle says {answer['opinion']}")

    return brain


def alone(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Asks nobody any more."""
    return STUB(task, case, belt)


def recorded(first: bool = True) -> Drill:
    return drillbook.run("checkout-bad-deploy", cast={ROLE: consultant(first=first)})


def again(drill: Drill, brain: Brain, missing: When = "stop") -> Replay:
    return drillbook.replay(drill, functions={ROLE: brain}, missing=missing)


def asks(drill: Drill) -> list[Mapping[str, Any]]:
    return [record for record in drill.journal.records if record["kind"] == "ask"]


@pytest.mark.parametrize("name", FEW[:4])
def test_a_replay_answers_from_the_journal_and_asks_nobody(name: str, tmp_path: Path) -> None:
    drill = drillbook.run(name, cast={ROLE: consultant()})
    other = drillbook.run(name, cast={ROLE: consultant()})
    assert (drill.journal.digest == other.journal.digest) == (not asks(drill)), "the oracle's answers are random"
    path = tmp_path / "drill.jsonl"
    drill.journal.write(path)
    for done in (again(drill, consultant(silent)), drillbook.replay(path, functions={ROLE: consultant(silent)}, missing="record")):
        assert done.verdict == "IDENTICAL"
        assert done.drill.journal.digest == drill.journal.digest
        assert done.sources.get("EXACT", 0) == len(asks(drill))
        assert {*done.sources} <= {"EXACT", "RECOMPUTED"}


def test_the_answer_stands_in_the_journal_and_shapes_what_is_said() -> None:
    drill = recorded()
    assert asks(drill)
    for record in asks(drill):
        assert record["in"]["name"] == "oracle"
        told = [one for one in drill.journal.records if one["kind"] == "task" and one["at"][:3] == record["at"][:3]]
        assert all(record["out"]["answer"]["opinion"] in one["out"]["why"] for one in told)


def test_a_drill_just_flown_is_replayed_by_the_functions_that_flew_it() -> None:
    drill = recorded()
    assert drillbook.replay(drill).identical
    assert drillbook.replay(drill).sources["EXACT"] == len(asks(drill))


def test_a_journal_of_a_function_is_no_journal_without_it(tmp_path: Path) -> None:
    path = tmp_path / "drill.jsonl"
    recorded().journal.write(path)
    with pytest.raises(BadInput, match="give it in Python, in the cast"):
        drillbook.replay(path)
    done = command("replay", "drill.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("drill.jsonl:1:1: its header: function ")


def test_a_request_that_changed_stops_there_and_is_reported() -> None:
    drill = recorded()
    done = again(drill, consultant(silent, louder))
    assert done.verdict == "CHANGED"
    assert done.divergence is not None
    first = done.divergence.first
    assert (first.kind, first.record, first.path) == ("REQUEST_CHANGED", "ask", f"investigate/{ROLE}")
    assert "in.request.please" in {part.name for part in first.fields}
    error = next(record for record in done.drill.journal.records if record["kind"] == "error")
    assert error["out"]["error"].startswith("Unanswered: no answer of oracle to this request was recorded")
    (asked, *_) = asks(drill)
    assert error["out"]["error"].endswith(f"; the nearest recorded one is record {asked['seq']}, which differs at request.please: 'None' → 'True'")
    assert done.sources["UNANSWERED"] == len(asks(done.drill))
    assert not {"EXACT", "MOVED", "LIVE", "STUB"} & {*done.sources}


def test_a_request_to_somebody_else_is_another_request() -> None:
    done = again(recorded(), consultant(silent, name="rumour"))
    assert done.divergence is not None
    assert done.divergence.first.kind == "REQUEST_CHANGED"
    assert [(part.recorded, part.current) for part in done.divergence.first.fields if part.name == "in.name"] == [("oracle", "rumour")]


def test_the_stub_stands_in_for_an_answer_that_is_missing() -> None:
    drill = recorded()
    done = again(drill, consultant(silent, louder), "stub")
    assert done.verdict == "CHANGED"
    assert done.sources["STUB"] == len(asks(done.drill)) > 0
    assert not {"EXACT", "MOVED", "LIVE", "UNANSWERED"} & {*done.sources}
    plain = drillbook.run("checkout-bad-deploy")
    assert done.drill.route == plain.route, "as if the stub had played all along"
    assert not [record for record in done.drill.journal.records if record["kind"] == "error"]


def test_a_missing_answer_is_asked_for_and_recorded_where_that_is_wanted() -> None:
    drill, requests = recorded(), list[Any]()

    def live(request: Any) -> Any:
        requests.append(request)
        return oracle(request)

    done = again(drill, consultant(live, louder), "record")
    assert done.verdict == "CHANGED", "an oracle that is asked again is not taken for a flaky program"
    assert done.sources["LIVE"] == len(requests) == len(asks(done.drill)) > 0
    assert all(request["please"] for request in requests)
    assert again(done.drill, consultant(silent, louder)).identical, "what was recorded now replays"


def test_an_answer_moves_with_its_request() -> None:
    """Asked after the checks instead of before them: the same request, at another place."""
    drill = recorded()
    done = again(drill, consultant(silent, first=False))
    assert done.sources["MOVED"] == len(asks(drill)) == len(asks(done.drill))
    assert [record["out"] for record in asks(done.drill)] == [record["out"] for record in asks(drill)]
    assert done.divergence is not None
    assert done.divergence.first.kind != "UNCONSUMED"


def test_exact_moved_and_live_are_counted_apart() -> None:
    def words(task: Task, case: Case) -> dict[str, Any]:
        return worded(task, case) if task.step == "investigate" else louder(task, case)

    drill = recorded()
    at = [record["at"][1].partition("/")[0] for record in asks(drill)]
    done = again(drill, consultant(oracle, words), "record")
    assert done.sources["EXACT"] == at.count("investigate")
    assert done.sources.get("LIVE", 0) == len(asks(done.drill)) - at.count("investigate")


@pytest.mark.parametrize("first", [True, False])
def test_an_answer_that_nobody_asks_for_any_more_is_unconsumed(first: bool) -> None:
    drill = recorded(first)
    done = again(drill, alone)
    assert done.verdict == "CHANGED"
    assert done.divergence is not None
    assert (done.divergence.first.kind, done.divergence.first.record) == ("UNCONSUMED", "ask")
    assert done.divergence.first.seq == asks(drill)[0]["seq"]


def test_answers_of_a_role_that_is_cast_otherwise_are_unconsumed() -> None:
    done = drillbook.replay(recorded(), cast={ROLE: "stub"})
    assert done.divergence is not None
    assert done.divergence.first.kind == "UNCONSUMED"
    assert done.sources.keys() == {"RECOMPUTED"}


def test_two_asks_in_one_task_are_told_apart_by_their_order() -> None:
    """The same request twice gets both its answers, each at its place."""

    def twice(live: Live) -> Brain:
        def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
            answers = [belt.ask("oracle", worded(task, case), live)["opinion"] for _ in range(2)]
            report = STUB(task, case, belt)
            return Report(outcome=report.outcome, why=" then ".join(answers))

        return brain

    drill = drillbook.run("slow-search", cast={ROLE: twice(oracle)})
    first, second = (record["out"]["answer"]["opinion"] for record in asks(drill)[:2])
    assert first != second
    assert again(drill, twice(silent)).identical


@pytest.mark.parametrize("answer", [None, 0, False, "", [], {}, 0.5, "text", {"deep": [{"er": None}]}, (1, 2), float("nan"), 2**60])
def test_any_answer_comes_back_as_it_was(answer: Any) -> None:
    """What is empty or false is an answer, too; and a role hears live what it would hear from the journal."""

    def asking(live: Live) -> Brain:
        def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
            got = belt.ask("oracle", {"step": task.path}, live)
            report = STUB(task, case, belt)
            return Report(outcome=report.outcome, why=repr(got))

        return brain

    drill = drillbook.run("slow-search", cast={ROLE: asking(lambda _: answer)})
    assert again(drill, asking(silent)).identical


def test_what_a_brain_does_to_an_answer_is_its_own_affair() -> None:
    """Neither the journal nor the next replay sees what was scribbled on a request or an answer."""

    def scribbling(live: Live) -> Brain:
        def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
            request: dict[str, Any] = {"step": task.path, "notes": []}
            answer = belt.ask("oracle", request, live)
            before = repr(answer)
            request["notes"].append("later")
            answer["opinion"] = answer["on"] = "scribbled over"
            return Report(outcome=STUB(task, case, belt).outcome, why=before)

        return brain

    drill = drillbook.run("slow-search", cast={ROLE: scribbling(oracle)})
    assert all(record["in"]["request"]["notes"] == [] and record["out"]["answer"]["on"] != "scribbled over" for record in asks(drill))
    assert again(drill, scribbling(silent)).identical
    assert again(drill, scribbling(silent)).identical


@pytest.mark.parametrize("answer", [object(), {1, 2}, b"bytes"])
def test_what_is_no_json_data_fails_the_task_and_not_the_drill(answer: Any) -> None:
    drill = drillbook.run("slow-search", cast={ROLE: consultant(lambda request: answer)})
    errors = [record["out"]["error"] for record in drill.journal.records if record["kind"] == "error"]
    assert errors
    assert all(error.startswith("NoAnswer: oracle gave no answer: TypeError: ") for error in errors)
    assert drillbook.replay(drill).identical


def test_that_nobody_answered_is_recorded_and_replays() -> None:
    """A model that is down half of the time: what it failed with comes from the journal, too."""
    calls = iter(range(1000))

    def flaky(request: Any) -> Any:
        if next(calls) % 2:
            return oracle(request)
        raise TimeoutError(f"no answer within {token_hex(2)} s \ud800")

    def patient(live: Live) -> Brain:
        def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
            try:
                why = str(belt.ask("oracle", worded(task, case), live))
            except NoAnswer as error:
                why = str(error)
            return Report(outcome=STUB(task, case, belt).outcome, why=why)

        return brain

    drill = drillbook.run("slow-search", cast={ROLE: patient(flaky)})
    assert {next(iter(record["out"])) for record in asks(drill)} == {"failed"} or len(asks(drill)) > 1
    done = again(drill, patient(silent))
    assert done.identical
    assert done.sources["EXACT"] == len(asks(drill)) > 0


def test_what_was_not_answered_then_is_asked_now_where_that_is_wanted() -> None:
    """A drill in which the stub stood in is flown again with the oracle at hand: its answers are live, not the journal's."""
    stood_in = again(recorded(), consultant(silent, louder), "stub").drill
    done = again(stood_in, consultant(oracle, louder), "record")
    assert done.sources["LIVE"] == len(asks(done.drill)) > 0
    assert "EXACT" not in done.sources


def test_a_forged_answer_changes_what_rests_on_it(tmp_path: Path) -> None:
    """The answer itself cannot be recomputed; but what the role made of it is in the journal, too."""
    drill = recorded()
    header, records = opened(drill.journal.to_bytes())
    place = asks(drill)[0]["seq"]
    path = tmp_path / "forged.jsonl"
    records[place]["out"] = {"answer": {"opinion": "it was the butler"}}
    path.write_bytes(sealed(header, records))
    done = drillbook.replay(path, functions={ROLE: consultant(silent)})
    assert done.divergence is not None
    assert (done.divergence.first.path, done.divergence.first.record) == (records[place]["at"][1], "task")
    assert any("butler" in str(part.current) for part in done.divergence.first.fields)
    for out in ({}, {"answer": 1, "failed": "x"}, {"reply": 1}):
        records[place]["out"] = out
        path.write_bytes(sealed(header, records))
        with pytest.raises(BadInput, match=f"record {place} has no sound 'out'"):
            drillbook.replay(path, functions={ROLE: consultant(silent)})

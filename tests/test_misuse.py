"""Python callers who get an argument wrong are told in one line what is valid, by the one class of errors, before anything is flown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flights import fly, simulator

import drillbook
from drillbook import BadInput
from drillbook.units import HOUR, duration, parse_duration

DRILL = "checkout-bad-deploy"

FORKS: dict[str, tuple[dict[str, Any], str]] = {
    "set is a text": ({"set": "x"}, "fork: set 'x'; valid: a mapping of names to values, as {'diagnosis.cause': 'infrastructure'}"),
    "set names a number": ({"set": {5: "a"}}, "fork: set 5; valid: a mapping of names to values"),
    "set to a list": ({"set": {"diagnosis.cause": ["a"]}}, "fork: --set diagnosis.cause=['a']: Input should be a valid string"),
    "do is a number": ({"do": 5}, "fork: do 5; valid: one remedy and its target in one text, as 'rollback checkout'"),
    "do is a pair": ({"do": ("rollback", "checkout")}, "fork: do ('rollback', 'checkout'); valid: one remedy and its target in one text"),
    "without is a list": ({"without": ["a"]}, "fork: without ['a']; valid: the name of one role"),
    "delay is negative": ({"delay": -600}, "fork: --delay: the past is over; valid: 90s, 15m, 1h30m"),
    "delay is a fraction": ({"delay": 5.5}, "fork: delay 5.5; valid: a duration as '90s', '10m' or '1h30m', or whole virtual milliseconds"),
    "delay is true": ({"delay": True}, "fork: delay True; valid: a duration"),
    "delay is no duration": ({"delay": "-10m"}, "fork: --delay: '-10m' is not a duration"),
    "delay has no end": ({"delay": 10**18}, "is longer than a week; valid: up to 7d"),
    "no decision": ({"at": None, "do": "rollback checkout"}, "fork: at None; valid: a record's number, a moment as 'T+12:30', or a step"),
    "a decision in between": ({"at": 5.5, "do": "rollback checkout"}, "fork: at 5.5; valid: a record's number"),
    "a huge value": ({"do": ["x"] * 10_000}, "fork: do ['x', 'x', 'x', 'x', 'x', 'x', ...]; valid"),
}  # fmt: skip

CALLS: dict[str, tuple[Callable[..., object], tuple[Any, ...], dict[str, Any], str]] = {
    "fork nothing": (drillbook.fork, (None,), {"at": "diagnose", "delay": "10m"}, "fork: journal None; valid: a drill, a journal, or the path"),
    "replay a list": (drillbook.replay, (["a.jsonl"],), {}, "replay: journal ['a.jsonl']; valid: a drill, a journal, or the path"),
    "sweep a list": (drillbook.sweep, ([1],), {}, "sweep: journal [1]; valid: a drill, a journal, or the path"),
    "check a number": (drillbook.check, (5,), {}, "check 5; valid: a drill, or a journal"),
    "run a list": (drillbook.run, (["a"],), {}, "scenario ['a']; valid: an id of the catalogue (see `drillbook list`), or the path of a file"),
    "run nothing": (drillbook.run, (None,), {}, "scenario None; valid"),
    "a seed as text": (drillbook.run, (DRILL,), {"seed": "7"}, "seed '7'; valid: a whole number from 0 on"),
    "a negative seed": (drillbook.run, (DRILL,), {"seed": -7}, "seed -7; valid: a whole number from 0 to 9223372036854775807"),
    "a seed that no journal holds": (drillbook.run, (DRILL,), {"seed": 2**63}, "valid: a whole number from 0 to 9223372036854775807"),
    "a list as cast": (drillbook.run, (DRILL,), {"cast": ["*=stub"]}, "cast ['*=stub']; valid: a text as 'role=brain,*=stub', or a mapping"),
    "nobody plays a role": (drillbook.run, (DRILL,), {"cast": {"devops_automator": None}}, "cast: devops_automator None; valid: the name of a brain"),
    "a mapping as runbook": (drillbook.run, (DRILL,), {"runbook": {}}, "runbook {}; valid: the path of a runbook file"),
    "a number as alert": (drillbook.run, (DRILL,), {"alert": 5}, "alert 5; valid: the path of a file"),
}  # fmt: skip

REPLAYS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown answer": ({"missing": "foo"}, "replay: --missing 'foo'; valid: stop, stub, record"),
    "a list of functions": ({"functions": [1]}, "replay: functions [1]; valid: a mapping of roles to functions"),
    "a function of nobody": ({"functions": {"devops_automata": print}}, "functions: unknown role 'devops_automata'; did you mean 'devops_automator'?"),
    "a number as scenario": ({"scenario": 5}, "scenario 5; valid: an id of the catalogue"),
}


def refused(call: Callable[..., object], *args: Any, **given: Any) -> str:
    with pytest.raises(BadInput) as error:
        call(*args, **given)
    (problem,) = error.value.problems
    assert "\n" not in str(problem)
    assert len(str(problem)) < 400
    return str(problem)


@pytest.mark.parametrize("case", FORKS)
def test_a_fork_that_is_asked_for_wrongly_is_refused_in_one_line(case: str) -> None:
    given, message = FORKS[case]
    assert message in refused(fly(DRILL).fork, **{"at": "diagnose", **given})


@pytest.mark.parametrize("case", REPLAYS)
def test_a_replay_that_is_asked_for_wrongly_is_refused_in_one_line(case: str) -> None:
    given, message = REPLAYS[case]
    assert message in refused(fly(DRILL).replay, **given)


@pytest.mark.parametrize("case", CALLS)
def test_a_call_that_is_wrong_is_refused_in_one_line(case: str) -> None:
    call, args, given, message = CALLS[case]
    assert message in refused(call, *args, **given)


RUNS: dict[str, tuple[dict[str, Any], str]] = {
    "watch": ({"watch": 5}, "run: watch 5; valid: a function of the case"),
    "checkpoint": ({"checkpoint": 5}, "run: checkpoint 5; valid: the path of a SQLite file"),
    "max_concurrency": ({"max_concurrency": "x"}, "run: max_concurrency 'x'; valid"),
}


@pytest.mark.parametrize("case", RUNS)
def test_a_setup_that_is_run_wrongly_says_so(case: str) -> None:
    given, message = RUNS[case]
    assert message in refused(simulator().prepare(DRILL).run, **given)


@pytest.mark.parametrize(("words", "length"), [("10m", 600_000), ("1h30m", 90 * 60_000), ("1m30s", 90_000), ("2d", 48 * HOUR), ("1s500ms", 1500)])
def test_a_delay_is_the_same_in_words_and_in_milliseconds_and_is_told_in_words(words: str, length: int) -> None:
    assert (parse_duration(words), duration(length)) == (length, words)
    said, counted = (fly(DRILL).fork(at="roll_back", delay=delay) for delay in (words, length))
    assert said.drill.journal.digest == counted.drill.journal.digest
    assert said.wish.command == counted.wish.command == f"--at roll_back --delay {words}"

"""What if: forks share their parent's past and do one thing otherwise; the sweep finds the best alternative and the point of no return."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flights import command, examples, fly, part, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

import drillbook
from drillbook import whatif
from drillbook.case import Intervention
from drillbook.cli import main
from drillbook.decisions import Alternative, Sweep, sweep
from drillbook.errors import BadInput
from drillbook.forking import HORIZON, Fork, fork
from drillbook.replaying import replay
from drillbook.whatif import sweep_verdict

DEPLOY, DATABASE = "checkout-bad-deploy", "database-primary-down"


@cache
def swept(name: str) -> Sweep:
    return sweep(fly(name))


def forked(name: str, at: str | int, **wish: object) -> Fork:
    return fork(fly(name), at=at, **wish)  # type: ignore[arg-type]  # a row of a table


BEST = {DEPLOY: ("rollback", "checkout"), DATABASE: ("failover", "db_primary")}


@pytest.mark.parametrize("name", part(BEST, 2))
def test_the_sweep_finds_that_the_right_remedy_earlier_is_best(name: str) -> None:
    found, (tool, target) = swept(name), BEST[name]

    assert found.best is not None
    assert found.best.wish.do == f"{tool} {target}"
    assert found.best.decision.at < min(act.at for act in fly(name).account.interventions), "earlier than it was really done"
    saved = [one for one in found.alternatives if one.users_saved > 0 and one.wish.do and not one.wish.do.startswith(tool)]
    assert all(one.users_saved <= found.best.users_saved for one in saved)


@pytest.mark.parametrize("name", part(BEST, 2))
def test_the_numbers_of_the_sweep_are_those_of_drills_run_by_hand(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, journal = swept(name), tmp_path / "parent.jsonl"
    fly(name).journal.write(journal)
    ranked = sorted(found.alternatives, key=lambda one: one.gain)
    for one in (ranked[-1], ranked[len(ranked) // 2], ranked[0]):
        main(["fork", str(journal), *shlex.split(one.wish.command), "--journal", str(tmp_path / "fork.jsonl"), "--json"])
        printed = json.loads(capsys.readouterr().out)
        assert printed["digest"] == one.digest
        assert printed["comparison"]["after"] == one.outcome.model_dump(mode="json")
        assert printed["comparison"]["before"]["users_hit"] - printed["comparison"]["after"]["users_hit"] == one.users_saved
        again = replay(tmp_path / "fork.jsonl")
        assert (again.verdict, again.drill.journal.digest) == ("IDENTICAL", one.digest)


@pytest.mark.parametrize("name", part(BEST, 2))
def test_what_the_best_alternative_saves_is_what_the_world_says_of_that_one_change(name: str) -> None:
    best, drill = swept(name).best, fly(name)
    assert best is not None
    (tool, target), until = BEST[name], drill.account.ends + HORIZON
    flown = forked(name, best.wish.at, do=best.wish.do).drill
    at = flown.account.interventions[0].at
    alone = drill.world.truth(until, (Intervention(tool=tool, target=target, at=at, role="devops_automator"),))

    assert [act.tool for act in flown.account.interventions] == [tool]
    assert best.outcome.users_hit == alone.users_hit
    assert best.users_saved == drill.world.truth(until, drill.case.interventions).users_hit - alone.users_hit


@pytest.mark.parametrize("name", part(BEST, 2))
def test_after_the_point_of_no_return_nothing_saves_a_tenth(name: str) -> None:
    found = swept(name)
    assert found.no_return is not None
    before = [one for one in found.alternatives if one.decision.step.turn == found.no_return.turn]
    after = [one for one in found.alternatives if one.decision.step.turn > found.no_return.turn]

    assert max(one.users_saved for one in before) >= found.before.users_hit / 10
    assert all(one.users_saved < found.before.users_hit / 10 for one in after)


@pytest.mark.parametrize("name", part(BEST, 2))
def test_every_decision_and_every_other_outcome_of_it_was_tried(name: str) -> None:
    found, drill = swept(name), fly(name)
    for step in drill.account.route:
        tried = {str(next(iter(one.wish.set.values()))) for one in found.alternatives if one.decision.step == step and one.wish.set}
        declared = set(drill.runbook.steps[step.step].outcomes) - {step.outcome}
        assert declared <= tried, f"{step.step}: {declared - tried} was not tried"


WISHES: dict[str, tuple[str, str, dict[str, object]]] = {
    "another diagnosis": (DEPLOY, "diagnose", {"set": {"diagnosis.cause": "infrastructure"}}),
    "another severity": (DATABASE, "triage", {"set": {"severity": "P2"}}),
    "another outcome": (DEPLOY, "verify_rollback", {"set": {"outcome": "not_recovered"}}),
    "a remedy in the middle of the investigation": (DEPLOY, "T+20:00", {"do": "rollback checkout"}),
    "later": (DATABASE, "repair_infrastructure", {"delay": "10m"}),
    "somebody is missing": (DATABASE, "investigate", {"without": "backend_architect"}),
    "at a record": (DEPLOY, "60", {"do": "restart checkout"}),
    "the second pass": ("slow-search", "diagnose#2", {"set": {"component": "search"}}),
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_fork_shares_the_past_and_replays_by_itself(wish: str, tmp_path: Path) -> None:
    name, at, what = WISHES[wish]
    parent, found = fly(name), forked(name, at, **what)
    turn = found.decision.step.turn
    past = [line for line, record in zip(parent.journal.lines, parent.journal.records, strict=True) if record["at"][0] < turn]

    assert found.drill.journal.lines[: len(past)] == tuple(past)
    assert len(past) <= found.shared < len(parent.journal.lines), "and then it differs"
    assert found.drill.journal.header["fork"]["parent"] == parent.journal.digest
    found.drill.journal.write(tmp_path / "fork.jsonl")
    again = replay(tmp_path / "fork.jsonl")
    assert (again.verdict, again.drill.journal.digest) == ("IDENTICAL", found.drill.journal.digest)


def test_another_severity_calls_another_team() -> None:
    found = forked(DATABASE, "triage", set={"severity": "P2"})
    assert found.drill.account.route[0].outcome == "P2"
    (activated, *_) = found.drill.account.of("note", "activated")
    assert set(activated["out"]["roles"]) == {"evidence_collector"}, "whose fault it is, is not known yet"
    assert "executive_summary_generator" in fly(DATABASE).account.team


def test_a_later_start_delays_all_that_follows() -> None:
    found = forked(DATABASE, "repair_infrastructure", delay="10m")
    parent = {step.step: step.at for step in fly(DATABASE).account.route}
    for step in found.drill.account.route:
        late = step.at - parent[step.step]
        assert late == (10 * 60_000 if step.opened_at >= found.decision.step.opened_at else 0), step.step
    assert found.comparison.after.users_hit > found.comparison.before.users_hit


def test_who_is_not_there_does_nothing_from_then_on() -> None:
    found = forked(DATABASE, "investigate", without="backend_architect")
    turn = found.decision.step.turn
    later = [one for one in found.drill.journal.records if one["actor"] == "backend_architect" and one["at"][0] > turn]
    assert {one["kind"] for one in later} <= {"error", "task", "timer"}
    assert any("Backend Architect is not there" in one["out"].get("error", "") for one in later)


def test_an_outcome_that_was_chosen_anyway_changes_nothing() -> None:
    found = forked(DEPLOY, "diagnose", set={"outcome": "deployment"})
    assert found.drill.journal.body == fly(DEPLOY).journal.body
    assert found.comparison.same_route


def test_a_fork_can_be_forked() -> None:
    first = forked(DEPLOY, "diagnose", set={"diagnosis.cause": "infrastructure"})
    second = first.drill.fork(at="diagnose#2", set={"diagnosis.cause": "code_bug"})

    assert second.drill.journal.header["fork"]["parent"] == first.drill.journal.digest
    assert [(change["step"], change.get("attempt", 0)) for change in second.drill.journal.header["fork"]["changes"]] == [("diagnose", 0), ("diagnose", 1)]
    assert [step.outcome for step in second.drill.account.route if step.step == "diagnose"][:2] == ["infrastructure", "code_bug"]
    assert replay(second.drill).identical


LATER = {"at": "repair_infrastructure", "delay": "10m"}
EARLIER = {"at": "triage", "delay": "40m"}


def starts(drill: drillbook.Drill, step: str) -> int:
    """When the first task of a step did its first thing."""
    return min(int(record["vt"]) for record in drill.journal.records if record["at"][1].startswith(f"{step}/") and "@" not in record["at"][1])


def test_a_fork_keeps_what_its_parent_did_otherwise_though_all_that_comes_before_is_shifted() -> None:
    """Forty minutes of delay bring status updates, and so supersteps, that the parent did not have."""
    late = fork(fly(DATABASE), **LATER).drill  # type: ignore[arg-type]
    both, other_way = late.fork(**EARLIER).drill, fork(fly(DATABASE), **EARLIER).drill.fork(**LATER).drill  # type: ignore[arg-type]

    opened = next(step.opened_at for step in both.account.route if step.step == "repair_infrastructure")
    assert starts(both, "repair_infrastructure") - opened >= 10 * 60_000
    assert both.journal.body == other_way.journal.body, "whichever was wished first"
    assert replay(both).identical


def test_delays_at_one_step_add_up() -> None:
    twice = forked(DATABASE, "repair_infrastructure", delay="10m").drill.fork(at="repair_infrastructure", delay="5m")
    once = forked(DATABASE, "repair_infrastructure", delay="15m")
    assert twice.drill.journal.body == once.drill.journal.body


def test_two_remedies_at_one_step_are_both_carried_out() -> None:
    drill = forked(DEPLOY, "triage", do="restart checkout").drill.fork(at="triage", do="rollback checkout").drill
    assert {("restart", "checkout"), ("rollback", "checkout")} <= {(act.tool, act.target) for act in drill.account.interventions}
    assert replay(drill).identical


def test_the_sweep_of_a_fork_is_of_that_fork() -> None:
    parent = forked(DATABASE, "repair_infrastructure", delay="30m").drill
    found = sweep(parent)
    assert found.best is not None
    assert found.best.users_saved > (swept(DATABASE).best or found.best).users_saved, "there is more to save where more was lost"
    for one in sorted(found.alternatives, key=lambda one: one.gain)[:: len(found.alternatives) // 3]:
        by_hand = parent.fork(at=one.wish.at, set=one.wish.set, do=one.wish.do, delay=one.wish.delay, without=one.wish.without)
        assert by_hand.drill.journal.digest == one.digest
        inherited = starts(by_hand.drill, "repair_infrastructure") if "repair_infrastructure#1" not in by_hand.unmet else None
        opened = next((step.opened_at for step in by_hand.drill.account.route if step.step == "repair_infrastructure"), None)
        assert inherited is None or opened is None or inherited - opened >= 30 * 60_000


def test_what_an_earlier_fork_wished_and_this_one_does_not_come_to_is_named() -> None:
    late = forked(DATABASE, "repair_infrastructure", delay="10m").drill
    assert late.fork(at="triage", set={"severity": "P1"}).unmet == ()
    found = late.fork(at="triage", set={"severity": "P3"})
    assert [step.step for step in found.drill.account.route] == ["triage", "backlog"]
    assert found.unmet == ("repair_infrastructure#1",)
    assert "does not come to pass" in whatif.fork_heading(found)


REFUSED = {
    "no such step": ({"at": "diagnoze", "do": "rollback checkout"}, "the drill has no such step; did you mean 'diagnose'?"),
    "no such pass": ({"at": "diagnose#7", "do": "rollback checkout"}, "diagnose was passed once; valid: diagnose#1"),
    "no such record": ({"at": 5000, "do": "rollback checkout"}, "there is no such record; valid: 0 to"),
    "no moment": ({"at": "T+99:99", "do": "rollback checkout"}, "'T+99:99' is no moment of the drill; valid: T+mm:ss, such as T+12:30"),
    "no such letters": ({"at": "\N{FULLWIDTH DIGIT FOUR}", "do": "rollback checkout"}, "the drill has no such step"),
    "no target": ({"at": "diagnose", "do": "rollback"}, "--do 'rollback': on what? valid: rollback and one of web, "),
    "too early": ({"at": "T+00:01", "do": "rollback checkout"}, "the drill begins at T+14:00"),
    "nothing wished": ({"at": "diagnose"}, "nothing is different"),
    "no remedy": ({"at": "diagnose", "do": "rollbak checkout"}, "'rollbak' is no remedy; did you mean 'rollback'?"),
    "no component": ({"at": "diagnose", "do": "rollback chekout"}, "unknown component 'chekout'; did you mean 'checkout'?"),
    "no role": ({"at": "diagnose", "without": "backend"}, "unknown role 'backend'"),
    "no outcome": ({"at": "diagnose", "set": {"outcome": "done"}}, "--set outcome=done: diagnose has no such outcome"),
    "no conclusion": ({"at": "watch", "set": {"diagnosis.cause": "code_bug"}}, "nothing of that kind is concluded from there on"),
    "no field": ({"at": "diagnose", "set": {"diagnosis.causes": "code_bug"}}, "has no field 'causes'; did you mean 'cause'?"),
    "no value": ({"at": "diagnose", "set": {"diagnosis.cause": 5}}, "Input should be a valid string"),
    "no cause": ({"at": "diagnose", "set": {"diagnosis.cause": "weather"}}, "--set diagnosis.cause=weather: diagnose has no such outcome; valid: code_bug, deployment"),
    "no severity": ({"at": "triage", "set": {"severity": "P9"}}, "--set severity=P9: triage declares no such severity; valid: P0, P1, P2, P3"),
    "an outcome for a severity": ({"at": "triage", "set": {"severity": "not_an_incident"}}, "triage declares no such severity; valid: P0"),
    "no severity at all": ({"at": "triage", "set": {"severity": None}}, "fork: --set severity=None: Input should be a valid string"),
    "a severity too late": ({"at": "watch", "set": {"severity": "P1"}}, "fork: --set severity: nothing of that kind is concluded from there on"),
    "no such component": ({"at": "diagnose", "set": {"diagnosis.component": "chekout"}}, "--set diagnosis.component=chekout: shop has no such component; did you mean 'checkout'?"),
    "a component by its short name": ({"at": "diagnose", "set": {"component": "nope"}}, "--set component=nope: shop has no such component; valid:"),
    "no field at all": ({"at": "diagnose", "set": {"diagnosis": "code_bug"}}, "--set diagnosis: name a field of it; valid: cause, component"),
    "the same twice": ({"at": "triage", "set": {"severity": "P1", "declared.severity": "P2"}}, "--set severity and declared.severity: two of them are the same conclusion"),
    "no outcome at all": ({"at": "diagnose", "set": {"outcome": None}}, "--set outcome=None: diagnose has no such outcome"),
    "no duration": ({"at": "diagnose", "delay": "soon"}, "'soon' is not a duration"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wish_that_cannot_be_is_refused_in_one_line(case: str) -> None:
    wish, message = REFUSED[case]
    with pytest.raises(BadInput) as refused:
        fork(fly(DEPLOY), **wish)  # type: ignore[arg-type]  # a row of a table
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@settings(max_examples=examples(25), deadline=None)
@given(data=st.data())
def test_whatever_is_wished_at_whatever_moment_the_past_stays(data: st.DataObject) -> None:
    drill = fly("stock-cascade")
    at = data.draw(st.integers(0, len(drill.journal.lines) - 1))
    do = data.draw(st.sampled_from([f"{tool} {spec.name}" for tool in ("rollback", "restart", "scale") for spec in drill.system.components]))
    found = fork(drill, at=at, do=do)

    assert found.decision.step.turn <= drill.journal.records[at]["at"][0] or found.decision.step == drill.account.route[0]
    past = [place for place, record in enumerate(drill.journal.records) if record["at"][0] < found.decision.step.turn]
    assert all(found.drill.journal.lines[place] == drill.journal.lines[place] for place in past)


def test_in_python_a_drill_is_replayed_forked_and_swept_by_its_own_methods() -> None:
    drill = drillbook.run(DEPLOY)
    assert drill.replay().identical
    assert drill.fork(at="triage", do="rollback checkout").comparison.after.users_hit < drill.sweep().before.users_hit


def test_the_command_prints_routes_numbers_and_where_the_journal_is(tmp_path: Path) -> None:
    fly(DEPLOY).journal.write(tmp_path / "parent.jsonl")
    done = command("fork", "parent.jsonl", "--at", "T+20:00", "--do", "rollback checkout", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert "forked at investigate (T+20:00): --do 'rollback checkout'" in done.stdout
    (written,) = [path for path in tmp_path.iterdir() if path.name != "parent.jsonl"]
    assert f"journal {written.name}" in done.stdout
    assert simulator().runbook.name in written.read_text()


def test_a_remedy_that_production_refuses_is_told_with_its_reason(tmp_path: Path) -> None:
    fly(DEPLOY).journal.write(tmp_path / "parent.jsonl")
    done = command("fork", "parent.jsonl", "--at", "diagnose", "--do", "failover checkout", cwd=tmp_path)
    assert "failover checkout was refused: checkout has no standby" in done.stdout.splitlines()
    assert fork(fly(DEPLOY), at="diagnose", do="rollback checkout").refused == ()


def test_the_sweep_prints_a_table_the_best_and_the_point_of_no_return(tmp_path: Path) -> None:
    fly(DEPLOY).journal.write(tmp_path / "parent.jsonl")
    done = command("fork", "parent.jsonl", "--sweep", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "at step decided alternatives users hit USD lost remarks"
    assert "T+14:00 triage P1 best: do rollback checkout −1,625 −27,085" in lines
    assert "worst: severity P3 +14,082 +234,698 not resolved" in lines
    assert "T+38:30 verify_rollback recovering worst: do restart checkout +22 +375 harmful" in lines
    assert lines[-5:] == [
        "best: do rollback checkout in addition, at triage (T+14:00): 1,625 fewer of 2,522 users hit, 27,085 fewer of 42,029 USD lost",
        "fly it: drillbook fork parent.jsonl --at triage#1 --do 'rollback checkout'",
        "point of no return: investigate at T+17:30; after it, nothing that was tried would have saved 10% of the 2,522 users hit",
        "44 alternatives were flown; harm is counted up to T+199:30, 2 h after the parent's end, for all of them",
        "not resolved: not within 2 h after the parent's end; harm after that is not counted",
    ]


def test_a_remedy_that_counts_as_harmful_is_told_as_one_wherever_it_stands() -> None:
    found = swept(DATABASE)
    for one in found.alternatives:
        flown = fork(found.parent, **_wished(one))
        until = flown.drill.world.truth(found.until, flown.drill.case.interventions)
        harmful = [act for act in until.actions if act.harmful]
        own = [act for act in harmful if f"{act.tool} {act.target}" == one.wish.do]
        assert bool(one.harm) == bool(own or len(harmful) > found.before.harmful_actions), one.name
    (row, *_) = [row for row in found.document()["alternatives"] if row["harm"]]
    assert " does nothing about " in row["harm"] or " worsens " in row["harm"]


def _wished(one: Alternative) -> dict[str, Any]:
    return {"at": one.wish.at, "set": one.wish.set, "do": one.wish.do, "delay": one.wish.delay}


def test_the_best_is_not_called_best_where_it_does_harm() -> None:
    found = swept(DATABASE)
    harmful = replace(found, alternatives=tuple(replace(one, harm="restart db_primary worsens it") for one in found.alternatives))
    mixed = replace(found, alternatives=tuple(
        replace(one, harm="failover db_primary worsens it" if one.wish.do == "failover db_primary" else "") for one in found.alternatives))  # fmt: skip

    first, _, why, second, *_ = sweep_verdict(mixed, "parent.jsonl")
    assert first.startswith("saves most, and counts as a harmful action: do failover db_primary in addition, at triage")
    assert why == "    harmful: failover db_primary worsens it"
    assert second.startswith("best: do ")
    assert "failover" not in second
    assert "best: nothing; what saves anything counts as a harmful action" in [*sweep_verdict(harmful, "parent.jsonl")]
    nothing = replace(found, alternatives=())
    assert [*sweep_verdict(nothing, "parent.jsonl")][:2] == [
        "nothing that was tried would have hit fewer users, lost less revenue or exposed fewer records",
        "point of no return: none; nothing that was tried would have saved 10% of the 29,895 users hit, at any decision"]  # fmt: skip


TOLD = {
    "nothing changed": (["--at", "diagnose", "--set", "outcome=deployment"], "the same from here: nothing changed, all 137 records are the parent's"),
    "a delay at a record": (["--at", "60", "--delay", "10m"], "the delay moves the whole step: the tasks of diagnose begin at T+40:30"),
    "a delay in the user's words": (["--at", "roll_back", "--delay", "10m"], "forked at roll_back (T+32:30): --delay 10m"),
    "never over": (["--at", "triage", "--set", "severity=P3"], "the fork is not resolved within 2 h after the parent's end; harm after that is not counted"),
    "until when": (["--at", "triage", "--set", "severity=P3"], "time to resolve   69m30s      not by T+199:30  changed"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_a_fork_says_plainly_what_it_is(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    fly(DEPLOY).journal.write(tmp_path / "parent.jsonl")
    arguments, said = TOLD[case]
    assert main(["fork", "parent.jsonl", *arguments]) == 0
    printed = capsys.readouterr().out
    assert said in printed
    assert ("users hit" not in printed) == (case == "nothing changed"), "no table where there is nothing to compare"


BESIDE = {
    "a sweep at a step": (["--sweep", "--at", "triage", "--delay", "10m"], "fork: --sweep tries everything by itself and excludes --at, --delay; valid with it: --json"),
    "a sweep to a file": (["--sweep", "--journal", "f.jsonl"], "excludes --journal"),
    "a value twice": (["--at", "triage", "--set", "severity=P3", "--set", "severity=P2"], "fork: --set severity: is given twice; each conclusion once"),
}  # fmt: skip


@pytest.mark.parametrize("case", BESIDE)
def test_options_that_exclude_each_other_are_refused_in_one_line(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fly(DEPLOY).journal.write(tmp_path / "parent.jsonl")
    arguments, said = BESIDE[case]
    assert main(["fork", str(tmp_path / "parent.jsonl"), *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert [*tmp_path.iterdir()] == [tmp_path / "parent.jsonl"]


def test_the_help_says_what_goes_together(tmp_path: Path) -> None:
    told = " ".join(command("fork", "--help", cwd=tmp_path, COLUMNS="400").stdout.split())
    assert "or --sweep alone, which excludes all of them" in told
    assert "How much later the whole step begins, whatever record or moment of it --at names" in told

"""The scoreboard: who knows more comes out ahead, a figure says how sure it is, and end state and way are scored apart.

The ordinary profile flies every eighth scenario of the library, the thorough one (DRILLBOOK_PROFILE=thorough) all of them.
"""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from contenders import COMMANDER, LONE_COMMANDER, Consulting
from flights import IDS, ROOT, THOROUGH, fly, part, simulator
from hypothesis import given
from hypothesis import strategies as st

import drillbook
from drillbook.brains import BASELINES
from drillbook.case import Approved, Case, Reviewed, Section
from drillbook.cli import main
from drillbook.errors import BadInput
from drillbook.evaluation import Evaluation, Row, in_percent, summed_up
from drillbook.intervals import Estimate, difference, mean, pass_hat, share, wilson_bounds
from drillbook.oracle import oracle
from drillbook.reading import parse_cast
from drillbook.scoreboard import markdown
from drillbook.toolbelt import Report, Task, Toolbelt

SCENARIOS = part(IDS, 8)
ORDER = ("oracle", "stub", "lone commander")
"""Who must come out ahead of whom; all of them are ahead of every baseline."""


@pytest.fixture(scope="module")
def board(warden: object) -> Evaluation:
    """Everybody on the library, or on a part of it that is spread over it."""
    return drillbook.evaluate({"lone commander": LONE_COMMANDER}, SCENARIOS, with_oracle=True)


def value(row: Row, measure: str) -> float:
    found = row.measures[measure]
    assert found is not None
    return found.value


def lead(row: Row, over: str, measure: str) -> Estimate:
    found = row.leads[over][measure]
    assert found is not None
    return found


@pytest.mark.parametrize("measure", ["cause", "component", "outcome", "points", "end_state"])
def test_the_order_comes_out_as_it_should(board: Evaluation, measure: str) -> None:
    best, good, fair = (value(board.row(name), measure) for name in ORDER)
    baselines = [value(board.row(name), measure) for name in BASELINES]

    assert best >= good > fair > max(baselines)
    passes = [board.row(name).passes[0].value for name in (*ORDER, *BASELINES)]
    assert passes[0] >= passes[1] > passes[2] > max(passes[3:])


def test_the_stub_is_thirty_points_ahead_of_every_baseline_on_the_cause(board: Evaluation) -> None:
    stub = board.row("stub")
    for name in BASELINES:
        ahead = lead(stub, name, "cause")
        assert ahead.value >= 0.3
        assert ahead.low > (0.3 if THOROUGH else 0.0), "with its interval"
        assert lead(stub, name, "component").value >= 0.3
        assert lead(stub, name, "points").low > 0


def test_no_baseline_borrows_the_stubs_diagnosis(board: Evaluation) -> None:
    """Where a baseline is right about the cause, so is the stub; if it copied the stub, it would be as often."""
    right = {(one.cast, one.scenario): one.right.get("cause") for one in board.flights}
    for name in BASELINES:
        wrong = [scenario for scenario in SCENARIOS if right["stub", scenario] and not right[name, scenario]]
        assert len(wrong) > len(SCENARIOS) / 3


def test_who_knows_is_the_fastest_and_time_is_held_against_the_best(board: Evaluation) -> None:
    assert value(board.row("oracle"), "speed") > value(board.row("stub"), "speed") > value(board.row("random"), "speed")
    for flight in board.flights:
        others = [one.well_after for one in board.flights if one.scenario == flight.scenario and one.well_after is not None]
        assert flight.best == min(others, default=None)
        assert flight.speed is None if flight.best is None else 0 <= flight.speed <= 1  # type: ignore[operator]


def test_way_and_end_state_are_scored_apart(board: Evaluation) -> None:
    """Always rolling back goes by the book to the wrong place; the lone commander misses nobody's evidence but his own."""
    fixed = board.row("always_rollback")
    assert value(fixed, "process") > value(fixed, "end_state") + 0.2
    for flight in board.flights:
        assert flight.points == round(70 * flight.end_state + 30 * flight.process)
        drill = fly(flight.scenario, cast=f"*={flight.cast}") if flight.cast == "stub" else None
        if drill is not None:
            assert (flight.digest, flight.points, flight.passed) == (drill.journal.digest, drill.score.points, drill.score.passed)


def test_giving_up_early_is_no_success(board: Evaluation) -> None:
    """Harm is counted up to the latest end of any cast, so who hands over in an hour does not look better than who repairs in two."""
    row = {name: value(board.row(name), "users_hit") for name in ("oracle", "stub", *BASELINES)}
    assert row["oracle"] <= row["stub"] < min(row[name] for name in BASELINES)


def storyteller(task: Task, case: Case, belt: Toolbelt) -> Report:
    """A Workflow Optimizer who looks at nothing, and tells a story."""
    told = (("What failed?", "The root cause was a bug in cart. It was mitigated at 03:03 UTC, and it was a P3."),)
    belt.note(Reviewed(sections=(Section(title="Root cause analysis", answers=told),)))
    return Report(outcome="written", why="it sounded good")


def test_what_post_mortems_say_is_held_against_the_timeline(board: Evaluation) -> None:
    good = board.row("stub")
    assert (value(good, "postmortem"), value(good, "postmortem.wrong"), value(good, "postmortem.missing")) == (1.0, 0.0, 0.0)
    told = drillbook.evaluate({"stories": {"workflow_optimizer": storyteller}}, ["checkout-bad-deploy"]).row("stories")
    assert value(told, "cause") == 1.0, "what was decided in the incident was right all the same"
    assert value(told, "postmortem.wrong") >= 3
    assert value(told, "postmortem.missing") > 0
    assert value(told, "postmortem") < value(good, "postmortem"), "the timeline beside the story is the journal's"


def test_figures_come_with_intervals_that_hold_them(board: Evaluation) -> None:
    for row in board.rows:
        for found in (*row.measures.values(), *row.passes, *(one for leads in row.leads.values() for one in leads.values())):
            if found is not None:
                assert found.low <= found.value <= found.high
                assert 0 < found.n <= len(SCENARIOS)
        assert row.measures["cost_usd"] is None, "no model was asked"
    assert [row.cast for row in board.rows] == ["lone commander", "oracle", "stub", *BASELINES]
    assert [row.reference for row in board.rows] == [False] + [True] * 6
    assert "lone commander: cause " in repr(board)
    assert Evaluation.model_validate_json(json.dumps(board.document())) == board


@pytest.mark.parametrize("name", ["rollback-image-gone", "zone-takes-five", "disk-and-provider", "two-faults-at-once", "release-freeze"])
def test_what_the_oracle_cannot_reach_nobody_can(name: str) -> None:
    known, stub = oracle(simulator().prepare(name)).run(), fly(name)

    assert known.score.points >= stub.score.points
    assert known.journal.header["cast"][COMMANDER] != "stub", "a journal says who flew"
    assert stub.setup.simulator.cast[COMMANDER] == "stub", "and the simulator is left as it was"


# Intervals and pass^k


@given(passed=st.integers(0, 8), of=st.integers(1, 8), k=st.integers(1, 8))
def test_pass_k_is_the_share_of_draws_that_all_pass(passed: int, of: int, k: int) -> None:
    runs = [place < passed for place in range(of)]
    if passed > of or k > of:
        return
    draws = [*combinations(runs, k)]
    assert pass_hat(passed, of, k) == pytest.approx(float(Fraction(sum(map(all, draws)), len(draws))))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.data())
def test_a_difference_is_between_its_bounds_and_turns_with_its_sides(ours: list[float], data: st.DataObject) -> None:
    theirs = data.draw(st.lists(st.floats(0, 1), min_size=len(ours), max_size=len(ours)))
    there, back = difference(ours, theirs), difference(theirs, ours)
    assert there is not None
    assert back is not None
    assert -1 <= there.low <= there.value + 1e-6
    assert there.value - 1e-6 <= there.high <= 1
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=2e-6)


def test_newcombes_example_comes_out_as_published() -> None:
    """Statistics in Medicine 17 (1998), 873-890, method 10: 56/70 against 48/80 is 0.2 (0.0524 to 0.3339), with nothing in common."""
    (low1, high1), (low2, high2) = wilson_bounds(56, 70), wilson_bounds(48, 80)
    assert 0.2 - ((0.8 - low1) ** 2 + (high2 - 0.6) ** 2) ** 0.5 == pytest.approx(0.0524, abs=1e-4)
    assert 0.2 + ((high1 - 0.8) ** 2 + (0.6 - low2) ** 2) ** 0.5 == pytest.approx(0.3339, abs=1e-4)
    alone = difference([1.0] * 40, [0.0] * 40)
    assert alone is not None
    assert 0.8 < alone.low < alone.high == 1.0, "of forty, no difference is certain"


def test_going_together_narrows_a_difference_and_going_apart_does_not() -> None:
    ours = [1.0, 1.0, 1.0, 0.0] * 10
    same, apart = difference(ours, [1.0, 1.0, 0.0, 0.0] * 10), difference(ours, [0.0, 0.0, 1.0, 1.0] * 10)
    assert same is not None
    assert apart is not None
    assert same.high - same.low < apart.high - apart.low


def test_nothing_is_said_of_nothing() -> None:
    assert (share([]), mean([]), difference([], [])) == (None, None, None)
    one = mean([5.0])
    assert one is not None
    assert one.low == one.high == 5.0
    assert in_percent(None) == "-"


# Runs, casts, and the command


def test_runs_differ_by_the_noise_and_pass_k_falls_with_k() -> None:
    found = drillbook.evaluate({"lone commander": LONE_COMMANDER}, "c*-deploy", runs=3)
    mine = [one for one in found.flights if one.cast == "lone commander"]
    first = fly("checkout-bad-deploy").seed

    assert [(one.run, one.seed) for one in mine] == [(1, first), (2, first + 1), (3, first + 2)]
    assert len({one.digest for one in mine}) == 3
    for row in found.rows:
        assert len(row.passes) == 3
        assert [one.value for one in row.passes] == sorted([one.value for one in row.passes], reverse=True)
        assert {one.n for one in row.passes} == {1}, "three runs of one scenario are one scenario"
    assert drillbook.evaluate({"lone commander": LONE_COMMANDER}, ["checkout-bad-deploy"], runs=3) == found


def test_pass_k_of_a_cast_that_is_right_half_the_time(board: Evaluation) -> None:
    stub = next(one for one in board.flights if one.cast == "stub")
    flights = [stub.model_copy(update={"run": run, "passed": run % 2 == 0, "scenario": name}) for name in "ab" for run in range(4)]
    (row,) = summed_up(flights, ["stub"], 4).rows

    assert [one.value for one in row.passes] == pytest.approx([1 / 2, 1 / 6, 0, 0], abs=1e-6)


def test_tokens_and_cost_are_those_of_the_recorded_answers() -> None:
    consulted = drillbook.run("slow-search", cast={COMMANDER: Consulting((1200, 300))})
    used = consulted.usage.priced({COMMANDER: "vendor:large?calls=3"}, {"vendor:large": (2.0, 10.0)})

    assert (used.answers, used.input_tokens, used.output_tokens) == (2, 2400, 600)
    assert used.cost_usd == pytest.approx(0.0108)
    assert consulted.usage.priced({COMMANDER: "vendor:large"}, {}).cost_usd is None

    found = drillbook.evaluate([{COMMANDER: Consulting((10, 5))}], ["slow-search"])
    measured = found.row("cast 1").measures
    assert [getattr(measured[name], "value", None) for name in ("answers", "input_tokens", "output_tokens", "cost_usd")] == [2, 20, 10, None]


def test_the_terms_of_a_cast_file_hold(tmp_path: Path) -> None:
    """Its budget goes to every model without one of its own, and what it wants approved is approved, or not done."""
    file = tmp_path / "terms.yaml"
    file.write_text("cast: {api_tester: 'vendor:large', finance_tracker: 'vendor:small?calls=2'}\nbudget: {calls: 7, minutes: 9}\n")
    played = parse_cast(str(file))
    assert (played["api_tester"], played["finance_tracker"]) == ("vendor:large?calls=7&minutes=9", "vendor:small?calls=2")
    file.write_text("cast: {'*': stub}\napprove: {rollback: legal_compliance_checker}\n")
    drill = drillbook.run("checkout-bad-deploy", cast=str(file))
    assert [(one.tool, one.by, one.ok) for one in drill.case.all(Approved)] == [("rollback", "legal_compliance_checker", True)]
    assert drill.replay().identical


FILE = "name: a fixed idea\ncast: {infrastructure_maintainer: always_rollback, '*': stub}\n"


def test_one_command_scores_casts_beside_the_baselines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("idea.yaml").write_text(FILE)
    line = ["eval", "--cast", "idea.yaml", "--cast", "api_tester=stub", "--scenarios", "slow-*", "--oracle"]
    rows = ["a fixed idea", "api_tester=stub", "oracle", "stub", *BASELINES]

    assert main([*line, "--json", "--journals", "kept"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["cast"] for row in told["rows"]] == rows
    assert (told["scenarios"], told["runs"]) == (["slow-search"], 1)
    assert len([*Path("kept").glob("*/slow-search-*.jsonl")]) == len(rows)

    assert main(line) == 0
    tables = capsys.readouterr()
    assert tables.err == ""
    assert all(f"\n{name}  " in tables.out for name in rows)
    for title in ("End state, in % with 95% intervals (1 scenario, 1 run each)", "Process, in %", "Time and harm", "Models", "Lead over each baseline"):
        assert title in tables.out
    found = Evaluation.model_validate(told)
    assert main([*line, "--markdown"]) == 0
    assert capsys.readouterr().out == markdown(found)
    assert f"| stub | {in_percent(found.row('stub').measures['severity'])} |" in markdown(found)


WRONG = {
    "--runs 0": "--runs",
    "--scenarios nosuch*": "eval: --scenarios 'nosuch*': no scenario; valid: a pattern of ids",
    "--scenarios slow-serch": "eval: --scenarios 'slow-serch': no scenario; did you mean 'slow-search'?",
    "--cast *=genius": "unknown brain 'genius' for *",
    "--cast nowhere.yaml": "nowhere.yaml: cannot be read",
    "--cast *=stub --cast *=stub": "eval: two casts are called '*=stub'; give each a name of its own",
    "--markdown --json": "eval: --markdown and --json: one of them",
    "--runbook nowhere.yaml": "nowhere.yaml: cannot be read",
}


@pytest.mark.parametrize("options", WRONG)
def test_a_wrong_order_is_one_line(options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["eval", *options.split()]) == 2
    printed = capsys.readouterr()
    (said,) = printed.err.splitlines()
    assert WRONG[options] in said
    assert printed.out == ""


def test_scenarios_may_be_files_and_casts_must_differ(tmp_path: Path) -> None:
    path = tmp_path / "mine.scenario.yaml"
    path.write_text((ROOT / "scenarios" / "slow-search.scenario.yaml").read_text().replace("id: slow-search", "id: mine"))
    found = drillbook.evaluate(scenarios=str(tmp_path / "*.scenario.yaml"))

    assert found.scenarios == ("mine",)
    assert [row.cast for row in found.rows] == ["stub", *BASELINES]
    with pytest.raises(BadInput, match="two casts are called 'stub'"):
        drillbook.evaluate({"stub": "*=stub"}, [path])
    with pytest.raises(BadInput, match="an empty list"):
        drillbook.evaluate(scenarios=[])
    with pytest.raises(BadInput, match="runs 0; valid: 1 to"):
        drillbook.evaluate(scenarios=[path], runs=0)

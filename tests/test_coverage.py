"""Coverage from journals: what is counted, that parts add up, what the command says of it, and scenarios for what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flights import FEW, fly, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from drillbook.cli import main
from drillbook.coverage import Coverage, covered, edge_name
from drillbook.graph.picture import coloured
from drillbook.independence import asked, conditions, infeasible, possible, shown_by
from drillbook.reading import read_runbook
from drillbook.runbook import Clause, Runbook

RUNBOOK = read_runbook()
NAMES = FEW[:6]


def _measure(coverage: Coverage, name: str, runbook: Runbook = RUNBOOK) -> tuple[str, ...]:
    return next(one for one in coverage.measures(runbook) if one.name == name).missing


@pytest.fixture
def drills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the journals of two drills, that of a bug and that of a deployment."""
    monkeypatch.chdir(tmp_path)
    for name in ("month-end-bug", "checkout-bad-deploy"):
        fly(name).journal.write(tmp_path / "drills" / f"{name}.jsonl")
    return tmp_path / "drills"


def test_a_drill_covers_the_rows_that_it_took_and_no_other() -> None:
    drill = fly("checkout-bad-deploy")
    found = covered(RUNBOOK, (drill.account,))
    taken = {(step, row.on, row.to): times for (step, row), times in found.edges(RUNBOOK).items() if times}
    steps = drill.account.route
    assert taken == {(one.step, one.outcome, one.to): sum((one.step, one.outcome, one.to) == (p.step, p.outcome, p.to) for p in steps) for one in steps}
    assert {*found.seen["branches"]} == {f"{one.step} {one.outcome}" for one in steps}


@settings(deadline=None)
@given(st.lists(st.sampled_from(NAMES), max_size=8), st.integers(0, 8))
def test_parts_add_up_to_the_whole_in_any_order(names: list[str], cut: int) -> None:
    accounts = [fly(name).account for name in names]
    whole, left, right = covered(RUNBOOK, accounts), covered(RUNBOOK, accounts[:cut]), covered(RUNBOOK, accounts[cut:])
    assert left + right == whole
    assert right + left == whole
    assert whole + Coverage() == whole
    assert Coverage.model_validate_json(whole.model_dump_json()) == whole
    assert whole.drills == len(names)


@settings(deadline=None)
@given(st.sets(st.sampled_from(NAMES)), st.sampled_from(NAMES))
def test_more_drills_never_cover_less(names: set[str], more: str) -> None:
    fewer = covered(RUNBOOK, (fly(name).account for name in names))
    after = fewer + covered(RUNBOOK, (fly(more).account,))
    for one, other in zip(fewer.measures(RUNBOOK), after.measures(RUNBOOK), strict=True):
        assert {*other.missing} <= {*one.missing}
        assert (one.total, one.infeasible) == (other.total, other.infeasible)
        assert one.covered + len(one.missing) == one.total


def test_a_clause_decides_only_where_nothing_else_differs_and_the_way_is_another() -> None:
    rows = {str(one): one for one in conditions(RUNBOOK)}
    rounds = rows["roll_back failed [attempts_left, rounds_left] → investigate: rounds_left"]
    attempts = rows["roll_back failed [attempts_left, rounds_left] → investigate: attempts_left"]
    assert asked(RUNBOOK, "roll_back", "failed") == ("attempts_left", "rounds_left")

    assert shown_by(RUNBOOK, rounds, [(True, True), (True, False)])
    assert not shown_by(RUNBOOK, attempts, [(True, True), (True, False)]), "this pair says nothing of the other clause"
    assert not shown_by(RUNBOOK, rounds, [(True, True), (False, False)]), "two clauses differ"
    assert not shown_by(RUNBOOK, attempts, [(True, False), (False, False)]), "neither took the row"
    assert not shown_by(RUNBOOK, rounds, [(True, True)]), "one pass shows nothing"


def test_a_clause_that_follows_from_another_is_listed_and_not_counted() -> None:
    twin = {"few_rounds": Clause.model_validate({"fact": "rounds", "below": 2})}
    step = RUNBOOK.steps["verify_hotfix"]
    routes = (step.routes[0], step.routes[1].model_copy(update={"when": ("rounds_left", "few_rounds")}),
              step.routes[2].model_copy(update={"when": ("not few_rounds",)}))  # fmt: skip
    edited = RUNBOOK.model_copy(update={
        "clauses": {**RUNBOOK.clauses, **twin}, "steps": {**RUNBOOK.steps, "verify_hotfix": step.model_copy(update={"routes": routes})},
    })  # fmt: skip
    found = {str(one): infeasible(edited, one) for one in conditions(edited) if one.step == "verify_hotfix"}

    assert {*possible(edited, ("rounds_left", "few_rounds"))} == {(True, True), (True, False), (False, False)}
    assert "speak of rounds" in (found["verify_hotfix rejected [rounds_left, few_rounds] → investigate: rounds_left"] or "")
    assert found["verify_hotfix rejected [rounds_left, few_rounds] → investigate: few_rounds"] is None
    clauses = next(one for one in Coverage().measures(edited) if one.name == "clauses")
    assert clauses.total + len(clauses.infeasible) == sum(1 for _ in conditions(edited))


def test_the_crew_that_worked_is_the_crew_that_its_condition_called() -> None:
    p0, p2 = (covered(RUNBOOK, (fly(name).account,)).seen["crew conditions"] for name in ("database-primary-down", "search-misreads-a-letter"))
    assert "investigate frontend_developer with [frontend_wanted]" in p0
    assert "investigate frontend_developer without [frontend_wanted]" in p2
    seen = covered(RUNBOOK, (fly("database-primary-down").account,)).seen["roles x severities"]
    assert seen["frontend_developer P0"] >= 1
    assert not any(name.endswith(("P1", "P2", "P3")) for name in seen)


def test_the_command_prints_what_is_missing_by_name(drills: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "drills"]) == 0
    told = capsys.readouterr().out
    assert "Coverage of incident_response by 2 drills" in told
    assert "  triage P3 → backlog" in told
    assert "  roll_back done → verify_rollback" not in told

    assert main(["coverage", *map(str, sorted(drills.iterdir())), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    expected = covered(RUNBOOK, (fly(name).account for name in ("month-end-bug", "checkout-bad-deploy")))
    assert Coverage(drills=printed["drills"], seen=printed["seen"], passes=printed["passes"]) == expected
    edges = next(one for one in printed["measures"] if one["name"] == "edges")
    assert sorted(edges["missing"]) == sorted(_measure(expected, "edges"))
    assert {one["name"]: one["times"] for one in printed["edges"]} == {
        edge_name(*edge): times for edge, times in expected.edges(RUNBOOK).items()}  # fmt: skip


@pytest.mark.parametrize(("least", "code"), [("0", 0), ("24", 1), ("100", 1)])
def test_below_the_minimum_the_exit_code_is_one(least: str, code: int, drills: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "drills", "--min", least]) == code
    said = capsys.readouterr().err
    assert (f"coverage: clauses 0.0% is below the minimum of {least}%" in said) is bool(code)
    assert ("edges" in said) is (least == "100")


def test_the_picture_counts_every_row_and_dashes_what_never_ran(drills: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "drills", "--picture"]) == 0
    picture = capsys.readouterr().out
    assert '  roll_back -->|"done · 1x"| verify_rollback' in picture
    assert '  triage -->|"P1 · 2x"| investigate' in picture
    assert '  triage -.->|"P3 · never"| backlog' in picture
    ran = covered(RUNBOOK, (fly(name).account for name in NAMES)).edges(RUNBOOK)
    lines = coloured(RUNBOOK, ran).splitlines()
    links = [line for line in lines if "-->" in line or "-.->" in line]
    assert len(links) == 1 + len(ran), "an edge a row, and the way in"
    never = next(line for line in lines if line.startswith("  linkStyle") and "dasharray" in line)
    assert [*map(int, never.split()[1].split(","))] == [place for place, line in enumerate(links) if "never" in line]
    assert lines.count("  style hand_over stroke:#d55e00,stroke-width:2px,stroke-dasharray:6 4") == 1


def test_journals_of_another_runbook_are_not_added_up(drills: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited = RUNBOOK.model_copy(update={"limits": {"rounds": 2, "attempts": 4}})
    type(simulator())(edited).prepare("slow-search").run().journal.write(drills / "z.jsonl")
    assert main(["coverage", "drills"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("drills/z.jsonl:1:1: was flown with another runbook than drills/checkout-bad-deploy.jsonl; ")
    assert main(["coverage", "drills/z.jsonl"]) == 0


BAD = [
    (["coverage", "nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
    (["coverage", "empty"], "empty: holds no journal"),
    (["coverage", "text.jsonl"], "text.jsonl:1:1: "),
    (["coverage", "drills", "--min", "101"], "less than or equal to 100"),
    (["coverage", "drills", "--picture", "--json"], "--picture goes with"),
    (["coverage", "drills", "--suggest", "text.jsonl"], "text.jsonl: is no folder"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_one_line_and_exit_code_two(arguments: list[str], message: str, drills: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (drills.parent / "empty").mkdir()
    (drills.parent / "text.jsonl").write_text("hello\nworld\n")
    assert main(arguments) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert message in said


def test_suggested_scenarios_take_the_edges_that_they_were_made_for(drills: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "drills", "--suggest", "more", "--tries", "6", "--seed", "3", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    before = {*_measure(Coverage(drills=2, seen=printed["seen"], passes=printed["passes"]), "edges")}
    found = printed["suggestions"]
    assert found["scenarios"]
    taken = {edge for one in found["scenarios"] for edge in one["edges"]}
    assert taken | {*found["unreached"]} == before
    assert not taken & {*found["unreached"]}
    for one in found["scenarios"]:
        assert main(["lint", one["file"]]) == 0
        drill = simulator(one["cast"] or "").prepare(one["file"]).run()
        assert {*one["edges"]} <= {*covered(RUNBOOK, (drill.account,)).seen["edges"]}
    capsys.readouterr()

    assert main(["coverage", "drills", "--suggest", "again", "--tries", "6", "--seed", "3", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["suggestions"]
    assert again == json.loads(json.dumps(found).replace("more/", "again/"))
    assert main(["coverage", "drills", "--suggest", "again"]) == 2, "suggestions never replace others"

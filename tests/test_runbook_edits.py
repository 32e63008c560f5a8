"""An edited runbook works as it is: another cadence, another team, another threshold, one more branch. No code changes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from flights import edited_runbook, fly, scenario, simulator

from drillbook.drill import Drill
from drillbook.reading import read_runbook
from drillbook.scenario import StubAnswer
from drillbook.simulator import Simulator
from drillbook.units import MINUTE


def _edited(folder: Path, *edits: tuple[str, str]) -> Simulator:
    return Simulator(read_runbook(edited_runbook(folder, *edits)))


def _updates(drill: Drill) -> list[int]:
    return [message["at"] for message in drill.messages if message["kind"] == "status_update"]


def test_another_cadence(tmp_path: Path) -> None:
    drill = _edited(tmp_path, ("first: 5m\n    every: 15m", "first: 2m\n    every: 5m")).prepare("checkout-bad-deploy").run()
    times = _updates(drill)
    assert len(times) > 2 * len(_updates(fly("checkout-bad-deploy")))
    assert all(later - earlier <= 5 * MINUTE for earlier, later in pairwise(times))


def test_another_team(tmp_path: Path) -> None:
    edit = ("  P1:\n    - {role: infrastructure_maintainer, as: Incident commander}\n", "  P1:\n    - {role: infrastructure_maintainer, as: Incident commander}\n    - {role: finance_tracker, as: Cost watch}\n")
    drill = _edited(tmp_path, edit).prepare("checkout-bad-deploy").run()
    assert "finance_tracker" in drill.team
    assert "finance_tracker" not in fly("checkout-bad-deploy").team


def test_another_watch_and_another_escalation(tmp_path: Path) -> None:
    edits = (("watch: {lasts: 30m, every: 5m}", "watch: {lasts: 10m, every: 2m}"), ("  - condition: P0 not resolved in 30 min\n    when: [p0, not resolved]\n    after: 30m", "  - condition: P0 not resolved in 10 min\n    when: [p0, not resolved]\n    after: 10m"))
    drill, usual = _edited(tmp_path, *edits).prepare("database-primary-down").run(), fly("database-primary-down")
    assert (usual.milestones["resolved"] or 0) - (drill.milestones["resolved"] or 0) == 20 * MINUTE
    assert {"P0 not resolved in 10 min"} <= {one["condition"] for one in drill.escalations}


BRANCH = """
  ask_for_calm:
    title: Tell the users before the rollback
    branch: deployment
    crew:
      - {role: support_responder, duty: communicate, does: [{text: Warn the users, tool: notify_users}]}
    outcomes: [told]
    on_error: told
    routes:
      - {on: told, to: roll_back}

  # Branch: deployment
  roll_back:"""


def test_one_more_step_in_a_branch(tmp_path: Path) -> None:
    edits = (("if: IF caused by recent deployment, to: roll_back}", "if: IF caused by recent deployment, to: ask_for_calm}"), ("\n  # Branch: deployment\n  roll_back:", BRANCH))
    simulator_ = _edited(tmp_path, *edits)
    drill = simulator_.prepare("checkout-bad-deploy").run()
    steps = [part["step"] for part in drill.route]
    assert steps[steps.index("diagnose") + 1 : steps.index("roll_back") + 1] == ["ask_for_calm", "roll_back"]
    assert "support_responder" in {part["role"] for part in drill.route}
    assert "ask_for_calm" in {edge.source for edge in simulator_.graph.get_graph().edges}


def test_a_new_branch_by_a_new_clause(tmp_path: Path) -> None:
    """A deployment that is caught with few users hit is fixed forward instead of being rolled back."""
    edits = (
        ("clauses:\n", "clauses:\n  few_users: {fact: users_hit, below: 100000}\n"),
        ("      - {on: deployment, when: [rollback_safe],", "      - {on: deployment, when: [few_users], to: implement_hotfix}\n      - {on: deployment, when: [rollback_safe],"),
    )  # fmt: skip
    drill = _edited(tmp_path, *edits).prepare("checkout-bad-deploy").run()
    assert "roll_back" not in {part["step"] for part in drill.route}
    assert ("deploy_hotfix", "checkout") in {(act.tool, act.target) for act in drill.case.interventions}
    assert drill.case.outcome == "resolved"
    assert drill.outcome()["cause"] == "deployment"


def test_canned_answers_stand_in_for_the_world_where_the_scenario_has_them() -> None:
    spec, system = scenario("checkout-bad-deploy")
    lie = StubAnswer.model_validate({"tool": "identify_failing_component", "answer": {
        "kind": "failing_components", "origins": [{"component": "mail", "share_pct": 100, "example": "mail"}]}})  # fmt: skip
    told = simulator().run(spec.model_copy(update={"tools": (lie,)}), system)
    seen = [record for record in told.journal.records if record["in"].get("name") == "identify_failing_component"]
    assert [record["out"]["origins"][0]["component"] for record in seen] == ["mail"]
    others = _observed(told, lambda name: name not in ("identify_failing_component",))
    usual = _observed(simulator().run(spec, system), lambda name: name not in ("identify_failing_component",))
    assert others[:8] == usual[:8], "everything else is still the world's"


def _observed(drill: Drill, wanted: Callable[[str], bool]) -> list[object]:
    return [record["out"] for record in drill.journal.records if record["kind"] == "observe" and wanted(record["in"]["name"])]

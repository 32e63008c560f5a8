"""The rubric: every part of it can be lost, each by its own offence, and the parts that have nothing to do with it stay whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from flights import FEW, ROOT, fly, scenario
from saboteurs import Habit, Habitual

from drillbook.agents import ROSTER
from drillbook.brains.stub import Stub
from drillbook.case import Activated, Case
from drillbook.drill import Drill
from drillbook.invariants import LAWS
from drillbook.reading import read_runbook
from drillbook.score import BY_LAW, END_STATE, PROCESS
from drillbook.simulator import Simulator
from drillbook.toolbelt import Report, Task, Toolbelt
from drillbook.tools import TOOLS
from drillbook.units import MINUTE

COMMANDER = "infrastructure_maintainer"
TOOL: Mapping[str, Any] = TOOLS


def flown(name: str, role: str, habit: Habit) -> Drill:
    """A scenario with one role that has a bad habit."""
    return Simulator(read_runbook(), {role: Habitual(Stub(ROSTER[role].duties), habit)}).run(*scenario(name))


def _calls_everybody(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty == "diagnose":
        belt.note(Activated(roles=tuple(role for role in belt.runbook.roles if role in ROSTER)))
    return None


def _tells_nobody(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    return Report(outcome="told", why="") if task.topic in ("status_update", "executive_brief") else None


def _comes_late(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    belt.wait(belt.now + 5 * MINUTE)
    return None


def _does_not_wait(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    return Report(outcome="held", why="it will be fine") if task.duty == "watch" else None


def _acts_without_a_word(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty != "mitigate":
        return None
    belt.act(TOOL[belt.checks()[-1][1].name], case.component or "")
    return Report(outcome="done", why="trust me")


def _restarts_what_is_well(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.step == "repair_infrastructure":
        belt.act(TOOL["restart"], "search", case.grounds)
    return None


def _plays_it_down(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    return Report(outcome="not_an_incident", why="nothing to see") if task.duty == "triage" else None


LOST = [
    ("database-primary-down", COMMANDER, _calls_everybody, {"no_extra_people"}),
    ("database-primary-down", "support_responder", _tells_nobody, {"status_updates"}),
    ("database-primary-down", "executive_summary_generator", _tells_nobody, {"briefs"}),
    ("database-primary-down", "studio_producer", _comes_late, {"escalations"}),
    ("database-primary-down", COMMANDER, _does_not_wait, {"order"}),
    ("database-primary-down", COMMANDER, _acts_without_a_word, {"evidence"}),
    ("database-primary-down", COMMANDER, _restarts_what_is_well, {"no_harm"}),
    ("database-primary-down", COMMANDER, _plays_it_down, {"team", *END_STATE}),
]  # fmt: skip


@pytest.mark.lawless
@pytest.mark.parametrize(("name", "role", "habit", "parts"), LOST, ids=lambda value: value.__name__ if callable(value) else "")
def test_an_offence_costs_its_part_and_no_other(name: str, role: str, habit: Habit, parts: set[str]) -> None:
    score = flown(name, role, habit).score
    lost = {part for part, (got, most) in {**score.end_state, **score.process}.items() if got < most}

    assert lost == parts
    assert score.points == 100 - sum(most - got for got, most in (*score.end_state.values(), *score.process.values()))
    assert score.passed is not bool(parts & {*END_STATE, "no_harm"})


def test_every_part_is_lost_by_somebody_and_the_points_are_100() -> None:
    assert {part for *_, parts in LOST for part in parts} == {*END_STATE, *PROCESS}
    assert sum(END_STATE.values()) + sum(PROCESS.values()) == 100
    assert {name for names in BY_LAW.values() for name in names} <= {law.name for law in LAWS}


@pytest.mark.parametrize("name", FEW)
def test_who_was_called_for_by_what_was_measured_then_was_not_one_too_many(name: str) -> None:
    """Severities rise and fall, and owners change with the diagnosis; the stub calls nobody whom the runbook does not."""
    assert fly(name).score.process == {part: (worth, worth) for part, worth in PROCESS.items()}


def test_a_severity_that_only_the_label_gives_calls_too_many() -> None:
    drill = fly("checkout-bad-deploy", cast="*=severity_label")
    assert (drill.case.severity, drill.severity_truth) == ("P2", "P1")
    assert drill.score.process["team"][0] == drill.score.process["no_extra_people"][0] == 0


def test_the_page_gives_every_part_with_its_points() -> None:
    page = (ROOT / "docs" / "eval.md").read_text()
    told = {part: int(worth) for part, worth in re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE)}
    assert told == {**END_STATE, **PROCESS}

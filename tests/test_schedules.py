"""The order in which parallel tasks run is nobody's business: every schedule of a superstep gives one drill."""

from __future__ import annotations

import pytest
from flights import FEW, fly, simulator

from drillbook.case import Case, Found
from drillbook.casting import Casting
from drillbook.runbook import Runbook
from drillbook.schedules import explore, walk
from drillbook.simulator import Simulator
from drillbook.toolbelt import Brain, Report, Task, Toolbelt


@pytest.mark.parametrize("name", FEW)
def test_every_schedule_gives_one_drill_and_it_is_the_engines(name: str) -> None:
    found = explore(simulator().prepare(name), schedules=12)

    assert found.one
    assert found.divergence is None
    assert found.digests[0] == fly(name).journal.digest


def test_a_walk_without_an_engine_gives_the_lines_of_the_journal() -> None:
    assert walk(simulator().prepare("slow-search").desk()) == tuple(fly("slow-search").journal.lines)


def _gossip(runbook: Runbook) -> Casting:
    """A cast whose investigators share a list: who comes later knows who was there before."""
    heard: list[str] = []
    stubs = Simulator(runbook).stubs

    def sharing(stub: Brain) -> Brain:
        def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
            report = stub(task, case, belt)
            if task.duty == "investigate":
                heard.append(task.role)
                belt.note(Found(text=f"{len(heard)} of us have looked", weight=0))
            return report

        return brain

    return {role: sharing(stub) for role, stub in stubs.items()}


def test_a_list_that_tasks_share_is_found_and_its_place_named() -> None:
    setup = Simulator(simulator().runbook, _gossip(simulator().runbook)).prepare("checkout-bad-deploy")
    found = explore(setup, schedules=4)

    assert not found.one
    assert found.divergence is not None
    assert found.divergence.first.path.startswith("investigate/")
    assert found.divergence.first.what == "note found"
    assert any("of us have looked" in str(part.recorded) for part in found.divergence.first.fields)

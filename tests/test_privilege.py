"""Least privilege: the whole matrix of role and tool. What a charter does not list is refused, journaled, and not done."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flights import scenario, simulator

from drillbook.agents import ROSTER
from drillbook.answers import Component, Receipt
from drillbook.case import Acted, Case, Refused
from drillbook.toolbelt import NotPermitted, Report, Task, Toolbelt
from drillbook.tools import TOOLS
from drillbook.world import World

MATRIX = [(role, tool) for role in ROSTER for tool in TOOLS]


def _belt(role: str) -> Toolbelt:
    spec, system = scenario("database-primary-down")
    task = Task(step="investigate", role=role, duty="investigate", at=600_000, rank=0, turn=1)
    catalogue = tuple(Component(name=part.name, kind=part.kind, stack=part.stack, owner="") for part in system.components)
    return Toolbelt(ROSTER[role].charter, task, Case(catalogue=catalogue), simulator().runbook, World(system, spec, 1),
                    datetime(2026, 1, 1, tzinfo=UTC), now=task.at)  # fmt: skip


def _use(belt: Toolbelt, name: str) -> None:
    tool = TOOLS[name]
    if tool.effect == "reads":
        belt.observe(tool)
    elif tool.effect == "changes":
        belt.act(tool, "db_primary")  # type: ignore[arg-type]
    else:
        belt.say(tool, "topic", "text")  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "tool"), MATRIX)
def test_a_role_can_use_what_its_charter_lists_and_nothing_else(role: str, tool: str) -> None:
    belt = _belt(role)
    if tool in ROSTER[role].charter.tools:
        _use(belt, tool)
        assert belt.now == 600_000 + TOOLS[tool].takes
        assert not any(isinstance(item, Refused) for draft in belt.drafts for item in draft.items)
        return
    with pytest.raises(NotPermitted, match=f"may not use {tool}"):
        _use(belt, tool)
    (draft,) = belt.drafts
    assert isinstance(draft.items[0], Refused)
    assert "refused" in draft.got
    assert belt.now == 600_000, "a refused call takes no time"


def test_only_the_devops_automator_rolls_back_and_only_the_support_responder_publishes() -> None:
    holders = {tool: {role for role, one in ROSTER.items() if tool in one.charter.tools} for tool in ("rollback", "deploy_hotfix", "publish_status")}
    assert holders == {"rollback": {"devops_automator"}, "deploy_hotfix": {"devops_automator"}, "publish_status": {"support_responder"}}


def _rolls_back(task: Task, case: Case, belt: Toolbelt) -> Report:
    """A brain that reaches for another role's tool."""
    belt.act(TOOLS["rollback"], "checkout")  # type: ignore[arg-type]
    return Report(outcome="recovering", why="rolled back")


def test_a_forbidden_call_in_a_drill_is_journaled_and_without_effect() -> None:
    grabbing = ROSTER["support_responder"]._replace(duties={"communicate": _rolls_back})
    roster = {**ROSTER, "support_responder": grabbing}
    drill = type(simulator())(simulator().runbook, None, roster).run(*scenario("checkout-bad-deploy"))

    refused = [record for record in drill.journal.records if "refused" in record["out"]]
    assert refused
    assert {record["actor"] for record in refused} == {"support_responder"}
    assert all(record["kind"] == "act" and record["in"]["name"] == "rollback" for record in refused)
    assert not any(act.role == "support_responder" for act in drill.case.interventions)
    assert any(record["kind"] == "error" and "may not use rollback" in record["out"]["error"] for record in drill.journal.records)
    done = [item.intervention for item in drill.case.all(Acted) if item.intervention]
    assert [act.role for act in done if act.tool == "rollback"] == ["devops_automator"]


def test_no_tool_is_without_a_holder() -> None:
    held = {tool for role in ROSTER.values() for tool in role.charter.tools}
    assert held == {*TOOLS}


def test_a_receipt_says_what_was_set_in_motion() -> None:
    belt = _belt("infrastructure_maintainer")
    receipt = belt.act(TOOLS["failover"], "db_primary")  # type: ignore[arg-type]
    assert isinstance(receipt, Receipt)
    assert (receipt.accepted, receipt.takes_effect) == (True, belt.now)

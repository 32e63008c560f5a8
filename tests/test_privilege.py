"""Least privilege: the whole matrix of role and tool. What a charter does not list is refused, journaled, and not done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flights import fly, scenario, simulator

import drillbook
from drillbook.agents import ROSTER
from drillbook.answers import Component, Evidence, Receipt
from drillbook.case import (
    Acted,
    Activated,
    Case,
    Concluded,
    Escalated,
    Intervention,
    Item,
    Observed,
    Reached,
    Refused,
    Said,
    Stepped,
    Verified,
)  # fmt: skip
from drillbook.toolbelt import NotPermitted, Report, Task, Toolbelt
from drillbook.tools import TOOLS
from drillbook.world import World

MATRIX = [(role, tool) for role in ROSTER for tool in TOOLS]


def _belt(role: str) -> Toolbelt:
    spec, system = scenario("database-primary-down")
    task = Task(step="investigate", role=role, duty="investigate", at=600_000, rank=0, turn=1)
    catalogue = tuple(Component(name=part.name, kind=part.kind, stack=part.stack, owner="") for part in system.components)
    return Toolbelt(ROSTER[role].charter, task, Case(catalogue=catalogue), simulator().runbook, World(system, spec, 1),
                    datetime(2026, 1, 1, tzinfo=UTC))  # fmt: skip


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


@pytest.mark.lawless
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


FORGED: dict[str, Item] = {
    "a rollback that was never asked for": Acted(tool="rollback", target="checkout", detail="", intervention=Intervention(
        tool="rollback", target="checkout", at=700_000, role="devops_automator")),
    "a message that was never sent": Said(channel="publish_status", topic="status_update", text="all is well"),
    "an answer that nobody gave": Observed(tool="verify_fix", answer=Evidence(shows=(), healthy=True, digest="")),
    "the end of the incident": Concluded(outcome="resolved"),
    "a step that nobody took": Stepped(step="verify", outcome="recovered", opened_at=0, roles=(), duties=()),
    "another's conclusion": Verified(check="Verify recovery", ok=True, detail=""),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_what_was_not_done_cannot_be_noted(name: str) -> None:
    belt = _belt("support_responder")
    with pytest.raises(NotPermitted, match="cannot enter"):
        belt.note(FORGED[name])
    (draft,) = belt.drafts
    assert isinstance(draft.items[0], Refused)


def test_a_tool_is_what_the_table_says_whatever_a_brain_makes_of_it() -> None:
    belt = _belt("support_responder")
    with pytest.raises(NotPermitted, match="it is not for observe"):
        belt.observe(replace(TOOLS["publish_status"], effect="reads", takes=0))


def test_a_belt_shows_nothing_of_what_stands_behind_the_tools() -> None:
    belt = _belt("infrastructure_maintainer")
    shown = {name: getattr(belt, name) for name in dir(belt) if not name.startswith("_")}
    assert {*shown} == {"act", "ask", "ask_again", "ask_person", "beside", "case", "charter", "checks", "drafted", "drafts", "failed", "found", "note", "now", "observe", "runbook", "say", "starts", "task", "wait"}
    assert not any(isinstance(value, World) for value in shown.values())
    for name in ("charter", "task", "case", "now", "drafts", "runbook"):
        with pytest.raises(AttributeError):
            setattr(belt, name, None)


def test_no_tool_is_without_a_holder() -> None:
    held = {tool for role in ROSTER.values() for tool in role.charter.tools}
    assert held == {*TOOLS}


def test_a_receipt_says_what_was_set_in_motion() -> None:
    belt = _belt("infrastructure_maintainer")
    receipt = belt.act(TOOLS["failover"], "db_primary")  # type: ignore[arg-type]
    assert isinstance(receipt, Receipt)
    assert (receipt.accepted, receipt.takes_effect) == (True, belt.now)


@pytest.mark.parametrize("item", [Reached(milestone="resolved"), Activated(roles=("finance_tracker",)), Escalated(condition="x", action="y")])
def test_a_conclusion_that_was_refused_is_not_told_as_one(item: Item) -> None:
    """The journal holds that somebody tried; the drill's account does not count it."""

    def overreaching(task: Task, case: Case, belt: Toolbelt) -> Report:
        belt.note(item)
        return Report(outcome="done", why="never gets here")

    drill = drillbook.run("slow-search", cast={"support_responder": overreaching, "backend_architect": overreaching})
    refused = [record for record in drill.journal.records if record["kind"] == "note" and "refused" in record["out"]]
    assert refused
    assert drill.milestones.keys() == fly("slow-search").milestones.keys()
    assert all(raised["condition"] != "x" for raised in drill.escalations)
    assert "finance_tracker" not in drill.account.team
    assert drill.outcome()["digest"] == drill.journal.digest
    assert drillbook.replay(drill).identical

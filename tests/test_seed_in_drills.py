"""Everything in the seed really happens: shown from the journals of the catalogue's drills, and noticed when it no longer does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from flights import FEW, part
from seed import read_seed
from seed_edits import Edit, changed, edited, removed, without_check, without_member, without_row, worded
from seed_happened import Item, happened, items_of, table
from seed_journal import Records
from seed_links import places, steps_of
from seed_rosters import Roster, idle, losing, reviewing_without, saying, shrugging_at, skipping, with_duty

from drillbook.agents import ROSTER
from drillbook.reading import read_runbook, read_scenario
from drillbook.runbook import Runbook
from drillbook.simulator import Simulator

BOOK = read_runbook()
CATALOGUE = {scenario.id: (scenario, system) for scenario, system, _ in map(read_scenario, FEW[:10])}


def journals(runbook: Runbook, roster: Roster = ROSTER, only: list[str] | None = None) -> dict[str, Records]:
    """Every drill of the catalogue (or only some), run with the stub cast: its journal's records by the scenario's id."""
    simulator = Simulator(runbook, roster=roster)
    return {name: simulator.run(*CATALOGUE[name]).journal.records for name in only or CATALOGUE}


@cache
def today() -> dict[str, Records]:
    """The journals of the runbook and the roles as they are."""
    return journals(BOOK)


@cache
def links() -> list[Item]:
    """The seed's items; the runbook as it is says how each shows itself, also in drills of an edited one."""
    return items_of(read_seed(), BOOK)


@cache
def where_today() -> dict[str, list[str]]:
    return happened(links(), today())


def lost(drills: Mapping[str, Records]) -> set[str]:
    """What happens today and did not happen in these drills."""
    return {name for name, where in happened(links(), drills).items() if not where and where_today()[name]}


def unshown(where: Mapping[str, list[str]]) -> set[str]:
    """What should have happened and did not."""
    return {name for name, drills in where.items() if not drills}


def test_every_item_of_the_seed_happened_in_a_drill() -> None:
    print(f"\n{table(where_today())}")
    assert not unshown(where_today()), f"{sorted(unshown(where_today()))} did not happen in any drill:\n{table(where_today())}"


def test_every_group_of_the_seed_is_counted() -> None:
    """The groups, and how many items of each: a link that finds nothing to look for would make the first test easy."""
    count: dict[str, int] = {}
    for name in where_today():
        group = name.partition(":")[0]
        count[group] = count.get(group, 0) + 1
    assert count == {
        "severity": 4, "team": 13, "triage": 5, "check": 12, "branch": 4, "branch step": 13 + 3, "throughout": 2,
        "verification": 9, "post-mortem": 5, "template": 2 + 4, "escalation": 7,
    }  # fmt: skip


def test_briefs_are_for_p0_only() -> None:
    levels = {name: {r["out"]["severity"] for r in records if r["in"].get("name") == "declared"} for name, records in today().items()}
    briefed = {name for name, records in today().items() if any(r["in"].get("topic") == "executive_brief" for r in records)}
    assert briefed == {name for name, declared in levels.items() if "P0" in declared}


def test_no_drill_had_an_error_or_a_refusal() -> None:
    """The evidence is of work done as it should be."""
    bad = [(name, r) for name, records in today().items() for r in records if r["kind"] == "error" or "refused" in r["out"]]
    assert not bad


def _deploys_before_it_verifies(book: Any) -> None:
    """implement, deploy, verify, monitor: all that the branch asks for, in another order."""
    for step, to in (("implement_hotfix", "deploy_hotfix"), ("deploy_hotfix", "verify_hotfix"), ("verify_hotfix", "monitor_hotfix")):
        book["steps"][step]["routes"][0]["to"] = to


FROM_THE_RUNBOOK: list[tuple[str, Edit, str]] = [
    ("severity", without_row("severities", "level", "P3"), "severity: P3 — Low"),
    ("severity's clauses", changed("severities", 2, "any", to=["p0"]), "severity: P2 — Medium"),
    ("member", without_member("P0", "frontend_developer"), "team: P0: Frontend Developer (UI-side investigation)"),
    ("member who is nobody yet", without_member("P1", "relevant_developer"), "team: P1: Relevant Developer Agent (Fix implementation)"),
    ("triage step", without_check("triage", "Create incident channel/thread"),
     "triage: Infrastructure Maintainer: Create incident channel/thread"),
    ("check", without_check("investigate", "Check database health"), "check: Backend Architect: Check database health"),
    ("investigator", removed("steps", "investigate", "crew", 2), "check: DevOps Automator: Check CI/CD pipeline status"),
    ("branch", changed("steps", "diagnose", "routes", 3, "to", to="implement_hotfix"), "branch: IF caused by external dependency"),
    ("branch step", changed("steps", "verify_rollback", "routes", 0, "to", to="verify"),
     "branch step: IF caused by recent deployment, 3. Confirm fix"),
    ("branch steps' order", _deploys_before_it_verifies, "branch step: IF caused by code bug, 3. Deploy hotfix"),
    ("cadence", removed("throughout", 1), "throughout: Brief stakeholders (P0 only)"),
    ("cadence's time", changed("throughout", 0, "every", to="40m"), "throughout: Update status page every 15 minutes"),
    ("verification line", without_check("verify", "Screenshot evidence of working state"),
     "verification: Evidence Collector: Screenshot evidence of working state"),
    ("watch", changed("steps", "verify", "routes", 0, "to", to="post_mortem"),
     "verification: Infrastructure Maintainer: Monitor for 30 minutes post-fix"),
    ("post-mortem part", without_row("post_mortem", "title", "Prevention measures"), "post-mortem: Prevention measures"),
    ("question", removed("post_mortem", 1, "questions", 3), "post-mortem: Root cause analysis"),
    ("template's line", worded("templates", "status_update", "text", old="Next update: [When to expect the next update]\n", new=""),
     "template: Status Page Update (Support Responder)"),
    ("template", worded("templates", "executive_brief", "text", old="INCIDENT BRIEF", new="NEWS"),
     "template: Executive Update (Executive Summary Generator — P0 only)"),
    ("escalation", without_row("escalations", "condition", "Data breach suspected"),
     "escalation: Data breach suspected → Legal Compliance Checker"),
    ("escalation's second role", changed("escalations", 4, "to", to=["finance_tracker"]),
     "escalation: Revenue impact > $X → Studio Producer"),
    ("escalation's time", changed("escalations", 1, "after", to="2h10m"), "escalation: P1 not resolved in 2 hours → Project Shepherd"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "item"), [loss[1:] for loss in part(FROM_THE_RUNBOOK, 3)], ids=[loss[0] for loss in part(FROM_THE_RUNBOOK, 3)])
def test_what_is_taken_out_of_the_runbook_no_longer_happens(edit: Edit, item: str) -> None:
    book = edited(edit)
    drills = journals(book)
    assert item in lost(drills), f"{item!r} still happened; what was lost: {sorted(lost(drills))}"
    assert unshown(happened(items_of(read_seed(), book), drills)), "were this the runbook, the first test would not have noticed"


FROM_AN_AGENT: list[tuple[str, Roster, str]] = [
    ("severity", with_duty("infrastructure_maintainer", "triage", shrugging_at("P3")), "severity: P3 — Low"),
    ("team", with_duty("infrastructure_maintainer", "triage", skipping("activate_team")),
     "team: P0: Support Responder (User communication)"),
    ("triage step", with_duty("infrastructure_maintainer", "triage", skipping("open_channel")),
     "triage: Infrastructure Maintainer: Create incident channel/thread"),
    ("check", with_duty("backend_architect", "investigate", skipping("review_api_error_rates")),
     "check: Backend Architect: Review API error rates"),
    ("branch step", with_duty("evidence_collector", "check", idle("recovering")),
     "branch step: IF caused by recent deployment, 3. Confirm fix"),
    ("throughout", with_duty("support_responder", "communicate", idle("told")), "throughout: Update status page every 15 minutes"),
    ("verification line", with_duty("api_tester", "verify", skipping("measure_error_rates")),
     "verification: API Tester: Confirm error rates at baseline"),
    ("verification's result", with_duty("api_tester", "verify", losing(lambda draft: draft.name == "verified")),
     "verification: API Tester: Confirm error rates at baseline"),
    ("post-mortem part", with_duty("workflow_optimizer", "review", reviewing_without("Impact assessment")),
     "post-mortem: Impact assessment"),
    ("template", with_duty("executive_summary_generator", "brief", saying("All will be well.")),
     "template: Executive Update (Executive Summary Generator — P0 only)"),
    ("escalation", with_duty("legal_compliance_checker", "escalate", idle("told")),
     "escalation: User data affected → Legal Compliance Checker"),
    ("escalation's record", with_duty("project_shepherd", "escalate", losing(lambda draft: draft.name == "escalated")),
     "escalation: P1 not resolved in 2 hours → Project Shepherd"),
]  # fmt: skip


@pytest.mark.lawless
@pytest.mark.parametrize(("roster", "item"), [loss[1:] for loss in part(FROM_AN_AGENT, 2)], ids=[loss[0] for loss in part(FROM_AN_AGENT, 2)])
def test_what_an_agent_leaves_out_no_longer_happens(roster: Roster, item: str) -> None:
    gone = lost(journals(BOOK, roster))
    assert item in gone, f"{item!r} still happened; what was lost: {sorted(gone)}"


MOST = None if os.environ.get("DRILLBOOK_PROFILE") == "thorough" else 2


JUDGEMENT = {
    "Assess scope and impact": "triage measures whether or not the runbook lists the line: nothing can be classified unmeasured",
    "Classify severity (P0/P1/P2/P3)": "a line without a tool: triage classifies whether or not the runbook lists it",
}
"""Lines that the roles carry out even where the runbook does not list them."""


def _lines_of_the_seed() -> list[tuple[str, str]]:
    """(step, text) of every line of the runbook that a line of the seed stands behind."""
    seed = read_seed()
    branches = {line.text for branch in seed.branches for line in branch.lines}
    steps = (seed.triage, seed.investigation, seed.verification)
    written = {name: {line.text for line in step.lines} for step in steps for name in steps_of(BOOK, step)}
    there = places(BOOK, tuple(BOOK.steps))
    wanted = [(place.step, place.check.text) for place in there
              if place.check.text in written.get(place.step, branches if BOOK.steps[place.step].branch else ())]
    return list(dict.fromkeys(wanted))


@pytest.mark.lawless
def test_each_single_line_that_is_taken_out_is_missed() -> None:
    """Triage, checks, branches and verification: without the line, the drills in which it happened no longer show it.

    The ordinary profile flies two of them, the thorough one (DRILLBOOK_PROFILE=thorough) all.
    """
    unnoticed, lines = [], _lines_of_the_seed()
    assert len(lines) == 5 + 12 + 13 + 9
    for step, text in lines:
        items = [item for item in links() if item.name.endswith(text) and item.group in ("triage", "check", "branch step", "verification")]
        only = sorted({drill for item in items for drill in where_today()[f"{item.group}: {item.name}"]})[:MOST]
        gone = lost(journals(edited(without_check(step, text)), only=only))
        if not any(name.endswith(text) for name in gone):
            unnoticed.append(text)
    assert unnoticed == list(JUDGEMENT)


@pytest.mark.parametrize("text", JUDGEMENT)
def test_an_item_that_the_runbook_does_not_list_is_not_shown_whatever_the_roles_do(text: str) -> None:
    book = edited(without_check("triage", text))
    where = happened(items_of(read_seed(), book), journals(book))
    assert not where[f"triage: Infrastructure Maintainer: {text}"]

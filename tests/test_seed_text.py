"""The runbook says all that the seed says: its file is held against the seed's text, and every kind of loss is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from seed import Line, parse, read_seed
from seed_edits import Edit, changed, edited, removed, swapped, without_check, without_member, without_row, worded
from seed_missing import missing

from drillbook.reading import read_runbook


def test_the_runbook_says_all_that_the_seed_says() -> None:
    lost = missing(read_seed(), read_runbook())
    assert not lost, "the runbook lacks of the seed:\n" + "\n".join(lost)


def test_the_parser_finds_every_part_of_the_seed() -> None:
    """How many of each the seed has; a parser that overlooks some would make every other test here easy."""
    seed = read_seed()
    counted = {
        "severities": len(seed.severities), "examples": sum(len(row.examples) for row in seed.severities),
        "teams": len(seed.teams), "members": sum(map(len, seed.teams.values())),
        "triage": len(list(seed.triage.lines)), "checks": len(list(seed.investigation.lines)),
        "branches": len(seed.branches), "branch steps": sum(len(branch.lines) for branch in seed.branches),
        "throughout": len(seed.throughout), "verification": len(list(seed.verification.lines)),
        "post-mortem": len(list(seed.review.lines)), "questions": sum(len(line.details) for line in seed.review.lines),
        "templates": len(seed.templates), "escalations": len(seed.escalations), "outputs": sum(bool(step.output) for step in seed.steps),
    }  # fmt: skip
    assert counted == {
        "severities": 4, "examples": 11, "teams": 4, "members": 13, "triage": 5, "checks": 12, "branches": 4, "branch steps": 13,
        "throughout": 2, "verification": 9, "post-mortem": 5, "questions": 19, "templates": 2, "escalations": 5, "outputs": 4,
    }  # fmt: skip


def test_a_step_without_a_name_before_it_is_nobodys() -> None:
    nobodys = [line for branch in read_seed().branches for line in branch.lines if line.role is None]
    assert nobodys == [Line(None, "Verify recovery"), Line(None, "Monitor for external recovery")]


def test_a_line_that_the_parser_does_not_know_is_an_error() -> None:
    text = "# Runbook: X\n## Scenario\n### Step 1: Look (now)\n```\nA line of no known kind\n```"
    with pytest.raises(ValueError, match="A line of no known kind"):
        parse(text)


@pytest.mark.parametrize(("required", "ends"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_the_seed_the_comparison_is_skipped_or_fails_if_required(
    required: str, ends: type[BaseException], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DRILLBOOK_REQUIRE_SERVICES", required)
    monkeypatch.setattr("seed.SEEDS", tmp_path)
    with pytest.raises(ends, match="the seed text is not at"):
        read_seed()


INVESTIGATORS = {"maintainer": 0, "architect": 1, "devops": 2}
STATUS, BRIEF = ("templates", "status_update"), ("templates", "executive_brief")


def _first_two_routes_change_places(book: Any) -> None:
    rows = book["steps"]["diagnose"]["routes"]
    rows[0]["if"], rows[1]["if"] = rows[1]["if"], rows[0]["if"]


LOSSES: list[tuple[str, Edit, list[str]]] = [
    ("title", changed("title", to="Something"), ["title: Incident Response"]),
    ("scenario", worded("summary", old="so does doing it right", new="that is all"), ["scenario: Something is broken in production"]),
    ("trigger", lambda book: book["triggers"].remove("User report"), ["trigger: User report"]),
    ("severity", without_row("severities", "level", "P2"), ["severities: P2"]),
    ("severities' order", lambda book: book["severities"].reverse(), ["severities: P0 (out of order)"]),
    ("severity's name", changed("severities", 1, "name", to="Severe"), ["severity P1: High"]),
    ("definition", worded("severities", 0, "definition", old=", data loss", new=""), ["severity P0: Service completely down, data loss"]),
    ("example", lambda book: book["severities"][0]["examples"].remove("DDoS attack"), ["severity P0, examples: DDoS attack"]),
    ("response time", changed("severities", 2, "response_time", to="< 8 hours"), ["severity P2: < 4 hours"]),
    ("member", without_member("P0", "frontend_developer"), ["team P0: Frontend Developer | UI-side investigation"]),
    ("member's role", changed("teams", "P2", 1, "as", to="Watch"), ["team P2: Evidence Collector | Verify fix"]),
    ("member's action", removed("teams", "P0", 5, "action"),
     ["team P0: Executive Summary Generator | Stakeholder communication | Real-time"]),
    ("role's name", changed("roles", "api_tester", to="Tester"), ["Resolution Verification, API Tester: Run regression"]),
    ("triage step", without_check("triage", "Create incident channel/thread"),
     ["Detection & Triage, Infrastructure Maintainer: Create incident"]),
    ("triage's order", lambda book: book["steps"]["triage"]["crew"][0]["does"].reverse(), ["Maintainer: Acknowledge alert (out of order)"]),
    ("sub question", lambda book: book["steps"]["triage"]["crew"][0]["does"][1]["details"].pop(), ["impact: Is data at risk?"]),
    ("check", without_check("investigate", "Prepare rollback if needed"), ["Investigation, DevOps Automator: Prepare rollback if needed"]),
    ("check's note", removed("steps", "investigate", "crew", INVESTIGATORS["architect"], "note"), ["Backend Architect, note: if P0/P1"]),
    ("label", removed("steps", "investigate", "label"), ["Investigation, label: PARALLEL INVESTIGATION"]),
    ("window", changed("steps", "investigate", "window", to="5-60 minutes"), ["Investigation, window: 5-30 minutes"]),
    ("tree's window", removed("steps", "diagnose", "window"), ["Mitigation, window: 15-60 minutes"]),
    ("step's title", changed("steps", "post_mortem", "title", to="Review"), ["steps: Post-Mortem"]),
    ("output", removed("steps", "investigate", "output"), ["Investigation, output: Root cause identified (or narrowed"]),
    ("branch", removed("steps", "diagnose", "routes", 2, "if"), ["decision tree: IF caused by code bug"]),
    ("branches' heads", _first_two_routes_change_places, ["IF caused by recent deployment: DevOps Automator: Execute rollback"]),
    ("branch step", changed("steps", "verify_rollback", "routes", 0, "to", to="verify"), ["deployment: Evidence Collector: Confirm fix"]),
    ("branch step's order", swapped("verify_hotfix", "deploy_hotfix"),
     ["IF caused by code bug: Evidence Collector: Verify fix (out of order)"]),
    ("branch step's role", changed("steps", "tell_users", "crew", 0, "role", to="devops_automator"),
     ["IF caused by external dependency: Support Responder: Communicate to users"]),
    ("branch step of nobody", changed("steps", "verify_infrastructure", "crew", 0, "does", to=[]),
     ["IF caused by infrastructure issue: Verify recovery"]),
    ("cadence", removed("throughout", 1), ["throughout: Executive Summary Generator: Brief stakeholders (P0 only)"]),
    ("cadence's words", worded("throughout", 0, "text", old="15", new="45"),
     ["throughout: Support Responder: Update status page every 15"]),
    ("cadence's time", changed("throughout", 0, "every", to="20m"), ["Update status page every 15 minutes (but it is every 1200000 ms)"]),
    ("verification line", without_check("verify", "Verify response times normalized"), ["API Tester: Verify response times normalized"]),
    ("verification's note", removed("steps", "verify", "crew", 2, "note"), ["API Tester, note: if API-related"]),
    ("watch", removed("steps", "watch", "output"),
     ["Resolution Verification, output: Incident resolved", "Infrastructure Maintainer: Monitor for 30 minutes post-fix"]),
    ("watch's length", changed("watch", "lasts", to="10m"), ["Resolution Verification: the watch lasts 600000 ms, not 1800000 ms"]),
    ("who leads", worded("steps", "post_mortem", "crew", 0, "does", 0, "text", old="leads", new="has"),
     ["Workflow Optimizer leads post-mortem"]),
    ("post-mortem part", without_row("post_mortem", "title", "Impact assessment"),
     ["post-mortem, parts: Impact assessment", "post-mortem, Impact assessment: Reputation impact"]),
    ("question", removed("post_mortem", 1, "questions", 3), ["post-mortem, Root cause analysis: 5 Whys analysis"]),
    ("action item", removed("post_mortem", 4, "questions", 2), ["post-mortem, Action items: [Action] → [Owner] → [Deadline]"]),
    ("questions' order", lambda book: book["post_mortem"][2]["questions"].reverse(), ["Impact assessment: Users affected (out of order)"]),
    ("template", removed(*STATUS), ["templates: Status Page Update (Support Responder)"]),
    ("template's line", worded(*STATUS, "text", old="Impact: [Description of user impact]\n", new=""),
     ["Impact: [Description of user impact]"]),
    ("template's words", worded(*BRIEF, "text", old="[down/degraded]", new="in trouble"),
     ["only): SITUATION: [Service] is [down/degraded]"]),
    ("template's extra line", worded(*BRIEF, "text", old="CAUSE", new="BLAME: nobody\nCAUSE"), ["BLAME: nobody (is not in the seed)"]),
    ("template's role", changed(*BRIEF, "role", to="studio_producer"), ["P0 only), role: Executive Summary Generator"]),
    ("escalation", without_row("escalations", "condition", "Data breach suspected"),
     ["escalations: Data breach suspected | Legal Compliance Checker | Regulatory notification assessment"]),
    ("escalation's role", lambda book: book["escalations"][4]["to"].pop(), ["Revenue impact > $X | Finance Tracker + Studio Producer"]),
    ("escalation's action", worded("escalations", 0, "action", old=", vendor escalation", new=""),
     ["Additional resources, vendor escalation"]),
    ("escalation's time", changed("escalations", 1, "after", to="3h"), ["P1 not resolved in 2 hours (but it is due after 10800000 ms)"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "named"), [loss[1:] for loss in LOSSES], ids=[loss[0] for loss in LOSSES])
def test_every_kind_of_loss_is_named(edit: Edit, named: list[str]) -> None:
    lost = missing(read_seed(), edited(edit))
    for words in named:
        assert any(words in line for line in lost), f"{words!r} is not among:\n" + "\n".join(lost)


@pytest.mark.parametrize("loss", ["check", "escalation", "example", "member"])
def test_nothing_else_is_named(loss: str) -> None:
    """A loss of one item is told in one line: whoever reads it knows what to put back."""
    edit = next(edit for name, edit, _ in LOSSES if name == loss)
    assert len(missing(read_seed(), edited(edit))) == 1

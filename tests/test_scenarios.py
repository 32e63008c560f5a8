"""The scenarios: each ends as its file expects, by the way that the runbook prescribes for its branch and severity."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flights import IDS, command, fly

from drillbook.case import Declared, Diagnosed
from drillbook.drill import Drill

TEAMS: dict[str | None, set[str]] = {
    "P0": {"Infrastructure Maintainer", "DevOps Automator", "Backend Architect", "Frontend Developer", "Support Responder",
           "Executive Summary Generator"},
    "P1": {"Infrastructure Maintainer", "DevOps Automator", "Support Responder"},
    "P2": {"Evidence Collector"},
    "P3": {"Sprint Prioritizer"},
}  # fmt: skip
"""By severity, without the Relevant Developer Agent, whom P1 and P2 have."""

STACKS = {
    **dict.fromkeys(("backend", "database", "queue", "external"), "Backend Architect"),
    **dict.fromkeys(("web", "mobile"), "Frontend Developer"), **dict.fromkeys(("pipeline", "infrastructure"), "DevOps Automator"),
}  # fmt: skip
"""Who the Relevant Developer Agent is, where no team of the system owns the component."""

INVESTIGATORS: dict[str, set[str]] = {
    "P0": {"Infrastructure Maintainer", "Backend Architect", "DevOps Automator", "Frontend Developer"},
    "P1": {"Infrastructure Maintainer", "Backend Architect", "DevOps Automator"},
    "P2": {"Infrastructure Maintainer", "DevOps Automator"},
}

BRANCHES = {
    "deployment": ["DevOps Automator", "Infrastructure Maintainer", "Evidence Collector"],
    "infrastructure": ["Infrastructure Maintainer", "DevOps Automator", "Infrastructure Maintainer"],
    "code_bug": ["Relevant Developer Agent", "Evidence Collector", "DevOps Automator", "Infrastructure Maintainer"],
    "external_dependency": ["Infrastructure Maintainer", "Support Responder", "Infrastructure Maintainer"],
}
"""Who acts after the decision, in order, as the runbook's decision tree says."""


@pytest.mark.parametrize("name", IDS)
def test_a_drill_ends_as_the_scenario_expects(name: str) -> None:
    drill = fly(name)
    expect, outcome = drill.scenario.expect, drill.outcome()

    assert (outcome["severity"], outcome["cause"], outcome["component"]) == (expect.severity, expect.cause, expect.component)
    assert outcome["outcome"] == expect.outcome
    assert outcome["team"] == list(expect.team)
    assert outcome["score"]["points"] == (100 if expect.outcome != "unresolved" else 80), "of an unresolved one all but the outcome"
    if _straight(drill):
        assert [part["step"] for part in outcome["route"]] == list(expect.route)
    else:
        assert not expect.route, "where a first fix does not hold, more than one way is right"


def _straight(drill: Drill) -> bool:
    """Whether the first diagnosis was acted on and led to recovery, and that held."""
    failed = any(part["outcome"] in ("not_recovered", "relapsed", "rejected", "failed") for part in drill.route)
    return not failed and ("diagnose", "recovered") not in {(part["step"], part["outcome"]) for part in drill.route}


@pytest.mark.parametrize("name", IDS)
def test_the_expectation_is_what_the_world_says(name: str) -> None:
    drill, expect = fly(name), fly(name).scenario.expect

    assert drill.severity_truth == expect.severity
    if expect.cause:
        assert (drill.truth.cause, drill.truth.component) == (expect.cause, expect.component)


@pytest.mark.parametrize("name", IDS)
def test_the_right_people_take_part(name: str) -> None:
    drill = fly(name)
    names = drill.runbook.roles

    levels = [item.severity for item in drill.case.all(Declared)]
    known = {_owner(drill, component) for component in _suspects(drill)}
    team = set().union(*[TEAMS[level] | (known if level in ("P1", "P2") else set()) for level in levels])
    assert {names[role] for role in drill.case.members} == team
    first = next((part for part in drill.route if part["step"] == "investigate"), None)
    if first:
        named = drill.case.as_of(first["at"]).component
        relevant = {_owner(drill, named)} if levels[0] == "P2" and named else set()
        assert {names[role] for role in first["roles"]} == INVESTIGATORS[levels[0]] | relevant
    else:
        assert drill.case.severity in (None, "P3")


@pytest.mark.parametrize("name", IDS)
def test_who_leads_each_step_of_a_branch_is_whom_the_decision_tree_names(name: str) -> None:
    drill = fly(name)
    runbook, owners = drill.runbook, {_owner(drill, component) for component in _suspects(drill)}
    led = [(part["step"], runbook.roles[part["role"]]) for part in drill.route if runbook.steps[part["step"]].branch]
    for step, role in led:
        branch = str(runbook.steps[step].branch)
        order = [one for one, spec in runbook.steps.items() if spec.branch == branch]
        named = BRANCHES[branch][order.index(step)]
        assert role in (owners if named == "Relevant Developer Agent" else {named})
    if _straight(drill):
        taken = {str(runbook.steps[step].branch) for step, _ in led}
        forward = {"code_bug"} if drill.outcome()["cause"] == "deployment" and "roll_back" not in {step for step, _ in led} else None
        assert taken == (forward or {drill.outcome()["cause"]} & {*BRANCHES})
        assert len(led) == sum(len(BRANCHES[branch]) for branch in taken)


def _owner(drill: Drill, component: str) -> str:
    spec = next(spec for spec in drill.system.components if spec.name == component)
    return drill.runbook.roles[drill.system.teams[spec.team]] if spec.team else STACKS[spec.stack]


def _suspects(drill: Drill) -> set[str]:
    """The components that were at fault as far as the responders knew: by the alerts when it was declared, and by every diagnosis."""
    declared = [drill.case.as_of(entry.at).component for entry, _ in drill.case.each(Declared)]
    return {name for name in (*declared, *(item.component for item in drill.case.all(Diagnosed))) if name}


def test_every_branch_and_severity_is_reached() -> None:
    drills = [fly(name) for name in IDS]

    assert {drill.case.severity for drill in drills} == {"P0", "P1", "P2", "P3", None}
    assert {drill.outcome()["cause"] for drill in drills} == {*BRANCHES, None}
    assert any(part["outcome"] == "unknown" for drill in drills for part in drill.route)


def test_the_api_tester_comes_only_where_an_api_was_hit() -> None:
    for drill in map(fly, IDS):
        verified = [part["roles"] for part in drill.route if part["step"] == "verify"]
        hit = any(feature.api and feature.failing_pct >= 1 for feature in (drill.case.worst.features if drill.case.worst else ()))
        assert all(("api_tester" in roles) is hit for roles in verified)


def test_the_command_prints_one_json_document(tmp_path: Path) -> None:
    done = command("run", "checkout-bad-deploy", "--json", cwd=tmp_path)
    printed = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert printed["scenario"] == "checkout-bad-deploy"
    assert printed["digest"] == fly("checkout-bad-deploy").journal.digest
    assert (tmp_path / printed["journal"]).is_file()
    assert {"seed", "severity", "cause", "component", "outcome", "route", "milestones", "messages", "escalations", "score"} <= {*printed}
    assert all({*part} >= {"step", "role", "outcome", "at"} for part in printed["route"])


def test_a_webhook_body_of_alertmanager_starts_a_drill(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({
        "version": "4", "status": "firing", "receiver": "r", "groupKey": "k", "truncatedAlerts": 0,
        "alerts": [
            {"status": "resolved", "labels": {"alertname": "Old", "service": "cart"}, "annotations": {}},
            {"status": "firing", "labels": {"alertname": "CartDown", "service": "cart", "severity": "info"}, "annotations": {"summary": "it is red"}},
        ],
    }))  # fmt: skip
    printed = json.loads(command("run", "month-end-bug", "--alert", str(body), "--json", cwd=tmp_path).stdout)

    assert printed["severity"] == "P1", "measured, whatever the label says"
    assert printed["cause"] == "code_bug"
    journal = (tmp_path / printed["journal"]).read_text()
    assert '"it is red"' in journal
    assert '"Old"' not in journal

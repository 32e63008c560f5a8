"""Chat models at the toolbelt: a good one, a dozen broken ones, and what comes of their answers in journal and replay."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flights import FEW, command, fly, part
from langchain_core.messages import AIMessage
from scripted import Heard, Script, Scripted, call, good, report

import drillbook
from drillbook.brains.budget import Budget, ModelName
from drillbook.case import Found
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.toolbelt import Brain

ROLES = ("backend_architect", "support_responder")
DEPLOY = "checkout-bad-deploy"


def played(script: Script, *, name: str = "scripted:model?calls=20", scenario: str = DEPLOY, roles: tuple[str, ...] = ROLES) -> Drill:
    brain: Brain = drillbook.as_brain(Scripted(script=script), name)
    return drillbook.run(scenario, cast=dict.fromkeys(roles, brain))


def records(drill: Drill, kind: str, actor: str | None = None) -> list[Mapping[str, Any]]:
    return [one for one in drill.journal.records if one["kind"] == kind and actor in (None, one["actor"])]


def test_a_model_uses_the_tools_of_the_runbook_in_virtual_time_and_its_report_stands() -> None:
    drill = played(good)

    assert drill.case.outcome == "resolved"
    used = [one["in"]["name"] for one in records(drill, "observe", "backend_architect")]
    assert used == [one["in"]["name"] for one in records(fly(DEPLOY), "observe", "backend_architect")], "what the stub looks at, too"
    (task,) = records(drill, "task", "backend_architect")
    assert task["out"] == {"outcome": "investigated", "why": "the checks were carried out"}
    told = [one["out"]["text"] for one in records(drill, "say", "support_responder")]
    assert (told[0], told[-1]) == ("Investigating. Checkout fails for some of you.", "Resolved. Checkout fails for some of you.")
    assert not records(drill, "error")


def test_it_sees_its_charter_the_task_and_no_more_than_the_case() -> None:
    drill = played(good)
    (system, user), *_ = [one["in"]["request"]["messages"][:2] for one in records(drill, "ask", "backend_architect")]
    assert drill.setup.simulator.roster["backend_architect"].charter.mission in system["content"]
    assert "Your duty now: investigate" in user["content"]
    for secret in (drill.scenario.id, drill.scenario.title, "bad_deployment", "expect"):
        assert secret not in json.dumps([system, user])
    tools = {one["function"]["name"] for one in records(drill, "ask", "backend_architect")[0]["in"]["request"]["tools"]}
    assert tools - {"wait"} <= drill.setup.simulator.roster["backend_architect"].charter.tools


def test_a_drill_of_models_replays_from_its_journal_alone(tmp_path: Path) -> None:
    played(good).journal.write(tmp_path / "drill.jsonl")
    done = command("replay", "drill.jsonl", cwd=tmp_path, DRILLBOOK_MODELS="off", OPENAI_API_KEY="")
    assert (done.returncode, done.stderr) == (0, "")
    assert "identical" in done.stdout


FINDING = {"tool": "review_api_error_rates", "text": "checkout fails most", "weight": 3, "cause": "deployment", "component": "checkout"}


def test_findings_of_a_model_are_evidence_with_the_record_that_they_rest_on() -> None:
    def script(heard: Heard) -> AIMessage:
        if heard.duty != "investigate":
            return good(heard)
        return good(heard) if heard.used < 2 else report(outcome="investigated", why="seen", findings=[FINDING])

    drill = played(script)
    (found,) = [item for entry, item in drill.case.each(Found) if entry.role == "backend_architect"]
    assert found.text == "checkout fails most"
    source = drill.journal.records[found.ref]
    assert (source["actor"], source["in"]["name"]) == ("backend_architect", "review_api_error_rates")


def prose(heard: Heard) -> AIMessage:
    return AIMessage(content="I believe the database is sad, and I would look into it.")


def wrong_enum(heard: Heard) -> AIMessage:
    return report(outcome="everything_is_fine", why="trust me", message="All good.")


def enormous(heard: Heard) -> AIMessage:
    return AIMessage(content="x" * 10_000_000)


def forbidden(heard: Heard) -> AIMessage:
    """Calls for what nobody offered it."""
    return call("rollback", heard.used, target=f"checkout{'' if heard.used < 1 else heard.used}")


def endless(heard: Heard) -> AIMessage:
    return call("check_database_health" if "check_database_health" in heard.tools else "wait", heard.used)


def raising(heard: Heard) -> AIMessage:
    raise ConnectionError("the model is on fire")


class Speechless(Exception):
    def __str__(self) -> str:
        raise ValueError("an error in the error")


def speechless(heard: Heard) -> AIMessage:
    raise Speechless


def verbose(heard: Heard) -> AIMessage:
    raise ConnectionError("x" * 5_000_000)


def cancelled(heard: Heard) -> AIMessage:
    raise asyncio.CancelledError


def leaving(heard: Heard) -> AIMessage:
    sys.exit(3)


def long_name(heard: Heard) -> AIMessage:
    return call("x" * 1_000_000, heard.used)


def silent(heard: Heard) -> AIMessage:
    time.sleep(60)  # longer than the budget allows; the test does not wait for it
    return prose(heard)


BROKEN: dict[str, tuple[Script, str, str]] = {
    "prose instead of JSON": (prose, "", "no report that fits"),
    "a wrong enum": (wrong_enum, "", "no report that fits"),
    "ten megabytes": (enormous, "&tokens=99000000", "it is too long"),
    "a tool that is not permitted": (forbidden, "", "and none was a report"),
    "an endless loop of tools": (endless, "", "goes in circles"),
    "an exception": (raising, "", "the model is on fire"),
    "an exception without words": (speechless, "", "Speechless: it does not say what"),
    "an exception of five megabytes": (verbose, "", "xxx"),
    "a cancellation": (cancelled, "", "the model stopped with CancelledError"),
    "an exit": (leaving, "", "the model stopped with SystemExit"),
    "a tool with a name of a megabyte": (long_name, "&tokens=99000000", "goes in circles"),
    "a time-out": (silent, "&timeout=0.05", "no answer within 0.05 s"),
}


@pytest.mark.parametrize("fallback", ["stub", "unknown"])
@pytest.mark.parametrize("what", part(BROKEN, 2))
@pytest.mark.lawless
def test_a_broken_model_is_relieved_and_the_incident_goes_on(what: str, fallback: str, tmp_path: Path) -> None:
    script, more, why = BROKEN[what]
    drill = played(script, name=f"scripted:broken?calls=6&fallback={fallback}{more}")

    assert drill.case.outcome in ("resolved", "unresolved")
    errors = [one["out"]["error"] for one in records(drill, "error") if one["actor"] in ROLES]
    assert errors, "that it was relieved is in the journal"
    assert all(why in error or (script in (forbidden, endless, long_name) and "no report that fits" in error) for error in errors), errors
    assert any(why in error for error in errors)
    assert all(error.endswith("the stub goes on" if fallback == "stub" else "is taken") for error in errors)
    assert max(map(len, drill.journal.lines)) < 200_000, "no answer floods the journal"
    if fallback == "stub":
        assert drill.case.outcome == "resolved"
        assert records(drill, "say", "support_responder"), "users were told all the same"
    again = drill.replay()
    assert again.identical, again.divergence


@pytest.mark.lawless
def test_a_tool_that_is_not_permitted_is_refused_journaled_and_without_effect() -> None:
    drill = played(forbidden, name="scripted:greedy?calls=4")
    refused = [one for one in drill.journal.records if "refused" in one["out"] and one["actor"] in ROLES]
    assert {one["in"]["name"] for one in refused} == {"rollback"}
    assert [act.role for act in drill.case.interventions] == ["devops_automator"]


def test_what_does_not_fit_is_sent_back_with_what_is_wrong_and_may_be_mended() -> None:
    told: list[str] = []

    def learning(heard: Heard) -> AIMessage:
        if heard.duty != "investigate" or heard.used < 2:
            return good(heard)
        told.append(heard.last)
        number = sum("no report" in message.text for message in heard.messages)
        return [prose(heard), report(outcome="investigatd", why="?"), report(outcome="investigated", why="now it fits")][min(len(told), 3) - 1 if not number else 2]

    drill = played(learning, roles=("backend_architect",))
    (task,) = records(drill, "task", "backend_architect")
    assert task["out"]["why"] == "now it fits"
    assert "as one JSON object of this schema" in told[1]
    assert any("outcome 'investigatd'; valid: investigated" in text for text in told)
    assert not records(drill, "error")


BUDGETS = {"calls=1": "are all that it may give", "tokens=10&calls=9": "tokens of 10 are spent", "minutes=1&calls=9": "minutes are spent of 1"}


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_budget_is_kept(budget: str) -> None:
    drill = played(good, name=f"scripted:dear?{budget}", roles=("backend_architect",))
    (error,) = records(drill, "error", "backend_architect")
    assert BUDGETS[budget] in error["out"]["error"]
    assert drill.case.outcome == "resolved"


WHOLE = ("infrastructure_maintainer", "devops_automator", "backend_architect", "frontend_developer", "evidence_collector", "api_tester",
         "support_responder", "executive_summary_generator", "workflow_optimizer", "sprint_prioritizer")  # fmt: skip


@pytest.mark.lawless
@pytest.mark.parametrize("scenario", FEW)
def test_a_whole_cast_of_models_that_know_nothing_ends_every_incident_somehow(scenario: str) -> None:
    """`good` reports plainly and has no judgement: it fills in what each form needs at least."""
    drill = played(good, scenario=scenario, roles=WHOLE, name="scripted:naive?calls=8")
    assert drill.case.outcome in ("resolved", "unresolved", "backlog", "not_an_incident")
    assert drill.replay().identical


NAMES = {
    "openai:gpt-5?callz=3": "unknown 'callz'; did you mean 'calls'?",
    "openai:gpt-5?calls=0": "calls: Input should be greater than or equal to 1",
    "openai:gpt-5?fallback=panic": "fallback: Input should be 'stub' or 'unknown'",
    "openai:gpt-5?minutes=soon": "minutes: Input should be a valid integer",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_budget_that_cannot_be_is_refused_in_a_line(name: str, tmp_path: Path) -> None:
    done = command("run", DEPLOY, "--cast", f"backend_architect={name}", cwd=tmp_path)
    assert done.returncode == 2
    assert NAMES[name] in done.stderr
    assert done.stderr.count("\n") == 1


def test_parameters_of_the_model_are_carried_in_every_request() -> None:
    name = ModelName.parse("openai:gpt-5?calls=3&temperature=0&reasoning_effort=low")
    assert (name.name, name.budget, name.parameters) == ("openai:gpt-5", Budget(calls=3), {"temperature": 0, "reasoning_effort": "low"})
    drill = played(good, name="scripted:model?calls=20&temperature=0", roles=("backend_architect",))
    assert {one["in"]["request"]["parameters"]["temperature"] for one in records(drill, "ask")} == {0}


@pytest.mark.parametrize(("env", "message"), [({"DRILLBOOK_MODELS": "off"}, "live models are off here"), ({"DRILLBOOK_MODELS": ""}, "openai:gpt-5")])
def test_a_model_that_cannot_be_asked_is_one_line_before_anything_runs(env: dict[str, str], message: str, tmp_path: Path) -> None:
    done = command("run", DEPLOY, "--cast", "backend_architect=openai:gpt-5", cwd=tmp_path, OPENAI_API_KEY="", **env)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir()), "nothing was flown, nothing written"


def test_tests_ask_no_real_model() -> None:
    assert os.environ["DRILLBOOK_MODELS"] == "off"
    with pytest.raises(BadInput, match="live models are off here"):
        drillbook.run(DEPLOY, cast="backend_architect=openai:gpt-5")


def test_usage_is_counted_from_the_answers() -> None:
    drill = played(good)
    counted = Counter[str]()
    for one in records(drill, "ask"):
        counted.update(one["out"]["answer"]["usage"])
    assert drill.usage.tokens == dict(counted)
    assert drill.usage.answers == len(records(drill, "ask"))

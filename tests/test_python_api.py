"""drillbook in a notebook or a REPL: what there is to fly, scenarios built and edited in code, and results that can be read aloud."""

from __future__ import annotations

import copy
import pickle
import pydoc
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from flights import IDS, fly

import drillbook
from drillbook import Scenario
from drillbook.case import Case
from drillbook.cli import main
from drillbook.errors import BadInput
from drillbook.toolbelt import Report, Task, Toolbelt

NAME = "checkout-bad-deploy"


def test_the_catalogue_is_a_list_of_scenarios_by_place_by_id_and_by_tag() -> None:
    found = drillbook.scenarios()
    assert sorted(one.id for one in found) == sorted(IDS)
    assert found["slow-search"] is next(one for one in found if one.id == "slow-search")
    assert found[:3].listed == tuple(found)[:3]
    assert "slow-search" in str(found)
    assert repr(found) == f"<Catalogue {len(IDS)} scenarios>"
    cascades = drillbook.scenarios("cascade")
    assert 0 < len(cascades) < len(found)
    assert all("cascade" in one.tags for one in cascades)
    assert "<table" in found._repr_mimebundle_()["text/html"]
    assert [*found.to_frame().columns[:3]] == ["id", "title", "severity"]


def test_what_the_catalogue_does_not_have_is_said_with_what_is_near() -> None:
    with pytest.raises(BadInput, match="unknown scenario 'slow-serch'; did you mean 'slow-search'"):
        drillbook.scenarios()["slow-serch"]
    with pytest.raises(BadInput, match="no scenario has the tag 'cascad'; did you mean 'cascade'"):
        drillbook.scenarios("cascad")


def test_the_list_and_the_package_of_files_have_one_name() -> None:
    from drillbook.scenarios import paths

    assert len(paths()) == len(drillbook.scenarios())


def test_a_scenario_with_one_fault_more_is_another_drill_and_the_first_is_as_it_was() -> None:
    plain = drillbook.load_scenario(NAME)
    worse = plain.with_fault("primary_down", "db_primary", at="20m").with_traffic(2, at="10m", lasts="30m")
    assert (len(plain.faults), len(worse.faults), worse.traffic[0].times) == (1, 2, 2)
    drill = drillbook.run(worse)
    assert drill.truth.users_hit > fly(NAME).truth.users_hit
    assert drill.case.severity == "P0"
    assert drill.replay().identical, "the journal carries what was flown"
    assert drillbook.run(plain).journal.digest == fly(NAME).journal.digest


def test_a_scenario_is_built_in_code_as_a_file_would_have_it(tmp_path: Path) -> None:
    built = Scenario(
        id="disk-full", title="A disk fills up", system="shop", starts="2026-05-04T09:00:00Z",
        faults=[{"kind": "disk_full", "target": "db_primary", "at": "5m"}],
    )  # fmt: skip
    file = tmp_path / "disk-full.scenario.yaml"
    file.write_text("id: disk-full\ntitle: A disk fills up\nsystem: shop\nstarts: 2026-05-04T09:00:00Z\nfaults:\n"
                    "  - {kind: disk_full, target: db_primary, at: 5m}\n")  # fmt: skip
    assert drillbook.run(built).journal.digest == drillbook.run(file).journal.digest
    assert repr(built) == "<Scenario disk-full: A disk fills up>"


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda one: one.with_fault("disk_ful", "db_primary"), "scenario checkout-bad-deploy: faults.1.kind: unknown fault kind 'disk_ful'"),
        (lambda one: one.with_fault("disk_full", "db_primry"), "faults.1.target: unknown component 'db_primry'"),
        (lambda one: one.with_fault("disk_full", "db_primary", at="soon"), "scenario: at: 'soon' is not a duration; valid: 90s"),
        (lambda one: one.with_fault("disk_full", "db_primary", magnitud=2), "scenario: magnitud: Extra inputs are not permitted; valid: kind, target"),
        (lambda one: one.with_traffic(-1), "scenario: times: Input should be greater than 0"),
        (lambda one: one.with_deployment("checkot", "2.0.0", "1.9.0", change="new"), "deployments.3.component: unknown component 'checkot'"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_is_one_line(edit: object, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        drillbook.run(edit(drillbook.load_scenario(NAME)))  # type: ignore[operator]
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_runbook_at_hand_is_checked_as_a_file_is() -> None:
    runbook = drillbook.load_runbook()
    assert drillbook.run(NAME, runbook=runbook).journal.body == fly(NAME).journal.body
    broken = runbook.model_copy(update={"start": "nowhere"})
    with pytest.raises(BadInput, match=r"runbook incident_response: start: .*nowhere"):
        drillbook.run(NAME, runbook=broken)


def test_a_plain_function_plays_a_role() -> None:
    asked: list[str] = []

    def curious(task: Task, case: Case, belt: Toolbelt) -> Report:
        asked.append(task.step)
        return Report(outcome="P1", why="it looks like it")

    drill = drillbook.run(NAME, cast={"infrastructure_maintainer": curious})
    assert asked[0] == "triage"
    assert drill.route[0]["outcome"] in ("P1", "P2")


def test_a_drill_prints_as_a_summary_and_is_a_line_in_a_list() -> None:
    drill = fly(NAME)
    assert repr(drill) == "<Drill checkout-bad-deploy seed 7: P1, deployment in checkout, resolved>"
    told = str(drill)
    for what in ("P1 (right)", "rollback checkout: cure", "100 of 100", "users hit", drill.journal.digest, "T+38:30  roll_back → done"):
        assert what in told
    done = subprocess.run([sys.executable, "-c", f"import drillbook; print(drillbook.run({NAME!r}))"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{told}\n"


def test_the_parts_of_a_drill_print_and_show_themselves() -> None:
    drill = fly(NAME)
    assert len(drill.timeline) == len([*drill.timeline]) == len(drill.to_frame())
    assert drill.timeline[0].kind == "alerted"
    assert "Infrastructure Maintainer: declares P1" in str(drill.timeline)
    assert "T+21:00" in str(drill.metrics("checkout"))
    assert drill.metrics("checkout").to_frame()["error_pct"].max() > 50
    assert [*drill.compare(fly("slow-search")).comparison.route]
    for part in (drill.timeline, drill.metrics("checkout"), drill.route, drill.messages, drill.service_map, drill.compare(fly("slow-search"))):
        shown = part._repr_mimebundle_()
        assert {*shown} == {"text/plain", "text/html"}
        assert "<svg" in shown["text/html"] or "class=\"card\"" in shown["text/html"]


def test_the_route_and_the_messages_are_plain_lists_that_also_show_themselves() -> None:
    drill = fly(NAME)
    assert orjson.loads(orjson.dumps(drill.route)) == drill.route
    for part in (drill.route, drill.messages):
        for other in (copy.copy(part), copy.deepcopy(part), pickle.loads(pickle.dumps(part))):
            assert other == part
    assert "class=\"card\"" in drill.messages._repr_mimebundle_()["text/html"]


def test_a_service_that_there_is_not_is_said_with_what_is_near() -> None:
    with pytest.raises(BadInput, match="metrics: shop has no service 'chekout'; did you mean 'checkout'"):
        fly(NAME).metrics("chekout")
    with pytest.raises(BadInput, match=r"compare: after .*valid: a drill"):
        fly(NAME).compare("slow-search")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", drillbook.__all__)
def test_everything_public_says_what_it_is(name: str) -> None:
    assert name in dir(drillbook)
    thing = getattr(drillbook, name)
    assert (getattr(thing, "__doc__", None) or "").strip()


def test_a_function_that_fails_is_named_in_the_summary_with_its_error() -> None:
    def broken(task: Task, case: Case, belt: Toolbelt) -> Report:
        raise ZeroDivisionError("no users at all")

    told = str(drillbook.run(NAME, cast={"devops_automator": broken}))
    assert "DevOps Automator at " in told
    assert "ZeroDivisionError: no users at all" in told
    assert "errors" not in str(fly(NAME))


def test_the_help_of_run_answers_the_first_questions() -> None:
    told = pydoc.render_doc(drillbook.run, renderer=pydoc.TextDoc())
    for question in ("drillbook.scenarios()", "seed", "runbook", "cast", "alert", ".timeline", ".metrics(", ".fork(", ".save(", "BadInput", "key"):
        assert question in told


def test_nothing_heavy_is_loaded_before_it_is_asked_for() -> None:
    asks = "import sys, drillbook; assert not {'altair', 'pandas', 'langgraph', 'vl_convert'} & {*sys.modules}, sorted(sys.modules); "
    asks += f"drillbook.run({NAME!r}); assert not {{'altair', 'pandas', 'vl_convert'}} & {{*sys.modules}}"
    subprocess.run([sys.executable, "-c", asks], check=True)


def test_a_misspelt_name_is_answered_with_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'rum'; it has: scenarios, load_scenario, load_runbook, run"):
        drillbook.rum  # noqa: B018
    assert main(["report"]) == 2

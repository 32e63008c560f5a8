"""The command line as a user meets it: what it prints, where it writes, how it exits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flights import IDS, ROOT, command, fly, part

from drillbook.cli import main
from drillbook.graph.picture import mermaid
from drillbook.journal import read_journal
from drillbook.reading import read_runbook


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_drill_reads_like_a_story(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "database-primary-down"]) == 0
    story = capsys.readouterr().out
    told = ["Detection & Triage", "declares P0, Critical", "team activated", "INCIDENT BRIEF", "check database health: db_primary does not answer",
            "decides: infrastructure in db_primary", "failover: standby of db_primary was promoted", "Status: Monitoring",
            "Monitor for 30 minutes post-fix", "Post-mortem · Root cause analysis", "Summary ──", "100 of 100"]  # fmt: skip
    places = [story.find(line) for line in told]
    assert -1 not in places, told[places.index(-1)]
    assert places == sorted(places)
    assert "\x1b[" not in story, "no colours where nobody sees them"


@pytest.mark.parametrize("name", part(IDS[::2], 4))
def test_events_are_told_in_the_order_of_time(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", name]) == (fly(name).case.outcome == "unresolved")
    minutes = [line[2:7] for line in capsys.readouterr().out.splitlines() if line.startswith("T+")]
    clocks = [int(text[:-3] or 0) * 60 + int(text[-2:]) for text in (line.strip() for line in minutes) if text[-3] == ":"]
    assert clocks == sorted(clocks)
    assert clocks


def test_the_journal_is_always_written_and_its_name_tells_drills_apart(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "month-end-bug"]) == 0
    assert main(["run", "month-end-bug", "--seed", "9"]) == 0
    assert main(["run", "month-end-bug", "--cast", "*=always_rollback"]) == 1, "an unresolved incident is a failed drill"
    journals = sorted((here / "runs").glob("*.jsonl"))
    assert len(journals) == 3
    assert len({read_journal(path).digest for path in journals}) == 3
    assert all(path.with_suffix(".md").read_text().startswith("# Post-mortem: P1") for path in journals)


def test_a_named_journal_and_postmortem_go_where_they_are_wanted(here: Path) -> None:
    done = command("run", "month-end-bug", "--journal", "a/b.jsonl", "--postmortem", "c/d.md", "--json", cwd=here)
    assert json.loads(done.stdout)["journal"] == "a/b.jsonl"
    assert read_journal(here / "a" / "b.jsonl").digest == fly("month-end-bug").journal.digest
    assert (here / "c" / "d.md").read_text() == fly("month-end-bug").postmortem


def test_where_nothing_can_be_written_one_line_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "file").write_text("")
    assert main(["run", "order-page-glitch", "--journal", "file/j.jsonl"]) == 2
    assert capsys.readouterr().err.splitlines() == ["file/j.jsonl: cannot be written: file is not a folder"]


WRONG = {
    "run": "give a SCENARIO, or --random N",
    "run nope": "unknown scenario 'nope'",
    "run chekout-bad-deploy": "did you mean 'checkout-bad-deploy'?",
    "run month-end-bug --seed -1": "--seed",
    "run month-end-bug --seed x": "--seed",
    "run month-end-bug --cast sre=stub": "'sre=stub' is no ROLE=BRAIN",
    "run month-end-bug --cast api_tester=stub,api_tester=always_rollback": "api_tester is cast twice: as stub and as always_rollback",
    "run month-end-bug --cast *=genius": "unknown brain 'genius' for *; valid: ",
    "run month-end-bug --cast nobody.yaml": "nobody.yaml: cannot be read: No such file",
    "run month-end-bug --runbook nowhere.yaml": "nowhere.yaml: cannot be read",
    "run month-end-bug --alert nowhere.json": "nowhere.json: cannot be read",
    "run month-end-bug --nope": "Try 'drillbook run --help'.",
    "graph nowhere.yaml": "nowhere.yaml: cannot be read",
    "lint": "Missing argument",
    "lint nowhere": "nowhere: cannot be read",
    "list --tag nosuch": "no scenario has the tag 'nosuch'; valid: ",
    "list --tag hotfix --tag workarond --json": "no scenario has the tag 'workarond'; did you mean 'workaround'?",
    "fly": "No such command 'fly'",
}


@pytest.mark.parametrize("line", WRONG)
def test_bad_usage_is_one_line_and_exit_2(line: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (said,) = printed.err.splitlines()
    assert WRONG[line] in said


def test_the_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in listed] == IDS
    assert all(Path(one["path"]).is_file() and one["title"] for one in listed)
    assert main(["list", "--json", "--tag", "hotfix", "--tag", "workaround"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == ["search-misreads-a-letter"]
    assert main(["list"]) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in IDS)


def test_the_graph_is_mermaid_with_every_outcome_on_an_edge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph"]) == 0
    picture = capsys.readouterr().out
    runbook = read_runbook()
    assert picture == mermaid(runbook)
    for name, step in runbook.steps.items():
        edges = [line for line in picture.splitlines() if line.startswith(f"  {name} -->")]
        assert {row.on for row in step.routes} <= {word for line in edges for word in line.replace('"', " ").replace("|", " ").split()}
    assert main(["graph", "--agents"]) == 0
    assert "triage\\2finfrastructure_maintainer" in capsys.readouterr().out


def test_a_reader_who_stops_listening_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(f"{sys.executable} -m drillbook run database-primary-down | head -1", shell=True, cwd=tmp_path,
                          capture_output=True, text=True, check=False, env={**os.environ, "PYTHONUNBUFFERED": "1"})  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.startswith("The primary database")


def test_import_drillbook_loads_nothing_heavy() -> None:
    code = "import sys, drillbook; print([name for name in ('langgraph', 'pydantic', 'rich', 'networkx', 'typer') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_the_light_commands_do_not_load_langgraph(tmp_path: Path) -> None:
    code = "import sys; from drillbook.cli import main; main(sys.argv[1:]); print('langgraph' in sys.modules, file=sys.stderr)"
    for arguments in (["list"], ["lint", str(ROOT / "scenarios")], ["graph"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stderr.strip() == "False", arguments

"""Stopping and going on: whatever record a drill is killed at, it resumes to the same digest as if it had never stopped."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from flights import THOROUGH, command, fly, part
from planted import Edit, plant

from drillbook.case import Case
from drillbook.errors import BadInput
from drillbook.simulator import Simulator, prepare
from drillbook.toolbelt import Report, Task, Toolbelt

STRIDE = 1 if THOROUGH else 25
"""At which records the drill is killed: in the thorough profile at each."""

KILLED = Path(__file__).with_name("killed.py")
P0 = "database-primary-down"


def test_killed_at_every_record_it_resumes_to_the_same_digest(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(KILLED), P0, "every", str(tmp_path), str(STRIDE)], capture_output=True, text=True, timeout=240, check=True)
    ends = [line.split() for line in done.stdout.splitlines()]
    digest, records = fly(P0).journal.digest, len(fly(P0).journal.lines)

    died = list(range(0, records, STRIDE))
    assert [int(number) for number, _ in ends] == [*died, died[-1] + STRIDE], "each was one to die at; the last run was not killed"
    assert {seen for _, seen in ends} == {digest}


@pytest.mark.parametrize("number", part([23, 90, 0, 196], 2))
def test_killed_in_one_interpreter_it_goes_on_in_another(number: int, tmp_path: Path) -> None:
    checkpoint = tmp_path / "drill.sqlite"
    ended = subprocess.run([sys.executable, str(KILLED), P0, str(number), str(checkpoint)], check=False)
    kept = sqlite3.connect(checkpoint).execute("SELECT count(*) FROM records").fetchone()[0]
    printed = json.loads(command("run", P0, "--json", "--checkpoint", str(checkpoint), cwd=tmp_path).stdout)

    assert ended.returncode == -signal.SIGKILL
    assert kept <= number
    assert kept >= number - 70, "what earlier supersteps recorded is in the file"
    assert printed["digest"] == fly(P0).journal.digest
    assert (tmp_path / printed["journal"]).read_bytes() == fly(P0).journal.to_bytes()


def test_a_drill_that_was_over_is_told_again(tmp_path: Path) -> None:
    checkpoint = tmp_path / "drill.sqlite"
    first, second = (prepare("slow-search").run(checkpoint=checkpoint) for _ in range(2))
    assert first.journal.to_bytes() == second.journal.to_bytes() == fly("slow-search").journal.to_bytes()


def test_an_answer_that_was_given_is_not_asked_for_again(tmp_path: Path) -> None:
    asked = list[str]()

    def answers(request: dict[str, str]) -> str:
        asked.append(request["question"])
        return "go on"

    def asking(task: Task, case: Case, belt: Toolbelt) -> Report:
        belt.ask("a person", {"question": f"{task.step}: what now?"}, answers)
        if stops and task.step == "diagnose":
            raise KeyboardInterrupt
        return stub(task, case, belt)

    stub = Simulator(fly(P0).runbook).stubs["infrastructure_maintainer"]
    checkpoint, stops = tmp_path / "drill.sqlite", True
    with pytest.raises(KeyboardInterrupt):
        prepare("slow-search", cast={"infrastructure_maintainer": asking}).run(checkpoint=checkpoint)
    before, stops = tuple(asked), False
    drill = prepare("slow-search", cast={"infrastructure_maintainer": asking}).run(checkpoint=checkpoint)

    assert before == ("triage: what now?", "investigate: what now?", "diagnose: what now?")
    assert asked[3] != "diagnose: what now?", "what was answered before the stop is not asked again"
    assert len(asked) == sum(record["kind"] == "ask" for record in drill.journal.records)


REFUSED = {
    "another scenario": ("slow-search", None, "is the checkpoint of another drill: its scenario is database-primary-down, and slow-search is to be flown; give another file"),
    "another seed": (P0, 5, "is the checkpoint of another drill: its seed is 11, and 5 is to be flown; give another file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_checkpoint_of_another_drill_is_refused(case: str, tmp_path: Path) -> None:
    name, seed, message = REFUSED[case]
    prepare(P0).run(checkpoint=tmp_path / "drill.sqlite")
    with pytest.raises(BadInput, match=message):
        prepare(name, seed=seed).run(checkpoint=tmp_path / "drill.sqlite")


SINCE = {
    "a file that roles share": (Edit("agents/words.py", "No function is impaired.", "Nothing is impaired."), [], "agents/words.py"),
    "a role": (Edit("agents/evidence_collector.py", "    line, tool = belt.checks()[0]\n", "    line, tool = belt.checks()[-1]\n"), [], "role evidence_collector"),
    "the engine": (Edit("errors.py", "did you mean", "do you mean"), [], "engine"),
    "a field of the runbook": (Edit("graph/incident_response.yaml", "revenue_threshold_usd: 50000", "revenue_threshold_usd: 20000"), [],
                               "runbook.parameters.revenue_threshold_usd (50000.0 then, 20000.0 now)"),
    "a field of the scenario": (Edit("scenarios/slow-search.scenario.yaml", "target: db_replica, at: 6m", "target: db_replica, at: 7m"), [], "scenario.faults[0].at (360000 then, 420000 now)"),
    "the cast": (None, ["--cast", "api_tester=constant"], "cast of api_tester"),
    "the whole cast": (None, ["--cast", "*=constant"], "cast of 14 roles"),
}  # fmt: skip


@pytest.mark.parametrize("case", part(SINCE, 3))
def test_what_has_changed_since_a_checkpoint_was_made_is_named(case: str, tmp_path: Path) -> None:
    edit, options, changed = SINCE[case]
    checkpoint = tmp_path / "drill.sqlite"
    prepare("slow-search").run(checkpoint=checkpoint)
    tree = plant(tmp_path / "tree", *[edit] if edit else [])
    done = tree.python("-m", "drillbook", "run", "slow-search", "--checkpoint", str(checkpoint), *options, cwd=tmp_path)

    assert done.returncode == 2, done.stderr
    assert done.stderr == f"{checkpoint}: is the checkpoint of this drill as it was; changed since: {changed}; give another file\n"


def test_a_record_that_was_edited_in_the_file_is_named(tmp_path: Path) -> None:
    checkpoint = tmp_path / "drill.sqlite"
    prepare("slow-search").run(checkpoint=checkpoint)
    with sqlite3.connect(checkpoint) as edited:
        edited.execute("UPDATE records SET line = replace(line, 'search', 'sea') WHERE seq = 12")
    with pytest.raises(BadInput, match="record 12 is not what the drill gives now"):
        prepare("slow-search").run(checkpoint=checkpoint)


@pytest.mark.parametrize("content", [b"hello", b"", b"SQLite format 3\x00" + b"\x07" * 500])
def test_a_file_that_is_no_checkpoint_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_bytes(content)
    done = command("run", "slow-search", "--json", "--checkpoint", str(other), cwd=tmp_path)

    if content:
        assert done.returncode == 2
        assert done.stderr.startswith(f"{other}: is no checkpoint that can be read and written")
        assert other.read_bytes() == content
    else:
        assert done.returncode == 0, "an empty file is as good as none"

"""What-if with another scenario, and the network that no replay has: in the command's process, in Python, and in the fresh process that confirms."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flights import command

import drillbook
from drillbook.brains.stub import Stub
from drillbook.case import Case
from drillbook.offline import offline
from drillbook.plugins import roster
from drillbook.toolbelt import Report, Task, Toolbelt

DEPLOY = "checkout-bad-deploy"
ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / f"{DEPLOY}.scenario.yaml"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    drillbook.run(DEPLOY).journal.write(tmp_path / "deploy.jsonl")
    return tmp_path / "deploy.jsonl"


def test_the_scenario_itself_changes_nothing_though_a_body_starts_it(recorded: Path) -> None:
    done = command("replay", recorded.name, "--scenario", str(SCENARIO), cwd=recorded.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing changes: every record is the same" in done.stdout


def test_an_edited_scenario_is_flown_with_its_own_body_and_named(recorded: Path) -> None:
    shutil.copytree(SCENARIO.parent / "alerts", recorded.parent / "alerts")
    edited = recorded.parent / "later.scenario.yaml"
    edited.write_text(SCENARIO.read_text().replace("seed: 7", "seed: 99").replace(f"id: {DEPLOY}", "id: later-deploy"))
    done = command("replay", recorded.name, "--scenario", str(edited), cwd=recorded.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert "flown now: later-deploy with the journal's seed 7" in done.stdout
    assert "nothing changes" in done.stdout, "its name and its own seed have no part in it"


def test_a_body_from_outside_starts_the_edited_scenario_too(tmp_path: Path) -> None:
    drill = drillbook.run("database-primary-down", alert=SCENARIO.parent / "alerts" / "checkout-high-error-rate.json")
    assert drillbook.replay(drill, scenario="database-primary-down").identical


@pytest.fixture
def outside() -> Iterator[int]:
    """Somebody who listens, and the port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def test_nothing_reaches_the_network_while_a_journal_is_replayed_and_only_then(outside: int) -> None:
    with offline(), pytest.raises(RuntimeError, match=r"no network, and something asked for socket\.getaddrinfo"):
        socket.getaddrinfo("127.0.0.1", outside)
    with offline(wanted=False):
        assert socket.getaddrinfo("127.0.0.1", outside)
    socket.create_connection(("127.0.0.1", outside)).close()


def test_what_else_goes_on_in_a_notebook_keeps_its_network(outside: int) -> None:
    reached: list[bool] = []

    def another() -> None:
        socket.create_connection(("127.0.0.1", outside)).close()
        reached.append(True)

    with offline():
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()
    assert reached == [True]


def test_a_role_that_reaches_out_is_told_so_and_is_called_neither_identical_nor_flaky(outside: int) -> None:
    stub = Stub(roster()["devops_automator"].duties)

    def curious(task: Task, case: Case, belt: Toolbelt) -> Report:
        socket.create_connection(("127.0.0.1", outside)).close()
        return stub(task, case, belt)

    drill = drillbook.run(DEPLOY, cast={"devops_automator": curious})
    assert drill.case.outcome == "resolved", "live, it may"
    done = drill.replay()
    assert done.verdict == "CHANGED"
    assert done.divergence is not None
    assert "a replay uses no network" in str(drillbook.sidebyside.replay_document(done))


def test_the_fresh_process_that_confirms_has_no_network_either(outside: int, tmp_path: Path) -> None:
    """An installed role that reaches out raises there as here: changed, and not flaky."""
    (tmp_path / "curious.py").write_text(
        "import socket\nfrom drillbook.brains.stub import Stub\n\ndef reach(stub):\n    def brain(task, case, belt):\n"
        f"        socket.create_connection(('127.0.0.1', {outside})).close()\n        return stub(task, case, belt)\n    return brain\n"
    )
    info = tmp_path / "curious-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: curious\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[drillbook.brains]\ncurious = curious:reach\n")
    flown = command("run", DEPLOY, "--cast", "devops_automator=curious,*=stub", "--journal", "live.jsonl", "--json", cwd=tmp_path)
    assert flown.returncode == 0, flown.stderr
    done = command("replay", "live.jsonl", cwd=tmp_path)
    assert done.returncode == 1
    assert "a replay uses no network" in done.stdout
    assert "FLAKY" not in done.stdout

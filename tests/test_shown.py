"""Results in a session: a line among others, all of it printed, escaped in a notebook, and the same in another process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flights import fly, part

import drillbook
from drillbook import Drill, Fork, Replay, Sweep
from drillbook.brains.baselines import AlwaysRollBack
from drillbook.case import Case
from drillbook.casting import Casting
from drillbook.simulator import Simulator
from drillbook.toolbelt import Report, Task, Toolbelt

NAME = "checkout-bad-deploy"


@cache
def results() -> dict[str, Any]:
    drill = fly(NAME)
    return {
        "drill": drill, "replay": drill.replay(), "what-if": drill.replay(cast="*=always_rollback"), "sweep": drill.sweep(),
        "fork": drill.fork(at="triage", do="rollback checkout"), "same": drill.fork(at="diagnose", set={"outcome": "deployment"}),
    }  # fmt: skip


LINES = {
    "drill": "<Drill checkout-bad-deploy seed 7: P1, deployment in checkout, resolved>",
    "replay": "<Replay IDENTICAL of checkout-bad-deploy seed 7, 137 records>",
    "what-if": "<Replay CHANGED what-if of checkout-bad-deploy seed 7, 137 records: DIVERGED step 3 · diagnose/infrastructure_maintainer · call 1 *>",
    "fork": "<Fork of checkout-bad-deploy seed 7 at triage (T+14:00): --do 'rollback checkout'>",
    "same": "<Fork of checkout-bad-deploy seed 7 at diagnose (T+30:30): --set outcome=deployment>",
    "sweep": "<Sweep of checkout-bad-deploy seed 7: 44 alternatives at 8 decisions>",
}
PRINTED = {
    "drill": "T+38:30  roll_back → done  (devops_automator)\n", "replay": "identical  checkout-bad-deploy seed 7",
    "what-if": "harmful actions", "fork": "harm is counted up to T+199:30", "same": "the same from here: nothing changed",
    "sweep": "fly it: drill.fork(at='triage#1', do='rollback checkout')",
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_a_result_is_a_line_and_printed_it_is_all_of_it(name: str) -> None:
    result = results()[name]
    pytest.LineMatcher([repr(result)]).fnmatch_lines([LINES[name].replace("[", "[[]")])
    assert "\n" not in repr(result)
    assert PRINTED[name] in str(result)
    assert all(line == line.rstrip() for line in str(result).splitlines())


@pytest.mark.parametrize("name", LINES)
def test_a_notebook_shows_it_as_text_and_as_html_and_nothing_from_elsewhere(name: str) -> None:
    result = results()[name]
    shown = result._repr_mimebundle_()
    assert shown["text/plain"] == str(result)
    assert "<script" not in shown["text/html"]
    assert "http" not in shown["text/html"].replace("http://www.w3.org/", "")
    assert shown["text/html"].startswith('<div class="db"><style>')


def test_what_has_no_picture_is_shown_as_it_is_printed() -> None:
    replayed = results()["replay"]
    shown = replayed._repr_mimebundle_()["text/html"]
    assert unescape(shown.partition("<pre")[2].partition(">")[2].removesuffix("</pre></div>")) == str(replayed)


@pytest.mark.parametrize("name", part(LINES, 3))
def test_a_result_goes_to_another_process_and_goes_on_there(name: str, tmp_path: Path) -> None:
    result = results()[name]
    file = tmp_path / "result.pickle"
    file.write_bytes(pickle.dumps(result))
    read = "import pickle, sys; from pathlib import Path; found = pickle.loads(Path(sys.argv[1]).read_bytes()); print(found)"
    done = subprocess.run([sys.executable, "-c", read, str(file)], capture_output=True, text=True, check=True, env={"PYTHONUTF8": "1"})
    assert done.stdout == f"{result}\n"
    assert len(file.read_bytes()) < 2_000_000


def test_what_was_pickled_flies_again_to_the_same_digest() -> None:
    again: Drill = pickle.loads(pickle.dumps(fly(NAME)))
    assert again.replay().identical
    assert again.setup.run().journal.digest == fly(NAME).journal.digest


class Gives:
    """A brain as a user writes it."""

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        raise RuntimeError("no idea")


def test_a_cast_of_functions_and_brains_is_kept() -> None:
    cast: Casting = {"devops_automator": Gives(), "infrastructure_maintainer": "always_rollback"}
    simulator: Simulator = pickle.loads(pickle.dumps(Simulator(fly(NAME).runbook, cast)))
    assert isinstance(simulator.functions["devops_automator"], Gives)
    assert simulator.cast["infrastructure_maintainer"] == "always_rollback"
    assert isinstance(simulator._brains["infrastructure_maintainer"], AlwaysRollBack)


def test_a_fork_is_replayed_forked_and_swept_as_its_drill_is() -> None:
    first: Fork = results()["fork"]
    second = first.fork(at="diagnose", delay="10m")
    assert second.parent.journal.digest == first.drill.journal.digest
    assert first.replay().identical
    assert first.sweep().parent is first.drill
    assert [type(one) for one in (second, first.replay())] == [Fork, Replay]


def test_what_a_sweep_says_in_python_flies_the_best() -> None:
    found: Sweep = results()["sweep"]
    assert found.best is not None
    (said, *_) = [line for line in str(found).splitlines() if line.startswith("fly it: ")]
    flown = eval(said.removeprefix("fly it: "), {"drill": fly(NAME)})
    assert flown.drill.journal.digest == found.best.digest


@pytest.mark.parametrize("thing", ["journal", "setup", "account"])
def test_what_a_drill_holds_is_short_too(thing: str) -> None:
    assert len(repr(getattr(drillbook.run(NAME), thing))) < 120
    assert len(repr(fly(NAME).setup.simulator)) < 120

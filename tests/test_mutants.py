"""What must never pass unnoticed: code that disagrees with itself, and code that does something else. Each is planted and replayed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
from flights import fly, part
from planted import Edit, Tree, plant

from drillbook import replay

DRILL = "database-primary-down"
"""A P0: the whole team takes part, and users and executives are spoken to."""


@dataclass(frozen=True)
class Mutant:
    """Something planted, the record at which it shows first, and how a report says whom to ask. `env`: of the recording and of the replay."""

    edits: tuple[Edit, ...]
    path: str
    differs: str
    blames: str
    look: str
    env: tuple[dict[str, str], dict[str, str]] = ({}, {})


RESPONDER, DUTIES, COMMANDER = "agents/support_responder.py", "agents/duties.py", "agents/infrastructure_maintainer.py"
CLOCK = ('"timestamp": stamp(belt.starts, task.at)', "from drillbook.units import stamp\n")

DISAGREE = {
    "wall clock": Mutant(
        (Edit(RESPONDER, CLOCK[0], '"timestamp": datetime.now().isoformat()'), Edit(RESPONDER, CLOCK[1], CLOCK[1] + "from datetime import datetime\n")),
        "investigate/support_responder@status_update", "out.text", "role support_responder", "two runs in this process differ",
    ),
    "wall clock, by the hour": Mutant(
        (Edit(RESPONDER, CLOCK[0], '"timestamp": datetime.now().strftime("%H o\'clock")'), Edit(RESPONDER, CLOCK[1], CLOCK[1] + "from datetime import datetime\n")),
        "investigate/support_responder@status_update", "out.text", "role support_responder", "a fresh process does not", ({"TZ": "UTC"}, {"TZ": "HERE-6"}),
    ),
    "uuid4": Mutant(
        (Edit(COMMANDER, 'why=f"{name} {target}: {receipt.detail}")', 'why=f"{uuid4()} {name} {target}: {receipt.detail}")'),
         Edit(COMMANDER, "from types import MappingProxyType\n", "from types import MappingProxyType\nfrom uuid import uuid4\n")),
        "repair_infrastructure/infrastructure_maintainer", "out.why", "role infrastructure_maintainer", "two runs in this process differ",
    ),
    "set order": Mutant(
        (Edit(COMMANDER, "belt.runbook.roles[role] for role in team)", "belt.runbook.roles[role] for role in set(team))"),),
        "triage/infrastructure_maintainer", "in.target", "role infrastructure_maintainer", "a fresh process does not",
        ({"PYTHONHASHSEED": "10"}, {"PYTHONHASHSEED": "11"}),
    ),
    "shared list": Mutant(
        (Edit(DUTIES, "def _judged(belt: Toolbelt, strict: bool)", "def _judged(belt: Toolbelt, strict: bool, results=[])"),
         Edit(DUTIES, "    results = []\n", "")),
        "verify_infrastructure/infrastructure_maintainer", "out.why", "agents/duties.py", "two runs in this process differ",
    ),
    "id()": Mutant(
        (Edit("agents/sprint_prioritizer.py", "{len(items)} items added", "{len(items)} items added under {id(items):x}"),),
        "backlog/sprint_prioritizer", "out.why", "role sprint_prioritizer", "",
    ),
}  # fmt: skip


def _recorded(tree: Tree, where: Path, **env: str) -> Path:
    """The journal that a tree records."""
    done = tree.drillbook("run", DRILL, "--json", "--journal", "drill.jsonl", cwd=where, **env)
    assert done.returncode == 0
    assert json.loads(done.stdout)["journal"] == "drill.jsonl"
    return where / "drill.jsonl"


def _row(report: str, name: str) -> str:
    """What a report says in a row, all its lines."""
    lines = report.splitlines()
    start = next(place for place, text in enumerate(lines) if text.startswith(f"  {name}"))
    return "\n".join([lines[start], *takewhile(lambda text: text.startswith(" " * 16), lines[start + 1 :])])


def test_a_tree_runs_its_own_code_and_nothing_of_the_checkout(tmp_path: Path) -> None:
    code = "import sys, drillbook.cli, drillbook.confirming; print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('drillbook')), sep='\\n')"
    printed = plant(tmp_path / "tree").python("-c", code, cwd=tmp_path)
    files = printed.stdout.split()
    assert len(files) > 60, printed.stderr
    assert all(file.startswith(str(tmp_path / "tree")) and not Path(file).is_symlink() for file in files)


@pytest.mark.parametrize("name", part(DISAGREE, 4))
def test_code_that_disagrees_with_itself_is_flaky_and_named(name: str, tmp_path: Path) -> None:
    mutant = DISAGREE[name]
    tree = plant(tmp_path / "tree", *mutant.edits)
    journal = _recorded(tree, tmp_path, **mutant.env[0])
    before = journal.read_bytes()
    done = tree.drillbook("replay", journal.name, "--accept", cwd=tmp_path, **mutant.env[1])
    first, headline, *_ = done.stdout.splitlines()
    assert first.startswith("flaky ")
    assert headline.startswith("FLAKY step ")
    assert f" · {mutant.path} · call " in headline
    assert _row(done.stdout, "differs").startswith(f"  differs       {mutant.differs}: first run ")
    assert mutant.look in _row(done.stdout, "verdict")
    assert (done.returncode, journal.read_bytes()) == (1, before), "what is flaky cannot be accepted"
    healthy = replay(journal)
    assert (healthy.verdict, healthy.changed_inputs) == ("CHANGED", (mutant.blames,))


FAILING = Edit(DUTIES, '    """Carry out the runbook\'s checks in order, and read what each shows."""\n', '''\
    if task.role in ("backend_architect", "devops_automator"):
        if task.role == os.environ["FAILS_FIRST"]:
            _FAILED.set()
        assert _FAILED.wait(60)
        raise RuntimeError(f"{task.role} cannot go on")
''')  # fmt: skip
IMPORTS = Edit(DUTIES, "from typing import Any, cast\n", "import os\nfrom threading import Event\nfrom typing import Any, cast\n\n_FAILED = Event()\n")


REPORT = "from drillbook import replay, sidebyside; print(*sidebyside.report(replay('drill.jsonl')), sep='\\n')"


def test_two_branches_that_fail_at_once_are_both_named_whichever_was_first(tmp_path: Path) -> None:
    fly(DRILL).journal.write(journal := tmp_path / "drill.jsonl")
    tree = plant(tmp_path / "tree", FAILING, IMPORTS)
    done = tree.drillbook("replay", journal.name, cwd=tmp_path, FAILS_FIRST="backend_architect")
    first, *report = done.stdout.splitlines()
    assert (done.returncode, first.startswith("changed ")) == (1, True)
    assert report[0].startswith("DIVERGED step 2 · investigate/")
    named = [report[0], _row(done.stdout, "also there")]
    for role, text in zip(("backend_architect", "devops_automator"), named, strict=True):
        assert f"investigate/{role} · call 1 · " in text
        assert " — REQUEST_CHANGED" in text
        assert f"RuntimeError: {role} cannot go on" in done.stdout
    assert _row(done.stdout, "changed since") == "  changed since agents/duties.py"
    other = tree.python("-c", REPORT, cwd=tmp_path, FAILS_FIRST="devops_automator").stdout.splitlines()
    assert [text for text in other if "verdict" not in text] == [text for text in report if "verdict" not in text]


@pytest.mark.parametrize(("old", "new", "kind"), [
    ("diagnose", "decide_on_a_cause", "ROUTE_CHANGED"), ("triage", "size_up", "MISSING"),
])  # fmt: skip
def test_a_step_that_was_renamed_is_called_by_both_names(old: str, new: str, kind: str, tmp_path: Path) -> None:
    tree = plant(tmp_path / "tree")
    text = (runbook := Path(tree.runbook)).read_text()
    for place in (f"\n  {old}:\n", f"to: {old}}}", f"to: {old},", f"start: {old}\n"):
        text = text.replace(place, place.replace(old, new))
    runbook.write_text(text)
    fly(DRILL).journal.write(tmp_path / "drill.jsonl")
    told = tree.forked("replay", "drill.jsonl", "--runbook", tree.runbook, cwd=tmp_path).stdout
    headline = told.splitlines()[1]
    assert headline.startswith("DIVERGED step ")
    assert headline.endswith(f" — {kind}")
    assert _row(told, "hint") == (
        f"  hint          step renamed? {old!r} is nowhere in the current drill, and {new!r} nowhere in the recorded one")
    assert _row(told, "changed since") == "  changed since runbook, graph"


def test_what_the_engine_calls_its_nodes_is_nobodys_business(tmp_path: Path) -> None:
    """Names that sort the other way round: the order of a superstep's records is the crew's, not that of the names."""
    tree = plant(
        tmp_path / "tree", Edit("graph/compiler.py", 'f"{step}/{role}" for role', 'f"{step}/{role[::-1]}" for role'),
        Edit("graph/compiler.py", 'Send(f"{task.step}/{task.role}"', 'Send(f"{task.step}/{task.role[::-1]}"'),
    )  # fmt: skip
    fly(DRILL).journal.write(tmp_path / "drill.jsonl")
    done = tree.forked("replay", "drill.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout[:10]) == (0, "identical ")

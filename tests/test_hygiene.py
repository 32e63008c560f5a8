"""Output under odd circumstances: no reader, no room, no letters, no width, no patience. The work is done, and nothing is a traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flights import ROOT, command, fly, simulator
from rich.console import Console

from drillbook.cli import main
from drillbook.journal import read_journal
from drillbook.story import Narrator

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def _shell(line: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `drillbook` is the command; it exits as the first program of a pipe does."""
    script = f'set -o pipefail; drillbook() {{ "{sys.executable}" -m drillbook "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", script], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=120)


PIPES = ["run month-end-bug | head -2", "run month-end-bug --json | true", "list | true", "graph | true", "--help | true"]


@pytest.mark.parametrize("line", PIPES)
def test_a_reader_who_leaves_stops_nothing(line: str, tmp_path: Path) -> None:
    done = _shell(f"drillbook {line}", tmp_path)
    assert (done.returncode, done.stderr) == (141, "")
    if line.startswith("run"):
        (journal,) = (tmp_path / "runs").glob("*.jsonl")
        assert read_journal(journal).digest == fly("month-end-bug").journal.digest
        assert journal.with_suffix(".md").read_text() == fly("month-end-bug").postmortem


@pytest.mark.parametrize("line", ["run month-end-bug", "--version"])
def test_a_full_device_is_one_line_and_a_closed_output_is_none(line: str, tmp_path: Path) -> None:
    full = _shell(f"drillbook {line} > /dev/full", tmp_path)
    assert (full.returncode, full.stderr) == (2, "drillbook: the standard output cannot be written: No space left on device\n")
    for closed in (">&-", ">&- 2>&-"):
        done = _shell(f"drillbook {line} {closed}", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert len([*tmp_path.glob("runs/*.jsonl")]) == line.startswith("run")


def test_where_letters_are_missing_they_are_replaced(tmp_path: Path) -> None:
    told = _shell("drillbook run month-end-bug", tmp_path, **ASCII)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.isascii()
    assert "> failed" not in told.stdout
    assert "> investigated" in told.stdout, "an arrow is still an arrow"
    drawn = _shell("drillbook graph", tmp_path, **ASCII)
    assert (drawn.returncode, drawn.stderr) == (0, "")
    file = tmp_path / "title.scenario.yaml"
    file.write_text((ROOT / "scenarios" / "month-end-bug.scenario.yaml").read_text().replace("title: ", "title: Grüße, 世界. ", 1), encoding="utf-8")
    titled = _shell(f"drillbook run {file}", tmp_path, **ASCII)
    assert (titled.returncode, titled.stderr) == (0, "")
    assert titled.stdout.startswith("Gr??e, ??. ")


def test_a_json_document_is_the_same_whatever_the_letters(tmp_path: Path) -> None:
    arguments = ("run", "database-primary-down", "--json", "--journal", "j.jsonl")
    plain, full = command(*arguments, cwd=tmp_path, **ASCII), command(*arguments, cwd=tmp_path, PYTHONUTF8="1")
    assert plain.stdout.isascii()
    assert not full.stdout.isascii()
    assert json.loads(plain.stdout) == json.loads(full.stdout)


@pytest.mark.parametrize("width", [40, 71])
def test_a_narrow_terminal_shows_when_and_who_above_what(width: int) -> None:
    console = Console(width=width, file=io.StringIO())
    setup = simulator().prepare("database-primary-down")
    setup.run(Narrator(console, setup.simulator.runbook))
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= width
    (first, *_) = [place for place, line in enumerate(lines) if line == "T+29:30 Infrastructure Maintainer"]
    below = " ".join(line.strip() for line in lines[first + 1 : first + 4])
    assert below.startswith("► failover: standby of db_primary was promoted")
    assert lines[first + 1].startswith(" ")


def test_no_line_ends_in_spaces_where_nobody_sees_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (["run", "database-primary-down"], ["list"], ["run", "--random", "2"]):
        assert main(arguments) == 0
        printed = capsys.readouterr().out.splitlines()
        assert printed
        assert [line for line in printed if line != line.rstrip()] == []


@pytest.mark.parametrize("module", ["drillbook.cli", "typer", "rich.console", "drillbook.drill", "langgraph"])
def test_ctrl_c_is_quiet_also_while_modules_are_loaded(module: str, tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Impatient())
from drillbook.__main__ import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", code, "run", "month-end-bug"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
    assert not [*tmp_path.rglob("*.jsonl")]


def test_the_console_script_is_the_quiet_entry_point() -> None:
    assert 'drillbook = "drillbook.__main__:main"' in (ROOT / "pyproject.toml").read_text()


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "drillbook 0.1.0\n"


CLASHES = [
    ("--journal j --postmortem j", "'j' is where the journal goes"),
    ("--journal j --postmortem ./k/../j", "is where the journal goes"),
    ("--journal j.md", "'j.md' is where the journal goes"),
    ("--journal mine.scenario.yaml", "'mine.scenario.yaml' is an input of the drill"),
    ("--journal .", "'.' is a folder"),
]


@pytest.mark.parametrize(("options", "message"), CLASHES)
def test_no_output_is_written_over_another_or_over_an_input(options: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                            capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "mine.scenario.yaml"
    mine.write_bytes((ROOT / "scenarios" / "month-end-bug.scenario.yaml").read_bytes())
    assert main(["run", "mine.scenario.yaml", *options.split()]) == 2
    printed = capsys.readouterr()
    (said,) = printed.err.splitlines()
    assert message in said
    assert printed.out == "", "it is refused before anything runs"
    assert [*tmp_path.iterdir()] == [mine]


def test_a_device_takes_a_journal_and_stays_a_device(tmp_path: Path) -> None:
    done = command("run", "month-end-bug", "--journal", "/dev/stdout", "--postmortem", "/dev/null", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert fly("month-end-bug").journal.digest in done.stdout
    assert not Path("/dev/null").is_file()
    assert [*tmp_path.iterdir()] == []

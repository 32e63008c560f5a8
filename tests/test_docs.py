"""The documents: every command in them runs, every code block too, and nothing in the file format is left out."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from flights import ROOT, fly, part
from pydantic import BaseModel

from drillbook.cli import main
from drillbook.graph.drawn import drawn
from drillbook.reading import lint, read_runbook
from drillbook.runbook import Runbook
from drillbook.scenario import (
    AlertRule,
    CallSpec,
    ComponentSpec,
    DeploymentSpec,
    Expect,
    ExtraLog,
    FaultSpec,
    Journey,
    Missing,
    Scenario,
    Spike,
    StubAnswer,
    System,
    TelemetrySpec,
    Trigger,
    Window,
)  # fmt: skip

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = {"text", "mermaid"}
"""Blocks to look at: output and pictures."""


class Block(NamedTuple):
    language: str
    code: str


def _blocks(page: Path) -> list[Block]:
    return [Block(language, code) for language, code in re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)]


@pytest.mark.parametrize("page", [PAGES[0], *part(PAGES[1:], 2)], ids=lambda page: page.name)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("graph", "Makefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in _blocks(page):
        assert block.language in {*SHOWN, *RUNNERS}, f"{page.name}: a block of {block.language!r} that no test runs"
        if block.language in RUNNERS:
            RUNNERS[block.language](block.code, names)


def _console(code: str, names: dict[str, object]) -> None:
    commands = [line.removeprefix("$ ") for line in code.splitlines() if line.startswith("$ ")]
    assert commands, code
    for line in commands:
        program, *arguments = shlex.split(line)
        assert program in ("make", "drillbook", "pytest"), line
        if program == "pytest":
            done = subprocess.run([sys.executable, "-m", "pytest", *arguments], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout
        elif program == "make":
            subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, check=True, capture_output=True)
        else:
            assert main(arguments) == 0, line


def _python(code: str, names: dict[str, object]) -> None:
    exec(compile(code, "page", "exec"), names)


def _yaml(code: str, names: dict[str, object]) -> None:
    named = re.match(r"# file: (\S+)\n", code)
    assert named, f"a YAML block begins with its file's name: {code[:60]}"
    Path(named[1]).write_text(code)
    if named[1].endswith(".scenario.yaml"):
        lint([Path(named[1])])


RUNNERS = {"console": _console, "python": _python, "yaml": _yaml}


def test_the_pictures_in_the_readme_are_drawn_from_the_runbook_and_from_a_drill() -> None:
    lanes, picture = re.findall(r"!\[.*\]\((docs/.*\.svg)\)", (ROOT / "README.md").read_text())
    assert (ROOT / picture).read_text() == drawn(read_runbook()), f"drillbook graph --svg > {picture}"
    assert (ROOT / lanes).read_text() == fly("database-primary-down").timeline.picture.svg, "make pictures"


def test_the_story_in_the_readme_is_the_one_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "database-primary-down"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    (shown,) = [block.code for block in _blocks(ROOT / "README.md") if block.language == "text"]
    for line in shown.splitlines():
        said = re.sub(r"^(T\+\d+:\d+ )?(Infrastructure Maintainer|Studio Producer)? ?", "", " ".join(line.split()).rstrip(" ─"))
        assert said in told, f"nobody says {said!r}"


def _fields(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


MODELS = (Scenario, FaultSpec, TelemetrySpec, Missing, ExtraLog, DeploymentSpec, Spike, Window, Trigger, StubAnswer, Expect, System, ComponentSpec, CallSpec, Journey, AlertRule)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_of_the_format_is_documented(model: type[BaseModel]) -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text()
    documented = {*re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", text)))}
    assert _fields(model) <= documented, f"docs/scenarios.md says nothing of {sorted(_fields(model) - documented)}"


def test_every_top_level_part_of_the_runbook_is_documented() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    missing = [name for name in _fields(Runbook) if f"`{name}`" not in text]
    assert not missing, f"docs/runbook.md says nothing of {missing}"


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_public_name_has_a_docstring() -> None:
    import drillbook

    undocumented = [name for name in drillbook.__all__ if not (getattr(drillbook, name).__doc__ or "").strip()]
    assert undocumented == []
    assert sys.modules["drillbook"].__doc__


def test_the_picture_of_the_coverage_page_is_what_its_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = _blocks(ROOT / "docs" / "coverage.md")
    (picture,) = [block.code for block in blocks if block.language == "mermaid"]
    _console(blocks[0].code, {})
    capsys.readouterr()
    assert main(["coverage", "drills", "--picture"]) == 0
    assert capsys.readouterr().out == picture

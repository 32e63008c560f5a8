"""Code that cannot be loaded, an edited agent or another package's brain or role, is one line with its place, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from flights import command
from planted import Edit, plant

LAST = "No function is impaired."
BROKEN = {
    "no Python": ("\n\ndef f(:\n", ":7: cannot be loaded: SyntaxError: invalid syntax"),
    "no such key": ("\n\nWORD = {}['a']\n", ":8: cannot be loaded: KeyError: 'a'"),
    "no such module": ("\n\nimport nonesuch\n", ":1: cannot be loaded: ModuleNotFoundError: No module named 'nonesuch'"),
    "no such name": ("\n\nfrom drillbook.case import Nonesuch\n", ":1: cannot be loaded: ImportError: cannot import name 'Nonesuch' from 'drillbook.case'"),
    "no field of a model": ("\n\nfrom drillbook.units import Frozen\nFrozen(\n    odd=1)\n", ":1: cannot be loaded: ValidationError: 1 validation error for Frozen odd Extra inputs"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_an_agent_that_cannot_be_loaded_is_a_line_with_its_place(case: str, tmp_path: Path) -> None:
    tree = plant(tmp_path)
    file, (added, said) = tmp_path / "drillbook" / "agents" / "words.py", BROKEN[case]
    text = file.read_text()
    file.write_text(text + added)
    line = len(text.splitlines()) + (4 if "\nFrozen" in added else 3)
    done = tree.python("-m", "drillbook", "list", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    (told,) = done.stderr.splitlines()
    assert told.startswith(f"drillbook/agents/words.py:{line}{said}")
    assert "For further information" not in told


def other_package(folder: Path, code: str, entries: str) -> dict[str, str]:
    """A package `ours` with a module of this code; the environment in which it is found."""
    (folder / "ours").mkdir()
    (folder / "ours" / "__init__.py").write_text("")
    (folder / "ours" / "brains.py").write_text(code)
    info = folder / "ours-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)
    return {"PYTHONPATH": str(folder)}


BRAIN = "[drillbook.brains]\ncareful = ours.brains:Careful\n"
ROLE = "[drillbook.roles]\ndatabase_engineer = ours.brains\n"
NAMED, NAMED_ROLE = "entry point careful = ours.brains:Careful (drillbook.brains)", "entry point database_engineer = ours.brains (drillbook.roles)"
PACKAGES = {
    "no Python": ("import os\nclass Careful:\n    def f(:\n", BRAIN, f"ours/brains.py:3:11: {NAMED}: SyntaxError: invalid syntax"),
    "it raises": ("import json\njson.loads('no')\n", BRAIN, f"ours/brains.py:2:1: {NAMED}: JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    "it exits": ("raise SystemExit('no key')\n", BRAIN, f"ours/brains.py:1:1: {NAMED}: SystemExit: no key"),
    "no such name": ("", BRAIN, f"drillbook: {NAMED}: AttributeError: module 'ours.brains' has no attribute 'Careful'"),
    "no such module": ("", BRAIN.replace("brains:", "minds:"), "drillbook: entry point careful = ours.minds:Careful (drillbook.brains): ModuleNotFoundError: No module named 'ours.minds'"),
    "it cannot be made": ("class Careful:\n    def __init__(self, stub):\n        self.key = stub['key']\n", BRAIN, "ours/brains.py:3:20: brain careful cannot be made: TypeError: 'Stub' object is not subscriptable"),
    "it takes nothing": ("class Careful:\n    pass\n", BRAIN, "drillbook: brain careful cannot be made: TypeError: Careful() takes no arguments"),
    "it makes nothing": ("def Careful(stub):\n    return None\n", BRAIN, "drillbook: brain careful makes None; valid: a function of (task, case, toolbelt)"),
    "a role that raises": ("CHARTER = 1 / 0\n", ROLE, f"ours/brains.py:1:11: {NAMED_ROLE}: ZeroDivisionError: division by zero"),
    "a role without duties": ("from drillbook.agents.api_tester import CHARTER\n", ROLE, f"drillbook: {NAMED_ROLE}: a module with a DUTIES (Mapping) is expected"),
    "a role with another charter": ("CHARTER, DUTIES = 5, {}\n", ROLE, f"drillbook: {NAMED_ROLE}: a module with a CHARTER (Charter) is expected"),
}  # fmt: skip


@pytest.mark.parametrize("case", PACKAGES)
def test_what_another_package_brings_and_cannot_be_loaded_is_a_line_with_its_place(case: str, tmp_path: Path) -> None:
    code, entries, said = PACKAGES[case]
    env = other_package(tmp_path, code, entries)
    done = command("run", "slow-search", "--cast", "*=careful" if entries != ROLE else "*=stub", cwd=tmp_path, **env)
    assert done.returncode == 2, done.stderr
    assert done.stderr == said + "\n"


def test_pytest_says_it_in_a_line_too(tmp_path: Path) -> None:
    tree = plant(tmp_path, Edit("agents/words.py", f'"{LAST}"', f'"{LAST}'))
    (tmp_path / "one.scenario.yaml").write_text((tmp_path / "drillbook" / "scenarios" / "slow-search.scenario.yaml").read_text())
    done = tree.python("-m", "pytest", "one.scenario.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot be loaded: SyntaxError: unterminated string literal" in done.stdout
    assert "Traceback" not in done.stdout
    assert "importlib" not in done.stdout

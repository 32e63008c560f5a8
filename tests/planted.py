"""A copy of the source tree with something planted in it, and the command line that runs in it, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from flights import ROOT, command

__all__ = ["Edit", "Tree", "plant"]


class Edit(NamedTuple):
    """A text that stands once in a file of the package, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Tree:
    """A folder that holds the package as `drillbook`, with no links out of it."""

    folder: Path

    @property
    def runbook(self) -> str:
        return str(self.folder / "drillbook" / "graph" / "incident_response.yaml")

    def drillbook(self, *arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        """`python -m drillbook ARGUMENTS` with the package of this tree; nothing may be written to the standard error."""
        done = self.python("-m", "drillbook", *arguments, cwd=cwd, **env)
        assert done.stderr == "", done.stderr
        return done

    def forked(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """`drillbook ARGUMENTS` in a process that has loaded all but this tree's package, which it loads anew."""
        done = command(*arguments, cwd=cwd, PYTHONPATH=str(self.folder))
        assert done.stderr == "", done.stderr
        return done

    def python(self, *arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        """A Python that finds this tree's package first."""
        return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, "COLUMNS": "120", **env, "PYTHONPATH": str(self.folder)})  # fmt: skip


def plant(folder: Path, *edits: Edit) -> Tree:
    """The package copied into a folder, its links followed, each of the edits made in it."""
    shutil.copytree(ROOT / "src" / "drillbook", folder / "drillbook")
    for edit in edits:
        file = folder / "drillbook" / edit.file
        text = file.read_text()
        assert text.count(edit.old) == 1, f"{edit.file} has {edit.old!r} {text.count(edit.old)} times"
        file.write_text(text.replace(edit.old, edit.new))
    return Tree(folder)

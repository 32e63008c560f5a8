"""A copy of the source tree with something planted in it, and the command line that runs in it, in a process of its own.

That process is a fork of this one where its environment does not matter: it has loaded all but the package, which it loads anew.
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import subprocess
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

from flights import ROOT

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

    def forked(self, *arguments: str, cwd: Path) -> tuple[int, str]:
        """`drillbook ARGUMENTS` in a fork of this process that loads this tree's package: its exit code, and what it prints."""
        printed, complaints = (self.folder / f"{name}.txt" for name in ("printed", "complaints"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # from 3.12 on of a fork beside threads: none of ours is running
            child = os.fork()
        if child == 0:
            self._run([*arguments], cwd, printed, complaints)
        _, status = os.waitpid(child, 0)
        assert complaints.read_text() == "", complaints.read_text()
        return os.waitstatus_to_exitcode(status), printed.read_text()

    def _run(self, arguments: list[str], cwd: Path, printed: Path, complaints: Path) -> NoReturn:
        """What the fork does; it ends here, whatever happens."""
        code = 99
        gc.freeze()
        try:
            sys.stdout, sys.stderr = printed.open("w"), complaints.open("w")
            os.chdir(cwd)
            os.environ.update(COLUMNS="120", PYTHONPATH=str(self.folder))
            sys.path.insert(0, str(self.folder))
            for name in [name for name in sys.modules if name.partition(".")[0] == "drillbook"]:
                del sys.modules[name]
            code = int(importlib.import_module("drillbook.cli").main(arguments))
        except BaseException:  # noqa: BLE001 - pytest must not go on in the fork
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

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

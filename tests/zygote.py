"""The command line in a process of its own that need not load its packages again: it is forked from one that has loaded them and done nothing."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["forked"]

_LOADED = ("zygote", "drillbook.cli", "drillbook.simulator", "drillbook.replaying", "drillbook.story", "langgraph.graph")
_PATIENCE = 120


@cache
def _server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED))
    return context


def forked(arguments: list[str], cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`drillbook ARGUMENTS`: its exit code, and what it wrote."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = _server().Process(target=_play, args=(arguments, str(cwd), dict(env), str(out), str(err)))
        process.start()
        process.join(_PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(["drillbook", *arguments], _PATIENCE)
        return subprocess.CompletedProcess(["drillbook", *arguments], process.exitcode, *(_text(file) for file in (out, err)))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _play(arguments: list[str], cwd: str, env: dict[str, str], out: str, err: str) -> None:
    """In the forked process: its own streams, folder and environment; then what `python -m drillbook` does."""
    for number, name in ((1, out), (2, err)):
        opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww"))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path.insert(0, cwd)  # as `python -m` has it
    sys.argv = ["drillbook", *arguments]
    try:
        runpy.run_module("drillbook", run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()

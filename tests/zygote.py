"""The command line in a process of its own that need not load its packages again: it is forked from one that has loaded them and done nothing."""

from __future__ import annotations

import fcntl
import os
import runpy
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping
from functools import cache
from multiprocessing import get_context, reduction
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

__all__ = ["forked", "seated"]

_LOADED = ("zygote", "drillbook.cli", "drillbook.simulator", "drillbook.replaying", "drillbook.story", "langgraph.graph")
_PATIENCE = 120


@cache
def _server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED))
    return context


class Handed:
    """A file descriptor that a process is given; it is another number there."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Callable[[Any], Handed], tuple[Any]]:
        return _taken, (reduction.DupFd(self.number),)


def _taken(given: Any) -> Handed:
    return Handed(given.detach())


def forked(arguments: list[str], cwd: Path, env: Mapping[str, str], typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """`drillbook ARGUMENTS`: its exit code, and what it wrote; with what is `typed` in its standard input."""
    with TemporaryDirectory() as folder:
        given, out, err = (Path(folder) / name for name in ("in", "out", "err"))
        given.write_text(typed or "")
        with given.open() as stdin, out.open("w") as stdout, err.open("w") as stderr:
            handed = [Handed(stream.fileno()) for stream in (stdin, stdout, stderr)]
            process = _server().Process(target=_play, args=(arguments, str(cwd), dict(env), handed))
            process.start()
        process.join(_PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(["drillbook", *arguments], _PATIENCE)
        return subprocess.CompletedProcess(["drillbook", *arguments], process.exitcode, *(file.read_text("utf-8") for file in (out, err)))


def seated(arguments: list[str], cwd: Path, env: Mapping[str, str], terminal: int) -> BaseProcess:
    """`drillbook ARGUMENTS` in a session of its own at a terminal, given by its descriptor."""
    process = _server().Process(target=_play, args=(arguments, str(cwd), dict(env), [Handed(terminal)] * 3, True))
    process.start()
    return process


def _play(arguments: list[str], cwd: str, env: dict[str, str], handed: list[Handed], leads: bool = False) -> None:
    """In the forked process: its own streams, folder and environment; then what `python -m drillbook` does."""
    for number, given in enumerate(handed):
        os.dup2(given.number, number)
    for given in handed:
        os.closerange(given.number, given.number + 1)
    if leads:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww"))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    _look_in(cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep)))
    sys.argv = ["drillbook", *arguments]
    try:
        runpy.run_module("drillbook", run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _look_in(cwd: str, *folders: str) -> None:
    """Find modules as `python -m` does; where there are folders that may hold another package of the name, ours is loaded anew."""
    sys.path[:0] = [cwd, *folders]
    for name in [name for name in sys.modules if folders and name.partition(".")[0] == "drillbook"]:
        del sys.modules[name]

"""A drill that is killed (kill -9) as it makes its N-th record, and gone on with afterwards, for tests/test_resume.py.

    python tests/killed.py SCENARIO N CHECKPOINT   one drill, killed in this process as it makes record N
    python tests/killed.py SCENARIO every FOLDER   killed at every record, each time in a process of its own, then resumed in another;
                                                   prints a line a record: its number and the digest after resuming; with a number N
                                                   behind it only at every N-th

The processes of `every` are forked from one that has read the inputs and flown nothing; `fresh` instead of `every` starts a new interpreter for each.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from drillbook.records import Chain
from drillbook.simulator import Setup, prepare

_add = Chain.add


def dying_at(number: int) -> Callable[..., Any]:
    """`Chain.add` that kills the process at a record."""

    def add(self: Chain, **fields: Any) -> tuple[Chain, bytes]:
        if self.seq == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return _add(self, **fields)

    return add


def die(setup: Setup, number: int, checkpoint: Path) -> None:
    Chain.add = dying_at(number)  # type: ignore[method-assign]
    setup.run(checkpoint=checkpoint)


def resume(setup: Setup, checkpoint: Path) -> None:
    print(setup.run(checkpoint=checkpoint).journal.digest, flush=True)


def forked(work: Callable[[], object]) -> int:
    """What a child process that does the work ended with: its exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def forks(setup: Setup, number: int, checkpoint: Path) -> bool:
    """Killed at a record and resumed, in two processes that are forked from this one; whether there was such a record."""
    ended = forked(partial(die, setup, number, checkpoint))
    print(number, end=" ", flush=True)
    forked(partial(resume, setup, checkpoint))
    return ended == -signal.SIGKILL


def interpreters(setup: Setup, number: int, checkpoint: Path) -> bool:
    """The same, in two interpreters that are started for it."""
    ended = subprocess.run([sys.executable, __file__, setup.scenario.id, str(number), str(checkpoint)], check=False).returncode
    again = [sys.executable, "-m", "drillbook", "run", setup.scenario.id, "--json", "--checkpoint", str(checkpoint)]
    told = subprocess.run(again, check=True, capture_output=True, text=True, cwd=checkpoint.parent).stdout
    print(number, json.loads(told)["digest"], flush=True)
    return ended == -signal.SIGKILL


def main(scenario: str, number: str, place: str, stride: str = "1") -> None:
    setup = prepare(scenario)
    assert setup.header, "what every process would have to reckon"
    if number.isdecimal():
        die(setup, int(number), Path(place))
        return
    killed = interpreters if number == "fresh" else forks
    for record in count(step=int(stride)):
        if not killed(setup, record, Path(place) / f"{record}.sqlite"):
            return


if __name__ == "__main__":
    main(*sys.argv[1:])

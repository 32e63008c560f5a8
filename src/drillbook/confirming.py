"""Whether the current code agrees with itself: before a difference is blamed on an edit, drills are flown again elsewhere.

Elsewhere is a fresh process with another hash seed, other addresses and another time zone: what depends on the order of a set, on
`id()` or on the local time shows there. What one drill leaves behind for the next shows in a second flight here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from drillbook.journal import read_journal
from drillbook.offline import no_network, offline
from drillbook.replaying import Replay, Replayer, held

__all__ = ["confirmed", "fly_again"]

_AGAIN = "import sys; from drillbook.confirming import fly_again; fly_again(sys.argv[1], sys.argv[2:])"
_FEW = 3
_ZONE = "ELSEWHERE23:29:31"
"""Nearly a day west of Greenwich, at an odd minute and second: the local time differs in every part of it."""


def fly_again(folder: str, journals: Sequence[str]) -> None:
    """Fly journals, offline, and write what comes of them into a folder, by number: what a fresh process is for."""
    sys.addaudithook(no_network)
    replayer = Replayer()
    for number, name in enumerate(journals):
        replayer.setup(name, read_journal(Path(name))).run().journal.write(Path(folder) / f"{number}.jsonl")


def confirmed(replays: Sequence[Replay]) -> list[Replay]:
    """Replays of which those that differ were flown elsewhere too, and one that did not was flown again: what differs then is FLAKY.

    A few journals are flown with three hash seeds, since a set of two names has the same order in every second process; of a corpus
    every one is flown with one.
    """
    plain = [one for one in replays if not one.edits.any and one.edits.missing != "record"]
    doubtful = {one.name: one for one in plain if one.verdict == "CHANGED"}
    settled = {one.name: _once_more(one) for one in [one for one in plain if one.identical][:1]}
    for seed in _seeds(3 if len(replays) <= _FEW else 1):
        settled |= {one.name: one for one in _elsewhere(list(doubtful.values()), seed)}
        doubtful = {name: one for name, one in doubtful.items() if settled[name].verdict == "CHANGED"}
    return [settled.get(one.name, one) for one in replays]


def _seeds(count: int) -> list[str]:
    """Hash seeds other than this process's own."""
    return [seed for seed in ("1", "2", "3", "4") if seed != os.environ.get("PYTHONHASHSEED")][:count]


def _once_more(done: Replay) -> Replay:
    with offline():
        return replace(done, flaky=held(done.name, done.drill.journal, done.drill.setup.run().journal), asked="here")


def _elsewhere(doubtful: Sequence[Replay], seed: str) -> Iterable[Replay]:
    if not doubtful:
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _AGAIN, folder, *(one.name for one in doubtful)], check=False, capture_output=True,
                       env={**os.environ, "PYTHONHASHSEED": seed, "TZ": _ZONE})  # fmt: skip
        yield from [_held_there(Path(folder) / f"{number}.jsonl", one) for number, one in enumerate(doubtful)]


def _held_there(path: Path, done: Replay) -> Replay:
    if not path.is_file():
        return done
    return replace(done, flaky=held(done.name, done.drill.journal, read_journal(path)), asked="elsewhere")

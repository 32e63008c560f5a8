"""`drillbook replay` and `drillbook fork`: what the commands do with journals, one or a corpus of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from drillbook import sidebyside, whatif
from drillbook.casting import casting
from drillbook.confirming import confirmed
from drillbook.decisions import sweep
from drillbook.errors import BadInput, Problem
from drillbook.forking import Fork, Scalar, fork, parent_of
from drillbook.printed import show
from drillbook.progress import ticking
from drillbook.reading import read_cast, read_runbook
from drillbook.replaying import Edits, Replay, Replayer
from drillbook.starting import read_start

__all__ = ["edits", "forked", "replay_all", "settle", "show_fork", "show_replays", "show_sweep"]


def edits(runbook: Path | None, cast: str | None, scenario: str | None, missing: str) -> Edits:
    """What a what-if replaces. Raises BadInput."""
    if missing not in ("stop", "stub", "record"):
        raise BadInput(f"replay: --missing {missing!r}; valid: stop, stub, record")
    return Edits(
        runbook=None if runbook is None else read_runbook(runbook), cast=None if cast is None else casting(cast),
        scenario=None if scenario is None else read_start(scenario), missing=missing,  # type: ignore[arg-type]  # checked above
        terms=None if cast is None else read_cast(cast),
    )  # fmt: skip


def replay_all(journals: Sequence[Path], edited: Edits) -> tuple[list[Replay], list[Problem]]:
    """Replay journals one after the other; those that cannot be read are named, and do not stop the rest."""
    replayer, done, bad = Replayer(edited), list[Replay](), list[Problem]()
    with ticking("journals", len(journals)) as tick:
        for path in journals:
            try:
                done.append(replayer.replay(path))
            except BadInput as error:
                bad.extend(error.problems)
            tick()
    return confirmed(done), bad


def settle(replays: Sequence[Replay], accept: bool) -> int:
    """The exit code: 0 if nothing diverged, or if what changed is accepted and written; what is flaky never is."""
    for done in replays:
        if accept and done.verdict == "CHANGED":
            done.drill.journal.write(Path(done.name))
            sys.stderr.write(f"accepted: {done.name} is now {done.drill.journal.digest[:12]}\n")
    wrong = [done for done in replays if not done.identical and not (accept and done.verdict == "CHANGED")]
    return 1 if wrong else 0


def show_replays(console: Console, replays: Sequence[Replay], unread: int) -> None:
    """A line a journal; a full report on each that diverged; in a what-if, both drills side by side. Several are summed up last, with those
    that could not be read."""
    for done in replays:
        show(console, done)
    if replays and len(replays) + unread > 1:
        sys.stdout.write("".join(f"{text}\n" for text in sidebyside.summary(replays, unread)))


def forked(journal: str, at: str | None, sets: Sequence[str], do: str | None, delay: str | None, without: str | None) -> Fork:
    """The fork that the command's options ask for. Raises BadInput."""
    if at is None:
        raise BadInput("fork: give --at SEQ, T+mm:ss or STEP, or --sweep")
    given = [*map(_assignment, sets)]
    twice = next((name for place, (name, _) in enumerate(given) if name in dict(given[:place])), None)
    if twice is not None:
        raise BadInput(f"fork: --set {twice}: is given twice; each conclusion once")
    return fork(Path(journal), at=at, set=dict(given), do=do, delay=delay or 0, without=without)


_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def _assignment(text: str) -> tuple[str, Scalar]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BadInput(f"fork: --set {text!r} is no NAME=VALUE; such as diagnosis.cause=infrastructure, severity=P2, outcome=failed")
    known = value.strip()
    return name.strip(), _WORDS.get(known, int(known) if known.lstrip("-").isdecimal() else known)


def show_fork(console: Console, found: Fork, journal: Path) -> None:
    """A fork beside its parent, and where its journal is."""
    show(console, found)
    console.print(f"journal {journal}", markup=False, highlight=False)


def show_sweep(console: Console, journal: str, as_json: bool) -> dict[str, Any] | None:
    """Every decision tried otherwise: the table, or with `as_json` the document. Raises BadInput."""
    parent = parent_of(Path(journal))
    with ticking("alternatives", 100) as tick:
        found = sweep(parent, tick)
    if as_json:
        return found.document()
    for part in whatif.sweep_parts(found, journal):
        console.print(part, markup=False, highlight=False, emoji=False, soft_wrap=isinstance(part, str))
    return None

"""The files that a drill leaves: its journal, what its models cost, and its post-mortem; none is written over another, or over an input."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from drillbook.errors import BadInput
from drillbook.files import is_device, write_whole
from drillbook.usage import sidecar

if TYPE_CHECKING:
    from drillbook.drill import Drill

__all__ = ["keep_apart", "own_file", "written"]


def keep_apart(journal: Path | None, postmortem: Path | None, *inputs: str | Path | None) -> None:
    """Neither output may be written over the other, nor over what the drill is made of. Raises BadInput before anything runs."""
    taken = {os.path.realpath(given): "is an input of the drill" for given in inputs if given is not None and Path(given).is_file()}
    for option, path in (("--journal", journal), ("--postmortem", postmortem or _beside(journal))):
        if path is None or is_device(path):
            continue
        if not path.name or path.is_dir():
            raise BadInput(f"run: {option} {str(path)!r} is a folder; valid: the path of a file")
        if os.path.realpath(path) in taken:
            raise BadInput(f"run: {option}: {str(path)!r} {taken[os.path.realpath(path)]}; give each a file of its own")
        taken[os.path.realpath(path)] = "is where the journal goes"


def own_file(option: str, path: Path | None, journal: Path) -> None:
    """What is made from a journal goes to a file of its own. Raises BadInput for any other place."""
    if path is not None and (path.is_dir() or not path.parent.is_dir() or os.path.realpath(path) == os.path.realpath(journal)):
        raise BadInput(f"{option} {str(path)!r}: valid: a file of its own, in a folder that is there")


def _beside(journal: Path | None) -> Path | None:
    """Where the post-mortem goes by default."""
    return journal.with_suffix(".md") if journal and journal.name else None


def written(drill: Drill, journal: Path | None, postmortem: Path | None) -> tuple[Path, Path | None]:
    """Write them, where no place is given below `runs/`: where the journal is, and the post-mortem if there was one to write."""
    where = journal or Path("runs") / f"{drill.name}.jsonl"
    drill.journal.write(where)
    if drill.usage.answers and not is_device(where):
        sidecar(where, drill.usage)
    return where, _report(drill, postmortem or where.with_suffix(".md"))


def _report(drill: Drill, path: Path) -> Path | None:
    if drill.postmortem is None:
        return None
    write_whole(path, drill.postmortem.encode())
    return path

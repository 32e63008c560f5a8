"""`drillbook run` with people in the cast: where the drill is kept while they play, and how it goes on after they left."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from drillbook.asking import terminal
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.files import is_device
from drillbook.records import digest_of
from drillbook.simulator import Setup
from drillbook.timeline import timeline

__all__ = ["fly"]


def fly(console: Console, setup: Setup, checkpoint: Path | None, journal: Path | None, scenario: str,
        options: Mapping[str, object]) -> Drill:  # fmt: skip
    """Run a drill whose people sit at this terminal.

    Without a `checkpoint` one is kept beside the journal until the drill ends. Whoever leaves is told how to go on, and KeyboardInterrupt
    goes on up. `scenario` and `options` are what the command was given. Raises BadInput.
    """
    file, asking = checkpoint or _beside(setup, journal), terminal(console)
    known = file.is_file()
    roles = ", ".join(setup.simulator.runbook.roles.get(role, role) for role in setup.people)
    asking.talk.say(f"{'going on from' if known else 'kept in'} {file}; you are: {roles}", "dim")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        drill = setup.run(checkpoint=file, ask=asking)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nstopped; go on with: {_command(scenario, options, file)}\n")
        raise
    except BadInput:
        if checkpoint is None and not known and not asking.answers:
            _remove(file)
        raise
    asking.tell(timeline(drill.runbook, drill.case))
    if checkpoint is None:
        _remove(file)
    return drill


def _beside(setup: Setup, journal: Path | None) -> Path:
    """Where a drill is kept by default: its name is that of the drill, so that two different ones never meet."""
    mark = digest_of(setup.header)[:8]
    if journal is None or is_device(journal):
        return Path("runs") / f"{setup.scenario.id}-seed{setup.seed}-{mark}.checkpoint"
    return journal.with_name(f"{journal.stem}-{mark}.checkpoint")


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def _command(scenario: str, options: Mapping[str, object], file: Path) -> str:
    given = [part for name, value in options.items() if value is not None for part in (f"--{name}", str(value))]
    return shlex.join(["drillbook", "run", scenario, *given, "--checkpoint", str(file)])

"""`drillbook new`: scenario and system files to go on from."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import drillbook
from drillbook.errors import BadInput, Problem
from drillbook.files import write_whole
from drillbook.generate import generate_system, incident, one_fault, scenario_text, system_text
from drillbook.reading import read_runbook, read_system
from drillbook.scenario import Scenario, System
from drillbook.scenarios import find_system
from drillbook.score import expected

__all__ = ["new_scenario", "new_system"]


def new_scenario(system: str, seed: int, *, fault: str | None = None, target: str | None = None, index: int | None = None,
                 out: Path | None = None) -> Path:  # fmt: skip
    """Write a scenario of one fault, or the `index`-th random incident of a seed; returns where it is. Raises BadInput."""
    production = read_system(system)
    if (fault is None) == (index is None):
        raise BadInput("new: give one of --fault KIND, --random INDEX and --system-of COUNT")
    if fault is None and target is not None:
        raise BadInput("new: --target goes with --fault; a random incident draws its own")
    made = incident(seed, index or 0, production) if fault is None else one_fault(fault, production, seed, target)
    path = out or Path(f"{made.id}.scenario.yaml")
    _check_place(path)
    return _write(path, _text(made, production, _named_from(path, system)))


@cache
def _stub_cast() -> drillbook.Simulator:
    """Who flies what is made; compiled once."""
    return drillbook.Simulator(read_runbook())


def _text(made: Scenario, production: System, system: str) -> str:
    """The file of a scenario with what it should come to: a drill is flown, and the world and the runbook say."""
    drill = _stub_cast().run(made, production)
    return scenario_text(made, system, expected(drill.truth, drill.severity_truth), drill.case.outcome)


def new_system(count: int, seed: int, out: Path | None = None) -> Path:
    """Write a system of `count` components; returns where it is. Raises BadInput."""
    made = generate_system(count, seed)
    path = out or Path(f"{made.name}.yaml")
    _check_place(path)
    heading = f"A system of {count} components, made by: drillbook new --system-of {count} --seed {seed}"
    return _write(path, system_text(made, heading))


def _named_from(path: Path, system: str) -> str:
    """How a scenario file at `path` names its system: as the catalogue does, or by the way to its file."""
    file = find_system(system)
    return system if file.stem == system else Path(os.path.relpath(file, "." if str(path) == "-" else path.parent)).as_posix()


def _check_place(path: Path) -> None:
    """Nothing is replaced, and no folder is made. Raises BadInput."""
    if str(path) == "-":
        return
    if path.is_dir():
        raise BadInput([Problem(str(path), "is a folder; valid: --out FILE, or --out - for the standard output")])
    if not path.parent.is_dir():
        raise BadInput([Problem(str(path), f"cannot be written: there is no folder {str(path.parent)!r}; make it first")])
    if path.exists():
        raise BadInput([Problem(str(path), "is there already and is left as it is; choose another name with --out FILE")])


def _write(path: Path, text: str) -> Path:
    """A new file; `-` is the standard output."""
    if str(path) == "-":
        sys.stdout.write(text)
    else:
        write_whole(path, text.encode())
    return path

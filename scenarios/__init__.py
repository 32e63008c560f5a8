"""What goes wrong: the scenario and system files that come with the package, and how to find them.

In Python the package is also what lists them: `drillbook.scenarios()`, `drillbook.scenarios("cascade")`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import drillbook
from drillbook.errors import BadInput, valid_names

__all__ = ["FOLDER", "SYSTEMS", "find", "find_system", "paths", "systems"]

FOLDER = Path(__file__).parent
SYSTEMS = FOLDER / "systems"

_SUFFIX = ".scenario.yaml"


def paths(folder: Path = FOLDER) -> list[Path]:
    """Every scenario file of a folder, by name."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


def systems() -> list[str]:
    """The names of the systems that come with the package."""
    return sorted(file.stem for file in SYSTEMS.glob("*.yaml"))


def find_system(name: str) -> Path:
    """The file of a system: a name of the catalogue, or a path. Raises BadInput naming near names."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml", ".json"):
        return path
    if name not in systems():
        raise BadInput(f"unknown system {name!r}; {valid_names(name, systems())}")
    return SYSTEMS / f"{name}.yaml"


def find(name: str) -> Path:
    """The file of a scenario: an id of the catalogue, or a path. Raises BadInput naming near ids."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml", ".json") or path.is_file():
        return path
    known = {file.name.removesuffix(_SUFFIX): file for file in paths()}
    if name not in known:
        raise BadInput(f"unknown scenario {name!r}; {valid_names(name, known)}")
    return known[name]


class _Listed(ModuleType):
    """The folder has the name that reads best for the list of what is in it."""

    def __call__(self, *tags: str) -> Any:
        return drillbook.catalogue.scenarios(*tags)


sys.modules[__name__].__class__ = _Listed

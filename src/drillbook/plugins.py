"""What other packages bring along: brains and roles, by entry points.

A package declares them in its pyproject.toml; a brain is made from the role's stub, as those of drillbook.brains are, and a role is a
module with a CHARTER and DUTIES, as those of drillbook.agents are:

    [project.entry-points."drillbook.brains"]
    careful = "ours.brains:Careful"

    [project.entry-points."drillbook.roles"]
    database_reliability_engineer = "ours.database_reliability_engineer"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from drillbook.agents import ROSTER, Role
from drillbook.brains import BRAINS
from drillbook.errors import BadInput, raised
from drillbook.toolbelt import Brain, Charter
from drillbook.tools import WORDED

__all__ = ["brains", "castable", "roster"]


@cache
def brains() -> Mapping[str, Callable[[Brain], Brain]]:
    """Every brain by name: drillbook's own, and those of other packages. Raises BadInput for one that cannot be loaded."""
    return MappingProxyType({**{point.name: _loaded(point) for point in entry_points(group="drillbook.brains")}, **BRAINS})


@cache
def roster() -> Mapping[str, Role]:
    """Every role by name: the fourteen, and those of other packages. Raises BadInput for one that cannot be loaded."""
    return MappingProxyType({**ROSTER, **{point.name: _role(point) for point in entry_points(group="drillbook.roles")}})


def castable() -> tuple[str, ...]:
    """What a cast may say who plays: every role, and every free-text tool."""
    return (*roster(), *WORDED)


def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - another's code: whatever is wrong with it is one line with its place
        raise BadInput([raised(error, _named(point))]) from None


def _named(point: EntryPoint) -> str:
    return f"entry point {point.name} = {point.value} ({point.group})"


def _role(point: EntryPoint) -> Role:
    module = _loaded(point)
    for name, kind in (("CHARTER", Charter), ("DUTIES", Mapping)):
        if not isinstance(getattr(module, name, None), kind):
            raise BadInput(f"{_named(point)}: a module with a {name} ({kind.__name__}) is expected")
    return Role(module.CHARTER, module.DUTIES, module)

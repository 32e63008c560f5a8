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
from drillbook.errors import BadInput
from drillbook.toolbelt import Brain

__all__ = ["brains", "roster"]


@cache
def brains() -> Mapping[str, Callable[[Brain], Brain]]:
    """Every brain by name: drillbook's own, and those of other packages. Raises BadInput for one that cannot be loaded."""
    return MappingProxyType({**{point.name: _loaded(point) for point in entry_points(group="drillbook.brains")}, **BRAINS})


@cache
def roster() -> Mapping[str, Role]:
    """Every role by name: the fourteen, and those of other packages. Raises BadInput for one that cannot be loaded."""
    return MappingProxyType({**ROSTER, **{point.name: _role(point) for point in entry_points(group="drillbook.roles")}})


def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise BadInput(f"entry point {point.name} = {point.value} ({point.group}): {error}") from None


def _role(point: EntryPoint) -> Role:
    module = _loaded(point)
    missing = [name for name in ("CHARTER", "DUTIES") if not hasattr(module, name)]
    if missing:
        raise BadInput(f"entry point {point.name} = {point.value} ({point.group}): a module with a {missing[0]} is expected")
    return Role(module.CHARTER, module.DUTIES, module)

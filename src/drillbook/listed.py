"""Lists of plain data that a notebook shows as people read them; everything else about them is a list's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import drillbook
from drillbook.units import clock

if TYPE_CHECKING:
    from drillbook.drill import Drill

__all__ = ["Messages", "Route"]


class Route(list[dict[str, Any]]):
    """The steps that a drill took; in a notebook the way on the runbook's graph."""

    def __init__(self, steps: Iterable[dict[str, Any]], drill: Drill) -> None:
        super().__init__(steps)
        self._drill = drill

    def __reduce__(self) -> tuple[type[list[Any]], tuple[list[dict[str, Any]]]]:
        """It pickles and copies as the plain list that it is."""
        return list, ([*self],)

    def __str__(self) -> str:
        """A line a step."""
        return "\n".join(f"{clock(one['at']):>9}  {one['step']} → {one['outcome']}  ({', '.join(one['roles'])})" for one in self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return drillbook.display.bundle(self, drillbook.display.route(self._drill).svg)


class Messages(list[dict[str, Any]]):
    """What was said in a drill; in a notebook a card a message."""

    def __str__(self) -> str:
        """Each as it was sent."""
        return "\n\n".join(f"{clock(one['at'])} {one['role']}: {one['kind']}\n{one['text']}" for one in self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return drillbook.display.bundle(self, drillbook.display.cards(self))

"""An alert over time: when it began to fire, when it ended, and what is told of it meanwhile."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field

from drillbook.case import Alert
from drillbook.units import Frozen

__all__ = ["Firing", "Notice"]


class Firing(Frozen):
    """An alert with its annotations; `expr` is the PromQL of its rule, `ends_at` (virtual ms) is None while it fires."""

    alert: Alert
    annotations: dict[str, str] = Field(default_factory=dict)
    expr: str = ""
    ends_at: int | None = None


class Notice(NamedTuple):
    """Word of an alert at virtual time `at` (ms): that it fires, or that it has ended."""

    firing: Firing
    at: int
    resolved: bool

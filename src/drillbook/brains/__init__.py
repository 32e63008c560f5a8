"""What makes a role's judgement: the stub policies, and baselines to measure them against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from drillbook.brains.baselines import AlwaysRollBack
from drillbook.toolbelt import Brain

__all__ = ["BRAINS"]

BRAINS: Mapping[str, Callable[[Brain], Brain]] = MappingProxyType({"stub": lambda stub: stub, "always_rollback": AlwaysRollBack})
"""Brains by name, each made from the role's stub."""

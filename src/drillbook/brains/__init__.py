"""What makes a role's judgement: the stub policies, and baselines to measure them against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from drillbook.brains.baselines import AlwaysRollBack, ConstantAnswer, RandomAnswer, SeverityFromLabel
from drillbook.toolbelt import Brain

__all__ = ["BASELINES", "BRAINS"]

BRAINS: Mapping[str, Callable[[Brain], Brain]] = MappingProxyType({
    "stub": lambda stub: stub, "constant": ConstantAnswer, "always_rollback": AlwaysRollBack, "severity_label": SeverityFromLabel,
    "random": RandomAnswer,
})  # fmt: skip
"""Brains by name, each made from the role's stub."""

BASELINES = ("constant", "always_rollback", "severity_label", "random")
"""The brains that a policy must beat."""

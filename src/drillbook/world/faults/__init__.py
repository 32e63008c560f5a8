"""The fault catalogue, a table a family: what each kind does to a component, what cures it, and why it happens at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from drillbook.world.faults import (
    cache_queue,
    code,
    configuration,
    database,
    deployment,
    external,
    hardware,
    infrastructure,
    metastable,
    network,
    security,
)
from drillbook.world.faults.kind import SIDE_EFFECTS, Effects, FaultKind, Remedy, SideEffect

__all__ = ["FAMILIES", "FAULTS", "SIDE_EFFECTS", "Effects", "FaultKind", "Remedy", "SideEffect"]

FAMILIES: Mapping[str, Mapping[str, FaultKind]] = MappingProxyType({
    "deployment": deployment.KINDS,
    "configuration": configuration.KINDS,
    "infrastructure": infrastructure.KINDS,
    "network": network.KINDS,
    "database": database.KINDS,
    "cache and queue": cache_queue.KINDS,
    "code": code.KINDS,
    "external": external.KINDS,
    "security": security.KINDS,
    "hardware": hardware.KINDS,
    "metastable": metastable.KINDS,
})  # fmt: skip
"""The families, each with its kinds by name."""

FAULTS: Mapping[str, FaultKind] = MappingProxyType({
    name: replace(kind, family=family) for family, kinds in FAMILIES.items() for name, kind in kinds.items()
})  # fmt: skip
"""Every fault kind by name."""

"""What a kind of fault is: its effects, its remedies, its traces. The families of the catalogue are tables of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from drillbook.units import MINUTE

__all__ = [
    "CURED_BY_CODE", "OURS", "SERVING", "SIDE_EFFECTS", "STORES", "UNDONE", "Cause", "Effects", "FaultKind", "Remedy", "SideEffect",
]  # fmt: skip

Cause = Literal["deployment", "infrastructure", "code_bug", "external_dependency"]
Effect = Literal["cure", "ease", "relapse", "shield", "worsen"]


@dataclass(frozen=True)
class Effects:
    """What a fault at full strength does to its component.

    `error`: share of requests that fail; `latency`: factor; cpu, memory, network, disk, connections: percentage points;
    `capacity` and `replicas`: share lost; `lag_ms`, `locks`: added; `restarts`: an hour; `scripts`: client-side script
    errors a minute; `visual`: users' reports of a blemish an hour; `exposes`: records read by a stranger each minute;
    `floods`: requests that arrive beside the usual ones, as a multiple of these; `checksums`: failed checks of stored
    data an hour; `refused`: refused logins a minute; `risks_data`: data may be lost.
    """

    error: float = 0.0
    latency: float = 1.0
    cpu: float = 0.0
    memory: float = 0.0
    network: float = 0.0
    disk: float = 0.0
    connections: float = 0.0
    capacity: float = 0.0
    replicas: float = 0.0
    lag_ms: float = 0.0
    locks: float = 0.0
    restarts: float = 0.0
    scripts: float = 0.0
    visual: float = 0.0
    exposes: float = 0.0
    floods: float = 0.0
    checksums: float = 0.0
    refused: float = 0.0
    down: bool = False
    risks_data: bool = False


@dataclass(frozen=True)
class Remedy:
    """What an action does about a fault. `tau`: time constant of the recovery (ms); `strength`: share eased or added;
    `after`: when a relapse begins (ms)."""

    effect: Effect
    tau: int = MINUTE
    strength: float = 1.0
    after: int = 0


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault: its true cause, its effects, its traces in the logs, its remedies, and its story.

    `change`: what the change that brings it was said to do (empty: no change brings it); `reversible`: whether that
    change can be rolled back without risk to data. `status`: what the platform says of its replicas. `edge`: it hurts
    the calls to its component and not the component; `refusal`: what callers see then. `wakes_above`: it sleeps until
    traffic reaches this multiple of the usual; `latched`: once awake it stays, whatever traffic does. `grows`: how long
    (ms) it takes to reach full strength where the scenario does not say. `family` and `source` are for people.
    """

    cause: Cause
    hurts: tuple[str, ...]
    effects: Effects
    log: str
    level: Literal["info", "warn", "error", "fatal"]
    mechanism: str
    gap: str
    remedies: Mapping[str, Remedy] = field(default_factory=dict)
    source: str = ""
    change: str = ""
    reversible: bool = True
    status: str = ""
    edge: bool = False
    refusal: str = ""
    wakes_above: float = 0.0
    latched: bool = False
    grows: int = 0
    family: str = ""


@dataclass(frozen=True)
class SideEffect:
    """What an action costs whether it helps or not: a share of failing requests for a while (ms)."""

    error: float
    lasts: int


SIDE_EFFECTS: Mapping[str, SideEffect] = MappingProxyType({
    "rollback": SideEffect(0.04, 2 * MINUTE),
    "restart": SideEffect(0.08, 2 * MINUTE),
    "failover": SideEffect(0.12, MINUTE),
    "deploy_hotfix": SideEffect(0.02, 2 * MINUTE),
    "scale": SideEffect(0.0, 0),
    "activate_fallback": SideEffect(0.0, 0),
    "escalate_to_vendor": SideEffect(0.0, 0),
})  # fmt: skip

SERVING = ("web", "mobile", "gateway", "service")
STORES = ("database", "replica", "cache", "queue")
OURS = (*SERVING, *STORES)
UNDONE: Mapping[str, Remedy] = MappingProxyType({"rollback": Remedy("cure"), "deploy_hotfix": Remedy("cure")})
CURED_BY_CODE: Mapping[str, Remedy] = MappingProxyType({"deploy_hotfix": Remedy("cure")})

"""The fault catalogue: one table. What each kind does to a component, what cures it, and why it happens at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from drillbook.units import MINUTE, SECOND

__all__ = ["FAULTS", "SIDE_EFFECTS", "Effects", "FaultKind", "Remedy", "SideEffect"]

Cause = Literal["deployment", "infrastructure", "code_bug", "external_dependency"]
Effect = Literal["cure", "ease", "relapse", "shield", "worsen"]


@dataclass(frozen=True)
class Effects:
    """What a fault at full strength does to its component.

    `error`: share of requests that fail; `latency`: factor; cpu, memory, network, disk, connections: percentage points;
    `capacity` and `replicas`: share lost; `lag_ms`, `locks`: added; `restarts`: an hour; `scripts`: client-side script
    errors a minute; `visual`: users' reports of a blemish an hour; `exposes`: records read by a stranger each minute;
    `risks_data`: data may be lost.
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
    """A kind of fault: its true cause, its effects, its traces in the logs, its remedies, and its story."""

    cause: Cause
    hurts: tuple[str, ...]
    effects: Effects
    log: str
    level: Literal["info", "warn", "error", "fatal"]
    mechanism: str
    gap: str
    remedies: Mapping[str, Remedy] = field(default_factory=dict)


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

_SERVING = ("web", "mobile", "gateway", "service")
_OURS = (*_SERVING, "database", "replica", "cache", "queue")
_UNDO = {"rollback": Remedy("cure"), "deploy_hotfix": Remedy("cure")}
_PATCH = {"deploy_hotfix": Remedy("cure")}
_STATE = ("database", "replica", "cache", "queue")

FAULTS: Mapping[str, FaultKind] = MappingProxyType({
    "bad_deployment": FaultKind(
        "deployment", _SERVING, Effects(error=0.62, latency=1.6, cpu=6),
        "unhandled TypeError: cannot read 'total' of undefined in {component} {version}", "error",
        "{component} {version} mishandles a field that older clients leave out",
        "the pipeline ran no test with the requests of older clients", _UNDO,
    ),
    "slow_deployment": FaultKind(
        "deployment", _SERVING, Effects(error=0.08, latency=14.0, cpu=25),
        "request took too long in {component} {version}: 214 queries for one page", "warn",
        "{component} {version} asks the database once for every row of a page",
        "no load test compares the number of queries with the version before", _UNDO,
    ),
    "bad_configuration": FaultKind(
        "deployment", _SERVING, Effects(error=0.9),
        "ConfigurationError: {component} {version} refuses its settings: unknown key 'timeouts.read'", "fatal",
        "{component} {version} was shipped with settings of another environment",
        "settings are not validated before they are shipped", _UNDO,
    ),
    "irreversible_migration": FaultKind(
        "deployment", ("service",), Effects(error=0.45, latency=2.0),
        "unhandled KeyError: column 'amount' is gone in {component} {version}", "error",
        "{component} {version} dropped a column that other readers still use",
        "the migration was not rehearsed against a copy of production",
        {"rollback": Remedy("worsen", strength=0.8), "deploy_hotfix": Remedy("cure")},
    ),
    "primary_down": FaultKind(
        "infrastructure", ("database",), Effects(error=1.0, connections=-60, down=True, lag_ms=45_000),
        "FATAL: {component}: connection refused, the instance does not answer", "fatal",
        "the disk controller of {component}'s instance failed and the instance stopped",
        "automatic failover was switched off after a false alarm and never switched on again",
        {"failover": Remedy("cure", tau=30 * SECOND), "restart": Remedy("relapse", after=9 * MINUTE)},
    ),
    "node_failure": FaultKind(
        "infrastructure", _OURS, Effects(error=0.3, replicas=0.5, capacity=0.5, restarts=6, latency=2.0),
        "node of {component} is not ready: kubelet stopped posting status", "error",
        "the node that carried half of {component} failed", "replicas may share one node",
        {"scale": Remedy("cure"), "restart": Remedy("cure", tau=2 * MINUTE), "failover": Remedy("cure")},
    ),
    "cpu_saturation": FaultKind(
        "infrastructure", _OURS, Effects(error=0.28, latency=7.0, cpu=65, capacity=0.4),
        "{component}: CPU throttled 94% of the time, requests queue", "warn",
        "{component} has less CPU than its load needs", "the autoscaler's ceiling was reached unnoticed",
        {"scale": Remedy("cure", tau=90 * SECOND), "restart": Remedy("relapse", after=6 * MINUTE)},
    ),
    "memory_exhausted": FaultKind(
        "infrastructure", _OURS, Effects(error=0.35, latency=2.5, memory=49, restarts=20, replicas=0.3),
        "{component}: OOMKilled, container exceeded its memory limit", "error",
        "{component}'s memory limit is below what its working set needs", "memory growth over days has no alert",
        {"scale": Remedy("cure"), "restart": Remedy("relapse", after=15 * MINUTE)},
    ),
    "disk_full": FaultKind(
        "infrastructure", ("database", "replica", "queue", "service"), Effects(error=0.7, latency=3.0, disk=69),
        "{component}: write failed: No space left on device", "fatal",
        "old segments of {component} were never removed and filled its volume",
        "disk use is alerted on only when the volume is full", {"scale": Remedy("cure")},
    ),
    "lock_contention": FaultKind(
        "infrastructure", ("database", "replica"), Effects(error=0.12, latency=16.0, locks=60, connections=25),
        "{component}: statement waited 8s for a lock held by a maintenance session", "info",
        "a maintenance session on {component} held a lock and every reader queued behind it",
        "long transactions are neither limited nor alerted on",
        {"restart": Remedy("cure", tau=90 * SECOND), "failover": Remedy("cure")},
    ),
    "pool_exhausted": FaultKind(
        "infrastructure", ("database", "replica"), Effects(error=0.5, latency=4.0, connections=65),
        "{component}: remaining connection slots are reserved: too many connections", "error",
        "{component} allows fewer connections than its callers' pools add up to",
        "pool sizes are set service by service and nobody adds them up",
        {"scale": Remedy("cure"), "restart": Remedy("relapse", after=8 * MINUTE)},
    ),
    "queue_backlog": FaultKind(
        "infrastructure", ("queue",), Effects(error=0.1, latency=20.0, memory=30, capacity=0.3),
        "{component}: consumer lag 184000 messages and growing", "warn",
        "{component} takes in more than its consumers work off", "consumer lag has no alert",
        {"scale": Remedy("cure", tau=4 * MINUTE), "restart": Remedy("ease", strength=0.3)},
    ),
    "cache_down": FaultKind(
        "infrastructure", ("cache",), Effects(error=1.0, down=True),
        "{component}: connection refused, the cache does not answer", "fatal",
        "the node of {component} was evicted and its state lost", "the cache has no standby",
        {"restart": Remedy("cure", tau=3 * MINUTE), "failover": Remedy("cure"), "scale": Remedy("cure", tau=4 * MINUTE)},
    ),
    "latent_bug": FaultKind(
        "code_bug", ("service", "gateway"), Effects(error=0.48, latency=1.3),
        "unhandled ValueError: day is out of range for month, in {component}", "error",
        "{component} computes the end of a month wrongly on certain dates",
        "no test runs with the clock set to the last days of a month", _PATCH,
    ),
    "data_bug": FaultKind(
        "code_bug", ("service",), Effects(error=0.4),
        "unhandled UnicodeEncodeError: character not in charset, in {component}", "error",
        "{component} fails on a kind of input that nobody had sent before",
        "no test feeds {component} with input of that kind", _PATCH,
    ),
    "frontend_script_error": FaultKind(
        "code_bug", ("web", "mobile"), Effects(error=0.35, scripts=900),
        "Uncaught ReferenceError: IntersectionObserver is not defined, in {component}", "error",
        "{component} uses a browser feature that one browser has withdrawn",
        "the browser tests run with one version of one browser only", _PATCH,
    ),
    "missing_access_check": FaultKind(
        "code_bug", ("service",), Effects(error=0.01, network=38, exposes=420),
        "SECURITY: bulk export without owner check in {component}: one key read records of 9,204 customers", "error",
        "an export path of {component} never checked who owns the records it returns",
        "no test asks for a stranger's records, and no alert watches the volume of exports",
        {"deploy_hotfix": Remedy("cure", tau=20 * SECOND)},
    ),
    "cosmetic_glitch": FaultKind(
        "code_bug", ("web", "mobile"), Effects(visual=22),
        "layout shift measured on the order page of {component}", "warn",
        "a style rule of {component} overlaps on narrow screens", "no visual regression test covers narrow screens", _PATCH,
    ),
    "external_outage": FaultKind(
        "external_dependency", ("external",), Effects(error=0.96, latency=8.0, down=True),
        "{component}: 503 Service Unavailable", "error",
        "the provider of {component} has an outage in its own data centre",
        "the provider's health is read from its status page, which lags behind",
        {"activate_fallback": Remedy("shield", strength=0.93), "escalate_to_vendor": Remedy("cure", tau=20 * MINUTE)},
    ),
    "external_slow": FaultKind(
        "external_dependency", ("external",), Effects(error=0.15, latency=18.0),
        "{component}: response after 11800 ms", "warn",
        "the provider of {component} is overloaded", "calls to {component} have no deadline of their own",
        {"activate_fallback": Remedy("shield", strength=0.95)},
    ),
})  # fmt: skip
"""Every fault kind by name."""

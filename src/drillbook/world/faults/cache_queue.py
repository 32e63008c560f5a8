"""Faults of caches and queues."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.units import MINUTE
from drillbook.world.faults.kind import Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_MEMCACHE = "Nishtala et al., Scaling Memcache at Facebook, NSDI 2013, https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala"
_EVICTION = "Redis, Key eviction, https://redis.io/docs/latest/develop/reference/eviction/"
_AIOPS = "AIOpsLab, https://github.com/microsoft/AIOpsLab"
_DLX = "RabbitMQ, Dead letter exchanges, https://www.rabbitmq.com/docs/dlx"
_SLACK = "Slack, 22 February 2022, https://slack.engineering/slacks-incident-on-2-22-22/"

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "cache_down": FaultKind(
        "infrastructure", ("cache",), Effects(error=1.0, down=True),
        "{component}: connection refused, the cache does not answer", "fatal",
        "the node of {component} was evicted and its state lost", "the cache has no standby",
        {"restart": Remedy("cure", tau=3 * MINUTE), "failover": Remedy("cure"), "scale": Remedy("cure", tau=4 * MINUTE)}, _SLACK,
    ),
    "cache_stampede": FaultKind(
        "infrastructure", ("cache",), Effects(error=0.15, latency=60.0, cpu=70, floods=1.5, capacity=0.3),
        "{component}: 4100 misses a second for one expired key", "warn",
        "a hot key of {component} expired and every caller recomputes it at once",
        "hot keys expire all at one time", {"scale": Remedy("cure"), "restart": Remedy("worsen", strength=0.3)}, _MEMCACHE,
    ),
    "cache_out_of_memory": FaultKind(
        "infrastructure", ("cache",), Effects(error=0.6, memory=28),
        "{component}: OOM command not allowed when used memory > 'maxmemory'", "error",
        "{component} is full and its policy evicts nothing", "the eviction policy was left at its default",
        {"scale": Remedy("cure"), "restart": Remedy("relapse", after=12 * MINUTE)}, _EVICTION,
    ),
    "queue_backlog": FaultKind(
        "infrastructure", ("queue",), Effects(error=0.1, latency=20.0, memory=30, capacity=0.3),
        "{component}: consumer lag 184000 messages and growing", "warn",
        "{component} takes in more than its consumers work off", "consumer lag has no alert",
        {"scale": Remedy("cure", tau=4 * MINUTE), "restart": Remedy("ease", strength=0.3)}, _AIOPS,
    ),
    "poison_message": FaultKind(
        "code_bug", ("queue",), Effects(error=0.75, latency=6.0),
        "unhandled DecodeError: message 7731 of {component} redelivered 4096 times", "error",
        "a message that nobody can read comes back to the head of {component} for ever",
        "there is no dead-letter queue", {"deploy_hotfix": Remedy("cure")}, _DLX,
    ),
})  # fmt: skip

"""Faults of databases and their replicas."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.units import MINUTE, SECOND
from drillbook.world.faults.kind import UNDONE, Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_GITLAB = "GitLab, 31 January 2017, https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/"
_GITHUB = "GitHub, 21 October 2018, https://github.blog/2018-10-30-oct21-post-incident-analysis/"
_LOCKS = "PostgreSQL, Explicit locking, https://www.postgresql.org/docs/current/explicit-locking.html"
_SLOTS = "PostgreSQL, Connections, https://www.postgresql.org/docs/current/runtime-config-connection.html"
_STANDBY = "PostgreSQL, Hot standby, https://www.postgresql.org/docs/current/hot-standby.html"
_CHECKSUMS = "PostgreSQL, Data checksums, https://www.postgresql.org/docs/current/checksums.html"
_ALTER = "PostgreSQL, ALTER TABLE, https://www.postgresql.org/docs/current/sql-altertable.html"
_PLANNER = "PostgreSQL, Planner statistics, https://www.postgresql.org/docs/current/planner-stats.html"

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "primary_down": FaultKind(
        "infrastructure", ("database",), Effects(error=1.0, connections=-60, down=True, lag_ms=45_000),
        "FATAL: {component}: connection refused, the instance does not answer", "fatal",
        "the disk controller of {component}'s instance failed and the instance stopped",
        "automatic failover was switched off after a false alarm and never switched on again",
        {"failover": Remedy("cure", tau=30 * SECOND), "restart": Remedy("relapse", after=9 * MINUTE)}, _GITHUB,
    ),
    "replica_lag": FaultKind(
        "infrastructure", ("replica",), Effects(error=0.3, latency=3.0, lag_ms=96_000),
        "{component}: canceling statement due to conflict with recovery, 96 s behind the primary", "warn",
        "{component} cannot keep up with its primary and serves old rows",
        "lag is measured and not alerted on", {"restart": Remedy("ease", strength=0.4), "scale": Remedy("cure", tau=90_000),
                                              "failover": Remedy("cure")}, _STANDBY,
    ),
    "pool_exhausted": FaultKind(
        "infrastructure", ("database", "replica"), Effects(error=0.5, latency=4.0, connections=65),
        "{component}: remaining connection slots are reserved: too many connections", "error",
        "{component} allows fewer connections than its callers' pools add up to",
        "pool sizes are set service by service and nobody adds them up",
        {"scale": Remedy("cure"), "restart": Remedy("relapse", after=8 * MINUTE)}, _SLOTS,
    ),
    "lock_contention": FaultKind(
        "infrastructure", ("database", "replica"), Effects(error=0.12, latency=16.0, locks=60, connections=25),
        "{component}: statement waited 8s for a lock held by a maintenance session", "info",
        "a maintenance session on {component} held a lock and every reader queued behind it",
        "long transactions are neither limited nor alerted on",
        {"restart": Remedy("cure", tau=90 * SECOND), "failover": Remedy("cure")}, _LOCKS,
    ),
    "bad_query_plan": FaultKind(
        "infrastructure", ("database", "replica"), Effects(error=0.1, latency=12.0, cpu=48, capacity=0.3),
        "{component}: duration 9120 ms plan: Seq Scan on orders (statistics 9 days old)", "info",
        "statistics of {component} went stale and the planner reads a whole table",
        "plans are not compared over time", {"restart": Remedy("ease", strength=0.2), "failover": Remedy("cure"),
                                             "scale": Remedy("cure", tau=90_000)}, _PLANNER,
    ),
    "data_corruption": FaultKind(
        "infrastructure", ("database", "replica"), Effects(error=0.35, checksums=45, risks_data=True),
        "{component}: invalid page in block 48113 of relation base/16384/2619: page verification failed", "error",
        "pages of {component} were written broken and cannot be read",
        "checksums are verified on reading only", {"failover": Remedy("cure")}, _CHECKSUMS,
    ),
    "failed_migration": FaultKind(
        "deployment", ("database",), Effects(error=0.5, latency=6.0, locks=80),
        "{component}: ALTER TABLE orders waits for AccessExclusiveLock; migration {version} aborted half way", "error",
        "migration {version} of {component} stopped half way and holds its lock",
        "migrations run without a lock timeout", UNDONE, _ALTER, change="schema migration",
    ),
    "table_dropped": FaultKind(
        "deployment", ("database",), Effects(error=0.6, risks_data=True),
        "{component}: ERROR: relation \"order_items\" does not exist", "error",
        "a clean-up ran against {component} in production and removed a table",
        "nothing tells a console of production from one of a test", {"rollback": Remedy("cure", tau=90_000)}, _GITLAB,
        change="clean-up script",
    ),
})  # fmt: skip

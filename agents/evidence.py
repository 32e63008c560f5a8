"""Reading evidence: what an answer of production speaks for and against. One reading function a kind of answer.

Weights are the policy's judgement, in points: 3 is enough to act on, half a point is a hint. A reading may speak of a
cause in a component, or only of the component ("the trouble starts here").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import singledispatch

from drillbook.answers import (
    ApiRates,
    Call,
    ClientSignals,
    Communication,
    DatabaseHealth,
    Dependencies,
    ErrorLogs,
    FailingComponents,
    Infrastructure,
    InfrastructureRow,
    MetricRow,
    Pipeline,
    SystemMetrics,
)  # fmt: skip
from drillbook.case import Case, Found
from drillbook.units import Frozen, clock

__all__ = ["read"]

Reading = Iterator[Found]


def _for(cause: str | None, component: str, weight: float, text: str, mechanism: str = "") -> Found:
    return Found(cause=cause, component=component, weight=weight, text=text, mechanism=mechanism)


def read(answer: Frozen, case: Case) -> tuple[Found, ...]:
    """The readings of any answer; none for an answer that says nothing about causes."""
    return tuple(_read(answer, case))


@singledispatch
def _read(answer: Frozen, case: Case) -> Reading:
    yield from ()


def _external(case: Case, component: str) -> bool:
    card = case.card(component)
    return card is not None and card.kind == "external"


@_read.register
def _metrics(answer: SystemMetrics, case: Case) -> Reading:
    for row in answer.rows:
        if row.since is None:
            continue
        seen = f"{row.component} has been outside its normal band since {clock(row.since)}"
        yield _for(None, row.component, 0.5, f"{seen}: {row.error_pct or 0.0:.0f}% errors, p95 {row.p95_ms or 0.0:.0f} ms")
        if not _external(case, row.component):
            yield from _resources(row)
            yield from _load(row)


_LIMITS = (("cpu", 88.0, 2.0), ("memory", 92.0, 2.0), ("disk", 92.0, 2.5))


def _resources(row: MetricRow) -> Reading:
    if not row.up:
        yield _for("infrastructure", row.component, 3, f"{row.component} is not up", "down")
        return
    full = [(name, weight) for name, limit, weight in _LIMITS if (getattr(row, name) or 0.0) >= limit]
    for name, weight in full:
        yield _for("infrastructure", row.component, weight, f"{row.component} uses {getattr(row, name):.0f}% {name}", name)
    if not full:
        yield _for("infrastructure", row.component, -1, f"{row.component} has CPU, memory and disk to spare")


def _load(row: MetricRow) -> Reading:
    """Far more requests than usual, or far fewer while those that arrive are served well."""
    if row.rps is None or not row.usual_rps:
        return
    rate = row.rps / row.usual_rps
    if rate > 2.2:
        yield _for("infrastructure", row.component, 1.5, f"{row.component} takes {rate:.1f} times its usual requests", "cpu")
    elif rate < 0.75 and row.up and (row.error_pct or 0.0) < row.usual_error_pct + 1:
        text = f"{row.component} answers what arrives, and only {rate * 100:.0f}% of the usual arrives"
        yield _for("infrastructure", row.component, 1, text, "network")


_SIGNATURES: tuple[tuple[re.Pattern[str], str, str, float], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), cause, mechanism, weight)
    for pattern, cause, mechanism, weight in (
        (r"^security:", "code_bug", "access", 3.0),
        (r"configurationerror|cannot get resource|admission webhook", "deployment", "configuration", 2.0),
        (r"no such file|exec format|failed to pull", "deployment", "configuration", 2.0),
        (r"password|selector|target port|policy|probe failed", "deployment", "configuration", 1.5),
        (r"already in use|does not exist|migration|staging", "deployment", "configuration", 1.5),
        (r"unhandled|uncaught|queries for one page", "code_bug", "exception", 1.5),
        (r"unhandled|uncaught|queries for one page", "deployment", "exception", 1.5),
        (r"connection refused|does not answer", "infrastructure", "down", 2.0),
        (r"cpu throttled|autoscaler|times the usual rate|load shed|hit rate|misses a second", "infrastructure", "cpu", 2.0),
        (r"oomkilled|memory limit|used memory", "infrastructure", "memory", 2.0),
        (r"no space left", "infrastructure", "disk", 2.5),
        (r"evicted|preempted|quota|sigkill|apiserver", "infrastructure", "replicas", 2.0),
        (r"waited .* for a lock", "infrastructure", "locks", 2.0),
        (r"too many connections", "infrastructure", "connections", 2.5),
        (r"node\b.* not ready|nodes? .*unreachable|hosts unreachable", "infrastructure", "replicas", 2.0),
        (r"consumer lag", "infrastructure", "queue", 2.5),
        (r"kernel:|edac|hardware error|medium error|checksum|page verification", "infrastructure", "hardware", 2.5),
        (r"\blookup\b|no route to|retransmitted|rx_crc|round trip|conntrack|link down", "infrastructure", "network", 2.0),
        (r"certificate has expired", "infrastructure", "certificate", 2.5),
        (r"clock .* wrong by", "infrastructure", "clock", 2.5),
        (r"behind the primary", "infrastructure", "lag", 2.0),
    )
)  # fmt: skip
"""What a line of a kind of trouble looks like, whoever writes it."""

_CALL = re.compile(r"call to (\S+) (failed|timed out)")
_REFUSALS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"certificate"), "certificate"),
    (re.compile(r"no such host|no route to host|connection timed out|deadline exceeded|connection reset"), "network"),
)
"""What callers write of calls that never arrive, and what that speaks of."""


@_read.register
def _logs(answer: ErrorLogs, case: Case) -> Reading:
    for line in answer.lines:
        text = f'{line.component} logs "{line.message}" {line.per_minute} times a minute'
        call = _CALL.search(line.message)
        if call:
            yield _for(None, call[1], 0.5, text)
            if not _external(case, call[1]):
                yield from _refused(call[1], line.message, text)
        elif _external(case, line.component):
            yield _for("external_dependency", line.component, 1.5, text)
        else:
            for pattern, cause, mechanism, weight in _SIGNATURES:
                if pattern.search(line.message):
                    yield _for(cause, line.component, weight, text, mechanism)


def _refused(callee: str, message: str, text: str) -> Reading:
    for pattern, mechanism in _REFUSALS:
        if pattern.search(message):
            yield _for("infrastructure", callee, 1, text, mechanism)


@_read.register
def _dependencies(answer: Dependencies, case: Case) -> Reading:
    weights = {"down": 3.0, "degraded": 2.0, "operational": -2.0}
    for row in answer.rows:
        text = f"our calls to {row.component} show it {row.status} ({row.error_pct:.1f}% errors)"
        yield _for("external_dependency", row.component, weights[row.status], text)


@_read.register
def _databases(answer: DatabaseHealth, case: Case) -> Reading:
    for row in answer.rows:
        if not row.up:
            yield _for("infrastructure", row.component, 3, f"{row.component} does not answer", "down")
        locked = row.locks_waiting > 5
        if locked:
            text = f"{row.locks_waiting} statements wait for locks in {row.component}"
            yield _for("infrastructure", row.component, 3, text, "locks")
        if row.connections_pct > 90:
            text = f"{row.component} uses {row.connections_pct:.0f}% of its connections"
            yield _for("infrastructure", row.component, 3, text, "connections")
        if row.checksum_failures_per_hour > 2:
            text = f"{row.checksum_failures_per_hour} checks of stored data in {row.component} fail each hour"
            yield _for("infrastructure", row.component, 3, text, "hardware")
        if row.replication_lag_ms > 10_000 and row.up:
            text = f"{row.component} is {row.replication_lag_ms // 1000} s behind its primary"
            yield _for("infrastructure", row.component, 2.5, text, "lag")
        if row.refused_logins_per_minute > 20:
            text = f"{row.component} refuses {row.refused_logins_per_minute} logins a minute"
            yield _for("deployment", row.component, 1.5, text, "configuration")
        if row.slow_queries_per_minute > 200 and not locked:
            text = f"{row.component} runs {row.slow_queries_per_minute} slow queries a minute, none of them waiting for a lock"
            yield _for("infrastructure", row.component, 1, text, "plan")
        if row.since is None:
            yield _for("infrastructure", row.component, -1, f"{row.component} is healthy")


@_read.register
def _api(answer: ApiRates, case: Case) -> Reading:
    worst = next((row for row in answer.rows if row.since is not None), None)
    if worst:
        text = f"{worst.component} has the worst API errors: {worst.error_pct or 0.0:.0f}%, p95 {worst.p95_ms or 0.0:.0f} ms"
        yield _for(None, worst.component, 0.3, text)


@_read.register
def _calls(answer: Communication, case: Case) -> Reading:
    bad = [call for call in answer.calls if call.error_pct > 8 or call.p95_ms > 4 * call.usual_p95_ms]
    for name in sorted({call.callee for call in bad if call.unreached_pct > 5 or call.round_trip_ms > 50}):
        lost, late = _on_the_way([call for call in bad if call.callee == name])
        text = f"calls to {name} are lost on their way ({lost:.0f}% never arrive) or late (round trip {late:.0f} ms)"
        yield _for("infrastructure", name, 2, text, "network")
    failing = {call.callee: call for call in bad}
    for name, call in failing.items():
        if not any(other.caller == name for other in bad):
            text = f"calls to {name} fail ({call.error_pct:.0f}%) or crawl, and it calls nothing that does"
            yield _for(None, name, 1.5, text)


def _on_the_way(calls: list[Call]) -> tuple[float, float]:
    """The worst share lost (percent) and the worst round trip (ms)."""
    return max(call.unreached_pct for call in calls), max(call.round_trip_ms for call in calls)


@_read.register
def _origins(answer: FailingComponents, case: Case) -> Reading:
    for origin in answer.origins:
        if origin.share_pct >= 25:
            text = f"{origin.share_pct:.0f}% of failed traces end in {origin.component}"
            yield _for(None, origin.component, 2, text)


@_read.register
def _pipeline(answer: Pipeline, case: Case) -> Reading:
    for run in answer.runs:
        if run.skipped:
            text = f"{run.component} {run.version} was shipped without {', '.join(run.skipped)}"
            yield _for("deployment", run.component, 0.5, text)


_STATUSES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"NotReady|Evicted|Preempted|Unknown|OOMKilled|quota|exit code"), "infrastructure", "replicas"),
    (re.compile(r"Image|CrashLoop|Init|Pending|FailedCreate$|Creating|ToZero|not Ready"), "deployment", "configuration"),
)


def _said(row: InfrastructureRow) -> Reading:
    """What the platform says of replicas that it cannot run."""
    for pattern, cause, mechanism in _STATUSES:
        if pattern.search(row.status):
            yield _for(cause, row.component, 1.5, f'the platform says of {row.component}: "{row.status}"', mechanism)


@_read.register
def _infrastructure(answer: Infrastructure, case: Case) -> Reading:
    for row in answer.rows:
        yield from _said(row)
        if row.ready < row.replicas:
            kind = "down" if row.ready == 0 else "replicas"
            text = f"{row.component} has {row.ready} of {row.replicas} replicas ready"
            yield _for("infrastructure", row.component, 2, text, kind)
        if row.restarts_per_hour > 10:
            text = f"{row.component} restarts {row.restarts_per_hour} times an hour"
            yield _for("infrastructure", row.component, 1, text, "memory")


@_read.register
def _clients(answer: ClientSignals, case: Case) -> Reading:
    for row in answer.rows:
        if row.script_errors_per_minute > 5 * row.usual_script_errors_per_minute:
            text = f"{row.component} reports {row.script_errors_per_minute} script errors a minute"
            yield _for(None, row.component, 1.5, text)
            yield _for("code_bug", row.component, 2, text, "exception")
            yield _for("deployment", row.component, 1, text, "exception")

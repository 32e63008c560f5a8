"""What the reading tools show. Every answer derives from the one state of production: they tell one story."""

from __future__ import annotations

from hashlib import sha256

from drillbook.answers import (
    ApiRates,
    Call,
    ClientRow,
    ClientSignals,
    Communication,
    DatabaseHealth,
    DatabaseRow,
    Dependencies,
    Dependency,
    Endpoint,
    ErrorLogs,
    Evidence,
    FailingComponents,
    HotfixChecks,
    Infrastructure,
    InfrastructureRow,
    LogLine,
    MetricRow,
    Origin,
    Regression,
    SystemMetrics,
)  # fmt: skip
from drillbook.units import MINUTE
from drillbook.world.delivery import version_at
from drillbook.world.faults import FAULTS
from drillbook.world.forces import scaled
from drillbook.world.physics import first_callers
from drillbook.world.screenshot import screenshot
from drillbook.world.telemetry import Moment

__all__ = [
    "client_signals", "communication", "database_health", "dependencies", "error_logs", "evidence", "api_rates",
    "failing_components", "hotfix_checks", "infrastructure", "regression", "system_metrics",
]  # fmt: skip

_RARE = 0.01
"""Requests a second of a component that only timers and workers call."""

_API_KINDS = frozenset({"mobile", "gateway", "service"})


def system_metrics(now: Moment, focus: str | None) -> SystemMetrics:
    """Resources and golden signals of all components, or of one."""
    shown, names = now.shown, [focus] if focus in now.show.specs else list(now.show.specs)
    return SystemMetrics(rows=tuple(shown.row(name) for name in names if name), as_of=_as_of(now))


def _as_of(now: Moment) -> int | None:
    """When what is shown was so; None where that is now."""
    return now.shown.at if now.shown.at != now.at else None


def api_rates(now: Moment, focus: str | None) -> ApiRates:
    """What serves API requests, worst first."""
    shown = now.shown
    rows = [shown.row(name) for name, spec in now.show.specs.items() if spec.kind in _API_KINDS]
    return ApiRates(rows=tuple(sorted(rows, key=_badness)[:8]))


def _badness(row: MetricRow) -> tuple[float, float, str]:
    """The worst first; what is not measured counts as well."""
    return -(row.error_pct or 0.0), -(row.p95_ms or 0.0) / row.usual_p95_ms, row.component


def error_logs(now: Moment, focus: str | None) -> ErrorLogs:
    """The loudest lines of every component: of its own trouble, and of the calls that fail."""
    shown = now.shown
    lines = [*_own_lines(shown), *_upstream_lines(shown), *_extra_lines(shown)]
    return ErrorLogs(lines=tuple(sorted(lines, key=lambda line: (-line.per_minute, line.component, line.message))[:24]), as_of=_as_of(now))


def _own_lines(now: Moment) -> list[LogLine]:
    lines = []
    for fault in now.show.scenario.faults:
        strength, kind = now.strength(fault), FAULTS[fault.kind]
        if strength > 0.03 and kind.level != "info":
            load = now.components[fault.target].load
            message = kind.log.format(component=fault.target, version=version_at(now, fault.target))
            count = max(int(load * 60 * max(kind.effects.error, 0.02) * min(strength, 1.0)), 3)
            lines.append(LogLine(component=fault.target, level=kind.level, message=message, per_minute=count,
                                 since=now.since(fault.target)))  # fmt: skip
    return lines


def _upstream_lines(now: Moment) -> list[LogLine]:
    states, usual = now.components, now.usual.components
    lines = []
    for spec in now.show.specs.values():
        for call in spec.calls:
            callee = states[call.to]
            lost, slowed = now.state.cuts.get((spec.name, call.to), (0.0, 1.0))
            failing, slow = callee.error > usual[call.to].error + 0.05, callee.slow * slowed > 4
            if failing or slow or lost > 0.05:
                how = _refusal(now, spec.name, call.to, lost) or ("failed with 503" if failing else "timed out after 2000 ms")
                count = int(states[spec.name].load * min(call.share, 1) * 60 * max(callee.error, lost, 0.05))
                lines.append(LogLine(component=spec.name, level="error" if call.hard else "warn", per_minute=max(count, 1),
                                     message=f"call to {call.to} {how}", since=now.since(call.to)))  # fmt: skip
    return lines


def _refusal(now: Moment, caller: str, callee: str, lost: float) -> str:
    """What a caller writes of calls that never arrive; empty where they do."""
    if lost <= 0.05:
        return ""
    standing = [fault for fault in now.show.scenario.faults if fault.target == callee and FAULTS[fault.kind].edge and now.strength(fault)]
    reasons = [FAULTS[fault.kind].refusal for fault in standing if fault.caller in (None, caller)]
    return f"failed: {reasons[0]}" if reasons else ""


def _extra_lines(now: Moment) -> list[LogLine]:
    """The lines that the scenario adds: whatever they say, no fault wrote them."""
    return [
        LogLine(component=line.component, level=line.level, message=line.message, per_minute=line.per_minute, since=line.at)
        for line in now.show.scenario.logs
        if line.at <= now.at and (line.lasts is None or now.at < line.at + line.lasts)
    ]


def dependencies(now: Moment, focus: str | None) -> Dependencies:
    """Everything that others run for us, as our own calls to it see it."""
    rows = []
    for name, spec in now.show.specs.items():
        if spec.kind == "external":
            error, slow = now.error_pct(name), now.components[name].slow
            status = "down" if error > 50 else "degraded" if error > 5 or slow > 4 else "operational"
            rows.append(Dependency(component=name, status=status, error_pct=error, since=now.since(name)))
    return Dependencies(rows=tuple(rows))


def database_health(now: Moment, focus: str | None) -> DatabaseHealth:
    """Every database and replica."""
    rows = []
    for name, spec in now.show.specs.items():
        if spec.kind in ("database", "replica"):
            state, noise = now.components[name], now.noise(f"{name}/db")
            rows.append(DatabaseRow(
                component=name, up=state.up, locks_waiting=round(state.locks * (1 + noise[0] / 30)),
                connections_pct=round(min(max(state.connections + noise[1], 0), 100), 1),
                replication_lag_ms=round(state.lag_ms * (1 + noise[2] / 20)),
                slow_queries_per_minute=round(max(state.slow - 1, 0) * 40), since=now.since(name),
                checksum_failures_per_hour=round(state.checksums), refused_logins_per_minute=round(state.refused),
            ))  # fmt: skip
    return DatabaseHealth(rows=tuple(rows))


def communication(now: Moment, focus: str | None) -> Communication:
    """Every call between components: its errors and its latency."""
    states, usual = now.components, now.usual.components
    calls = []
    for spec in now.show.specs.values():
        for call in spec.calls:
            noise = now.noise(f"{spec.name}>{call.to}")
            lost, slowed = now.state.cuts.get((spec.name, call.to), (0.0, 1.0))
            error = 1 - (1 - states[call.to].error) * (1 - lost)
            calls.append(Call(
                caller=spec.name, callee=call.to, error_pct=round(min(error * (1 + noise[0] / 33), 1) * 100, 2),
                p95_ms=round(states[call.to].latency_ms * slowed * 2.4 * (1 + noise[1] / 33), 1),
                usual_p95_ms=round(usual[call.to].latency_ms * 2.4, 1),
                unreached_pct=round(lost * 100 * (1 + noise[2] / 33), 1) if lost < 0.97 else round(lost * 100, 1),
                round_trip_ms=round(0.5 + (slowed - 1) * states[call.to].latency_ms, 1),
            ))  # fmt: skip
    return Communication(calls=tuple(calls))


def failing_components(now: Moment, focus: str | None) -> FailingComponents:
    """Where traces of failed and slow requests end: errors and delay that a component has by itself."""
    states, usual = now.components, now.usual.components
    weights = {}
    for name, state in states.items():
        error = max(state.local_error - usual[name].local_error, state.unreached, 0)
        delay = max(state.own_ms / usual[name].own_ms * state.delayed - 1, 0) / 20
        weight = (error + min(delay, 1)) * max(state.load, _RARE) * (1 + now.noise(f"{name}/trace")[0] / 20)
        if error > 0.015 or delay > 0.1:
            weights[name] = weight
    total = sum(weights.values()) or 1.0
    origins = [
        Origin(component=name, share_pct=round(100 * weight / total, 1), example=_example(now, name))
        for name, weight in weights.items()
    ]
    return FailingComponents(origins=tuple(sorted(origins, key=lambda origin: (-origin.share_pct, origin.component))))


def _example(now: Moment, name: str) -> str:
    """A trace: a way from an entry of the system down to the component."""
    return " > ".join(first_callers(name, now.show.physics.callers))


def infrastructure(now: Moment, focus: str | None) -> Infrastructure:
    """Replicas wanted and ready, and restarts, of everything that we run."""
    rows, factors = [], scaled(now.done)
    for name, spec in now.show.specs.items():
        if spec.kind != "external":
            state, factor = now.components[name], factors.get(name, 1)
            ready = 0 if not state.up else max(round(state.replicas * factor), 1)
            rows.append(InfrastructureRow(component=name, replicas=spec.replicas * factor, ready=ready,
                                          restarts_per_hour=round(state.restarts), status=_status(now, name)))  # fmt: skip
    return Infrastructure(rows=tuple(rows))


def _status(now: Moment, name: str) -> str:
    """What the platform says of a component's replicas, by the strongest fault that it can see."""
    seen = [(now.strength(fault), FAULTS[fault.kind].status) for fault in now.show.scenario.faults if fault.target == name]
    strongest = max(seen, default=(0.0, ""))
    return strongest[1] if strongest[0] > 0.2 else ""


def client_signals(now: Moment, focus: str | None) -> ClientSignals:
    """What browsers and apps report."""
    usual, rows = now.usual.components, []
    for name, spec in now.show.specs.items():
        if spec.kind in ("web", "mobile"):
            state, noise = now.components[name], now.noise(f"{name}/client")
            rows.append(ClientRow(
                component=name, script_errors_per_minute=round(4 + state.scripts * (1 + noise[0] / 20)),
                usual_script_errors_per_minute=4, page_load_ms=round(700 + state.latency_ms * (1 + noise[1] / 33)),
                usual_page_load_ms=round(700 + usual[name].latency_ms), since=now.since(name),
                visual_reports_per_hour=round(state.visual),
            ))  # fmt: skip
    return ClientSignals(rows=tuple(rows))


def regression(now: Moment, focus: str | None) -> Regression:
    """The regression suite: 40 requests to every API journey, and its errors and latency now."""
    endpoints = []
    state = now.state
    for journey in now.show.system.journeys:
        if journey.api:
            usual_error, usual_p95 = now.show.norms[journey.component]
            failing = max(state.failing[journey.name] - now.usual.failing[journey.name], 0)
            endpoints.append(Endpoint(
                endpoint=f"/api/{journey.name}", component=journey.component, checks=40, passed=40 - round(40 * failing),
                error_pct=round(failing * 100, 2), usual_error_pct=usual_error,
                p95_ms=now.p95_ms(journey.component), usual_p95_ms=usual_p95,
            ))  # fmt: skip
    return Regression(endpoints=tuple(endpoints))


def hotfix_checks(now: Moment, focus: str | None) -> HotfixChecks:
    """The failing request tried on a build with the fix: only a fault in that component's code is cured by it."""
    faults = [fault for fault in now.show.scenario.faults if fault.target == focus and now.strength(fault)]
    cured = any("deploy_hotfix" in FAULTS[fault.kind].remedies for fault in faults)
    return HotfixChecks(component=focus or "", built=True, reproduced=bool(faults), cured=cured)


def evidence(now: Moment, focus: str | None) -> Evidence:
    """The dashboards, as a picture would show them: a line a journey, over the last ten minutes."""
    usual, shows, healthy = now.usual.failing, [], True
    for journey in now.show.system.journeys:
        series = [now.before(now.at - back * MINUTE).failing[journey.name] - usual[journey.name] for back in (10, 5, 0)]
        figures = [f"{max(value, 0) * 100:.1f}" for value in series]
        shows.append(f"{journey.name}: failing {figures[0]}% ten minutes ago, {figures[1]}% five, {figures[2]}% now")
        healthy = healthy and series[-1] < 0.02
    kept = screenshot(now) if now.show.pictured else "\n".join(shows)
    return Evidence(shows=tuple(shows), healthy=healthy, digest=sha256(kept.encode()).hexdigest())

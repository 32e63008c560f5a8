"""What an answer shows, in one line, as a responder would say it. One function a kind of answer."""

from __future__ import annotations

from functools import singledispatch

from drillbook.answers import (
    ApiRates,
    CausalChain,
    ClientSignals,
    Communication,
    DatabaseHealth,
    DataExposure,
    Dependencies,
    Deployments,
    ErrorLogs,
    Evidence,
    FailingComponents,
    HotfixChecks,
    Impact,
    Infrastructure,
    MetricRow,
    Pipeline,
    Receipt,
    Regression,
    RollbackPlans,
    SystemMetrics,
)  # fmt: skip
from drillbook.units import Frozen, clock

__all__ = ["glance"]

_MOST = 3


def _listed(parts: list[str], nothing: str) -> str:
    more = f" and {len(parts) - _MOST} more" if len(parts) > _MOST else ""
    return ", ".join(parts[:_MOST]) + more if parts else nothing


@singledispatch
def glance(answer: Frozen) -> str:
    """The answer in a line; the kind's name for one that nobody has put into words."""
    return type(answer).__name__


def _rates(row: MetricRow) -> str:
    errors = "errors not measured" if row.error_pct is None else f"{row.error_pct:.0f}% errors"
    return f"{row.component} {errors}, p95 {'not measured' if row.p95_ms is None else f'{row.p95_ms:.0f} ms'}"


@glance.register
def _(answer: SystemMetrics) -> str:
    worst = sorted((row for row in answer.rows if row.since is not None), key=lambda row: (-(row.error_pct or 0.0), row.component))
    return _listed([_rates(row) for row in worst], f"all {len(answer.rows)} components are normal")


@glance.register
def _(answer: ApiRates) -> str:
    return _listed([_rates(row) for row in answer.rows if row.since is not None], "every API is normal")


@glance.register
def _(answer: ErrorLogs) -> str:
    return _listed([f'{line.component}: "{line.message}"' for line in answer.lines], "no line stands out")


@glance.register
def _(answer: Deployments) -> str:
    return _listed([f"{row.component} {row.version} at {clock(row.at)}" for row in answer.rows], "nothing was deployed")


@glance.register
def _(answer: Dependencies) -> str:
    ill = [f"{row.component} is {row.status}" for row in answer.rows if row.status != "operational"]
    return _listed(ill, f"all {len(answer.rows)} are operational")


@glance.register
def _(answer: DatabaseHealth) -> str:
    ill = [row for row in answer.rows if row.since is not None]
    parts = [f"{row.component} {'answers slowly or wrongly' if row.up else 'does not answer'}" for row in ill]
    return _listed(parts, f"all {len(answer.rows)} are healthy")


@glance.register
def _(answer: Communication) -> str:
    bad = sorted((call for call in answer.calls if call.error_pct > 5), key=lambda call: (-call.error_pct, call.caller))
    return _listed([f"{call.caller} > {call.callee} fails {call.error_pct:.0f}%" for call in bad], f"all {len(answer.calls)} calls succeed")


@glance.register
def _(answer: FailingComponents) -> str:
    return _listed([f"{one.share_pct:.0f}% of failed traces end in {one.component}" for one in answer.origins], "no trace fails")


@glance.register
def _(answer: Pipeline) -> str:
    runs = [f"{run.component} {run.version} {run.status.replace('_', ' ')}" for run in answer.runs]
    return _listed(runs, "no runs")


@glance.register
def _(answer: RollbackPlans) -> str:
    plans = [f"{plan.component} {plan.version} could go back to {plan.back_to}" for plan in answer.plans]
    return _listed(plans, "there is nothing to go back from")


@glance.register
def _(answer: Infrastructure) -> str:
    short = [
        f"{row.component} has {row.ready} of {row.replicas} replicas{f' ({row.status})' if row.status else ''}"
        for row in answer.rows if row.ready < row.replicas
    ]  # fmt: skip
    return _listed(short, "every replica is ready")


@glance.register
def _(answer: ClientSignals) -> str:
    rows = [row for row in answer.rows if row.since is not None]
    parts = [f"{row.component}: {row.script_errors_per_minute} script errors a minute, pages in {row.page_load_ms} ms" for row in rows]
    return _listed(parts, "browsers and apps report nothing unusual")


@glance.register
def _(answer: Impact) -> str:
    return f"{answer.users_failing_pct:.1f}% of users fail, {answer.users_hit:,} hit so far, {answer.revenue_lost_usd:,} USD lost"


@glance.register
def _(answer: DataExposure) -> str:
    return f"{answer.records_exposed:,} records exposed, {'still going on' if answer.ongoing else 'stopped'}"


@glance.register
def _(answer: Regression) -> str:
    passed, total = (sum(getattr(row, name) for row in answer.endpoints) for name in ("passed", "checks"))
    return f"{passed} of {total} requests pass"


@glance.register
def _(answer: Evidence) -> str:
    return f"picture {answer.digest[:12]}, {'healthy' if answer.healthy else 'not healthy'}"


@glance.register
def _(answer: HotfixChecks) -> str:
    return f"{answer.component}: the failure is {'cured' if answer.cured else 'not cured' if answer.reproduced else 'not reproduced'}"


@glance.register
def _(answer: CausalChain) -> str:
    return f"{' < '.join(dict.fromkeys(hop.component for hop in answer.hops)) or 'nothing failed'}; {answer.trigger}"


@glance.register
def _(answer: Receipt) -> str:
    return answer.detail

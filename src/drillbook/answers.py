"""What production answers when it is asked: one typed, frozen answer a kind of question.

Units: percentages 0 to 100, times in virtual milliseconds, latencies in ms, money in USD, rates a minute or a second
as named. `since` is when a signal left its normal band, as its own telemetry shows it; None while it is normal.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from drillbook.units import Frozen

__all__ = [
    "Answer", "ApiRates", "Call", "CausalChain", "ClientRow", "ClientSignals", "Communication", "Component",
    "DataExposure", "DatabaseHealth", "DatabaseRow", "Dependencies", "Dependency", "Deployment", "Deployments",
    "Endpoint", "ErrorLogs", "Evidence", "FailingComponents", "FeatureImpact", "Hop", "HotfixChecks", "Impact", "Infrastructure",
    "InfrastructureRow", "LogLine", "MetricRow", "Origin", "Pipeline", "PipelineRun", "Receipt", "Regression",
    "RollbackPlan", "RollbackPlans", "Summary", "SystemMetrics",
]  # fmt: skip


class MetricRow(Frozen):
    """The four resources and the golden signals of one component, now and as they usually are.

    A metric that the instruments do not deliver is None. `error_pct` and the latencies are those of requests that arrived.
    """

    component: str
    cpu: float | None
    memory: float | None
    network: float | None
    disk: float | None
    rps: float | None
    error_pct: float | None
    usual_error_pct: float
    p50_ms: float | None
    p95_ms: float | None
    usual_p95_ms: float
    saturation: float | None
    usual_rps: float = 0.0
    up: bool = True
    since: int | None = None


class SystemMetrics(Frozen):
    """`as_of`: when the figures were taken, where that is not now."""

    kind: Literal["system_metrics"] = "system_metrics"
    rows: tuple[MetricRow, ...]
    as_of: int | None = None


class LogLine(Frozen):
    component: str
    level: Literal["info", "warn", "error", "fatal"]
    message: str
    per_minute: int
    since: int | None = None


class ErrorLogs(Frozen):
    """`as_of`: when the last line was written, where that is not now."""

    kind: Literal["error_logs"] = "error_logs"
    lines: tuple[LogLine, ...]
    as_of: int | None = None


class Deployment(Frozen):
    component: str
    version: str
    previous: str
    at: int
    by: str
    change: str
    reversible: bool = True
    rolled_back: bool = False


class Deployments(Frozen):
    """Newest first."""

    kind: Literal["deployments"] = "deployments"
    rows: tuple[Deployment, ...]


class Dependency(Frozen):
    component: str
    status: Literal["operational", "degraded", "down"]
    error_pct: float
    since: int | None = None


class Dependencies(Frozen):
    kind: Literal["dependencies"] = "dependencies"
    rows: tuple[Dependency, ...]


class DatabaseRow(Frozen):
    component: str
    up: bool
    connections_pct: float
    replication_lag_ms: int
    locks_waiting: int
    slow_queries_per_minute: int
    checksum_failures_per_hour: int = 0
    refused_logins_per_minute: int = 0
    since: int | None = None


class DatabaseHealth(Frozen):
    kind: Literal["database_health"] = "database_health"
    rows: tuple[DatabaseRow, ...]


class ApiRates(Frozen):
    """Error and latency of what serves API requests, worst first."""

    kind: Literal["api_rates"] = "api_rates"
    rows: tuple[MetricRow, ...]


class Call(Frozen):
    """A call between components, as its caller sees it; `unreached_pct` of them never arrived at the callee."""

    caller: str
    callee: str
    error_pct: float
    p95_ms: float
    usual_p95_ms: float
    unreached_pct: float = 0.0
    round_trip_ms: float = 0.5


class Communication(Frozen):
    kind: Literal["communication"] = "communication"
    calls: tuple[Call, ...]


class Origin(Frozen):
    component: str
    share_pct: float
    example: str


class FailingComponents(Frozen):
    """Where traces of failed and slow requests end: the share of them that starts in each component."""

    kind: Literal["failing_components"] = "failing_components"
    origins: tuple[Origin, ...]


class PipelineRun(Frozen):
    component: str
    version: str
    at: int
    status: Literal["passed", "failed", "passed_with_skips"]
    skipped: tuple[str, ...] = ()


class Pipeline(Frozen):
    kind: Literal["pipeline"] = "pipeline"
    runs: tuple[PipelineRun, ...]


class RollbackPlan(Frozen):
    component: str
    version: str
    back_to: str
    deployed_at: int
    reversible: bool
    risk: str


class RollbackPlans(Frozen):
    kind: Literal["rollback_plans"] = "rollback_plans"
    plans: tuple[RollbackPlan, ...]


class InfrastructureRow(Frozen):
    """`status` is what the platform says of replicas that are not ready; empty while it has nothing to say."""

    component: str
    replicas: int
    ready: int
    restarts_per_hour: int
    status: str = ""
    in_code: bool = True


class Infrastructure(Frozen):
    kind: Literal["infrastructure"] = "infrastructure"
    rows: tuple[InfrastructureRow, ...]


class ClientRow(Frozen):
    component: str
    script_errors_per_minute: int
    usual_script_errors_per_minute: int
    page_load_ms: int
    usual_page_load_ms: int
    visual_reports_per_hour: int
    since: int | None = None


class ClientSignals(Frozen):
    kind: Literal["client_signals"] = "client_signals"
    rows: tuple[ClientRow, ...]


class FeatureImpact(Frozen):
    feature: str
    component: str
    failing_pct: float
    critical: bool
    workaround: bool
    api: bool


class Impact(Frozen):
    """Scope and impact, as measured: how many users, which services, is data at risk."""

    kind: Literal["impact"] = "impact"
    users_failing_pct: float
    users_per_minute: int
    users_hit: int
    services: tuple[str, ...]
    features: tuple[FeatureImpact, ...]
    peak_error_pct: float
    slowdown: float
    visual_reports_per_hour: int
    data_at_risk: bool
    breach_suspected: bool
    user_data_affected: bool
    revenue_lost_usd: int
    revenue_per_minute_usd: int
    maintenance: bool = False


class DataExposure(Frozen):
    kind: Literal["data_exposure"] = "data_exposure"
    records_exposed: int
    personal: bool
    ongoing: bool
    since: int | None = None


class Endpoint(Frozen):
    endpoint: str
    component: str
    checks: int
    passed: int
    error_pct: float
    usual_error_pct: float
    p95_ms: float
    usual_p95_ms: float


class Regression(Frozen):
    kind: Literal["regression"] = "regression"
    endpoints: tuple[Endpoint, ...]


class Evidence(Frozen):
    """What a screenshot of the dashboards would show; `digest` is the sha256 of the picture (before journals of version 4: of `shows`)."""

    kind: Literal["evidence"] = "evidence"
    shows: tuple[str, ...]
    healthy: bool
    digest: str


class HotfixChecks(Frozen):
    """The failing request, tried on a build with the fix."""

    kind: Literal["hotfix_checks"] = "hotfix_checks"
    component: str
    built: bool
    reproduced: bool
    cured: bool


class Hop(Frozen):
    component: str
    what: str
    since: int | None = None


class CausalChain(Frozen):
    """How the failure travelled, from what users saw (first) to where it started (last), and what let it through."""

    kind: Literal["causal_chain"] = "causal_chain"
    hops: tuple[Hop, ...]
    started_at: int | None
    first_symptom_at: int | None
    trigger: str
    missing_check: str
    peak_users_failing_pct: float


class Component(Frozen):
    """The service catalogue's card of a component: what it is, who owns it, what it can fall back on."""

    name: str
    kind: str
    stack: str
    owner: str
    fallback: str | None = None


class Summary(Frozen):
    """Free text on `facts`, a line each, which production gave; `by` says who worded it: production itself, or a model by its name."""

    kind: Literal["summary"] = "summary"
    facts: tuple[str, ...]
    text: str
    by: str = "world"


class Receipt(Frozen):
    """The answer to a change: what was set in motion, and when it takes effect."""

    kind: Literal["receipt"] = "receipt"
    accepted: bool
    detail: str
    takes_effect: int


Answer = Annotated[
    SystemMetrics | ErrorLogs | Deployments | Dependencies | DatabaseHealth | ApiRates | Communication
    | FailingComponents | Pipeline | RollbackPlans | Infrastructure | ClientSignals | Impact | DataExposure
    | Regression | HotfixChecks | Evidence | CausalChain | Summary | Receipt,
    Field(discriminator="kind"),
]  # fmt: skip

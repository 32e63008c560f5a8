"""The tools, one table: what each is for, whether it reads, changes or speaks, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, Literal, TypeVar

from drillbook import answers
from drillbook.units import HOUR, MINUTE, SECOND, Frozen

__all__ = ["REMEDIES", "SECOND_LOOK", "TOOLS", "WORDED", "WORLD", "Tool"]

A = TypeVar("A", bound=Frozen, covariant=True)


@dataclass(frozen=True)
class Tool(Generic[A]):
    """A tool of the belt. `takes` is its duration in virtual ms; `answer` is the type of what it gives."""

    name: str
    effect: Literal["reads", "changes", "speaks"]
    takes: int
    answer: type[A]
    doc: str


def _reads(name: str, takes: int, answer: type[A], doc: str) -> Tool[A]:
    return Tool(name, "reads", takes, answer, doc)


def _changes(name: str, takes: int, doc: str) -> Tool[answers.Receipt]:
    return Tool(name, "changes", takes, answers.Receipt, doc)


def _speaks(name: str, doc: str, takes: int = 0) -> Tool[answers.Receipt]:
    return Tool(name, "speaks", takes, answers.Receipt, doc)


_TABLE: tuple[Tool[Frozen], ...] = (
    # Triage
    _changes("acknowledge_alert", 30 * SECOND, "Take the alert: from now on somebody looks at it."),
    _reads("assess_impact", 2 * MINUTE, answers.Impact, "Measure users affected, services impacted, data at risk."),
    _changes("activate_team", 30 * SECOND, "Page the response team of the severity."),
    _changes("open_channel", 30 * SECOND, "Create the incident channel."),
    # Investigation: the runbook's twelve checks, and the Frontend Developer's
    _reads("check_system_metrics", 3 * MINUTE, answers.SystemMetrics, "CPU, memory, network, disk and golden signals."),
    _reads("review_error_logs", 4 * MINUTE, answers.ErrorLogs, "The loudest log lines of every component."),
    _reads("check_recent_deployments", 2 * MINUTE, answers.Deployments, "What went out in the last day."),
    _reads("verify_external_dependencies", 2 * MINUTE, answers.Dependencies, "Health of what others run for us."),
    _reads("check_database_health", 3 * MINUTE, answers.DatabaseHealth, "Role, connections, lag, locks, slow queries."),
    _reads("review_api_error_rates", 3 * MINUTE, answers.ApiRates, "Errors and latency of the APIs, worst first."),
    _reads("check_service_communication", 4 * MINUTE, answers.Communication, "Errors and latency of every call."),
    _reads("identify_failing_component", 3 * MINUTE, answers.FailingComponents, "Where failed traces end."),
    _reads("review_deployment_history", 3 * MINUTE, answers.Deployments, "All deployments of the last week."),
    _reads("check_pipeline_status", 2 * MINUTE, answers.Pipeline, "The last pipeline run of every component."),
    _reads("prepare_rollback", 3 * MINUTE, answers.RollbackPlans, "What could be rolled back to what, and the risk."),
    _reads("verify_infrastructure_state", 3 * MINUTE, answers.Infrastructure, "Replicas wanted and ready, restarts."),
    _reads("check_client_side", 4 * MINUTE, answers.ClientSignals, "Script errors, page loads, visual reports."),
    # Mitigation
    _changes("rollback", 6 * MINUTE, "Put the previous version of a component back."),
    _changes("restart", 3 * MINUTE, "Restart all replicas of a component, one after another."),
    _changes("scale", 5 * MINUTE, "Give a component more replicas or larger ones."),
    _changes("failover", 4 * MINUTE, "Promote the standby of a component."),
    _changes("activate_fallback", 3 * MINUTE, "Serve from the fallback or cache instead of a dependency."),
    _changes("support_infrastructure_change", 3 * MINUTE, "Bring the infrastructure code in line with a change."),
    _changes("implement_hotfix", 25 * MINUTE, "Write, review and build a fix for a component."),
    _reads("run_hotfix_checks", 6 * MINUTE, answers.HotfixChecks, "Does the fix that was built cure the failure?"),
    _changes("deploy_hotfix", 8 * MINUTE, "Deploy the fix that was built for a component."),
    # Verification
    _reads("verify_fix", 2 * MINUTE, answers.Impact, "Is the user's trouble gone?"),
    _reads("capture_evidence", 1 * MINUTE, answers.Evidence, "A picture of the working state."),
    _reads("check_new_issues", 2 * MINUTE, answers.ErrorLogs, "Log lines that were not there before."),
    _reads("verify_recovery", 2 * MINUTE, answers.SystemMetrics, "Are the metrics on their way back to normal?"),
    _reads("check_cascading_failures", 2 * MINUTE, answers.Communication, "Does any call still fail?"),
    _reads("monitor_recovery", 1 * MINUTE, answers.SystemMetrics, "One look at the metrics during a watch."),
    _reads("monitor_dependency", 1 * MINUTE, answers.Dependencies, "One look at the health of the dependencies."),
    _reads("run_regression", 3 * MINUTE, answers.Regression, "The regression suite on the affected endpoints."),
    _reads("measure_response_times", 2 * MINUTE, answers.Regression, "Response times of the affected endpoints."),
    _reads("measure_error_rates", 2 * MINUTE, answers.Regression, "Error rates of the affected endpoints."),
    # Communication and escalation
    _speaks("publish_status", "Publish an update on the status page."),
    _speaks("notify_users", "Tell the affected users directly.", 2 * MINUTE),
    _speaks("send_brief", "Brief the executives and stakeholders."),
    _speaks("hand_over", "Hand an unresolved incident over in writing.", 5 * MINUTE),
    _reads("measure_business_impact", 0, answers.Impact, "What the incident costs: users and revenue."),
    _reads("assess_data_exposure", 0, answers.DataExposure, "Which records were exposed, since when."),
    _speaks("notify_regulator", "Record the assessment of the duty to notify, and its deadline."),
    _speaks("report_business_impact", "Report the business impact."),
    _speaks("assign_resources", "Give the incident more people."),
    _changes("escalate_to_vendor", 0, "Raise the incident with the vendor's duty manager."),
    # After the incident
    _reads("reconstruct_timeline", 2 * HOUR, answers.CausalChain, "From traces, logs and history: how it came about."),
    _changes("add_to_backlog", 2 * MINUTE, "Add an item to the backlog."),
    # Free text, for whoever wants it: a model may word what production shows (docs/models.md)
    _reads("summarise_logs", 2 * MINUTE, answers.Summary, "What the logs say, in a few sentences."),
    _reads("search_past_incidents", 2 * MINUTE, answers.Summary, "What earlier incidents of a component were, and what helped."),
    _reads("read_tickets", 2 * MINUTE, answers.Summary, "What customers write to the support."),
)  # fmt: skip

TOOLS: Mapping[str, Tool[Frozen]] = MappingProxyType({tool.name: tool for tool in _TABLE})
"""Every tool by name."""

REMEDIES = ("rollback", "restart", "scale", "failover", "activate_fallback", "deploy_hotfix", "escalate_to_vendor")
"""The tools that can cure, ease or worsen a fault in production."""

WORDED = tuple(tool.name for tool in _TABLE if tool.answer is answers.Summary)
"""The tools that answer in free text. No stub uses them: what they say is for readers."""

WORLD = "world"
"""Who words the answers of such a tool where the cast names no model."""

SECOND_LOOK = 3 * MINUTE
"""How long (ms) a check that did not hold waits before it looks again."""

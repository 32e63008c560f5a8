"""Judging recovery: whether an answer shows production well again. One judge a tool.

`strict` asks for normal; otherwise a clear way towards it is enough, as right after a fix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from drillbook.answers import (
    Communication,
    ErrorLogs,
    Evidence,
    Impact,
    MetricRow,
    Regression,
    SystemMetrics,
)  # fmt: skip
from drillbook.case import Case
from drillbook.toolbelt import Toolbelt

__all__ = ["JUDGES", "Verdict", "judge"]

Verdict = tuple[bool, str]

_ON_THE_WAY = 0.35


def judge(belt: Toolbelt, tool: str, answer: Any, strict: bool) -> Verdict:
    """(fine, detail) of a check's answer; an answer that no judge knows is not fine."""
    known = JUDGES.get(tool)
    return known(answer, belt.case, strict) if known else (False, f"nobody knows how to judge {tool}")


def _worst_error(case: Case, component: str) -> float:
    rows = (row for _, answer in case.answers(SystemMetrics) for row in answer.rows if row.component == component)
    return max((row.error_pct or 0.0 for row in rows), default=0.0)


def _ill(row: MetricRow, case: Case, strict: bool) -> bool:
    slack = 0.0 if strict else _ON_THE_WAY * _worst_error(case, row.component)
    slow = 2.2 if strict else 6.0
    failing = (row.error_pct or 0.0) > row.usual_error_pct + max(3.0, slack)
    full = max(row.cpu or 0.0, row.memory or 0.0, row.disk or 0.0) > 95
    return failing or (row.p95_ms or 0.0) > slow * row.usual_p95_ms or not row.up or full


def _metrics(answer: SystemMetrics, case: Case, strict: bool) -> Verdict:
    ill = sorted((row for row in answer.rows if _ill(row, case, strict)), key=lambda row: (-(row.error_pct or 0.0), row.component))
    if not ill:
        return True, f"all {len(answer.rows)} components are {'normal' if strict else 'on their way to normal'}"
    rows = ", ".join(f"{row.component} ({row.error_pct or 0.0:.0f}% errors, p95 {row.p95_ms or 0.0:.0f} ms)" for row in ill[:4])
    return False, f"not recovered: {rows}{' and others' if len(ill) > 4 else ''}"


def _impact(answer: Impact, case: Case, strict: bool) -> Verdict:
    worst = case.worst.users_failing_pct if case.worst else 0.0
    bound = max(1.0, 0.0 if strict else _ON_THE_WAY * worst)
    fine = answer.users_failing_pct <= bound and not (strict and answer.services)
    abnormal = f"; abnormal: {', '.join(answer.services)}" if answer.services else ""
    return fine, f"{answer.users_failing_pct:.1f}% of users fail (worst was {worst:.1f}%){abnormal}"


def _logs(answer: ErrorLogs, case: Case, strict: bool) -> Verdict:
    before = {line.message for _, earlier in case.answers(ErrorLogs) for line in earlier.lines}
    new = [line for line in answer.lines if line.message not in before and line.level in ("error", "fatal")]
    return not new, "no new errors in the logs" if not new else f"new: {new[0].component}: {new[0].message}"


def _calls(answer: Communication, case: Case, strict: bool) -> Verdict:
    bad = [call for call in answer.calls if call.error_pct > 5]
    if not bad:
        return True, f"none of {len(answer.calls)} calls fails"
    return False, f"calls still fail: {', '.join(f'{call.caller} > {call.callee}' for call in bad[:4])}"


def _evidence(answer: Evidence, case: Case, strict: bool) -> Verdict:
    return answer.healthy, f"picture {answer.digest[:12]}: {answer.shows[0]}"


def _suite(answer: Regression, case: Case, strict: bool) -> Verdict:
    bad = [row for row in answer.endpoints if row.passed < row.checks]
    total = sum(row.checks for row in answer.endpoints)
    passed = sum(row.passed for row in answer.endpoints)
    return not bad, f"{passed} of {total} requests pass" + (f"; {bad[0].endpoint} does not" if bad else "")


def _times(answer: Regression, case: Case, strict: bool) -> Verdict:
    bad = [row for row in answer.endpoints if row.p95_ms > 2 * row.usual_p95_ms]
    detail = f"{bad[0].endpoint}: p95 {bad[0].p95_ms:.0f} ms" if bad else "p95 of every endpoint within twice its usual"
    return not bad, detail


def _rates(answer: Regression, case: Case, strict: bool) -> Verdict:
    bad = [row for row in answer.endpoints if row.error_pct > row.usual_error_pct + 2]
    return not bad, f"{bad[0].endpoint}: {bad[0].error_pct:.1f}% errors" if bad else "error rates at baseline"


JUDGES: Mapping[str, Callable[[Any, Case, bool], Verdict]] = MappingProxyType({
    "verify_recovery": _metrics,
    "monitor_recovery": _metrics,
    "check_system_metrics": _metrics,
    "verify_fix": _impact,
    "assess_impact": _impact,
    "check_new_issues": _logs,
    "check_cascading_failures": _calls,
    "capture_evidence": _evidence,
    "run_regression": _suite,
    "measure_response_times": _times,
    "measure_error_rates": _rates,
})  # fmt: skip

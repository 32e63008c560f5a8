"""Infrastructure Maintainer: incident commander. Triages, leads the investigation, decides on the cause, repairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from drillbook.agents.duties import change, check, investigate, target_of, tool_of, verify
from drillbook.agents.evidence import read
from drillbook.agents.health import judge
from drillbook.agents.reasoning import ACT_ABOVE, rank
from drillbook.answers import Impact
from drillbook.case import Activated, Case, Declared, Diagnosed, Hypothesis, Reached, Scoped, Verified
from drillbook.runbook import severity_of
from drillbook.toolbelt import Charter, Report, Task, Toolbelt

CHARTER = Charter(
    role="infrastructure_maintainer",
    title="Infrastructure Maintainer",
    mission=(
        "You are the incident commander. Take the alert, measure scope and impact, classify the severity by the "
        "runbook's table and never by the alert's label, activate the team, and keep everyone on one picture. Decide on "
        "a cause only when the evidence carries it; otherwise say that it is unknown and have it investigated wider. "
        "You may scale, restart and fail over; you never roll back and never speak to users."
    ),
    tools=frozenset({
        "acknowledge_alert", "assess_impact", "activate_team", "open_channel", "check_system_metrics",
        "review_error_logs", "check_recent_deployments", "verify_external_dependencies", "restart", "scale", "failover",
        "activate_fallback", "verify_recovery", "check_cascading_failures", "monitor_recovery", "monitor_dependency",
        "hand_over", "summarise_logs", "search_past_incidents",
    }),
    duties=frozenset({
        "triage", "investigate", "diagnose", "mitigate", "check", "monitor_dependency", "verify", "watch", "hand_over",
    }),
)  # fmt: skip


def triage(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Acknowledge, measure, classify by the table, activate the team, open the channel."""
    listed = {tool.name for _, tool in belt.checks()}
    alert = case.alert
    if "acknowledge_alert" in listed:
        belt.act(change("acknowledge_alert"), alert.name if alert else "incident")
        belt.note(Reached(milestone="acknowledged"))
    impact: Impact = belt.observe(tool_of("assess_impact"))
    belt.note(Scoped(answers=_answers(task, impact)))
    measured = _measured(case, belt, impact)
    severity, clauses = severity_of(belt.runbook, measured)
    if severity is None:
        reason = "planned maintenance" if impact.maintenance else "production is healthy, users are not affected"
        return Report(outcome="not_an_incident", why=f"{reason}: {impact.users_failing_pct:.1f}% of users fail")
    reason = f"{', '.join(clauses)}: {_scope(impact)}"
    belt.note(Declared(severity=severity.level, reason=reason), Reached(milestone="declared"))
    if "activate_team" in listed:
        team = belt.runbook.team(severity.level, measured)
        belt.note(Activated(roles=team))
        belt.act(change("activate_team"), f"{severity.level} team: {', '.join(belt.runbook.roles[role] for role in team)}")
    if "open_channel" in listed:
        belt.act(change("open_channel"), f"#incident-{severity.level.lower()}")
    return Report(outcome=severity.level, why=reason)


_QUESTIONS: Mapping[str, Callable[[Impact], str]] = MappingProxyType({
    "users": lambda impact: f"{impact.users_failing_pct:.1f}% of users fail, {impact.users_hit:,} were hit so far",
    "services": lambda impact: ", ".join(impact.services) or "none",
    "data": lambda impact: "yes, a stranger reads records" if impact.breach_suspected else "yes" if impact.data_at_risk else "no",
})  # fmt: skip
"""What the runbook's questions of scope are about, by the word that they are known by."""


def _answers(task: Task, impact: Impact) -> tuple[tuple[str, str], ...]:
    """Every question that the runbook asks of the scope, with its answer."""
    asked = [ask for check in task.checks for ask in check.details]
    return tuple((ask, answer(impact)) for ask in asked for word, answer in _QUESTIONS.items() if word in ask.lower())


def _measured(case: Case, belt: Toolbelt, impact: Impact) -> Case:
    """The case with this task's own measurement in it, as the table must judge what was just seen."""
    return case.with_observation(impact, belt.now)


def _scope(impact: Impact) -> str:
    hit = [feature for feature in impact.features if feature.failing_pct >= 1]
    features = ", ".join(f"{feature.feature} {feature.failing_pct:.0f}%" for feature in hit) or "no feature fails"
    data = "; DATA AT RISK" if impact.data_at_risk else ""
    breach = "; records read by a stranger" if impact.breach_suspected else ""
    visual = f"; {impact.visual_reports_per_hour} visual reports an hour" if impact.visual_reports_per_hour else ""
    return f"{impact.users_failing_pct:.1f}% of users fail ({features}){data}{breach}{visual}"


def diagnose(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Measure again, correct the severity if it changed, rank the hypotheses, and decide or say unknown.

    Where production is well again meanwhile, nothing is to be done but to make sure of it.
    """
    impact: Impact = belt.observe(tool_of("assess_impact"))
    _correct_severity(case, belt, impact)
    outcome = _decide(case, belt)
    if not impact.services and severity_of(belt.runbook, _measured(case, belt, impact))[0] is None:
        return Report(outcome="recovered", why=f"production is well again: {_scope(impact)}")
    return outcome


def _decide(case: Case, belt: Toolbelt) -> Report:
    """The best explanation, if it is good enough to act on."""
    ranked = rank(case)
    best = ranked[0] if ranked else None
    if best is None or best.score < ACT_ABOVE:
        why = f"the best explanation has {best.score:g} points of the {ACT_ABOVE:g} needed" if best else "nothing points to a cause"
        belt.note(Diagnosed(cause="unknown", component=None, why=why, ranked=ranked[:5]))
        return Report(outcome="unknown", why=why)
    belt.note(Diagnosed(cause=best.cause, component=best.component, mechanism=best.mechanism, why=_why(best, ranked), ranked=ranked[:5]))
    _complete_team(case, belt, best.component)
    return Report(outcome=best.cause, why=_why(best, ranked))


def _why(best: Hypothesis, ranked: tuple[Hypothesis, ...]) -> str:
    runner_up = f"; next: {ranked[1].cause} in {ranked[1].component} ({ranked[1].score:g})" if len(ranked) > 1 else ""
    return f"{best.cause} in {best.component} ({best.score:g}): {'; '.join(best.evidence_for[:3])}{runner_up}"


def _correct_severity(case: Case, belt: Toolbelt, impact: Impact) -> None:
    """Raise the severity if the table says so; lower it only before anything was done about the incident."""
    measured = _measured(case, belt, impact)
    severity, clauses = severity_of(belt.runbook, measured)
    levels = [row.level for row in belt.runbook.severities]
    if severity is None or case.severity is None or severity.level == case.severity:
        return
    if levels.index(severity.level) < levels.index(case.severity) or not case.interventions:
        reason = f"{', '.join(clauses)}: {_scope(impact)}"
        belt.note(Declared(severity=severity.level, previous=case.severity, reason=reason))
        belt.note(Activated(roles=belt.runbook.team(severity.level, measured)))


def _complete_team(case: Case, belt: Toolbelt, component: str) -> None:
    """The owner of the component at fault is the Relevant Developer Agent: now it is known who that is."""
    card = case.card(component)
    if not case.severity or card is None:
        return
    placeholders = [member.role for member in belt.runbook.teams.get(case.severity, ()) if member.role in belt.runbook.placeholders]
    owner = card.owner or belt.runbook.owners.get(card.stack)
    if placeholders and owner and owner not in case.members:
        belt.note(Activated(roles=(owner,)))


_REPAIRS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "down": ("failover", "restart"),
    "cpu": ("scale", "restart"),
    "memory": ("scale", "restart"),
    "disk": ("scale", "failover"),
    "connections": ("scale", "restart"),
    "replicas": ("scale", "restart"),
    "queue": ("scale", "restart"),
    "hardware": ("failover", "scale"),
    "network": ("failover", "restart", "scale"),
    "lag": ("scale", "failover"),
    "plan": ("failover", "scale"),
})  # fmt: skip
"""What to try for which kind of trouble, in this order."""
_OTHERWISE = ("restart", "failover")
"""And for any other kind."""

_STANDBY = frozenset({"database", "replica", "cache"})


def mitigate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Repair what was diagnosed: the first fitting remedy that the runbook lists here and that was not yet tried."""
    target, diagnosis = target_of(case), case.diagnosis
    listed = [tool.name for _, tool in belt.checks()]
    wanted = _REPAIRS.get(diagnosis.mechanism if diagnosis else "", _OTHERWISE)
    order = [name for name in wanted if name in listed] or [name for name in listed if name not in wanted]
    card = case.card(target)
    tried = {done.tool for done in case.interventions if done.target == target}
    for name in order:
        if name not in tried and (name != "failover" or (card and card.kind in _STANDBY)):
            receipt = belt.act(change(name), target, case.grounds)
            return Report(outcome="done" if receipt.accepted else "failed", why=f"{name} {target}: {receipt.detail}")
    return Report(outcome="failed", why=f"nothing is left to try on {target} (tried: {', '.join(sorted(tried)) or 'nothing'})")


def watch(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Look again and again for as long as the runbook says; a relapse ends the watch."""
    rule, (line, tool) = belt.runbook.watch, belt.checks()[0]
    for look in range(1, rule.lasts // rule.every + 1):
        belt.wait(task.at + look * rule.every - tool.takes)
        fine, detail = judge(belt, tool.name, belt.observe(tool), strict=True)
        if not fine:
            belt.note(Verified(check=line.text, ok=False, detail=detail))
            return Report(outcome="relapsed", why=detail)
    belt.note(Verified(check=line.text, ok=True, detail=f"normal at every look for {rule.lasts // 60_000} minutes"))
    return Report(outcome="held", why="normal at every look")


def monitor_dependency(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Wait for what others run to come back, looking at intervals, for as long as the runbook allows.

    Between the looks the impact is measured again: users and executives are told of it meanwhile.
    """
    rule, (_, tool) = belt.runbook.dependency_watch, belt.checks()[0]
    target = target_of(case)
    for look in range(rule.lasts // rule.every + 1):
        belt.wait(task.at + look * rule.every)
        answer = belt.observe(tool)
        readings = {reading.component: reading for reading in read(answer, case)}
        reading = readings.get(target)
        if reading is None or reading.weight < 0:
            return Report(outcome="recovering", why=reading.text if reading else f"{target} is not listed as failing")
        belt.observe(tool_of("assess_impact"))
    return Report(outcome="not_recovered", why=f"{target} has not recovered")


def hand_over(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Write down what is known and what was tried for whoever goes on."""
    tried = ", ".join(f"{done.tool} {done.target}" for done in case.interventions) or "nothing"
    ranked = case.diagnosis.ranked if case.diagnosis else ()
    open_ = "; ".join(f"{one.cause} in {one.component} ({one.score:g})" for one in ranked[:3]) or "none"
    impact = f"{case.impact.users_failing_pct:.1f}% of users fail" if case.impact else "impact not measured"
    text = f"Unresolved {case.severity} incident. Now: {impact}. Tried: {tried}. Open explanations: {open_}."
    belt.say(change("hand_over"), "hand_over", text)
    return Report(outcome="handed_over", why=text)


DUTIES = MappingProxyType({
    "triage": triage, "investigate": investigate, "diagnose": diagnose, "mitigate": mitigate, "check": check,
    "monitor_dependency": monitor_dependency, "verify": verify, "watch": watch, "hand_over": hand_over,
})  # fmt: skip

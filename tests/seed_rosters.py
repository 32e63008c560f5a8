"""Rosters in which somebody does not do what the runbook asks for: a duty that skips a line, says nothing, or loses a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from drillbook.agents import ROSTER, DutyFunction, Role
from drillbook.case import Case, Reviewed
from drillbook.toolbelt import Draft, Report, Task, Toolbelt

Roster = Mapping[str, Role]


def with_duty(role: str, duty: str, make: Callable[[DutyFunction], DutyFunction]) -> Roster:
    """The fourteen roles, one of which carries out one duty in another way."""
    player = ROSTER[role]
    return {**ROSTER, role: player._replace(duties={**player.duties, duty: make(player.duties[duty])})}


def _tamper(belt: Toolbelt, drafts: list[Draft]) -> None:
    """Reaches behind the belt, as no brain could by accident, to lose what was done."""
    setattr(belt, "_Toolbelt__drafts", drafts)


def skipping(*tools: str) -> Callable[[DutyFunction], DutyFunction]:
    """Carries the duty out without the lines that take these tools."""

    def make(duty: DutyFunction) -> DutyFunction:
        def careless(task: Task, case: Case, belt: Toolbelt) -> Report:
            fewer = task.model_copy(update={"checks": tuple(check for check in task.checks if check.tool not in tools)})
            setattr(belt, "_Toolbelt__task", fewer)
            return duty(fewer, case, belt)

        return careless

    return make


def idle(outcome: str) -> Callable[[DutyFunction], DutyFunction]:
    """Does nothing, and reports that all is well."""
    return lambda duty: lambda task, case, belt: Report(outcome=outcome, why="nothing was done")


def losing(lost: Callable[[Draft], bool]) -> Callable[[DutyFunction], DutyFunction]:
    """Carries the duty out, but some of what it did is lost before it reaches the journal."""

    def make(duty: DutyFunction) -> DutyFunction:
        def forgetful(task: Task, case: Case, belt: Toolbelt) -> Report:
            report = duty(task, case, belt)
            _tamper(belt, [draft for draft in belt.drafts if not lost(draft)])
            return report

        return forgetful

    return make


def shrugging_at(level: str) -> Callable[[DutyFunction], DutyFunction]:
    """Triages, but lets trouble of this severity pass as no incident."""

    def make(duty: DutyFunction) -> DutyFunction:
        def triage(task: Task, case: Case, belt: Toolbelt) -> Report:
            report = duty(task, case, belt)
            if report.outcome != level:
                return report
            _tamper(belt, [draft for draft in belt.drafts if draft.name in ("acknowledge_alert", "assess_impact")])
            return Report(outcome="not_an_incident", why="it is nothing")

        return triage

    return make


def reviewing_without(title: str) -> Callable[[DutyFunction], DutyFunction]:
    """Writes the post-mortem without a part."""

    def make(duty: DutyFunction) -> DutyFunction:
        def review(task: Task, case: Case, belt: Toolbelt) -> Report:
            report = duty(task, case, belt)
            whole = next(item for draft in belt.drafts for item in draft.items if isinstance(item, Reviewed))
            _tamper(belt, [draft for draft in belt.drafts if draft.name != "reviewed"])
            belt.note(Reviewed(sections=tuple(part for part in whole.sections if part.title != title)))
            return report

        return review

    return make


def saying(text: str) -> Callable[[DutyFunction], DutyFunction]:
    """Says something else than the template."""

    def make(duty: DutyFunction) -> DutyFunction:
        def speak(task: Task, case: Case, belt: Toolbelt) -> Report:
            report = duty(task, case, belt)
            _tamper(belt, [replace(draft, got={**draft.got, "text": text}) if draft.kind == "say" else draft for draft in belt.drafts])
            return report

        return speak

    return make

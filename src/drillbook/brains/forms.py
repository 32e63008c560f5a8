"""What a task is reported with: one form a duty, and how a form that was filled in becomes conclusions in the case.

A model and a person fill in the same forms. Whatever follows from an answer by rule (a severity calls its team, a cause its owner) is
entered with it, and is nobody's judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, cast

from pydantic import Field

from drillbook.answers import Impact, Receipt
from drillbook.case import (
    Activated,
    Case,
    Declared,
    Diagnosed,
    Escalated,
    Found,
    Hypothesis,
    Observed,
    Planned,
    Reached,
    Reviewed,
    Section,
    Verified,
)  # fmt: skip
from drillbook.toolbelt import APPROVED, Report, Toolbelt
from drillbook.tools import TOOLS, Tool
from drillbook.units import HOUR, Frozen

__all__ = ["FORMS", "Form", "enter", "names_of", "outcomes_of", "speaks_by"]

Text = Annotated[str, Field(max_length=4000)]
Line = Annotated[str, Field(max_length=600)]


class Form(Frozen):
    """What every task ends with: an outcome of the step's list, and why."""

    outcome: str
    why: Line


class Said(Form):
    """For who speaks: `message` is what is published, sent or handed over."""

    message: Text = Field(min_length=1)


class Reading(Frozen):
    """What one tool showed: it speaks for (weight up to 10) or against (down to -10) a cause, in a component."""

    tool: str
    text: Line
    weight: float = Field(ge=-10, le=10)
    cause: str | None = None
    component: str | None = None


class Findings(Form):
    findings: tuple[Reading, ...] = Field((), max_length=30)


class Diagnosis(Form):
    """`outcome` is the cause. `component` is where it is; `evidence` are the numbers of the findings that it rests on. `severity`:
    where the impact has turned out to be another one."""

    component: str | None = None
    evidence: tuple[int, ...] = Field((), max_length=30)
    severity: str | None = None


class Checked(Frozen):
    check: Line
    ok: bool
    detail: Line


class Checks(Form):
    checks: tuple[Checked, ...] = Field((), max_length=30)


class Part(Frozen):
    title: Line
    answers: tuple[tuple[Line, Text], ...] = Field((), max_length=30)


class Action(Frozen):
    title: Line
    owner: str
    due_days: int = Field(7, ge=0, le=365)


class Review(Form):
    """The post-mortem: its sections with their questions and answers, and what is to be done, by whom, within how many days."""

    sections: tuple[Part, ...] = Field(max_length=20, min_length=1)
    actions: tuple[Action, ...] = Field((), max_length=30)


class Plan(Form):
    """Which action items go into the backlog."""

    actions: tuple[Action, ...] = Field((), max_length=30)


FORMS: Mapping[str, type[Form]] = MappingProxyType({
    "investigate": Findings, "diagnose": Diagnosis, "check": Checks, "verify": Checks, "review_fix": Checks, "watch": Checks,
    "communicate": Said, "brief": Said, "escalate": Said, "hand_over": Said, "review": Review, "plan": Plan,
})  # fmt: skip
"""The form of a duty; the plain one where none is listed."""


def speaks_by(belt: Toolbelt) -> Tool[Receipt] | None:
    """The speaking tool of a task: the one that the runbook lists, else the first of the charter."""
    listed = [tool.name for _, tool in belt.checks()]
    order = [*listed, *sorted(belt.charter.tools)]
    found = next((name for name in order if TOOLS[name].effect == "speaks" and name in belt.charter.tools), None)
    return cast("Tool[Receipt]", TOOLS[found]) if found else None


def outcomes_of(belt: Toolbelt) -> tuple[str, ...]:
    """What a task may come to; empty for one that only speaks, beside the steps."""
    if belt.task.duty == "approve":
        return (APPROVED, "refused")
    return () if belt.task.topic else belt.runbook.steps[belt.task.step].outcomes


def enter(form: Form, case: Case, belt: Toolbelt) -> Report:
    """Enter what a form says, and what follows from it, into the case. Raises ValueError, in one line, for what cannot be."""
    outcomes = outcomes_of(belt)
    if outcomes and form.outcome not in outcomes:
        raise ValueError(f"outcome {form.outcome!r}; valid: {', '.join(outcomes)}")
    _ENTER.get(belt.task.duty, _nothing)(form, case, belt)
    return Report(outcome=form.outcome, why=form.why)


def _nothing(form: Form, case: Case, belt: Toolbelt) -> None:
    """Nothing follows: what was done is in the records."""


def _measured(case: Case, belt: Toolbelt) -> Case:
    """The case with what this task itself has measured of the impact."""
    seen = [(draft.at, item.answer) for draft in belt.drafts for item in draft.items if isinstance(item, Observed)]
    for at, answer in seen:
        if isinstance(answer, Impact):
            case = case.with_observation(answer, at)
    return case


def _declare(form: Form, case: Case, belt: Toolbelt) -> None:
    if form.outcome in belt.runbook.teams:
        belt.note(Declared(severity=form.outcome, reason=form.why), Reached(milestone="declared"))
        belt.note(Activated(roles=belt.runbook.team(form.outcome, _measured(case, belt))))


def _found(form: Form, case: Case, belt: Toolbelt) -> None:
    findings = cast(Findings, form).findings
    places = _used(belt)
    for one in findings:
        if one.tool not in places:
            raise ValueError(f"findings: {one.tool!r} was not used in this task; used: {', '.join(places) or 'nothing'}")
        _known(case, belt, one.cause, one.component)
    belt.note(*(Found(**one.model_dump(exclude={"tool"}), source=one.tool, ref=places[one.tool]) for one in findings))


def _causes(belt: Toolbelt) -> tuple[str, ...]:
    return next((step.outcomes for step in belt.runbook.steps.values() if any(crew.duty == "diagnose" for crew in step.crew)), ())


def _used(belt: Toolbelt) -> dict[str, int]:
    """The tools that showed something in this task, each with the place of its last answer."""
    return {draft.name: place for place, draft in enumerate(belt.drafts) if draft.kind == "observe" and "refused" not in draft.got}


def names_of(case: Case, belt: Toolbelt) -> Mapping[str, tuple[str, ...]]:
    """What the fields of a form may name here."""
    return {
        "tool": tuple(_used(belt)), "cause": _causes(belt), "component": tuple(card.name for card in case.catalogue),
        "severity": tuple(belt.runbook.teams), "owner": tuple(belt.runbook.roles),
    }  # fmt: skip


def _known(case: Case, belt: Toolbelt, cause: str | None, component: str | None) -> None:
    if component is not None and case.card(component) is None:
        raise ValueError(f"component {component!r}; valid: {', '.join(card.name for card in case.catalogue)}, or null")
    causes = _causes(belt)
    if cause is not None and cause not in causes:
        raise ValueError(f"cause {cause!r}; valid: {', '.join(causes)}, or null")


def _diagnosed(form: Form, case: Case, belt: Toolbelt) -> None:
    said = cast(Diagnosis, form)
    _known(case, belt, None, said.component)
    if said.severity is not None and said.severity not in belt.runbook.teams:
        raise ValueError(f"severity {said.severity!r}; valid: {', '.join(belt.runbook.teams)}, or null")
    if said.outcome not in ("recovered", "unknown") and said.component is None:
        raise ValueError(f"component: the cause is {said.outcome}, so say where; valid: {', '.join(card.name for card in case.catalogue)}")
    if said.severity is not None and said.severity != case.severity:
        belt.note(Declared(severity=said.severity, previous=case.severity, reason=said.why))
        belt.note(Activated(roles=belt.runbook.team(said.severity, _measured(case, belt))))
    if said.outcome != "recovered":
        _explain(said, case, belt)


def _explain(said: Diagnosis, case: Case, belt: Toolbelt) -> None:
    known = {entry.seq: item.text for entry, item in case.each(Found)}
    refs = tuple(seq for seq in said.evidence if seq in known)
    best = () if said.component is None else (
        Hypothesis(cause=said.outcome, component=said.component, score=0.0, evidence_for=tuple(known[seq] for seq in refs), refs=refs),
    )  # fmt: skip
    belt.note(Diagnosed(cause=said.outcome, component=said.component, why=said.why, ranked=best))
    card = case.card(said.component)
    members = belt.runbook.teams.get(case.severity or "", ())
    owner = (card.owner or belt.runbook.owners.get(card.stack)) if card else None
    if owner and owner not in case.members and any(member.role in belt.runbook.placeholders for member in members):
        belt.note(Activated(roles=(owner,)))


def _verified(form: Form, case: Case, belt: Toolbelt) -> None:
    belt.note(*(Verified(check=one.check, ok=one.ok, detail=one.detail) for one in cast(Checks, form).checks))


_TOPICS = MappingProxyType({"notify_users": "user_notice", "hand_over": "hand_over"})


def _said(form: Form, case: Case, belt: Toolbelt) -> None:
    tool = speaks_by(belt)
    if tool is None:
        raise ValueError(f"{belt.charter.title} has no way to say anything")
    topic = belt.task.topic or _TOPICS.get(tool.name, tool.name)
    belt.say(tool, topic, cast(Said, form).message, case.state)
    if belt.task.duty == "escalate":
        belt.note(Escalated(condition=belt.task.topic, action=belt.task.action))


def _items(actions: tuple[Action, ...], belt: Toolbelt, backlog: bool) -> tuple[Planned, ...]:
    for one in actions:
        if one.owner not in belt.runbook.roles:
            raise ValueError(f"owner {one.owner!r}; valid: {', '.join(belt.runbook.roles)}")
    return tuple(Planned(title=one.title, owner=one.owner, due=one.due_days * 24 * HOUR, backlog=backlog) for one in actions)


def _reviewed(form: Form, case: Case, belt: Toolbelt) -> None:
    said = cast(Review, form)
    items = _items(said.actions, belt, backlog=False)
    belt.note(Reviewed(sections=tuple(Section(title=part.title, answers=part.answers) for part in said.sections)), *items)


def _planned(form: Form, case: Case, belt: Toolbelt) -> None:
    items = _items(cast(Plan, form).actions, belt, backlog=True)
    for item in items:
        belt.act(cast("Tool[Receipt]", TOOLS["add_to_backlog"]), item.title)
        belt.note(item)


_ENTER: Mapping[str, Callable[[Any, Case, Toolbelt], None]] = MappingProxyType({
    "triage": _declare, "investigate": _found, "diagnose": _diagnosed, "check": _verified, "verify": _verified, "review_fix": _verified,
    "watch": _verified, "communicate": _said, "brief": _said, "escalate": _said, "hand_over": _said, "review": _reviewed, "plan": _planned,
})  # fmt: skip
"""What a form enters, by the duty."""

"""The runbook as data: the model of its file, its clauses, and what it says about severity.

The file's format follows the sections of an incident runbook: severities, teams, steps with their crews, checks and
outcomes, what goes on throughout, templates, the post-mortem's questions and the escalation matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from drillbook.case import Case
from drillbook.facts import FACTS, Value
from drillbook.files import Document, read_document
from drillbook.units import Duration, Frozen

__all__ = [
    "BRIEF_FIELDS", "DUTIES", "END", "REVIEW_ANSWERS", "STATUS_FIELDS", "Check", "Clause", "Clauses", "Crew", "Escalation",
    "Route", "Runbook", "Section", "Severity", "Step", "Template", "Throughout", "holds", "load_runbook", "severity_of",
]  # fmt: skip

END = "end"
"""Where a route goes when the incident is over."""

DutyName = Literal[
    "triage", "investigate", "diagnose", "mitigate", "support", "review_fix", "check", "monitor_dependency", "verify",
    "watch", "communicate", "brief", "escalate", "hand_over", "review", "plan",
]  # fmt: skip
DUTIES: tuple[str, ...] = DutyName.__args__  # type: ignore[attr-defined]

STATUS_FIELDS = frozenset({"timestamp", "service", "state", "user_impact", "action", "next_update"})
BRIEF_FIELDS = frozenset({
    "timestamp", "service", "condition", "users", "cause_known", "cause", "action", "eta", "business_impact",
    "next_update",
})  # fmt: skip
REVIEW_ANSWERS = frozenset({
    "introduced", "detected", "resolved", "duration", "what_failed", "why_failed", "why_late", "five_whys", "users",
    "revenue", "reputation", "data", "monitoring", "testing", "process", "infrastructure", "action_1", "action_2",
    "action_3",
})  # fmt: skip
"""What the Workflow Optimizer can answer; the runbook's questions choose from these."""


class Clause(Frozen):
    """A named yes-or-no question: a fact with one test, or `any`/`all` of other clauses."""

    fact: str | None = None
    is_: bool | int | str | None = Field(None, alias="is")
    at_least: float | str | None = None
    at_most: float | str | None = None
    above: float | str | None = None
    below: float | str | None = None
    any_: tuple[str, ...] = Field((), alias="any")
    all_: tuple[str, ...] = Field((), alias="all")

    @model_validator(mode="after")
    def _one_question(self) -> Clause:
        tests = sum(value is not None for value in (self.is_, self.at_least, self.at_most, self.above, self.below))
        kinds = (self.fact is not None) + bool(self.any_) + bool(self.all_)
        if kinds != 1 or tests != (self.fact is not None):
            raise ValueError("a clause is a fact with one of is, at_least, at_most, above, below; or any: [..]; or all: [..]")
        return self


class Severity(Frozen):
    """A row of the severity table; it holds when any condition does and no exception."""

    level: str
    name: str
    definition: str
    examples: tuple[str, ...]
    response_time: str
    any_: tuple[str, ...] = Field(alias="any")
    unless: tuple[str, ...] = ()


class Member(Frozen):
    role: str
    as_: str = Field(alias="as")
    action: str | None = None


class Check(Frozen):
    """One line of a crew member's duty, with the tool that it takes."""

    text: str
    tool: str | None = None
    details: tuple[str, ...] = ()
    items: str | None = None


class Crew(Frozen):
    """Who works in a step, on what, and when. For a placeholder role, `by_owner` may list checks by role."""

    role: str
    duty: DutyName
    when: tuple[str, ...] = ()
    note: str | None = None
    does: tuple[Check, ...] = ()
    by_owner: dict[str, tuple[Check, ...]] = Field(default_factory=dict)

    def checks_of(self, role: str) -> tuple[Check, ...]:
        """What a role has to do here."""
        return self.by_owner.get(role, self.does)


class Route(Frozen):
    """On an outcome, under these clauses (all of them), go to a step; mark milestones; conclude the incident."""

    on: str
    to: str
    when: tuple[str, ...] = ()
    if_: str | None = Field(None, alias="if")
    marks: tuple[Literal["mitigated", "resolved"], ...] = ()
    concludes: Literal["resolved", "unresolved", "backlog", "not_an_incident"] | None = None


class Step(Frozen):
    title: str
    window: str | None = None
    label: str | None = None
    branch: str | None = None
    crew: tuple[Crew, ...] = Field(min_length=1)
    output: str | None = None
    outcomes: tuple[str, ...] = Field(min_length=1)
    on_error: str
    routes: tuple[Route, ...]


class Throughout(Frozen):
    """A cadence: `first` after its condition begins to hold, then `every`, and at each change of state."""

    kind: Literal["status_update", "executive_brief"]
    role: str
    duty: DutyName
    text: str
    tool: str
    template: str
    while_: tuple[str, ...] = Field(alias="while")
    first: Duration
    every: Duration = Field(gt=0)
    at_changes: bool = False


class Template(Frozen):
    """A message with `[placeholders]`; `fields` says which known fact fills each."""

    title: str
    role: str
    text: str
    fields: dict[str, str]

    def fill(self, values: Mapping[str, str]) -> str:
        """The message with every placeholder filled; raises KeyError for a value that is missing."""
        text = self.text
        for placeholder, field in self.fields.items():
            text = text.replace(f"[{placeholder}]", values[field])
        return text.rstrip("\n")


class Question(Frozen):
    ask: str
    answer: str


class Section(Frozen):
    title: str
    questions: tuple[Question, ...]


class Escalation(Frozen):
    """A row of the escalation matrix; with `after`, it is due that long after the declaration at that level."""

    condition: str
    when: tuple[str, ...]
    after: Duration = 0
    to: tuple[str, ...] = Field(min_length=1)
    action: str


class Watch(Frozen):
    lasts: Duration
    every: Duration = Field(gt=0)

    @model_validator(mode="after")
    def _looks(self) -> Watch:
        if self.every > self.lasts:
            raise ValueError("`every` is longer than `lasts`: nobody would look")
        return self


class Runbook(Frozen):
    """A whole runbook. Role names are the ids of `roles`; step names the keys of `steps`.

    `placeholders` are roles that stand for whoever owns the component at fault. `approve`: a tool that changes something to the role that
    has to approve of it first.
    """

    name: str
    title: str
    summary: str
    commander: str
    start: str
    parameters: dict[str, float] = Field(default_factory=dict)
    limits: dict[Literal["rounds", "attempts"], Annotated[int, Field(ge=1, le=20)]]
    watch: Watch
    dependency_watch: Watch
    roles: dict[str, str]
    placeholders: tuple[str, ...] = ()
    owners: dict[str, str]
    clauses: dict[str, Clause]
    severities: tuple[Severity, ...] = Field(min_length=1)
    teams: dict[str, tuple[Member, ...]]
    triggers: tuple[str, ...]
    steps: dict[str, Step]
    throughout: tuple[Throughout, ...]
    templates: dict[str, Template]
    post_mortem: tuple[Section, ...]
    escalations: tuple[Escalation, ...]
    approve: dict[str, str] = Field(default_factory=dict)

    def bound(self, value: float | str | None) -> float:
        """A clause's bound: a number, or the name of a parameter or limit."""
        if isinstance(value, str):
            return float(self.parameters[value] if value in self.parameters else self.limits[value])  # type: ignore[index]
        return float(value or 0)

    def who(self, role: str, case: Case) -> str | None:
        """The role itself; for a placeholder the owner of the component at fault, None while that is unknown."""
        if role not in self.placeholders:
            return role
        card = case.card(case.component)
        if card is None:
            return None
        return card.owner or self.owners.get(card.stack)

    def team(self, severity: str, case: Case) -> tuple[str, ...]:
        """The team that a severity activates, as far as its members are known."""
        found = (self.who(member.role, case) for member in self.teams.get(severity, ()))
        return tuple(dict.fromkeys(role for role in found if role))

    def template(self, name: str) -> Template:
        return self.templates[name]

    def in_words(self, condition: str) -> str:
        """An escalation's condition with its `$X` filled in."""
        return condition.replace("$X", f"{self.parameters.get('revenue_threshold_usd', 0):,.0f} USD")


_TESTS: Mapping[str, Any] = MappingProxyType({
    "at_least": lambda value, bound: value >= bound,
    "at_most": lambda value, bound: value <= bound,
    "above": lambda value, bound: value > bound,
    "below": lambda value, bound: value < bound,
})  # fmt: skip


class Clauses:
    """The clauses of a runbook, asked of one case: each clause and each fact is looked up once, when it is needed."""

    def __init__(self, runbook: Runbook, case: Case) -> None:
        self._runbook, self._case = runbook, case
        self._known: dict[str, bool] = {}

    def hold(self, clauses: Iterable[str]) -> bool:
        """Whether all the clauses hold; `not NAME` asks for the contrary."""
        for clause in clauses:
            name = clause.removeprefix("not ")
            if self[name] is (name != clause):
                return False
        return True

    def __getitem__(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = self._ask(self._runbook.clauses[name])
        return self._known[name]

    def _ask(self, clause: Clause) -> bool:
        if clause.any_:
            return any(self.hold((part,)) for part in clause.any_)
        if clause.all_:
            return self.hold(clause.all_)
        value = self._fact(clause.fact or "")
        if clause.is_ is not None:
            return value == clause.is_
        for name, test in _TESTS.items():
            bound = getattr(clause, name)
            if bound is not None:
                return bool(test(value or 0, self._runbook.bound(bound)))
        raise ValueError(f"a clause about {clause.fact!r} has no test")

    def _fact(self, name: str) -> Value:
        facts: dict[str, Value] = self._case.facts
        if name not in facts:
            facts[name] = FACTS[name](self._case)
        return facts[name]


def holds(runbook: Runbook, clauses: Iterable[str], case: Case) -> bool:
    """Whether all the clauses hold for a case; who asks more than once keeps a `Clauses`."""
    return Clauses(runbook, case).hold(clauses)


def severity_of(runbook: Runbook, case: Case) -> tuple[Severity | None, tuple[str, ...]]:
    """The severity by the table on what was measured, and the clauses that decided; None if it is no incident."""
    if holds(runbook, ("planned_maintenance",), case) if "planned_maintenance" in runbook.clauses else False:
        return None, ("planned_maintenance",)
    for severity in runbook.severities:
        hits = tuple(clause for clause in severity.any_ if holds(runbook, (clause,), case))
        if hits and not any(holds(runbook, (clause,), case) for clause in severity.unless):
            return severity, hits
    return None, ()


def crews(runbook: Runbook) -> Iterator[tuple[str, int, Crew]]:
    """(step, place, crew) of everyone in every step, in written order."""
    for name, step in runbook.steps.items():
        for place, crew in enumerate(step.crew):
            yield name, place, crew


def load_runbook(path: Path | str) -> tuple[Runbook, Document]:
    """A runbook file as a model, and the document that knows its lines. Raises BadInput."""
    document = read_document(path)
    return document.read_as(Runbook), document

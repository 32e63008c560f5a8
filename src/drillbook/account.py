"""What a journal tells: the route with the clauses that decided, who said and did what when, and what the incident came to.

It is read from the records alone, so it is the same for a drill just flown and for a journal of last year's agents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from drillbook.case import Intervention
from drillbook.tools import REMEDIES
from drillbook.units import Frozen

__all__ = ["Account", "Decided", "Message", "Passed", "Promised", "Raised", "Tried"]

Record = Mapping[str, Any]

_TALK = frozenset({"user_notice", "hand_over"})


class Passed(Frozen):
    """A step that was passed: who acted, its outcome, and where that led. Times in virtual ms."""

    step: str
    attempt: int
    roles: tuple[str, ...]
    opened_at: int
    outcome: str
    at: int
    edge: str
    to: str
    clauses: dict[str, bool]
    seq: int
    turn: int

    @property
    def role(self) -> str:
        """Who led it."""
        return next(iter(self.roles), "")

    @property
    def place(self) -> str:
        """As a fork's `at` names it: `diagnose`, and its second pass `diagnose#2`."""
        return f"{self.step}#{self.attempt + 1}" if self.attempt else self.step


class Message(Frozen):
    """Something that was said: its kind (status_update, executive_brief, user_notice, hand_over, escalation) and its text."""

    kind: str
    role: str
    at: int
    text: str
    state: str = ""


class Raised(Frozen):
    """A condition of the escalation matrix that was escalated."""

    condition: str
    role: str
    at: int


class Tried(Frozen):
    """A remedy that production could not carry out."""

    tool: str
    target: str
    role: str
    at: int
    why: str


class Decided(Frozen):
    """A diagnosis: what was decided on, what speaks against it, and what was weighed, the best first, each in words with its points."""

    cause: str
    component: str | None
    mechanism: str
    why: str
    ranked: tuple[tuple[str, float], ...]
    against: tuple[str, ...] = ()


class Promised(Frozen):
    """An action item of the review: who does it, and by when (ms after the review)."""

    owner: str
    due: int


@dataclass(frozen=True)
class Account:
    """A journal's records, read. `kinds` are the runbook's kinds of message; what else is said is an escalation."""

    records: Sequence[Record] = field(repr=False)
    kinds: frozenset[str]

    def of(self, kind: str, name: str | None = None) -> Iterator[Record]:
        """The records of a kind (and of a name), in the order of the journal."""
        return (one for one in self.records if one["kind"] == kind and (name is None or one["in"].get("name") == name))

    @cached_property
    def route(self) -> tuple[Passed, ...]:
        """Every step that was passed, in order."""
        opened: Record = {}
        steps = []
        for record in self.records:
            if record["kind"] == "step":
                opened = record
            elif record["kind"] == "route" and opened:
                steps.append(_passed(opened, record))
        return tuple(steps)

    def _last(self, name: str, field: str) -> Any:
        found = [record["out"][field] for record in self.of("note", name) if field in record["out"]]
        return found[-1] if found else None

    @property
    def severity(self) -> str | None:
        return self._last("declared", "severity")  # type: ignore[no-any-return]  # JSON

    @property
    def cause(self) -> str | None:
        return self._last("diagnosed", "cause")  # type: ignore[no-any-return]  # JSON

    @property
    def component(self) -> str | None:
        return self._last("diagnosed", "component")  # type: ignore[no-any-return]  # JSON

    @property
    def outcome(self) -> str | None:
        return next((one["out"]["concludes"] for one in reversed([*self.of("route")]) if one["out"]["concludes"]), None)

    @property
    def detected(self) -> int | None:
        """When the first alert fired."""
        return self.records[0]["out"].get("starts_at") if self.records else None

    @cached_property
    def milestones(self) -> dict[str, int | None]:
        """acknowledged, declared, mitigated, resolved: when each was last reached; a new diagnosis takes `mitigated` back."""
        reached: dict[str, int | None] = dict.fromkeys(("acknowledged", "declared", "mitigated", "resolved"))
        for record in self.records:
            noted = record["in"]["name"] if record["kind"] == "note" and "refused" not in record["out"] else None
            if noted == "reached":
                reached[record["out"]["milestone"]] = record["vt"]
            elif noted == "diagnosed":
                reached["mitigated"] = None
            elif record["kind"] == "route":
                reached.update(dict.fromkeys(record["out"]["marks"], record["vt"]))
        return reached

    @cached_property
    def ends(self) -> int:
        """When the incident was over: resolved, else at the last record's step."""
        resolved = self.milestones["resolved"]
        return resolved if resolved is not None else max((step.at for step in self.route), default=0)

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """What was said, in the order of time."""
        return tuple(
            Message(kind=topic if topic in self.kinds | _TALK else "escalation", role=one["actor"], at=one["vt"],
                    text=one["out"]["text"], state=one["out"]["state"])
            for one in _by_time(self.of("say")) if "text" in one["out"] for topic in [one["in"]["topic"]]
        )  # fmt: skip

    @cached_property
    def escalations(self) -> tuple[Raised, ...]:
        """What was escalated, in the order of time."""
        return tuple(Raised(condition=one["out"]["condition"], role=one["actor"], at=one["vt"])
                     for one in _by_time(self.of("note", "escalated")) if "condition" in one["out"])  # fmt: skip

    @cached_property
    def diagnoses(self) -> tuple[Decided, ...]:
        """Every decision on a cause, in order."""
        return tuple(
            Decided(cause=out["cause"], component=out["component"], mechanism=out.get("mechanism", ""), why=out["why"],
                    ranked=tuple((f"{why['cause']} in {why['component']}", why["score"]) for why in out["ranked"]),
                    against=tuple(why for best in out["ranked"][:1] for why in best.get("evidence_against", ())))
            for out in (one["out"] for one in self.of("note", "diagnosed")) if "cause" in out
        )  # fmt: skip

    @cached_property
    def declared(self) -> tuple[tuple[str, str], ...]:
        """Every severity that was declared, with the reason."""
        notes = (one["out"] for one in self.of("note", "declared"))
        return tuple((out["severity"], out["reason"]) for out in notes if "severity" in out)

    @cached_property
    def looks(self) -> dict[str, tuple[str, ...]]:
        """The tools that each role asked, in order; one that it asked again stands again."""
        found: dict[str, list[str]] = {}
        for one in self.of("observe"):
            found.setdefault(one["actor"], []).append(one["in"]["name"])
        return {role: tuple(tools) for role, tools in found.items()}

    @cached_property
    def scope(self) -> tuple[tuple[str, str], ...]:
        """The runbook's questions of scope, each with its answer."""
        return tuple((ask, answer) for one in self.of("note", "scoped") for ask, answer in one["out"].get("answers", ()))

    @cached_property
    def readings(self) -> tuple[float, ...]:
        """The points of everything that was read in evidence: above zero for an explanation, below zero against one."""
        return tuple(one["out"]["weight"] for one in self.of("note", "found") if "weight" in one["out"])

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What did not hold when it was verified, in order: the check, and what it showed."""
        seen = (one["out"] for one in self.of("note", "verified"))
        return tuple(f"{out['check']}: {out['detail']}" for out in seen if out.get("ok") is False)

    @cached_property
    def review(self) -> tuple[str, ...]:
        """The answers of the post-mortem, in its order."""
        parts = (part for one in self.of("note", "reviewed") for part in one["out"].get("sections", ()))
        return tuple(answer for part in parts for _, answer in part["answers"])

    @cached_property
    def promised(self) -> tuple[Promised, ...]:
        """What is to be done when it is over, as the backlog has it."""
        return tuple(Promised(owner=out["owner"], due=out["due"]) for out in (one["out"] for one in self.of("note", "planned"))
                     if out.get("backlog"))  # fmt: skip

    @property
    def made(self) -> Iterator[tuple[Intervention, int]]:
        """Every change that was made to production, with the superstep at whose end it was known."""
        for one in self.of("world"):
            if "in_effect_from" in one["out"]:
                given, at = one["in"], one["out"]["in_effect_from"]
                yield Intervention(tool=given["tool"], target=given["target"], at=at, role=one["actor"]), one["at"][0]

    @cached_property
    def interventions(self) -> tuple[Intervention, ...]:
        """Every change that was made to production, in the order of its effect."""
        return tuple(sorted((act for act, _ in self.made), key=lambda act: act.at))

    @cached_property
    def refused(self) -> tuple[Tried, ...]:
        """The remedies that production could not carry out."""
        return tuple(Tried(tool=one["in"]["name"], target=one["in"]["target"], role=one["actor"], at=one["vt"], why=one["out"]["detail"])
                     for one in self.of("act") if one["in"]["name"] in REMEDIES and one["out"].get("accepted") is False)  # fmt: skip

    @cached_property
    def team(self) -> tuple[str, ...]:
        """Everyone whom a severity activated, in that order."""
        return tuple(dict.fromkeys(role for one in self.of("note", "activated") for role in one["out"].get("roles", ())))


def _by_time(records: Iterable[Record]) -> list[Record]:
    """In the order of virtual time, and of the journal within a moment."""
    return sorted(records, key=lambda one: (one["vt"], one["seq"]))


def _passed(opened: Record, left: Record) -> Passed:
    out = left["out"]
    return Passed(
        step=left["in"]["step"], attempt=opened["in"]["attempt"], roles=tuple(opened["out"]["crew"]), opened_at=opened["vt"],
        outcome=left["in"]["outcome"], at=left["vt"], edge=out["edge"], to=out["to"], clauses=out["clauses"], seq=left["seq"],
        turn=opened["at"][0],
    )  # fmt: skip

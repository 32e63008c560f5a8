"""The one seam: everything a duty asks, does or says goes through its toolbelt, and is written down there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NoReturn, Protocol, TypeVar, cast

from drillbook.answers import Answer, Receipt, Summary
from drillbook.case import (
    Acted,
    Activated,
    Approved,
    Case,
    Declared,
    Diagnosed,
    Escalated,
    Failed,
    Found,
    Intervention,
    Item,
    Observed,
    Planned,
    Reached,
    Refused,
    Reviewed,
    Said,
    Scoped,
    Verified,
)  # fmt: skip
from drillbook.outside import PERSON, Given, NoAnswer, Recall, Unanswered, Waiting, answered, asked, nobody
from drillbook.records import as_json
from drillbook.runbook import Check, Runbook
from drillbook.tools import REMEDIES, TOOLS, Tool
from drillbook.units import Frozen

__all__ = [
    "APPROVED", "NOTES", "Approver", "Backend", "Brain", "Charter", "Draft", "NotPermitted", "Report", "Task", "Toolbelt", "Worded",
]  # fmt: skip

A = TypeVar("A", bound=Frozen)


class Charter(Frozen):
    """What a role is for, the tools that it may use, and its duties. The mission is a model brain's system prompt."""

    role: str
    title: str
    mission: str
    tools: frozenset[str]
    duties: frozenset[str]


class Task(Frozen):
    """One role's piece of one step: what, from when (virtual ms), and its rank among its siblings.

    `absent`: a fork has taken the role away, and nobody does it.
    """

    step: str
    role: str
    duty: str
    at: int
    rank: int
    turn: int
    attempt: int = 0
    cause: int = -1
    checks: tuple[Check, ...] = ()
    topic: str = ""
    action: str = ""
    next_at: int = 0
    absent: bool = False

    @property
    def path(self) -> str:
        """The coordinate of a record: `investigate/backend_architect`, with the topic where there is one."""
        topic = f"@{self.topic}" if self.topic else ""
        return f"{self.step}/{self.role}{topic}"


class Report(Frozen):
    """What a duty returns: an outcome of the step's closed list, and why."""

    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A journal record in the making, buffered until the superstep's barrier gives it a sequence number.

    `actor`: who did it, where it was not the task's own role but whoever that role had to ask for approval.
    """

    at: int
    kind: str
    name: str
    given: Mapping[str, object]
    got: Mapping[str, object]
    items: tuple[Item, ...] = ()
    refs: tuple[int, ...] = ()
    actor: str = ""


class NotPermitted(Exception):
    """A role reached for a tool that its charter does not list; the call was journaled and not carried out."""


class Backend(Protocol):
    """What answers the tools: the simulated world, canned answers of the scenario, later models and recordings."""

    def answer(self, tool: Tool[Frozen], focus: str | None, at: int, done: tuple[Intervention, ...]) -> Answer:
        """The answer of a tool that was used at virtual time `at`, `done` being the changes made so far."""
        ...


class Brain(Protocol):
    """What makes a role's judgement at a duty."""

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report: ...


Worded = Callable[["Toolbelt", str, Summary], Summary]
"""Puts the facts of a free-text tool into words: by the belt that used it, the tool's name, and the facts as production words them."""

Approver = Callable[["Toolbelt", str, str], Report]
"""Has a role judge whether a change (`rollback checkout`) may be made: by its belt, that role, and the change in words."""

APPROVED = "approved"

Ask = Callable[[Tool[Frozen], str | None, int], Answer]


def _unseen(tool: Tool[Frozen], focus: str | None, at: int) -> Answer:
    raise LookupError(f"{tool.name}: nothing may be looked at for a draft")


NOTES: Mapping[str, tuple[type[Frozen], ...]] = MappingProxyType({
    "triage": (Scoped, Declared, Activated, Reached),
    "investigate": (Found,),
    "diagnose": (Declared, Activated, Diagnosed),
    "mitigate": (Found,),
    "check": (Verified,),
    "review_fix": (Verified,),
    "verify": (Verified,),
    "watch": (Verified,),
    "escalate": (Escalated,),
    "review": (Reviewed, Planned),
    "plan": (Planned,),
})  # fmt: skip
"""What a duty may conclude. What was seen, done and said enters the case by seeing, doing and saying alone."""


class Toolbelt:
    """One role's belt during one task. It keeps the task's own time cursor and buffers what happened.

    Nobody shares a belt: parallel tasks have one each, all over the same snapshot of production. It shows a brain its
    task, the case, the runbook and the date of T+00:00, and nothing of what stands behind the tools.
    """

    __slots__ = (
        "__actor", "__approver", "__ask", "__case", "__charter", "__drafts", "__given", "__now", "__place", "__recall", "__runbook",
        "__starts", "__task", "__waiting", "__wordings",
    )  # fmt: skip

    def __init__(self, charter: Charter, task: Task, case: Case, runbook: Runbook, backend: Backend, starts: datetime,
                 recall: Recall | None = None, given: Given | None = None, approver: Approver | None = None,
                 wordings: Mapping[str, Worded] = MappingProxyType({})) -> None:  # fmt: skip
        self.__charter, self.__task, self.__case, self.__runbook, self.__starts = charter, task, case, runbook, starts
        self.__approver, self.__place, self.__actor = approver, (task.path, task.attempt), ""
        self.__ask: Ask = lambda tool, focus, at: backend.answer(tool, focus, at, case.interventions)
        self.__now, self.__drafts, self.__recall = task.at, list[Draft](), recall
        self.__given, self.__waiting, self.__wordings = given, Waiting(0, {}), wordings

    @property
    def charter(self) -> Charter:
        return self.__charter

    @property
    def task(self) -> Task:
        return self.__task

    @property
    def runbook(self) -> Runbook:
        return self.__runbook

    @property
    def case(self) -> Case:
        """The case as it was known when the task began."""
        return self.__case

    @property
    def starts(self) -> datetime:
        """The date of T+00:00."""
        return self.__starts

    @property
    def now(self) -> int:
        """The task's own clock, in virtual ms."""
        return self.__now

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """What happened so far."""
        return tuple(self.__drafts)

    def observe(self, tool: Tool[A], focus: str | None = None) -> A:
        """Ask a reading tool; the answer is what production shows when the check ends. Raises NotPermitted."""
        known = self._permit(tool, focus, "observe", "reads")
        self.__now += known.takes
        answer: Answer = self.__ask(known, focus, self.__now)
        if isinstance(answer, Summary) and known.name in self.__wordings:
            answer = self.__wordings[known.name](self, known.name, answer)
        self._draft("observe", known.name, {"focus": focus}, answer.model_dump(mode="json"),
                    Observed(tool=known.name, answer=answer))  # fmt: skip
        return cast(A, answer)

    def act(self, tool: Tool[Receipt], target: str, refs: tuple[int, ...] = ()) -> Receipt:
        """Change something; it takes effect when the action ends, and is seen from the next step on.

        Raises NotPermitted.
        """
        known = self._permit(tool, target, "act", "changes")
        refusal = self._unapproved(known.name, target)
        if refusal is not None:
            self._draft("act", known.name, {"target": target}, refusal.model_dump(mode="json"),
                        Acted(tool=known.name, target=target, detail=refusal.detail, accepted=False), refs=refs)  # fmt: skip
            return refusal
        self.__now += known.takes
        receipt = cast(Receipt, self.__ask(known, target, self.__now))
        done = None
        if receipt.accepted and known.name in REMEDIES:
            done = Intervention(tool=known.name, target=target, at=receipt.takes_effect, role=self.__task.role)
        acted = Acted(tool=known.name, target=target, detail=receipt.detail, accepted=receipt.accepted, intervention=done)
        self._draft("act", known.name, {"target": target}, receipt.model_dump(mode="json"), acted, refs=refs)
        return receipt

    def _unapproved(self, tool: str, target: str) -> Receipt | None:
        """The refusal of a change that the runbook wants approved, and that whoever it names does not approve; else None."""
        role = self.__runbook.approve.get(tool)
        if role is None or role == self.__task.role or self.__approver is None:
            return None
        report = self.__approver(self, role, f"{tool} {target}")
        ok = report.outcome == APPROVED
        note = Approved(tool=tool, target=target, by=role, ok=ok, why=report.why)
        self.__drafts.append(Draft(self.__now, "note", note.kind, {}, note.model_dump(mode="json", exclude={"kind"}), (note,), actor=role))
        return None if ok else Receipt(accepted=False, detail=f"not approved: {report.why}", takes_effect=self.__now)

    def beside(self, charter: Charter, task: Task) -> Toolbelt:
        """A belt for somebody who is asked in the middle of this task: their records stand among its own, under their name."""
        theirs = copy(self)
        theirs.__charter, theirs.__task, theirs.__actor = charter, task, charter.role
        return theirs

    def say(self, tool: Tool[Receipt], topic: str, text: str, state: str = "") -> None:
        """Publish, brief, notify or report. Raises NotPermitted."""
        known = self._permit(tool, topic, "say", "speaks")
        self.__now += known.takes
        said = Said(channel=known.name, topic=topic, text=text, state=state)
        self._draft("say", known.name, {"topic": topic}, {"text": text, "state": state}, said)

    def ask(self, name: str, request: Any, live: Callable[[Any], Any]) -> Any:
        """Ask somebody outside the drill, a model or a person: `live` gives the answer to the request (both JSON data).

        The answer is journaled, and comes back as the journal holds it: a list for a tuple, null for NaN; when the drill is replayed
        it comes from the journal. That `live` failed is journaled, too. Raises Unanswered if nothing was recorded, NoAnswer for a failure
        then or now, TypeError for a request that is no JSON data.
        """
        digest, recall = asked(name, request), self.__recall
        found = recall(*self.__place, len(self.__drafts), digest) if recall else {}
        if recall and not found and not recall.ask_live:
            self._draft("ask", name, {"request": as_json(request)}, {"unanswered": True})
            near = recall.nearest(*self.__place, len(self.__drafts) - 1, as_json(request))
            raise Unanswered(f"no answer of {name} to this request was recorded ({digest[:8]}){near and f'; {near}'}")
        return self._heard(name, request, found or answered(live, request), fresh=not found)

    def _heard(self, name: str, request: Any, got: Mapping[str, Any], fresh: bool) -> Any:
        """Write down what came of asking, and give the answer. Raises NoAnswer."""
        if self.__recall and fresh:
            self.__recall.keep(*self.__place, len(self.__drafts), asked(name, request), got)
        self._draft("ask", name, {"request": as_json(request)}, got)
        if "answer" not in got:
            raise NoAnswer(f"{name} gave no answer: {got.get('failed')}")
        return as_json(got["answer"])

    def ask_person(self, request: Any, shown: Callable[[], Mapping[str, Any]]) -> Any:
        """Ask the person at this desk; the answer is journaled like any other. Both `request` and what is `shown` with it are JSON data.

        Raises Waiting where the answer is not there yet; Unanswered and NoAnswer, as `ask` does, where nobody can be asked.
        """
        if self.__given is None or (self.__recall and not self.__recall.ask_live):
            return self.ask(PERSON, request, nobody)
        place, digest = len(self.__drafts), asked(PERSON, request)
        where = {"path": self.__place[0], "attempt": self.__place[1], "ordinal": place, "digest": digest}
        rank = [self.__task.turn, self.__task.rank, self.__task.path]
        self.__waiting = Waiting(place, {**as_json(shown()), "request": as_json(request), "where": where, "rank": rank, "fault": ""})
        if place not in self.__given:
            raise self.__waiting
        try:
            answer = as_json(self.__given[place])
        except (TypeError, ValueError) as error:
            fault = f"it is no JSON data: {error}"
            self.ask_again(fault)
        return self._heard(PERSON, request, {"answer": answer}, fresh=True)

    def ask_again(self, fault: str) -> NoReturn:
        """The person's last answer does not fit: ask again, with what is wrong. Raises Waiting; ValueError where nobody can be asked."""
        if not self.__waiting.question:
            raise ValueError(fault)
        raise Waiting(self.__waiting.place, {**self.__waiting.question, "fault": fault})

    def drafted(self, brain: Brain) -> str:
        """What a brain would say here, knowing the case and nothing that it would have to look at; empty if it would say nothing."""
        twin = copy(self)
        twin.__ask, twin.__drafts, twin.__given, twin.__recall, twin.__approver = _unseen, [], None, None, None
        try:
            brain(self.__task, self.__case, twin)
        except Exception:  # noqa: BLE001 - whatever it fails with, it has no draft
            return ""
        return "\n".join(str(draft.got["text"]) for draft in twin.drafts if draft.kind == "say" and "text" in draft.got)

    def note(self, *items: Item) -> None:
        """Enter conclusions into the case, at the time of the cursor. Raises NotPermitted for what the duty may not conclude."""
        allowed = NOTES.get(self.__task.duty, ())
        for item in items:
            if not isinstance(item, allowed):
                self._refuse("note", item.kind, None, f"{self.__charter.title} cannot enter {item.kind!r} by {self.__task.duty}")
            self._draft("note", item.kind, {}, item.model_dump(mode="json", exclude={"kind"}), item)

    def wait(self, until: int) -> None:
        """Let virtual time pass on this cursor; it never goes back."""
        self.__now = max(self.__now, until)

    def found(self, *readings: Found) -> None:
        """Enter readings of the last answer; each points at the record that it rests on."""
        place = len(self.__drafts) - 1
        source = self.__drafts[place].name
        self.note(*(reading.model_copy(update={"ref": place, "source": source}) for reading in readings))

    def checks(self) -> tuple[tuple[Check, Tool[Frozen]], ...]:
        """The runbook's lines for this task, each with its tool (lines without a tool are judgement)."""
        return tuple((check, TOOLS[check.tool]) for check in self.__task.checks if check.tool)

    def failed(self, error: str) -> None:
        """Enter what a brain raised instead of returning a report."""
        self._draft("error", self.__task.duty, {}, {"error": error}, Failed(error=error))

    def _permit(self, tool: Tool[Frozen], target: str | None, kind: str, effect: str) -> Tool[Frozen]:
        """The tool as the table knows it, if the charter lists it and it is meant for this."""
        if tool.name not in self.__charter.tools:
            listed = ", ".join(sorted(self.__charter.tools))
            self._refuse(kind, tool.name, target, f"{self.__charter.title} may not use {tool.name}; its charter lists: {listed}")
        if TOOLS[tool.name].effect != effect:
            self._refuse(kind, tool.name, target, f"{tool.name} {TOOLS[tool.name].effect}: it is not for {kind}")
        return TOOLS[tool.name]

    def _refuse(self, kind: str, name: str, target: str | None, reason: str) -> None:
        self._draft(kind, name, {"target": target}, {"refused": reason}, Refused(tool=name, reason=reason))
        raise NotPermitted(reason)

    def _draft(self, kind: str, name: str, given: Mapping[str, object], got: Mapping[str, object], *items: Item,
               refs: tuple[int, ...] = ()) -> None:  # fmt: skip
        given = {key: value for key, value in given.items() if value is not None}
        self.__drafts.append(Draft(self.__now, kind, name, given, got, items, refs, self.__actor))

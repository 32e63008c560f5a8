"""The one seam: everything a duty asks, does or says goes through its toolbelt, and is written down there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar, cast

from drillbook.answers import Answer, Receipt
from drillbook.case import Acted, Case, Found, Intervention, Item, Observed, Refused, Said
from drillbook.runbook import Check, Runbook
from drillbook.tools import REMEDIES, TOOLS, Tool
from drillbook.units import Frozen

__all__ = ["Backend", "Brain", "Charter", "Draft", "NotPermitted", "Report", "Task", "Toolbelt"]

A = TypeVar("A", bound=Frozen)


class Charter(Frozen):
    """What a role is for, the tools that it may use, and its duties. The mission is a model brain's system prompt."""

    role: str
    title: str
    mission: str
    tools: frozenset[str]
    duties: frozenset[str]


class Task(Frozen):
    """One role's piece of one step: what, from when (virtual ms), and its rank among its siblings."""

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
    """A journal record in the making, buffered until the superstep's barrier gives it a sequence number."""

    at: int
    kind: str
    name: str
    given: Mapping[str, object]
    got: Mapping[str, object]
    items: tuple[Item, ...] = ()
    refs: tuple[int, ...] = ()


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


@dataclass
class Toolbelt:
    """One role's belt during one task. It keeps the task's own time cursor and buffers what happened.

    Nobody shares a belt: parallel tasks have one each, all over the same snapshot of production.
    """

    charter: Charter
    task: Task
    case: Case
    runbook: Runbook
    backend: Backend
    starts: datetime
    now: int = 0
    drafts: list[Draft] = field(default_factory=list)

    def observe(self, tool: Tool[A], focus: str | None = None) -> A:
        """Ask a reading tool; the answer is what production shows when the check ends. Raises NotPermitted."""
        self._permit(tool, focus, "observe")
        self.now += tool.takes
        answer = self.backend.answer(tool, focus, self.now, self.case.interventions)
        self._draft("observe", tool.name, {"focus": focus}, answer.model_dump(mode="json"),
                    Observed(tool=tool.name, answer=answer))  # fmt: skip
        return cast(A, answer)

    def act(self, tool: Tool[Receipt], target: str, refs: tuple[int, ...] = ()) -> Receipt:
        """Change something; it takes effect when the action ends, and is seen from the next step on.

        Raises NotPermitted.
        """
        self._permit(tool, target, "act")
        self.now += tool.takes
        receipt = self.backend.answer(tool, target, self.now, self.case.interventions)
        assert isinstance(receipt, Receipt)
        done = None
        if receipt.accepted and tool.name in REMEDIES:
            done = Intervention(tool=tool.name, target=target, at=receipt.takes_effect, role=self.task.role)
        acted = Acted(tool=tool.name, target=target, detail=receipt.detail, intervention=done)
        self._draft("act", tool.name, {"target": target}, receipt.model_dump(mode="json"), acted, refs=refs)
        return receipt

    def say(self, tool: Tool[Receipt], topic: str, text: str, state: str = "") -> None:
        """Publish, brief, notify or report. Raises NotPermitted."""
        self._permit(tool, topic, "say")
        self.now += tool.takes
        said = Said(channel=tool.name, topic=topic, text=text, state=state)
        self._draft("say", tool.name, {"topic": topic}, {"text": text, "state": state}, said)

    def note(self, *items: Item) -> None:
        """Enter conclusions into the case, at the time of the cursor."""
        for item in items:
            self._draft("note", item.kind, {}, item.model_dump(mode="json", exclude={"kind"}), item)

    def wait(self, until: int) -> None:
        """Let virtual time pass on this cursor."""
        self.now = max(self.now, until)

    def found(self, *readings: Found) -> None:
        """Enter readings of the last answer; each points at the record that it rests on."""
        place = len(self.drafts) - 1
        source = self.drafts[place].name
        self.note(*(reading.model_copy(update={"ref": place, "source": source}) for reading in readings))

    def checks(self) -> tuple[tuple[Check, Tool[Frozen]], ...]:
        """The runbook's lines for this task, each with its tool (lines without a tool are judgement)."""
        return tuple((check, TOOLS[check.tool]) for check in self.task.checks if check.tool)

    def _permit(self, tool: Tool[Frozen], target: str | None, kind: str) -> None:
        if tool.name in self.charter.tools:
            return
        reason = f"{self.charter.title} may not use {tool.name}; its charter lists: {', '.join(sorted(self.charter.tools))}"
        self._draft(kind, tool.name, {"target": target}, {"refused": reason}, Refused(tool=tool.name, reason=reason))
        raise NotPermitted(reason)

    def _draft(self, kind: str, name: str, given: Mapping[str, object], got: Mapping[str, object], *items: Item,
               refs: tuple[int, ...] = ()) -> None:  # fmt: skip
        given = {key: value for key, value in given.items() if value is not None}
        self.drafts.append(Draft(self.now, kind, name, given, got, items, refs))

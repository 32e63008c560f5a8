"""What a drill is run with, what comes of a task, and where a drill stands: the data that the superstep turns over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from drillbook.answers import Component
from drillbook.case import Alert, Case
from drillbook.graph.change import Change
from drillbook.graph.routing import Edge
from drillbook.outside import Given, Recall
from drillbook.records import Chain
from drillbook.runbook import Runbook
from drillbook.toolbelt import Backend, Brain, Charter, Draft, Report, Task, Toolbelt, Worded

__all__ = ["Desk", "Position", "Work"]


@dataclass(frozen=True)
class Desk:
    """What a drill is run with; the same from its first superstep to its last.

    `changes` are what a fork does otherwise, `recall` the recorded answers of models and people, and `stand_ins` the brains
    that step in where an answer is missing there. `wordings` put free-text tools into words, where the cast says so.
    """

    runbook: Runbook
    charters: Mapping[str, Charter]
    brains: Mapping[str, Brain]
    backend: Backend
    starts: datetime
    catalogue: tuple[Component, ...]
    alerts: tuple[Alert, ...]
    changes: tuple[Change, ...] = ()
    recall: Recall | None = None
    stand_ins: Mapping[str, Brain] | None = None
    wordings: Mapping[str, Worded] = field(default_factory=dict)

    def made(self, step: str, case: Case) -> tuple[Change, ...]:
        """What forks do otherwise at the pass of a step that is now open, the first fork's first."""
        return tuple(change for change in self.changes if change.made(step, case))

    def lacks(self, role: str, case: Case, opening: str | None = None) -> bool:
        """Whether a fork has taken a role away by now, `opening` being the step that opens."""
        return any(change.without == role and change.begun(opening, case) for change in self.changes)

    def belt(self, task: Task, case: Case, given: Given | None = None) -> Toolbelt:
        """A belt of its own for a task; `given` is what a person at its desk has answered, None where none can be asked."""
        return Toolbelt(self.charters[task.role], task, case, self.runbook, self.backend, self.starts, self.recall, given, self._approval,
                        self.wordings)  # fmt: skip

    def _approval(self, belt: Toolbelt, role: str, change: str) -> Report:
        """A role's judgement of a change that somebody else is about to make; what its brain raises is no approval."""
        asked = belt.task
        task = Task(step=asked.step, role=role, duty="approve", at=belt.now, rank=asked.rank, turn=asked.turn, attempt=asked.attempt,
                    topic="approval", action=change)  # fmt: skip
        theirs = belt.beside(self.charters[role], task)
        try:
            return self.brains[role](task, belt.case, theirs)
        except Exception as error:  # noqa: BLE001 - as for any duty: it never raises out of a node
            text = f"{type(error).__name__}: {error}".encode(errors="replace").decode()
            theirs.failed(text)
            return Report(outcome="refused", why=text)
        finally:
            belt.wait(theirs.now)


@dataclass(frozen=True)
class Work:
    """What came of a task."""

    task: Task
    report: Report
    drafts: tuple[Draft, ...]
    end: int


@dataclass(frozen=True)
class Position:
    """Where a drill stands. `lines` are the journal's lines of the last superstep, `tasks` what is to be done next, `sent` what
    fell due in this step and was sent out."""

    case: Case
    step: str
    phase: Literal["open", "acting", "reporting"] = "open"
    tasks: tuple[Task, ...] = ()
    chain: Chain = field(default_factory=Chain)
    turn: int = 0
    opened_at: int = 0
    lines: tuple[bytes, ...] = ()
    edge: Edge | None = None
    sent: frozenset[tuple[int, str, str]] = frozenset()

"""The superstep: run a step's duties over one snapshot, sort what happened, commit it, advance the clock, route.

Pure and small, and it knows no engine: LangGraph's nodes call `perform` and `advance`, and a plain loop could as well.
A step is passed three times: it opens (who acts), closes (what they did; what fell due meanwhile), and, when the
messages that fell due are out, routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from drillbook.case import Activated, Acted, Case, Concluded, Entry, Failed, Found, Item, Reached, Stepped
from drillbook.graph.obligations import Obligation, due
from drillbook.graph.routing import Edge, route
from drillbook.records import Chain
from drillbook.runbook import Crew, Runbook, holds
from drillbook.toolbelt import Backend, Brain, Charter, Draft, Report, Task, Toolbelt

__all__ = ["Desk", "Position", "Work", "advance", "perform"]


@dataclass(frozen=True)
class Desk:
    """What a drill is run with; the same from its first superstep to its last."""

    runbook: Runbook
    charters: Mapping[str, Charter]
    brains: Mapping[str, Brain]
    backend: Backend
    starts: datetime


@dataclass(frozen=True)
class Work:
    """What came of a task."""

    task: Task
    report: Report
    drafts: tuple[Draft, ...]
    end: int


@dataclass(frozen=True)
class Position:
    """Where a drill stands. `lines` are the journal's lines of the last superstep, `tasks` what is to be done next."""

    case: Case
    step: str
    phase: Literal["open", "acting", "reporting", "routed"] = "open"
    tasks: tuple[Task, ...] = ()
    chain: Chain = Chain()
    turn: int = 0
    opened_at: int = 0
    lines: tuple[bytes, ...] = ()
    edge: Edge | None = None


def perform(desk: Desk, case: Case, task: Task) -> Work:
    """Carry out one task. Whatever its brain raises becomes an `error` record and the step's declared outcome."""
    step = desk.runbook.steps[task.step]
    belt = Toolbelt(desk.charters[task.role], task, case, desk.runbook, desk.backend, desk.starts, now=task.at)
    try:
        report = desk.brains[task.role](task, case, belt)
        if not task.topic and report.outcome not in step.outcomes:
            raise ValueError(f"{report.outcome!r} is no outcome of {task.step}; valid: {', '.join(step.outcomes)}")
    except Exception as error:  # noqa: BLE001 - a duty never raises out of a node: which of two would surface is chance
        text = f"{type(error).__name__}: {error}"
        belt.drafts.append(Draft(at=belt.now, kind="error", name=task.duty, given={}, got={"error": text}, items=(Failed(error=text),)))
        report = Report(outcome=step.on_error, why=text)
    return Work(task, report, tuple(belt.drafts), belt.now)


def advance(desk: Desk, here: Position, works: tuple[Work, ...]) -> Position:
    """The next position: `works` are what came of `here.tasks`, in any order."""
    here = replace(here, turn=here.turn + 1, lines=())
    if here.phase == "open":
        return _open(desk, here)
    here = _commit(here, works)
    if here.phase == "acting":
        here = _close(desk, here, works)
        if here.tasks:
            return here
    return _route(desk, here)


def _record(here: Position, vt: int, kind: str, actor: str, given: Mapping[str, Any], got: Mapping[str, Any],
            *items: Item, cause: tuple[int, ...] = (), path: str = "", attempt: int = 0, ord_: int = 0) -> Position:  # fmt: skip
    """The position with one record more, and the items that it brought into the case."""
    seq = here.chain.seq
    at = (here.turn, path or here.step, attempt, ord_)
    chain, line = here.chain.add(at=at, vt=vt, kind=kind, actor=actor, given=given, got=got, cause=cause)
    entries = tuple(Entry(at=vt, seq=seq, role=actor, step=here.step, item=item) for item in items)
    case = here.case.with_entries(entries) if entries else here.case
    return replace(here, chain=chain, lines=(*here.lines, line), case=case)


def _crew(runbook: Runbook, case: Case, step: str) -> dict[str, Crew]:
    """Who acts in a step now: role to crew line; a placeholder that nobody can fill is left out."""
    crew: dict[str, Crew] = {}
    for line in runbook.steps[step].crew:
        role = runbook.who(line.role, case)
        if role and role not in crew and holds(runbook, line.when, case):
            crew[role] = line
    return crew


def _open(desk: Desk, here: Position) -> Position:
    case, crew = here.case, _crew(desk.runbook, here.case, here.step)
    attempt = case.times(here.step)
    called = tuple(role for role in crew if case.severity and role not in case.team)
    items = (Activated(roles=(), called_in=called),) if called else ()
    seq = here.chain.seq
    here = _record(here, case.now, "step", desk.runbook.commander, {"step": here.step, "attempt": attempt},
                   {"crew": list(crew), "called_in": list(called)}, *items, cause=(seq - 1,), attempt=attempt)  # fmt: skip
    tasks = tuple(
        Task(step=here.step, role=role, duty=line.duty, at=case.now, rank=rank, turn=here.turn, attempt=attempt,
             cause=seq, checks=line.checks_of(role))
        for rank, (role, line) in enumerate(crew.items())
    )  # fmt: skip
    return replace(here, phase="acting", tasks=tasks, opened_at=case.now)


def _commit(here: Position, works: tuple[Work, ...]) -> Position:
    """Journal what the tasks did, in the order (virtual time, rank, path, ordinal), and enter it into the case."""
    done = [(draft.at, work.task.rank, work.task.path, place, work, draft) for work in works for place, draft in enumerate(work.drafts)]
    seqs: dict[tuple[str, int], int] = {}
    for at, _, path, place, work, draft in sorted(done, key=lambda one: one[:4]):
        seqs[path, place] = here.chain.seq
        items = tuple(_placed(item, seqs, path) for item in draft.items)
        given = {"name": draft.name, **draft.given}
        here = _record(here, at, draft.kind, work.task.role, given, draft.got, *items,
                       cause=(work.task.cause, *draft.refs), path=path, attempt=work.task.attempt, ord_=place)  # fmt: skip
    for work in sorted(works, key=lambda work: (work.end, work.task.rank, work.task.path)):
        here = _record(here, work.end, "task", work.task.role, {"duty": work.task.duty, "topic": work.task.topic},
                       {"outcome": work.report.outcome, "why": work.report.why}, cause=(work.task.cause,),
                       path=work.task.path, attempt=work.task.attempt, ord_=len(work.drafts))  # fmt: skip
    return _effects(here, [item for one in sorted(done, key=lambda one: one[:4]) for item in one[5].items])


def _placed(item: Item, seqs: Mapping[tuple[str, int], int], path: str) -> Item:
    """An item with references to the task's own records turned into sequence numbers."""
    if isinstance(item, Found) and item.ref >= 0:
        return item.model_copy(update={"ref": seqs[path, item.ref]})
    return item


def _effects(here: Position, items: list[Item]) -> Position:
    """The changes to production that this superstep made, one `world` record each."""
    for item in items:
        if isinstance(item, Acted):
            act = item.intervention
            here = _record(here, act.at, "world", act.role, {"tool": act.tool, "target": act.target}, {"in_effect_from": act.at})
    return here


def _outcome(desk: Desk, step: str, works: tuple[Work, ...]) -> str:
    """The first of the step's outcomes, in written order, that anybody reported."""
    reported = {work.report.outcome for work in works}
    declared = desk.runbook.steps[step]
    return next((outcome for outcome in declared.outcomes if outcome in reported), declared.on_error)


def _close(desk: Desk, here: Position, works: tuple[Work, ...]) -> Position:
    """End the step: advance the clock to the latest cursor, and see what fell due on the way."""
    now = max((work.end for work in works), default=here.case.now)
    done = Stepped(step=here.step, outcome=_outcome(desk, here.step, works), opened_at=here.opened_at,
                   roles=tuple(work.task.role for work in sorted(works, key=lambda work: work.task.rank)))  # fmt: skip
    entry = Entry(at=now, seq=here.chain.seq - 1, role=desk.runbook.commander, step=here.step, item=done)
    here = replace(here, case=here.case.with_entries((entry,), now), phase="reporting", tasks=())
    tasks = []
    for rank, owed in enumerate(due(desk.runbook, here.case)):
        here, task = _dispatch(here, rank, owed)
        tasks.append(task)
    return replace(here, tasks=tuple(tasks))


def _dispatch(here: Position, rank: int, owed: Obligation) -> tuple[Position, Task]:
    """A `timer` record, and the task that it sets off."""
    seq = here.chain.seq
    known = here.case.as_of(owed.at).team
    items = () if owed.role in known else (Activated(roles=(), called_in=(owed.role,)),)
    topic = f"{here.step}@{owed.topic}"
    here = _record(here, owed.at, "timer", owed.role, {"topic": owed.topic, "due": owed.at}, {"duty": owed.duty}, *items, path=topic)
    task = Task(step=here.step, role=owed.role, duty=owed.duty, at=owed.at, rank=rank, turn=here.turn, cause=seq,
                checks=owed.checks, topic=owed.topic, action=owed.action, next_at=owed.next_at)  # fmt: skip
    return here, task


def _route(desk: Desk, here: Position) -> Position:
    """Ask the table, journal every clause, and mark the milestones of the chosen edge."""
    edge = route(desk.runbook, here.case)
    done = here.case.last(Stepped)
    marks: tuple[Item, ...] = tuple(Reached(milestone=name) for name in edge.row.marks)
    ends: tuple[Item, ...] = (Concluded(outcome=edge.row.concludes),) if edge.row.concludes else ()
    got = {"to": edge.row.to, "edge": edge.label, "marks": list(edge.row.marks), "concludes": edge.row.concludes, "clauses": edge.clauses}
    here = _record(here, here.case.now, "route", desk.runbook.commander, {"step": here.step, "outcome": edge.row.on}, got,
                   *marks, *ends, cause=(here.chain.seq - 1,), attempt=here.case.times(here.step) - 1 if done else 0)  # fmt: skip
    return replace(here, step=edge.row.to, phase="open", tasks=(), edge=edge)

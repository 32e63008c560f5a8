"""The superstep: run a step's duties over one snapshot, sort what happened, commit it, advance the clock, route.

Pure and small, and it knows no engine: LangGraph's nodes call `perform` and `advance`, and a plain loop could as well.
The alerts open the drill. A step is passed three times: it opens (who acts), closes (what they did; what fell due meanwhile), and, when the
messages that fell due are out, routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any, cast

from drillbook.answers import Receipt
from drillbook.case import Acted, Activated, Alerted, Case, Concluded, Declared, Entry, Found, Item, Reached, Stepped
from drillbook.graph.change import Change, amended
from drillbook.graph.desk import Desk, Position, Work
from drillbook.graph.obligations import Obligation, due
from drillbook.graph.routing import route
from drillbook.outside import Given
from drillbook.runbook import Clauses, Crew, Runbook
from drillbook.toolbelt import Brain, Draft, Report, Task, Toolbelt
from drillbook.tools import TOOLS, Tool

__all__ = ["advance", "begin", "perform"]


def begin(desk: Desk) -> Position:
    """The first position: the alerts are in the case, each once and each with its record, and the first step is about to open."""
    now = min(alert.starts_at for alert in desk.alerts)
    pen = _Pen(Position(case=Case(catalogue=desk.catalogue, now=now), step=desk.runbook.start, turn=-1))
    distinct = {alert.fingerprint: alert for alert in reversed(desk.alerts)}
    for place, alert in enumerate(alert for alert in desk.alerts if distinct[alert.fingerprint] is alert):
        pen.write(alert.starts_at, "world", alert.source, {"name": alert.name}, alert.model_dump(mode="json"), (Alerted(alert=alert),),
                  path="alert", ord_=place)  # fmt: skip
    return pen.position(Position(case=pen.case, step=desk.runbook.start))


def perform(desk: Desk, case: Case, task: Task, given: Given | None = None) -> Work:
    """Carry out one task. Whatever its brain raises becomes an `error` record and the step's declared outcome.

    Where a model's or a person's answer is missing and stand-ins are at hand, the role's stand-in does the task instead.
    `given` is what a person has answered so far; Waiting is raised for what comes next.
    """
    work = _carry_out(desk, case, task, _absent if task.absent else desk.brains[task.role], given)
    missing = tuple(draft for draft in work.drafts if draft.kind == "ask" and "unanswered" in draft.got)
    if not missing or desk.stand_ins is None:
        return work
    instead = _carry_out(desk, case, task, desk.stand_ins[task.role])
    return replace(instead, drafts=(*instead.drafts, *missing))


def _absent(task: Task, case: Case, belt: Toolbelt) -> Report:
    raise LookupError(f"{belt.charter.title} is not there")


def _carry_out(desk: Desk, case: Case, task: Task, brain: Brain, given: Given | None = None) -> Work:
    step, belt = desk.runbook.steps[task.step], desk.belt(task, case, given)
    try:
        report = brain(task, case, belt)
        if not task.topic and report.outcome not in step.outcomes:
            raise ValueError(f"{report.outcome!r} is no outcome of {task.step}; valid: {', '.join(step.outcomes)}")
        if task.duty == "mitigate" and report.outcome != step.on_error and not _mitigated(task, belt):
            raise ValueError(f"reports {report.outcome!r}, and has carried out nothing that the runbook lists here")
    except Exception as error:  # noqa: BLE001 - a duty never raises out of a node: which of two would surface is chance
        text = f"{type(error).__name__}: {error}".encode(errors="replace").decode()
        belt.failed(text)
        report = Report(outcome=step.on_error, why=text)
        _declare(desk, case, belt, step.on_error)
    return Work(task, report, belt.drafts, belt.now)


def _mitigated(task: Task, belt: Toolbelt) -> bool:
    """Whether one of the task's lines was carried out: what anybody says of it does not count, or a runbook's bounds would not hold."""
    listed = {check.tool for check in task.checks if check.tool}
    acted = [item for draft in belt.drafts for item in draft.items if isinstance(item, Acted)]
    return not listed or any(item.accepted and item.tool in listed for item in acted)


def _declare(desk: Desk, case: Case, belt: Toolbelt, level: str) -> None:
    """A triage that failed declares the severity that the runbook falls back on: people are called, and told, as for any such incident."""
    declared = any(draft.name == "declared" for draft in belt.drafts)
    if belt.task.duty == "triage" and level in desk.runbook.teams and not declared:
        belt.note(Declared(severity=level, reason="the triage failed: the runbook then assumes the worst"),
                  Activated(roles=desk.runbook.team(level, case)), Reached(milestone="declared"))  # fmt: skip


def _otherwise(desk: Desk, here: Position, works: tuple[Work, ...]) -> tuple[Work, ...]:
    """What came of the tasks at the decision that forks change, as they have it: one fork after the other."""
    changes = desk.made(here.step, here.case)
    for change in changes:
        works = tuple(_changed(desk, change, here.case, work) for work in works)
    doing = [(change.do, change.at) for change in changes if change.do]
    return (*works, *(_done(desk, here, do, at, place) for place, (do, at) in enumerate(doing)))


def _changed(desk: Desk, change: Change, case: Case, work: Work) -> Work:
    drafts, outcome = amended(change, desk.runbook, case, work.drafts, work.report.outcome)
    why = work.report.why if outcome == work.report.outcome else "decided otherwise in a fork"
    return replace(work, drafts=drafts, report=Report(outcome=outcome, why=why))


def _done(desk: Desk, here: Position, do: tuple[str, str, str], at: int | None, place: int) -> Work:
    """A change to production that a fork makes beside the step's own tasks, by the role whose charter allows it."""
    role, tool, target = do
    task = Task(step=here.step, role=role, duty="what_if", topic=f"what_if_{place + 1}" if place else "what_if", action=tool,
                at=here.opened_at if at is None else max(at, here.opened_at), rank=len(here.tasks) + place, turn=here.turn,
                attempt=here.case.times(here.step))  # fmt: skip
    return _carry_out(desk, here.case, task, _does(tool, target))


def _does(tool: str, target: str) -> Brain:
    def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
        receipt = belt.act(cast("Tool[Receipt]", TOOLS[tool]), target, case.grounds)
        return Report(outcome="done" if receipt.accepted else "failed", why=receipt.detail)

    return brain


class _Pen:
    """Writes the records of one barrier, and keeps the entries that they bring into the case."""

    def __init__(self, here: Position) -> None:
        self.step, self.turn, self.case, self.chain = here.step, here.turn + 1, here.case, here.chain
        self.lines: list[bytes] = []
        self.entries: list[Entry] = []

    def write(self, vt: int, kind: str, actor: str, given: Mapping[str, Any], got: Mapping[str, Any], items: tuple[Item, ...] = (),
              *, cause: tuple[int, ...] = (), path: str = "", attempt: int = 0, ord_: int = 0) -> int:  # fmt: skip
        """One record more; returns its sequence number."""
        seq = self.chain.seq
        self.chain, line = self.chain.add(at=(self.turn, path or self.step, attempt, ord_), vt=vt, kind=kind, actor=actor,
                                          given=given, got=got, cause=cause)  # fmt: skip
        self.lines.append(line)
        for item in items:
            self.entries.append(Entry(at=vt, seq=seq, role=actor, step=self.step, item=item))
        return seq

    def known(self, now: int | None = None) -> Case:
        """The case with all that was written so far, its clock at `now`."""
        self.case = self.case.with_entries(tuple(self.entries), now)
        self.entries.clear()
        return self.case

    def position(self, here: Position, **changes: Any) -> Position:
        """Where the drill stands when the pen is put down."""
        return replace(here, case=self.known(), chain=self.chain, lines=tuple(self.lines), turn=self.turn, **changes)


def advance(desk: Desk, here: Position, works: tuple[Work, ...]) -> Position:
    """The next position: `works` are what came of `here.tasks`, in any order."""
    pen = _Pen(here)
    if here.phase == "open":
        return _open(desk, pen, here)
    if here.phase == "acting" and desk.changes:
        works = _otherwise(desk, here, works)
    _commit(pen, works)
    if here.phase == "acting":
        _close(desk, pen, here, works)
    owed = _owed(desk, pen, here)
    if owed:
        sent = here.sent | {(one.at, one.topic, one.role) for one in owed}
        return pen.position(here, phase="reporting", tasks=_dispatch(desk, pen, owed), sent=sent)
    return _route(desk, pen, here)


def _crew(runbook: Runbook, case: Case, step: str) -> dict[str, Crew]:
    """Who acts in a step now: role to crew line; a placeholder that nobody can fill is left out."""
    crew: dict[str, Crew] = {}
    clauses = Clauses(runbook, case)
    for line in runbook.steps[step].crew:
        role = runbook.who(line.role, case)
        if role and role not in crew and clauses.hold(line.when):
            crew[role] = line
    return crew


def _open(desk: Desk, pen: _Pen, here: Position) -> Position:
    """Say who acts, and call in those whom the team lacks."""
    case, crew = here.case, _crew(desk.runbook, here.case, here.step)
    attempt = case.times(here.step)
    team = case.team
    changes = desk.made(here.step, case)
    acting = (*crew, *(change.do[0] for change in changes if change.do))
    called = tuple(dict.fromkeys(role for role in acting if case.severity and role not in team))
    at = case.now + sum(change.delay for change in changes)
    seq = pen.write(case.now, "step", desk.runbook.commander, {"step": here.step, "attempt": attempt},
                    {"crew": list(crew), "called_in": list(called)},
                    (Activated(roles=(), called_in=called),) if called else (), cause=(pen.chain.seq - 1,), attempt=attempt)  # fmt: skip
    tasks = tuple(
        Task(step=here.step, role=role, duty=line.duty, at=at, rank=rank, turn=pen.turn, attempt=attempt,
             cause=seq, checks=line.checks_of(role), absent=desk.lacks(role, case, here.step))
        for rank, (role, line) in enumerate(crew.items())
    )  # fmt: skip
    return pen.position(here, phase="acting", tasks=tasks, opened_at=case.now)


def _commit(pen: _Pen, works: tuple[Work, ...]) -> None:
    """Journal what the tasks did, in the order (virtual time, rank, path, ordinal), and enter it into the case."""
    done = [
        ((draft.at, task.rank, path, place), task, draft)
        for work in works for task, path in [(work.task, work.task.path)] for place, draft in enumerate(work.drafts)
    ]
    done.sort(key=itemgetter(0))
    seqs: dict[tuple[str, int], int] = {}
    for (at, _, path, place), task, draft in done:
        items = tuple([_placed(item, seqs, path) for item in draft.items])
        seqs[path, place] = pen.write(at, draft.kind, draft.actor or task.role, {"name": draft.name, **draft.given}, draft.got, items,
                                      cause=(task.cause, *draft.refs), path=path, attempt=task.attempt, ord_=place)  # fmt: skip
    for work in sorted(works, key=lambda work: (work.end, work.task.rank, work.task.path)):
        task = work.task
        pen.write(work.end, "task", task.role, {"duty": task.duty, "topic": task.topic}, work.report.model_dump(),
                  cause=(task.cause,), path=task.path, attempt=task.attempt, ord_=len(work.drafts))  # fmt: skip
    for *_, draft in done:
        _effects(pen, draft)


def _placed(item: Item, seqs: Mapping[tuple[str, int], int], path: str) -> Item:
    """An item with references to the task's own records turned into sequence numbers."""
    if type(item) is Found and item.ref >= 0:
        return item.model_copy(update={"ref": seqs[path, item.ref]})
    return item


def _effects(pen: _Pen, draft: Draft) -> None:
    """A change to production gets its `world` record."""
    for item in draft.items:
        if type(item) is Acted and item.intervention:
            act = item.intervention
            pen.write(act.at, "world", act.role, {"tool": act.tool, "target": act.target}, {"in_effect_from": act.at})


def _outcome(desk: Desk, step: str, works: tuple[Work, ...]) -> str:
    """The first of the step's outcomes, in written order, that anybody reported."""
    reported = {work.report.outcome for work in works if not work.task.topic}
    declared = desk.runbook.steps[step]
    return next((outcome for outcome in declared.outcomes if outcome in reported), declared.on_error)


def _close(desk: Desk, pen: _Pen, here: Position, works: tuple[Work, ...]) -> None:
    """End the step: advance the clock to the latest cursor."""
    now = max((work.end for work in works), default=here.case.now)
    tasks = sorted([work.task for work in works if not work.task.topic], key=lambda task: task.rank)
    done = Stepped(step=here.step, outcome=_outcome(desk, here.step, works), opened_at=here.opened_at,
                   roles=tuple(task.role for task in tasks), duties=tuple(dict.fromkeys(task.duty for task in tasks)))  # fmt: skip
    pen.entries.append(Entry(at=now, seq=pen.chain.seq - 1, role=desk.runbook.commander, step=here.step, item=done))
    pen.known(now)


def _owed(desk: Desk, pen: _Pen, here: Position) -> list[Obligation]:
    """What fell due first of all that is still owed: one moment after the other, so that each knows what came before it."""
    owed = [one for one in due(desk.runbook, pen.known()) if (one.at, one.topic, one.role) not in here.sent]
    return [one for one in owed if one.at == owed[0].at]


def _dispatch(desk: Desk, pen: _Pen, owed: list[Obligation]) -> tuple[Task, ...]:
    """A `timer` record for each, and the task that it sets off; whoever is not on the incident yet is called in, once."""
    team = {*pen.case.as_of(owed[0].at).team}
    roles = [one.role for one in owed]
    return tuple(_timer(desk, pen, rank, one, one.role in team or one.role in roles[:rank]) for rank, one in enumerate(owed))


def _timer(desk: Desk, pen: _Pen, rank: int, owed: Obligation, known: bool) -> Task:
    items = () if known else (Activated(roles=(), called_in=(owed.role,)),)
    seq = pen.write(owed.at, "timer", owed.role, {"topic": owed.topic, "due": owed.at}, {"duty": owed.duty}, items,
                    path=f"{pen.step}/{owed.role}@{owed.topic}", ord_=rank)  # fmt: skip
    return Task(step=pen.step, role=owed.role, duty=owed.duty, at=owed.at, rank=rank, turn=pen.turn, cause=seq,
                checks=owed.checks, topic=owed.topic, action=owed.action, next_at=owed.next_at,
                absent=desk.lacks(owed.role, pen.case))  # fmt: skip


def _route(desk: Desk, pen: _Pen, here: Position) -> Position:
    """Ask the table, journal every clause, and mark the milestones of the chosen edge."""
    case = pen.known()
    edge = route(desk.runbook, case)
    items: tuple[Item, ...] = tuple(Reached(milestone=name) for name in edge.row.marks)
    if edge.row.concludes:
        items = (*items, Concluded(outcome=edge.row.concludes))
    got = {"to": edge.row.to, "edge": edge.label, "marks": edge.row.marks, "concludes": edge.row.concludes, "clauses": edge.clauses}
    pen.write(case.now, "route", desk.runbook.commander, {"step": here.step, "outcome": edge.row.on}, got, items,
              cause=(pen.chain.seq - 1,), attempt=case.times(here.step) - 1)  # fmt: skip
    return pen.position(here, step=edge.row.to, phase="open", tasks=(), edge=edge, sent=frozenset())

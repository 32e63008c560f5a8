"""The runbook as a LangGraph graph.

Every step is a node, the barrier of its supersteps; every role that may act in it is an agent node beside it. A step
sends its tasks to its agents, which come back to it; when they are done, an edge labelled by the outcome leads on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, Send, interrupt
from typing_extensions import TypedDict

from drillbook.graph.desk import Desk, Position, Work
from drillbook.graph.routing import label
from drillbook.graph.superstep import advance, begin, perform
from drillbook.outside import Waiting
from drillbook.runbook import END as OVER
from drillbook.runbook import Runbook
from drillbook.toolbelt import Task

__all__ = ["DrillState", "Order", "Result", "agents_of", "compile_runbook"]


def _gather(old: tuple[Work, ...], new: tuple[Work, ...] | None) -> tuple[Work, ...]:
    """Collects the work of parallel tasks; None empties it. The barrier sorts, so the order here does not matter."""
    return () if new is None else (*old, *new)


def _append(old: tuple[bytes, ...], new: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (*old, *new)


class Order(TypedDict, total=False):
    """What a graph that stands alone is asked to fly; a simulator's graph gets its desk with the run's context instead."""

    scenario: str
    seed: int | None
    cast: str | None


class DrillState(Order, total=False):
    """The graph's state: where the drill stands, the work of the running superstep, the journal so far, and the outcome."""

    position: Position
    work: Annotated[tuple[Work, ...], _gather]
    journal: Annotated[tuple[bytes, ...], _append]
    outcome: dict[str, Any]


class Result(TypedDict):
    """What a graph that stands alone gives: the outcome, as `drillbook run --json` prints it."""

    outcome: dict[str, Any]


class _Errand(TypedDict):
    order: Order
    position: Position
    task: Task


Binding = Callable[[Order, Runtime[Any]], Desk]
Closing = Callable[[DrillState], dict[str, Any]]

_BEGIN, _REPORT = "alert", "report"


def agents_of(runbook: Runbook, step: str) -> tuple[str, ...]:
    """Every role that may act in a step: its crew, whoever a placeholder may stand for, and who reports throughout."""
    crew = [line.role for line in runbook.steps[step].crew]
    stand_ins = [role for role in crew if role in runbook.placeholders]
    named = [role for role in crew if role not in runbook.placeholders]
    owners = list(runbook.owners.values()) if stand_ins else []
    speakers = [rule.role for rule in runbook.throughout] + [role for rule in runbook.escalations for role in rule.to]
    return tuple(dict.fromkeys([*named, *owners, *speakers]))


def _opening(bound: Binding, state: DrillState, runtime: Runtime[Any]) -> dict[str, Any]:
    position = begin(bound(state, runtime))
    return {"position": position, "work": None, "journal": Overwrite(position.lines)}


def _barrier(bound: Binding, last: str, state: DrillState, runtime: Runtime[Any]) -> Command[Any]:
    position = advance(bound(state, runtime), state["position"], state["work"])
    return Command(update={"position": position, "work": None, "journal": position.lines}, goto=_next(state, position, last))


def _agent(bound: Binding, errand: _Errand, runtime: Runtime[Any]) -> dict[str, Any]:
    """Carry out a task. A person's answers come by interrupts: whenever one is there, the task is played again from its top."""
    task, case, given = errand["task"], errand["position"].case, dict[int, Any]()
    desk, known = bound(errand["order"], runtime), case.as_of(task.at) if task.topic else case
    while True:
        try:
            return {"work": (perform(desk, known, task, given),)}
        except Waiting as one:
            given[one.place] = interrupt(one.question)


def _closing(closing: Closing, state: DrillState) -> dict[str, Any]:
    return closing(state)


def _next(state: DrillState, position: Position, last: str) -> list[Send] | str:
    """The agents that have something to do; else the step that the chosen edge leads to."""
    if position.tasks:
        order = Order(scenario=state["scenario"], seed=state.get("seed"), cast=state.get("cast")) if "scenario" in state else Order()
        return [Send(f"{task.step}/{task.role}", _Errand(order=order, position=position, task=task)) for task in position.tasks]
    return last if position.step == OVER else position.step


def _ways(runbook: Runbook, step: str, agents: list[str], last: str) -> dict[str, str]:
    """Where a step may lead, each way with its label for the picture."""
    ways: dict[str, list[str]] = {}
    for row in runbook.steps[step].routes:
        ways.setdefault(last if row.to == OVER else row.to, []).append(label(row))
    return {**{to: " / ".join(labels) for to, labels in ways.items()}, **dict.fromkeys(agents, "")}


def compile_runbook(runbook: Runbook, bound: Binding = lambda order, runtime: runtime.context, closing: Closing | None = None,
                    checkpointer: Any = None) -> CompiledStateGraph[Any, Any, Any, Any]:  # fmt: skip
    """Compile a runbook.

    The desk (roles, brains, backends) comes with the run's context, or from `bound`. With `closing`, which makes the
    outcome of the last state, the graph stands alone: an `Order` in, a `Result` out.
    """
    ends = {} if closing is None else {"input_schema": Order, "output_schema": Result}
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(DrillState, context_schema=Desk if closing is None else None, **ends)
    last = END if closing is None else _REPORT
    graph.add_node(_BEGIN, partial(_opening, bound))
    for step in runbook.steps:
        agents = [f"{step}/{role}" for role in agents_of(runbook, step)]
        graph.add_node(step, partial(_barrier, bound, last), destinations=_ways(runbook, step, agents, last))
        for agent in agents:
            graph.add_node(agent, partial(_agent, bound))
            graph.add_edge(agent, step)
    if closing is not None:
        graph.add_node(_REPORT, partial(_closing, closing))
        graph.add_edge(_REPORT, END)
    graph.add_edge(START, _BEGIN)
    graph.add_edge(_BEGIN, runbook.start)
    return graph.compile(checkpointer=checkpointer, name=runbook.name)

"""The runbook as a LangGraph graph.

Every step is a node, the barrier of its supersteps; every role that may act in it is an agent node beside it. A step
sends its tasks to its agents, which come back to it; when they are done, an edge labelled by the outcome leads on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from drillbook.graph.routing import label
from drillbook.graph.superstep import Desk, Position, Work, advance, perform
from drillbook.runbook import END as OVER
from drillbook.runbook import Runbook
from drillbook.toolbelt import Task

__all__ = ["DrillState", "agents_of", "compile_runbook"]


def _gather(old: tuple[Work, ...], new: tuple[Work, ...] | None) -> tuple[Work, ...]:
    """Collects the work of parallel tasks; None empties it. The barrier sorts, so the order here does not matter."""
    return () if new is None else (*old, *new)


def _append(old: tuple[bytes, ...], new: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (*old, *new)


class DrillState(TypedDict):
    """The graph's state: where the drill stands, the work of the running superstep, and the journal so far."""

    position: Position
    work: Annotated[tuple[Work, ...], _gather]
    journal: Annotated[tuple[bytes, ...], _append]


class _Errand(TypedDict):
    position: Position
    task: Task


def agents_of(runbook: Runbook, step: str) -> tuple[str, ...]:
    """Every role that may act in a step: its crew, whoever a placeholder may stand for, and who reports throughout."""
    crew = [line.role for line in runbook.steps[step].crew]
    stand_ins = [role for role in crew if role in runbook.placeholders]
    named = [role for role in crew if role not in runbook.placeholders]
    owners = list(runbook.owners.values()) if stand_ins else []
    speakers = [rule.role for rule in runbook.throughout] + [role for rule in runbook.escalations for role in rule.to]
    return tuple(dict.fromkeys([*named, *owners, *speakers]))


Binding = Callable[[Runtime[Desk]], Desk]


def _barrier(bound: Binding, state: DrillState, runtime: Runtime[Desk]) -> Command[Any]:
    position = advance(bound(runtime), state["position"], state["work"])
    return Command(update={"position": position, "work": None, "journal": position.lines}, goto=_next(position))


def _agent(bound: Binding, errand: _Errand, runtime: Runtime[Desk]) -> dict[str, Any]:
    task, case = errand["task"], errand["position"].case
    return {"work": (perform(bound(runtime), case.as_of(task.at) if task.topic else case, task),)}


def _next(position: Position) -> list[Send] | str:
    """The agents that have something to do; else the step that the chosen edge leads to."""
    if position.tasks:
        return [Send(f"{task.step}/{task.role}", _Errand(position=position, task=task)) for task in position.tasks]
    return END if position.step == OVER else position.step


def _ways(runbook: Runbook, step: str, agents: list[str]) -> dict[str, str]:
    """Where a step may lead, each way with its label for the picture."""
    ways: dict[str, list[str]] = {}
    for row in runbook.steps[step].routes:
        ways.setdefault(END if row.to == OVER else row.to, []).append(label(row))
    return {**{to: " / ".join(labels) for to, labels in ways.items()}, **dict.fromkeys(agents, "")}


def compile_runbook(runbook: Runbook, bound: Binding = lambda runtime: runtime.context,
                    checkpointer: Any = None) -> CompiledStateGraph[Any, Any, Any, Any]:  # fmt: skip
    """Compile a runbook. The desk (roles, brains, backends) comes with the run's context, or from `bound`."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(DrillState, context_schema=Desk)
    for step in runbook.steps:
        agents = [f"{step}/{role}" for role in agents_of(runbook, step)]
        graph.add_node(step, partial(_barrier, bound), destinations=_ways(runbook, step, agents))
        for agent in agents:
            graph.add_node(agent, partial(_agent, bound))
            graph.add_edge(agent, step)
    graph.add_edge(START, runbook.start)
    return graph.compile(checkpointer=checkpointer, name=runbook.name)

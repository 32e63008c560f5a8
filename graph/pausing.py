"""A graph that people play in: it stops wherever one is asked, and goes on with the answer, by LangGraph's interrupts.

Interrupts come in the order in which threads end and under ids that are made of the time, so neither is used but to hand an answer over:
who is asked next is settled by the tasks alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from drillbook.graph.desk import Position, Work
from drillbook.toolbelt import Task

__all__ = ["Pending", "memory", "pausing", "pending"]

Graph = CompiledStateGraph[Any, Any, Any, Any]


_OURS = (Position, Work, Task)
"""What the states consist of: frozen, so it needs no copy; and its caches may be filled by other threads while it is kept."""


class _Kept:
    """States in memory: LangGraph's containers are copied, and what is in them stays itself. By default tuples and sets would be lost."""

    def __init__(self) -> None:
        self._ours: dict[int, Any] = {}

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        buffer = BytesIO()
        pickler = pickle.Pickler(buffer)
        pickler.persistent_id = self._put  # type: ignore[method-assign]
        pickler.dump(obj)
        return "kept", buffer.getvalue()

    def _put(self, obj: Any) -> int | None:
        if not isinstance(obj, _OURS):
            return None
        self._ours[id(obj)] = obj
        return id(obj)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        unpickler = pickle.Unpickler(BytesIO(data[1]))
        unpickler.persistent_load = self._ours.__getitem__  # type: ignore[method-assign]
        return unpickler.load()


class Pending(NamedTuple):
    """A question that stops the graph; `answer` makes of an answer what the graph goes on with."""

    name: str
    question: Mapping[str, Any]

    def answer(self, given: Any) -> Command[Any]:
        """What the graph is run with to go on."""
        return Command(resume={self.name: given})


def memory() -> InMemorySaver:
    """A checkpointer that keeps a drill as it is, in this process; for `incident_graph(checkpointer=...)`, too."""
    return InMemorySaver(serde=_Kept())


def pausing(graph: Graph) -> Graph:
    """The same graph, able to stop and go on within this process."""
    return graph.copy({"checkpointer": memory()})


def pending(graph: Graph, config: Any) -> Pending | None:
    """The question to be answered next: of those that stop the graph the first by superstep, rank and path; None if none does."""
    found = [Pending(one.id, one.value) for one in graph.get_state(config).interrupts]
    return min(found, key=lambda one: one.question["rank"], default=None)

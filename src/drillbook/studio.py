"""The graph on its own, for `langgraph dev` and for larger graphs: in comes a scenario, out comes the outcome."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from drillbook.errors import BadInput
from drillbook.graph.compiler import DrillState, Order, compile_runbook
from drillbook.graph.desk import Desk
from drillbook.reading import read_runbook
from drillbook.simulator import SUPERSTEPS, Setup, prepare

__all__ = ["incident_graph"]


def incident_graph(runbook: str | Path | None = None, checkpointer: Any = None) -> CompiledStateGraph[Any, Any, Any, Any]:
    """A runbook as a plain LangGraph graph.

    Input: `scenario` (an id or a file), and if wanted `seed` and `cast` (`role=brain,*=stub`). Output: `outcome`, the
    same document as `drillbook run --json` prints. Raises BadInput for a runbook that is not sound, and, when it is run,
    for a scenario or cast that is not.
    """

    @cache
    def setup(scenario: str, seed: int | None, cast: str | None) -> tuple[Setup, Desk]:
        ready = prepare(scenario, seed=seed, runbook=runbook, cast=cast)
        return ready, ready.desk()

    def ordered(order: Order) -> tuple[Setup, Desk]:
        scenario, seed, cast = order.get("scenario"), order.get("seed"), order.get("cast")
        if not isinstance(scenario, str) or not isinstance(seed, int | None) or not isinstance(cast, str | None):
            raise BadInput("the graph wants a scenario (an id or a file), and if wanted a seed (a number) and a cast ('role=brain,*=stub')")
        return setup(scenario, seed, cast)

    def outcome(state: DrillState) -> dict[str, Any]:
        ready, _ = ordered(state)
        return {"outcome": ready.finish(state).outcome()}

    graph = compile_runbook(read_runbook(runbook), lambda order, runtime: ordered(order)[1], outcome, checkpointer=checkpointer)
    return graph.with_config(recursion_limit=SUPERSTEPS)

"""What drillbook costs over the engine beneath it. Prints ratios, measured side by side in one run.

Every round times each contender once, in turn, so that a machine that slows down slows them all; medians are compared.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from drillbook.graph.compiler import agents_of
from drillbook.reading import read_runbook, read_scenario
from drillbook.simulator import Simulator

ROUNDS = 40
STARTS = 7


class _Bare(TypedDict):
    at: int
    done: Annotated[list[int], lambda old, new: [] if new is None else old + new]


def _bare(plan: list[tuple[str, list[str]]], nodes: dict[str, list[str]]) -> Callable[[], Any]:
    """A LangGraph graph with the drill's nodes, all empty, that walks the drill's supersteps."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(_Bare)

    def step(state: _Bare) -> dict[str, Any]:
        return {"at": state["at"] + 1, "done": None}

    def agent(state: Any) -> dict[str, Any]:
        return {"done": [1]}

    def ways(state: _Bare) -> list[Send] | str:
        if state["at"] >= len(plan):
            return END
        name, agents = plan[state["at"]]
        return [Send(one, state) for one in agents] if agents else name

    for name, agents in nodes.items():
        graph.add_node(name, step)
        for one in agents:
            graph.add_node(one, agent)
            graph.add_edge(one, name)
        graph.add_conditional_edges(name, ways, {**{other: other for other in nodes}, **{one: one for one in agents}, END: END})
    graph.add_edge(START, plan[0][0])
    compiled = graph.compile()
    return lambda: compiled.invoke({"at": 0, "done": []}, {"recursion_limit": 1000})


def _walk(drill: Any) -> list[tuple[str, list[str]]]:
    """What the drill's barriers did in turn: after each, the tasks that were sent out, or the step that followed."""
    barriers: dict[int, tuple[str, list[str]]] = {}
    for record in drill.journal.records:
        turn, path = record["at"][0], record["at"][1]
        if record["kind"] == "step":
            name = record["in"]["step"]
            barriers[turn] = (name, [f"{name}/{role}" for role in record["out"]["crew"]])
        elif record["kind"] == "timer":
            name = path.split("/")[0]
            barriers.setdefault(turn, (name, []))[1].append(f"{name}/{record['actor']}")
        elif record["kind"] == "route":
            barriers[turn] = (record["out"]["to"], [])
    first: tuple[str, list[str]] = (drill.runbook.start, [])
    return [first, *(barriers[turn] for turn in sorted(barriers) if barriers[turn][0] != "end")]


def _time(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _ratio(name: str, ours: list[float], theirs: list[float], bound: float) -> bool:
    ratio = statistics.median(ours) / statistics.median(theirs)
    fine = ratio <= bound
    print(f"{name}: {ratio:.2f} (at most {bound:g}: {'ok' if fine else 'TOO SLOW'})"
          f"  medians {statistics.median(ours) * 1000:.1f} ms and {statistics.median(theirs) * 1000:.1f} ms")  # fmt: skip
    return fine


def _drill_against_bare() -> bool:
    runbook = read_runbook()
    simulator = Simulator(runbook)
    scenario, system, _ = read_scenario("database-primary-down")
    walk = _walk(simulator.run(scenario, system))
    nodes = {name: [f"{name}/{role}" for role in agents_of(runbook, name)] for name in runbook.steps}
    bare = _bare(walk, nodes)
    for _ in range(5):
        bare(), simulator.run(scenario, system)
    gc.collect()
    gc.freeze()
    pairs = [(_time(lambda: simulator.run(scenario, system)), _time(bare)) for _ in range(ROUNDS)]
    size, supersteps = sum(map(len, nodes.values())) + len(nodes), len(walk) + sum(bool(agents) for _, agents in walk)
    print(f"one P0 drill: {size} nodes, {supersteps} supersteps, {ROUNDS} rounds")
    return _ratio("full drill / bare graph", [ours for ours, _ in pairs], [theirs for _, theirs in pairs], 2.0)


def _import_against_langgraph() -> bool:
    def start(module: str) -> float:
        return _time(lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True))

    pairs = [(start("drillbook"), start("langgraph.graph"), start("sys")) for _ in range(STARTS)]
    base = min(empty for _, _, empty in pairs)
    ours, theirs = ([pair[place] - base for pair in pairs] for place in (0, 1))
    return _ratio("import drillbook / import langgraph.graph", ours, theirs, 0.3)


if __name__ == "__main__":
    results = [_drill_against_bare(), _import_against_langgraph()]
    sys.exit(0 if all(results) else 1)

"""The runbook as a plain LangGraph graph: what langgraph.json names, alone and inside a larger graph."""

from __future__ import annotations

import asyncio
import json
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any, TypedDict

import pytest
from flights import FEW, ROOT, fly, simulator
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

import drillbook
from drillbook.agents import ROSTER
from drillbook.errors import BadInput

LIMIT: Any = {"recursion_limit": 1000}


def order(name: str, **more: Any) -> Any:
    """What the graph is asked to fly."""
    return {"scenario": name, **more}


def test_langgraph_json_names_a_graph_that_flies() -> None:
    named = json.loads((ROOT / "langgraph.json").read_text())["graphs"]["incident_response"]
    file, _, name = named.partition(":")
    spec = spec_from_file_location("studio", ROOT / file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    out = getattr(module, name).invoke(order("month-end-bug"))
    assert out["outcome"]["digest"] == fly("month-end-bug").journal.digest


def test_every_step_is_a_node_and_every_role_an_agent_node_beside_it() -> None:
    nodes = {*simulator().graph.get_graph().nodes}
    assert {*simulator().runbook.steps} <= nodes
    assert {name.split("/")[1] for name in nodes if "/" in name} == {*ROSTER}
    assert all(f"{step}/{role.role}" in nodes for step, spec in simulator().runbook.steps.items() for role in spec.crew if role.role in ROSTER)


@pytest.mark.parametrize("name", FEW)
def test_the_asynchronous_engine_gives_the_same_bytes(name: str) -> None:
    out = asyncio.run(drillbook.incident_graph().ainvoke(order(name), LIMIT))
    assert out["outcome"]["digest"] == fly(name).journal.digest


def test_with_a_checkpointer_it_gives_the_same_bytes() -> None:
    graph = drillbook.incident_graph(checkpointer=InMemorySaver())
    config: Any = {**LIMIT, "configurable": {"thread_id": "1"}}
    out = graph.invoke(order("slow-search", seed=13), config)
    assert out["outcome"]["digest"] == fly("slow-search").journal.digest


def test_a_thread_flies_one_drill_after_the_other() -> None:
    graph = drillbook.incident_graph(checkpointer=InMemorySaver())
    config: Any = {**LIMIT, "configurable": {"thread_id": "1"}}
    for name in ("month-end-bug", "month-end-bug", "flapping-alert"):
        assert graph.invoke(order(name), config)["outcome"]["digest"] == fly(name).journal.digest


@pytest.mark.parametrize("wrong", [{"seed": 1}, {"scenario": ["x"]}, {"scenario": "month-end-bug", "seed": "abc"}])
def test_an_order_that_is_none_is_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="the graph wants"):
        drillbook.incident_graph().invoke(wrong, LIMIT)


class _Larger(TypedDict, total=False):
    scenario: str
    seed: int
    outcome: dict[str, Any]
    lesson: str


def test_it_is_a_node_of_a_larger_graph() -> None:
    larger: StateGraph[Any, Any, Any, Any] = StateGraph(_Larger)
    larger.add_node("incident", drillbook.incident_graph())
    larger.add_node("learn", lambda state: {"lesson": state["outcome"]["cause"]})
    larger.add_edge(START, "incident")
    larger.add_edge("incident", "learn")
    larger.add_edge("learn", END)
    assert larger.compile().invoke(order("checkout-bad-deploy", seed=7), LIMIT)["lesson"] == "deployment"


def test_a_scenario_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="unknown scenario 'nope'"):
        drillbook.incident_graph().invoke(order("nope"), LIMIT)

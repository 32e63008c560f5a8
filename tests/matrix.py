"""A drill by every way in which LangGraph can run it: a program for a process of its own, that prints the digests.

    python tests/matrix.py SCENARIO...
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

import drillbook

POOLS = (1, 2, 8)
DURABILITIES = ("exit", "async", "sync")
SQLITE = "langgraph.checkpoint.sqlite"


def savers() -> list[str]:
    """No checkpoints, checkpoints in memory, and in a SQLite file where that package is installed."""
    found = find_spec("langgraph.checkpoint") and find_spec(SQLITE)
    return ["none", "memory", *(["sqlite"] if found else [])]


@contextmanager
def saver(name: str) -> Iterator[Any]:
    if name == "sqlite":
        with tempfile.TemporaryDirectory() as folder, import_module(SQLITE).SqliteSaver.from_conn_string(str(Path(folder) / "c")) as opened:
            yield opened
    else:
        yield InMemorySaver() if name == "memory" else None


def digests(scenarios: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(scenario, way, digest) of every drill in every way: a pool of what size, sync or async, how durable, into which checkpoints.

    The SQLite checkpointer of this kind is for synchronous graphs only.
    """
    for saved in savers():
        with saver(saved) as checkpointer:
            graph = drillbook.incident_graph(checkpointer=checkpointer)
            kinds = ("sync",) if saved == "sqlite" else ("sync", "async")
            for name, pool, kind, durability in product(scenarios, POOLS, kinds, DURABILITIES if saved != "none" else (None,)):
                way = f"{saved} {durability} {kind} {pool}"
                config: Any = {"recursion_limit": 1000, "max_concurrency": pool, "configurable": {"thread_id": f"{name} {way}"}}
                how: dict[str, Any] = {"durability": durability} if durability else {}
                given: Any = {"scenario": name}
                out = graph.invoke(given, config, **how) if kind == "sync" else asyncio.run(graph.ainvoke(given, config, **how))
                yield name, way, out["outcome"]["digest"]


if __name__ == "__main__":
    json.dump([*digests(sys.argv[1:])], sys.stdout)

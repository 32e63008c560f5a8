"""What langgraph.json names: the graph of the runbook that comes with the package, made once when `langgraph dev` loads it."""

from __future__ import annotations

from drillbook.studio import incident_graph

__all__ = ["graph"]

graph = incident_graph()

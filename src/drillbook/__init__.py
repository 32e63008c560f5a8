"""Drillbook: a flight simulator for incident response.

    import drillbook

    drill = drillbook.run("checkout-bad-deploy", seed=7)
    drill.outcome()["severity"], drill.route, drill.postmortem

Names are loaded when they are first used, so that `import drillbook` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drillbook.cli import main
    from drillbook.decisions import Sweep, sweep
    from drillbook.drill import Drill
    from drillbook.errors import BadInput
    from drillbook.forking import Fork, fork
    from drillbook.reading import read_runbook, read_scenario
    from drillbook.replaying import Replay, replay
    from drillbook.simulator import Setup, Simulator, prepare, run
    from drillbook.studio import incident_graph

__all__ = [
    "BadInput", "Drill", "Fork", "Replay", "Setup", "Simulator", "Sweep",
    "fork", "incident_graph", "main", "prepare", "read_runbook", "read_scenario", "replay", "run", "sweep",
]  # fmt: skip

_HOMES = {
    "BadInput": "errors", "Drill": "drill", "Setup": "simulator", "Simulator": "simulator", "incident_graph": "studio", "main": "cli",
    "prepare": "simulator", "read_runbook": "reading", "read_scenario": "reading",
    "Replay": "replaying", "replay": "replaying",
    "Fork": "forking", "fork": "forking", "Sweep": "decisions", "sweep": "decisions", "run": "simulator",
}  # fmt: skip


_MODULES = frozenset({"regression", "rerunning", "sidebyside", "testing"})
"""Modules that load LangGraph, and that the command line needs for some commands only."""


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"drillbook.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'drillbook' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(f"drillbook.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

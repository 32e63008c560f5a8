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
    from drillbook.drill import Drill
    from drillbook.errors import BadInput
    from drillbook.invariants import LAWS, Law, Violation, check
    from drillbook.reading import read_runbook, read_scenario
    from drillbook.simulator import Setup, Simulator, prepare, run
    from drillbook.studio import incident_graph

__all__ = [
    "LAWS", "BadInput", "Drill", "Law", "Setup", "Simulator", "Violation", "check", "incident_graph", "main", "prepare", "read_runbook",
    "read_scenario", "run",
]  # fmt: skip

_HOMES = {
    "BadInput": "errors", "Drill": "drill", "Setup": "simulator", "Simulator": "simulator", "incident_graph": "studio", "main": "cli",
    "LAWS": "invariants", "Law": "invariants", "Violation": "invariants", "check": "invariants",
    "prepare": "simulator", "read_runbook": "reading", "read_scenario": "reading", "run": "simulator",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'drillbook' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(f"drillbook.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

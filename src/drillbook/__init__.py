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
    from drillbook.brains import as_brain
    from drillbook.cli import main
    from drillbook.decisions import Sweep, sweep
    from drillbook.drill import Drill
    from drillbook.errors import BadInput
    from drillbook.evaluating import evaluate
    from drillbook.evaluation import Evaluation
    from drillbook.factcheck import Checked, check_postmortem
    from drillbook.forking import Fork, fork
    from drillbook.invariants import LAWS, Law, Violation, check
    from drillbook.proving import prove
    from drillbook.reading import read_runbook, read_scenario
    from drillbook.replaying import Replay, replay
    from drillbook.simulator import Setup, Simulator, prepare, run
    from drillbook.studio import incident_graph

_HOMES = {
    "brains": ("as_brain",),
    "cli": ("main",),
    "decisions": ("Sweep", "sweep"),
    "drill": ("Drill",),
    "errors": ("BadInput",),
    "factcheck": ("Checked", "check_postmortem"),
    "evaluating": ("evaluate",),
    "evaluation": ("Evaluation",),
    "forking": ("Fork", "fork"),
    "invariants": ("LAWS", "Law", "Violation", "check"),
    "proving": ("prove",),
    "reading": ("read_runbook", "read_scenario"),
    "replaying": ("Replay", "replay"),
    "simulator": ("Setup", "Simulator", "prepare", "run"),
    "studio": ("incident_graph",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = frozenset({
    "asking", "attended", "errors", "printed", "proving", "regression", "rerunning", "reviewing", "scoreboard", "sidebyside", "testing",
    "whatif",
})  # fmt: skip
"""Modules that the command line needs for some commands only; most load LangGraph."""

__all__ = [
    "LAWS", "BadInput", "Checked", "Drill", "Evaluation", "Fork", "Law", "Replay", "Setup", "Simulator", "Sweep", "Violation", "as_brain",
    "check", "check_postmortem", "evaluate", "fork", "incident_graph", "main", "prepare", "prove", "read_runbook", "read_scenario",
    "replay", "run", "sweep",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"drillbook.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'drillbook' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(f"drillbook.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

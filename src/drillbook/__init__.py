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
    from drillbook.casting import stub
    from drillbook.catalogue import load_runbook, load_scenario, scenarios
    from drillbook.cli import main
    from drillbook.decisions import Sweep, sweep
    from drillbook.drill import Drill
    from drillbook.errors import BadInput
    from drillbook.evaluating import evaluate
    from drillbook.evaluation import Evaluation
    from drillbook.factcheck import Checked, check_postmortem
    from drillbook.forking import Fork, fork
    from drillbook.invariants import LAWS, Law, Violation, check
    from drillbook.picture import Picture
    from drillbook.proving import prove
    from drillbook.replaying import Replay, replay
    from drillbook.scenario import Scenario
    from drillbook.simulator import Setup, Simulator, prepare, run
    from drillbook.studio import incident_graph
    from drillbook.views import beside as compare

_HOMES = {
    "brains": ("as_brain",),
    "casting": ("stub",),
    "catalogue": ("load_runbook", "load_scenario"),
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
    "picture": ("Picture",),
    "replaying": ("Replay", "replay"),
    "scenario": ("Scenario",),
    "simulator": ("Setup", "Simulator", "prepare", "run"),
    "studio": ("incident_graph",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = frozenset({
    "asking", "attended", "catalogue", "display", "errors", "frames", "listed", "printed", "proving", "regression", "reporting",
    "rerunning", "reviewing", "scenarios", "scoreboard", "servicemap", "sidebyside", "tables", "testing", "views", "whatif",
})  # fmt: skip
"""Modules that are needed for some commands, or some questions, only; most load LangGraph."""
_EXTRAS = {"charts": ("notebook", "charts and PNGs need altair and vl-convert-python")}
"""Modules that need an extra: which, and what it is needed for."""

__all__ = [
    "scenarios", "load_scenario", "load_runbook", "run", "replay", "fork", "sweep", "compare", "evaluate", "prove", "stub",
    "Scenario", "Drill", "Replay", "Fork", "Sweep", "Evaluation", "Picture", "BadInput",
    "LAWS", "Law", "Violation", "check", "Checked", "check_postmortem", "Setup", "Simulator", "prepare", "as_brain", "incident_graph",
    "main",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"drillbook.{name}")
    if name in _EXTRAS:
        return _extra(name)
    if name == "compare":
        return import_module("drillbook.views").beside
    if name not in _HOME_OF:
        raise AttributeError(f"module 'drillbook' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(f"drillbook.{_HOME_OF[name]}"), name)


def _extra(name: str) -> Any:
    """A module that needs more than the core. Raises BadInput where that is not installed."""
    extra, needed = _EXTRAS[name]
    try:
        return import_module(f"drillbook.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "drillbook").partition(".")[0] == "drillbook":
            raise
        raise import_module("drillbook.errors").BadInput(f"{needed}: pip install 'drillbook[{extra}]'") from None


def __dir__() -> list[str]:
    return sorted(__all__)

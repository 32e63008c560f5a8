"""What tests share: one compiled simulator a cast, drills by name, and the command line as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest
from zygote import forked

from drillbook.drill import Drill
from drillbook.graph.compiler import DrillState
from drillbook.invariants import binding
from drillbook.reading import parse_cast, read_runbook, read_scenario
from drillbook.scenario import Scenario, System
from drillbook.scenarios import paths
from drillbook.simulator import Setup, Simulator

ROOT = Path(__file__).resolve().parents[1]
IDS = [path.name.removesuffix(".scenario.yaml") for path in paths()]
FEW = (
    "checkout-bad-deploy", "checkout-out-of-cpu", "customer-data-export", "database-primary-down", "flapping-alert", "month-end-bug",
    "order-page-glitch", "payment-provider-outage", "search-misreads-a-letter", "slow-search",
    "cart-in-the-rear-mirror", "disk-and-provider", "gateway-retry-storm", "second-node-dies", "stock-cascade",
)  # fmt: skip
"""For tests that ask what does not depend on the scenario and take long: every branch, every severity, both systems."""


THOROUGH = os.environ.get("DRILLBOOK_PROFILE") == "thorough"
"""Whether everything is flown that there is to fly, as `.ci/run` has it, or a share of it that is spread out."""


T = TypeVar("T")


def examples(count: int) -> int:
    """How many examples a property is tried on: that many in the thorough profile, a third of them in the ordinary one."""
    return count if THOROUGH else max(count // 3, 1)


def part(things: Iterable[T], share: int) -> list[T]:
    """Every so-manieth of some things; all of them in the thorough profile."""
    return [*things] if THOROUGH else [*things][::share]


@dataclass
class Warden:
    """Holds every drill that is finished against the laws that bind its cast. A fork is a question, and may break them."""

    off_duty: bool = False

    @classmethod
    def posted(cls, patch: pytest.MonkeyPatch) -> Warden:
        """A warden at the one place where drills end."""
        warden, finish = cls(), Setup.finish

        def finished(setup: Setup, final: DrillState) -> Drill:
            drill = finish(setup, final)
            warden.holds(drill)
            return drill

        patch.setattr(Setup, "finish", finished)
        return warden

    def holds(self, drill: Drill) -> None:
        """Raises AssertionError, in words, for a drill that breaks a law."""
        if not self.off_duty and not drill.setup.changes:
            laws = {one.name for one in binding(drill.setup.simulator.cast)}
            broken = [one for one in drill.broken if one.law in laws]
            assert not broken, f"{drill.name} breaks the law:\n" + "\n".join(f"  {one.law}: {one}" for one in broken)


@cache
def simulator(cast: str = "") -> Simulator:
    """The runbook that comes with the package, with a cast, compiled once."""
    return Simulator(read_runbook(), parse_cast(cast))


@cache
def scenario(name: str) -> tuple[Scenario, System]:
    """A scenario of the catalogue with its system."""
    spec, system, _ = read_scenario(name)
    return spec, system


@cache
def fly(name: str, seed: int | None = None, cast: str = "") -> Drill:
    """A drill of the catalogue, flown once however often it is asked for."""
    return simulator(cast).prepare(name, seed=seed).run()


def command(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """`drillbook ARGUMENTS` in a process of its own; in an interpreter of its own where the environment is the interpreter's."""
    wanted = {**os.environ, "COLUMNS": "120", **env}
    if not any(name.startswith(("PYTHON", "LC_", "LANG")) and name != "PYTHONPATH" for name in env):
        return forked(list(arguments), cwd, wanted)
    return subprocess.run([sys.executable, "-m", "drillbook", *arguments], cwd=cwd, env=wanted,
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip


def edited_runbook(folder: Path, *edits: tuple[str, str]) -> Path:
    """A copy of the runbook that comes along, with texts replaced; each must be in it."""
    text = (ROOT / "graph" / "incident_response.yaml").read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = folder / "runbook.yaml"
    file.write_text(text)
    return file

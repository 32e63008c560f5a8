"""What pictures cost: drawing a drill over flying it, and what a reader then has before them. Prints ratios, measured side by side.

The drill has 5,000 events in a system of 1,000 services: somebody looks again and again before the case goes on. Both figures are the
least of some rounds; the first chart of a process, which starts Vega, is drawn beforehand and printed by itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import drillbook
from drillbook import reporting
from drillbook.agents.duties import tool_of
from drillbook.case import Case, Verified
from drillbook.drill import Drill
from drillbook.generate import generate_system, one_fault
from drillbook.reading import read_runbook
from drillbook.simulator import Simulator
from drillbook.toolbelt import Report, Task, Toolbelt

SERVICES, LOOKS, NOTES = 1000, 200, 24
ROUNDS = 3
BOUND = 5.0


def busy(task: Task, case: Case, belt: Toolbelt) -> Report:
    """A brain that looks again and again when it verifies, and writes down all that it sees; in everything else it is the stub."""
    for _ in range(LOOKS if task.step == "verify" else 0):
        seen = belt.observe(tool_of("verify_external_dependencies"))
        for number in range(NOTES):
            belt.note(Verified(check=f"dependency {number}", ok=number % 7 > 0, detail=f"of {len(seen.rows)}"))
    return drillbook.stub(task, case, belt)


def flight() -> Callable[[], Drill]:
    """What is flown: the fault is at the gateway, so that it is felt all over the system's edge."""
    system = generate_system(SERVICES, 7)
    scenario = one_fault("cpu_saturation", system, 1, "gateway_1")
    simulator = Simulator(read_runbook(), {"infrastructure_maintainer": busy})
    return lambda: simulator.run(scenario, system)


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> int:
    fly = flight()
    print(f"the first chart of a process: {seconds(lambda: drillbook.run('slow-search').timeline.picture):.1f} s")
    flown = fly()
    page = reporting.as_html(flown)
    print(f"{len(flown.timeline):,} events, {len(flown.system.components):,} services; the page has {len(page):,} letters")
    run = min(seconds(fly) for _ in range(ROUNDS))
    ratios = {
        "a notebook's cell / flying": min(seconds(lambda: fresh(flown)._repr_mimebundle_()) for _ in range(ROUNDS)) / run,
        "a report / flying": min(seconds(lambda: reporting.as_html(fresh(flown))) for _ in range(ROUNDS)) / run,
    }
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} (at most {BOUND:g}: {'ok' if ratio <= BOUND else 'TOO SLOW'})")
    return 0 if max(ratios.values()) <= BOUND else 1


def fresh(drill: Drill) -> Drill:
    """The drill as if nothing had been worked out from it yet."""
    return replace(drill, setup=replace(drill.setup))


if __name__ == "__main__":
    sys.exit(main())

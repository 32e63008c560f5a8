"""How the time grows with the system: 10, 100 and 1,000 components. Prints ratios, measured side by side in one run.

A figure is the time per component and call, as a multiple of that of the next smaller system: 1 is linear growth; what grew
with the square would show 10. The bound leaves room for caches that overflow.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

from drillbook.generate import generate_system, incident, one_fault, system_text
from drillbook.reading import read_runbook, read_system
from drillbook.scenario import System
from drillbook.simulator import Simulator
from drillbook.tools import TOOLS
from drillbook.units import HOUR
from drillbook.world import World

SIZES = (10, 100, 1000)
ROUNDS = 5
DRAWN = 8
BOUND = 2.0


def _tasks(simulator: Simulator, system: System, folder: Path) -> Mapping[str, Callable[[], object]]:
    """What is timed. The fault is at the gateway, so that it is felt all over the system's edge."""
    file, count = folder / f"{system.name}.yaml", len(system.components)
    file.write_text(system_text(system))
    scenario = one_fault("cpu_saturation", system, 1, "gateway_1")
    metrics = TOOLS["check_system_metrics"]
    return {
        "building a system": lambda: generate_system(count, 7),
        "reading its file": lambda: read_system(_longer(file)),
        "one state of the world": lambda: World(system, scenario, 1).show.state(HOUR, ()),
        "metrics of everything": lambda: World(system, scenario, 1).answer(metrics, None, HOUR, ()),
        "drawing incidents": lambda: [incident(1, index, system) for index in range(DRAWN)],
        "a whole drill": lambda: simulator.run(scenario, system),
    }


def _longer(file: Path) -> Path:
    """The file with another line of comment: what has been read once is not parsed again."""
    with file.open("a") as opened:
        opened.write("#\n")
    return file


def _time(call: Callable[[], object]) -> float:
    """Seconds of one call; the collector looks at what is left behind between the calls, not during them."""
    gc.collect()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> int:
    """Print the table; 1 if something grows faster than its bound."""
    simulator, fine = Simulator(read_runbook()), True
    systems = [generate_system(size, 7) for size in SIZES]
    sizes = [len(system.components) + sum(len(spec.calls) for spec in system.components) for system in systems]
    with tempfile.TemporaryDirectory() as folder:
        tasks = [_tasks(simulator, system, Path(folder)) for system in systems]
        gc.freeze()
        gc.disable()
        for name in tasks[0]:
            rounds = [[_time(task[name]) for task in tasks] for _ in range(ROUNDS)]
            best = [min(column) for column in zip(*rounds, strict=True)]
            each = [one / size for one, size in zip(best, sizes, strict=True)]
            growth = [later / earlier for earlier, later in pairwise(each)]
            linear = max(growth) <= BOUND
            fine = fine and linear
            steps = ", ".join(f"{small} to {large}: {ratio:.2f}" for (small, large), ratio in zip(pairwise(SIZES), growth, strict=True))
            print(f"{name}: {steps} (at most {BOUND:g}: {'ok' if linear else 'TOO SLOW'})"
                  f"  at best {', '.join(f'{one * 1000:.1f}' for one in best)} ms")  # fmt: skip
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())

"""What a scenario costs as a pytest item: 40 scenarios under pytest against 40 drills called directly plus one start of pytest.

Each contender is a process of its own; every round times each once, in turn, and medians are compared.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drillbook.scenarios import paths

ROUNDS, COUNT, BOUND = 5, 40, 1.3

_DIRECT = """
import sys
from pathlib import Path
from drillbook import Simulator, read_runbook
simulator = Simulator(read_runbook())
for path in sorted(Path(sys.argv[1]).glob("*.scenario.yaml")):
    simulator.prepare(path).run()
"""


def _seconds(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        drills, empty = Path(folder) / "drills", Path(folder) / "test_empty.py"
        drills.mkdir()
        empty.write_text("def test_empty(): pass\n")
        for path in paths()[:COUNT]:
            shutil.copy(path, drills)
        library = paths()[0].parent
        shutil.copytree(library / "alerts", drills / "alerts")
        shutil.copy(library / "ticket-hall.yaml", drills)
        pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder)
        contenders = ((*pytest, str(drills)), ("-c", _DIRECT, str(drills)), (*pytest, str(empty)))
        rounds = [[_seconds(*contender) for contender in contenders] for _ in range(ROUNDS)]
    plugin, direct, start = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = plugin / (direct + start)
    fine = ratio <= BOUND
    verdict = "ok" if fine else "TOO MUCH"
    print(f"{COUNT} scenarios under pytest / ({COUNT} drills directly + one start): {ratio:.2f} (at most {BOUND}: {verdict})")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())

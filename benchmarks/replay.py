"""What a replay with verification costs over the drill itself, on a corpus of 120 journals. Prints a ratio, measured in one run.

Every round flies each drill and replays its journal in turn, so that a machine that slows down slows both; medians over the rounds
are compared. The drill is ready to fly when its time begins; the replay begins with the file: it reads, checks chain and seal,
makes the drill ready, flies it, and holds every record against it.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import islice, product
from pathlib import Path

from drillbook.journal import read_journal
from drillbook.reading import read_runbook
from drillbook.replaying import Replayer
from drillbook.scenarios import paths
from drillbook.simulator import Setup, Simulator

JOURNALS = 120
SEEDS = (1, 2, 3)
ROUNDS = 5
BOUND = 1.2


def _corpus(simulator: Simulator, folder: Path) -> list[tuple[Setup, Path]]:
    """Drills that are ready to fly, each with its journal."""
    corpus = []
    for place, (path, seed) in enumerate(islice(product(paths(), SEEDS), JOURNALS)):
        setup = simulator.prepare(path, seed=seed)
        file = folder / f"{place}.jsonl"
        setup.run().journal.write(file)
        corpus.append((setup, file))
    return corpus


def _time(call: Callable[[], object]) -> float:
    """Seconds of one call; the collector looks at what is left behind between the rounds, not during them."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _round(replayer: Replayer, corpus: list[tuple[Setup, Path]]) -> tuple[float, float, float]:
    """Seconds for all drills, for all replays, and for reading all journals alone."""
    gc.collect()
    each = [(_time(setup.run), _time(partial(replayer.replay, file)), _time(partial(read_journal, file))) for setup, file in corpus]
    live, again, reading = (sum(column) for column in zip(*each, strict=True))
    return live, again, reading


def main() -> int:
    """Print the ratio; 1 if it is over its bound, or if a journal does not replay identically."""
    with tempfile.TemporaryDirectory() as folder:
        corpus, replayer = _corpus(Simulator(read_runbook()), Path(folder)), Replayer()
        changed = [file for _, file in corpus if not replayer.replay(file).identical]
        gc.collect()
        gc.freeze()
        gc.disable()
        live, again, reading = zip(*[_round(replayer, corpus) for _ in range(ROUNDS)], strict=True)
        records = sum(len(read_journal(file).lines) for _, file in corpus)
    ratio, took = statistics.median(again) / statistics.median(live), statistics.median(again)
    print(f"{len(corpus)} journals, {records:,} records, {ROUNDS} rounds: {len(corpus) - len(changed)} are identical, "
          f"{len(corpus) / took:.0f} replays a second in one process")  # fmt: skip
    print(f"replay with verification / live drill: {ratio:.2f} (at most {BOUND:g}: {'ok' if ratio <= BOUND else 'TOO SLOW'})"
          f"  medians {took / len(corpus) * 1000:.1f} ms and {statistics.median(live) / len(corpus) * 1000:.1f} ms a drill, "
          f"of which reading and checking {statistics.median(reading) / len(corpus) * 1000:.1f} ms")  # fmt: skip
    return 0 if ratio <= BOUND and not changed and len(corpus) == JOURNALS else 1


if __name__ == "__main__":
    sys.exit(main())

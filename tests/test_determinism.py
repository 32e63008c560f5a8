"""One drill, one digest: over hash seeds, pool sizes, fresh processes, engines; another seed, other noise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from flights import IDS, command, fly, part, simulator

from drillbook.graph.desk import Work
from drillbook.graph.superstep import advance, begin, perform
from drillbook.simulator import Simulator

HASH_SEEDS = ("0", "1", "42", "4294967295", "random")


@pytest.mark.parametrize("hash_seed", part(HASH_SEEDS, 2))
def test_a_fresh_process_gives_the_same_digest_whatever_its_hash_seed(hash_seed: str, tmp_path: Path) -> None:
    printed = json.loads(command("run", "database-primary-down", "--json", cwd=tmp_path, PYTHONHASHSEED=hash_seed).stdout)
    assert printed["digest"] == fly("database-primary-down").journal.digest
    assert (tmp_path / printed["journal"]).read_bytes() == fly("database-primary-down").journal.to_bytes()


@pytest.mark.parametrize("name", ["database-primary-down", "slow-search", "customer-data-export"])
@pytest.mark.parametrize("pool", [1, 2, 3, 8, 16])
def test_the_size_of_the_thread_pool_does_not_matter(name: str, pool: int) -> None:
    setup = simulator().prepare(name)
    drill = simulator().run(setup.scenario, setup.system, alerts=setup.alerts, max_concurrency=pool)
    assert drill.journal.to_bytes() == fly(name).journal.to_bytes()


@pytest.mark.parametrize("name", part(IDS[::2], 3))
def test_another_seed_changes_the_noise_and_the_digest(name: str) -> None:
    drills = [fly(name, seed) for seed in (101, 102, 103)]
    assert len({drill.journal.digest for drill in drills}) == 3
    if drills[0].case.investigations:
        assert len({drill.journal.body for drill in drills}) == 3, "metrics are noisy"


@pytest.mark.parametrize("name", part(IDS[::2], 3))
@pytest.mark.parametrize("seed", [101, 102, 103])
def test_another_seed_leaves_the_truth(name: str, seed: int) -> None:
    here, there = fly(name), fly(name, seed)
    assert (there.outcome()["cause"], there.outcome()["component"], there.outcome()["outcome"]) == (
        here.outcome()["cause"], here.outcome()["component"], here.outcome()["outcome"])  # fmt: skip


def _forwards(works: Sequence[Work]) -> Sequence[Work]:
    return works


def _backwards(works: Sequence[Work]) -> Sequence[Work]:
    return works[::-1]


@pytest.mark.parametrize("order", [_forwards, _backwards])
@pytest.mark.parametrize("name", part(IDS, 4))
def test_a_plain_loop_walks_the_same_table_to_the_same_bytes(name: str, order: type) -> None:
    """The engine is exchangeable, and the order in which parallel work arrives is nobody's business."""
    desk = simulator().prepare(name).desk()
    here, works = begin(desk), ()
    lines = [*here.lines]
    while here.step != "end":
        here = advance(desk, here, works)
        lines.extend(here.lines)
        works = tuple(order([perform(desk, here.case.as_of(task.at) if task.topic else here.case, task) for task in here.tasks]))
    assert b"".join(lines) == fly(name).journal.body


def test_a_simulator_flies_the_same_drill_again_after_others() -> None:
    fresh = Simulator(simulator().runbook)
    for name in ("slow-search", "database-primary-down", "slow-search"):
        assert fresh.prepare(name).run().journal.to_bytes() == fly(name).journal.to_bytes()

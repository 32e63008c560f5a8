"""Every scenario of the library with three seeds, recorded here and replayed in a fresh process that can open no socket; and the
matrix of hash seed, pool size, engine and checkpoints: a drill has one digest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flights import IDS, ROOT, fly, part
from matrix import DURABILITIES, POOLS, savers

NAMES = part(IDS, 9)
SEEDS = (101, 102, 103)
MATRIX = ("slow-search", "month-end-bug")

OFFLINE = """
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"a replay asked for {event} {arguments}")

sys.addaudithook(refuse)
from drillbook.__main__ import main

sys.exit(main())
"""


def offline(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`drillbook ARGUMENTS` in a process of its own in which everything that touches a socket raises."""
    return subprocess.run([sys.executable, "-c", OFFLINE, *arguments], cwd=cwd, env={**os.environ, "PYTHONHASHSEED": "97"},
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip


def test_the_guard_guards(tmp_path: Path) -> None:
    """Where something wants a socket, it fails; else the test below would show nothing."""
    done = offline("alert", "month-end-bug", "--to", "http://127.0.0.1:9/", cwd=tmp_path)
    assert done.returncode != 0
    assert "a replay asked for socket." in done.stderr


def test_the_library_replays_in_a_fresh_process_without_a_network(tmp_path: Path) -> None:
    recorded = {}
    for name in NAMES:
        for seed in SEEDS:
            drill = fly(name, seed)
            recorded[f"{name}-{seed}.jsonl"] = drill.journal.digest
            drill.journal.write(tmp_path / f"{name}-{seed}.jsonl")
    assert len(recorded) == len(NAMES) * len(SEEDS)
    done = offline("replay", "--json", *recorded, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    replays = json.loads(done.stdout)["replays"]
    assert {one["verdict"] for one in replays} == {"IDENTICAL"}
    assert {one["journal"]: one["digest_now"] for one in replays} == recorded


@pytest.mark.parametrize("hash_seed", ["0", "random"])
def test_every_way_to_run_a_drill_gives_one_digest(hash_seed: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tests/matrix.py"), *MATRIX], capture_output=True, text=True, timeout=300, check=True,
                          env={**os.environ, "PYTHONHASHSEED": hash_seed})  # fmt: skip
    rows = json.loads(done.stdout)
    assert {(name, digest) for name, _, digest in rows} == {(name, fly(name).journal.digest) for name in MATRIX}
    ways = {way for _, way, _ in rows}
    wanted = {f"memory {durability} {kind} {pool}" for durability in DURABILITIES for kind in ("sync", "async") for pool in POOLS}
    assert ways >= wanted | {f"none None {kind} {pool}" for kind in ("sync", "async") for pool in POOLS}
    assert len(ways) == 24 + 9 * ("sqlite" in savers())

"""Journals of every released version, frozen: they replay identically forever.

`tests/journals/vN` holds journals as version N wrote them; nothing in there is ever written again. When the world changes so
that old drills come out otherwise, that is a new version of the journal with a function that brings the old ones up to date.
"""

from __future__ import annotations

import socket
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from flights import ROOT, fly

from drillbook.errors import BadInput
from drillbook.journal import UPCASTS, VERSION, read_journal
from drillbook.replaying import Replayer

FROZEN = ROOT / "tests/journals"
JOURNALS = sorted(FROZEN.glob("v*/*.jsonl"))
VERSIONS = sorted(int(folder.name.removeprefix("v")) for folder in FROZEN.glob("v*"))


@pytest.fixture(scope="module")
def replayer() -> Replayer:
    return Replayer()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a replay opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)


def test_every_version_has_its_journals() -> None:
    assert [*range(1, VERSION + 1)] == VERSIONS
    assert sorted(UPCASTS) == VERSIONS[:-1]
    assert {int(path.parent.name.removeprefix("v")) for path in JOURNALS} == {*VERSIONS}


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.usefixtures("offline")
def test_a_frozen_journal_replays_identically(path: Path, replayer: Replayer) -> None:
    whole = path.read_bytes()
    assert orjson.loads(whole.partition(b"\n")[0])["journal"] == int(path.parent.name.removeprefix("v"))
    done = replayer.replay(path)
    assert done.verdict == "IDENTICAL", done.divergence
    assert done.recorded.digest == sha256(whole.rpartition(b"\n{")[0] + b"\n").hexdigest(), "the digest is that of its own bytes"
    assert done.recorded.to_bytes() == whole, "bringing it up to date rewrites nothing"
    assert done.recorded.header["journal"] == VERSION


def test_what_is_written_now_is_of_this_version(tmp_path: Path) -> None:
    fly("month-end-bug").journal.write(tmp_path / "now.jsonl")
    assert orjson.loads((tmp_path / "now.jsonl").read_bytes().partition(b"\n")[0])["journal"] == VERSION


@pytest.mark.parametrize("version", sorted(UPCASTS))
def test_bringing_a_header_up_to_date_is_a_pure_function(version: int) -> None:
    path = next(path for path in JOURNALS if path.parent.name == f"v{version}")
    first, *lines = path.read_bytes().splitlines(keepends=True)
    header = orjson.loads(first)
    before = orjson.dumps(header)
    once, twice = UPCASTS[version](header, lines[:-1]), UPCASTS[version](header, lines[:-1])
    assert once == twice
    assert once["journal"] == version + 1
    assert orjson.dumps(header) == before


@pytest.mark.parametrize("version", [0, -1, VERSION + 1, 10**9, "2", 2.0, None, True])
def test_a_version_that_never_was_is_refused(version: object, tmp_path: Path) -> None:
    first, rest = fly("flapping-alert").journal.to_bytes().split(b"\n", 1)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(orjson.dumps({**orjson.loads(first), "journal": version}, option=orjson.OPT_SORT_KEYS) + b"\n" + rest)
    with pytest.raises(BadInput, match=r"journal.jsonl:1:1: journal version .*; this reads versions 1, 2, 3, 4"):
        read_journal(path)

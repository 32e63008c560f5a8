"""The journal: canonical, chained, sealed. What was cut, edited or reordered is refused with the first bad record named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from flights import IDS, fly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drillbook.errors import BadInput
from drillbook.journal import read_journal
from drillbook.records import KINDS


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "drill.jsonl"
    fly("checkout-bad-deploy").journal.write(path)
    return path


def test_a_written_journal_is_read_back(journal: Path) -> None:
    read = read_journal(journal)
    assert (read.digest, read.body, read.header) == tuple(getattr(fly("checkout-bad-deploy").journal, name) for name in ("digest", "body", "header"))


@pytest.mark.parametrize("name", IDS)
def test_every_line_is_canonical_json_with_integer_times(name: str) -> None:
    for line in fly(name).journal.lines:
        record = orjson.loads(line)
        assert line == orjson.dumps(record, option=orjson.OPT_SORT_KEYS) + b"\n"
        assert {*record} == {"seq", "at", "vt", "kind", "actor", "in", "out", "cause", "prev"}
        assert record["kind"] in KINDS
        assert isinstance(record["vt"], int)
        assert all(cause < record["seq"] for cause in record["cause"])
        assert b"NaN" not in line


@pytest.mark.parametrize("name", IDS)
def test_every_route_record_holds_every_clause_and_every_action_its_evidence(name: str) -> None:
    drill = fly(name)
    routes = [record for record in drill.journal.records if record["kind"] == "route"]
    assert len(routes) == len(drill.route)
    assert all({*record["out"]["clauses"]} == {*drill.runbook.clauses} for record in routes)
    records = drill.journal.records
    for record in records:
        if record["kind"] == "act" and record["in"]["name"] in ("rollback", "failover", "restart", "scale", "deploy_hotfix", "activate_fallback"):
            assert any(records[cause]["kind"] == "observe" for cause in record["cause"]), "an action rests on what was seen"


def test_nothing_of_this_machine_is_in_a_journal() -> None:
    text = fly("database-primary-down").journal.to_bytes().decode()
    assert str(Path.cwd()) not in text
    assert str(Path.home()) not in text


SPOILED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "truncated": (lambda lines: lines[:-1], "the seal does not fit"),
    "cut in the middle of a line": (lambda lines: [*lines[:9], lines[9][:30]], "it ends within record 8"),
    "a record is missing": (lambda lines: lines[:20] + lines[21:], "record 19 does not follow"),
    "two records change places": (lambda lines: [*lines[:8], lines[9], lines[8], *lines[10:]], "record 7 does not follow"),
    "a time is edited": (lambda lines: [*lines[:5], lines[5].replace(b'"vt":', b'"vt":1'), *lines[6:]], "record 5 does not follow"),
    "an unknown kind": (lambda lines: [*lines[:5], lines[5].replace(b'"kind":"', b'"kind":"x'), *lines[6:]], "record 4 is of an unknown kind 'xobserve'"),
    "the header is edited": (lambda lines: [lines[0].replace(b'"seed":7', b'"seed":8'), *lines[1:]], "the seal does not fit"),
    "another version": (lambda lines: [lines[0].replace(b'"journal":4', b'"journal":99'), *lines[1:]], "journal version 99"),
    "empty": (lambda lines: [], "is no journal"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_journal_is_refused_with_the_place(name: str, journal: Path) -> None:
    spoil, message = SPOILED[name]
    journal.write_bytes(b"".join(spoil(journal.read_bytes().splitlines(keepends=True))))
    with pytest.raises(BadInput) as refused:
        read_journal(journal)
    (problem,) = refused.value.problems
    assert message in problem.message
    assert problem.line >= 1


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_no_edited_byte_goes_unseen(place: float, byte: int, journal: Path) -> None:
    whole = fly("checkout-bad-deploy").journal.to_bytes()
    at = int(place * len(whole))
    journal.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    if whole[at] == byte:
        read_journal(journal)
        return
    with pytest.raises(BadInput):
        read_journal(journal)


def test_a_write_that_fails_leaves_what_was_there(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = journal.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(BadInput, match="No space left on device"):
        fly("order-page-glitch").journal.write(journal)
    assert journal.read_bytes() == before
    assert [path.name for path in journal.parent.iterdir()] == [journal.name]


def test_the_header_says_what_was_flown() -> None:
    header = json.loads(fly("checkout-bad-deploy").journal.to_bytes().splitlines()[0])
    assert {"journal", "scenario", "scenario_hash", "runbook", "graph", "roles", "seed", "cast", "packages"} <= {*header}
    assert len(header["roles"]) == 14

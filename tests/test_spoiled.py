"""A spoiled journal is refused, whatever happened to it: in one line, with the file, the line and the column, never by a traceback.

Mutations are drawn from numbered seeds, so that the one that an assertion names can be made again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from flights import ROOT, command, fly, part
from forging import opened, sealed

import drillbook
from drillbook.errors import BadInput
from drillbook.journal import read_journal
from drillbook.replaying import Replayer

Spoil = Callable[[random.Random, bytes, bytes], bytes]


@cache
def genuine() -> tuple[bytes, ...]:
    """Journals of both versions, of drills long and short, and of a fork."""
    forked = drillbook.fork(fly("month-end-bug"), at="triage", delay="3m").drill
    frozen = [path.read_bytes() for path in sorted((ROOT / "tests/journals").rglob("*.jsonl"))]
    return (*frozen, forked.journal.to_bytes(), *(fly(name).journal.to_bytes() for name in ("month-end-bug", "flapping-alert", "slow-search")))


def lines_of(whole: bytes) -> list[bytes]:
    return whole.splitlines(keepends=True)


def two(rng: random.Random, lines: Sequence[bytes]) -> tuple[int, int]:
    """Two places of a journal, in order; seldom are they neighbours by chance alone."""
    first = rng.randrange(len(lines) - 1)
    return first, rng.choice([first + 1, rng.randrange(first + 1, len(lines))])


def flip(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    spoiled = bytearray(whole)
    for _times in range(rng.choice([1, 1, 1, 2, 8])):
        spoiled[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def overwrite(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    at, new = rng.randrange(len(whole)), rng.choice([b"\0", b"\xff", b"\n", b'"', b"{", b"9", b"\xed\xa0\x80", rng.randbytes(3)])
    return whole[:at] + new + whole[at + len(new) :]


def insert(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    at = rng.randrange(len(whole) + 1)
    return whole[:at] + rng.choice([b" ", b"\n", b"\r", b"\t", b"0", b'""', b"\xc2\xa0", b"{}\n", b"null\n", b"[]\n", rng.randbytes(5)]) + whole[at:]


def cut_out(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    at = rng.randrange(len(whole))
    return whole[:at] + whole[at + rng.choice([1, 2, 10, 1000]) :]


def truncate(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    return whole[: rng.choice([0, 1, len(whole) - 1, rng.randrange(len(whole)), rng.randrange(len(whole))])]


def truncate_at_a_line(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    lines = lines_of(whole)
    return b"".join(lines[: rng.randrange(len(lines))])


def drop(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    lines = lines_of(whole)
    at = rng.randrange(len(lines))
    return b"".join(lines[:at] + lines[at + 1 :])


def double(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    lines = lines_of(whole)
    first, second = two(rng, lines)
    return b"".join([*lines[:second], lines[first], *lines[second:]])


def swap(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    lines = lines_of(whole)
    first, second = two(rng, lines)
    lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def shuffle(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    lines = lines_of(whole)
    first = rng.randrange(len(lines) - 2)
    part = lines[first : first + 12]
    rng.shuffle(part)
    return b"".join([*lines[:first], *part, *lines[first + 12 :]])


def splice(rng: random.Random, whole: bytes, other: bytes) -> bytes:
    """The beginning of one, the end of another."""
    ours, theirs = lines_of(whole), lines_of(other)
    return b"".join([*ours[: rng.randrange(1, len(ours))], *theirs[rng.randrange(len(theirs)) :]])


def interleave(rng: random.Random, whole: bytes, other: bytes) -> bytes:
    lines = lines_of(whole)
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines_of(other)))
    return b"".join(lines)


def exchange(rng: random.Random, whole: bytes, other: bytes) -> bytes:
    """The header or the seal of another."""
    ours, theirs, at = lines_of(whole), lines_of(other), rng.choice([0, -1])
    ours[at] = theirs[at]
    return b"".join(ours)


def join(rng: random.Random, whole: bytes, other: bytes) -> bytes:
    return rng.choice([whole + other, whole + whole, whole.rstrip(b"\n") + other])


def end_otherwise(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    some = lines_of(whole)
    at = rng.randrange(len(some))
    some[at] = some[at][:-1] + rng.choice([b"\r\n", b"\r", b" \n", b"\n\n", b",\n"])
    return rng.choice([whole.replace(b"\n", b"\r\n"), whole.replace(b"\n", b"\r"), b"".join(some)])


def mark(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    """A mark of the byte order, at the start of the file or of a line; or another encoding."""
    lines = lines_of(whole)
    at = rng.choice([0, 0, rng.randrange(len(lines))])
    lines[at] = b"\xef\xbb\xbf" + lines[at]
    return rng.choice([b"".join(lines), b"".join(lines), b"\xff\xfe" + whole[:2000].decode(errors="replace").encode("utf-16-le")])


def say_twice(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    """A key twice, in the header, a record or the seal."""
    lines = lines_of(whole)
    at = rng.randrange(len(lines))
    fields = orjson.loads(lines[at])
    name = rng.choice(sorted(fields))
    again = orjson.dumps({name: rng.choice([fields[name], None, 0])})
    lines[at] = rng.choice([again[:-1] + b"," + lines[at][1:], lines[at][:-2] + b"," + again[1:] + b"\n"])
    return b"".join(lines)


def rewrite(rng: random.Random, whole: bytes, _: bytes) -> bytes:
    """The same data otherwise written: a formatter went over a line."""
    lines = lines_of(whole)
    at = rng.randrange(len(lines))
    data = orjson.loads(lines[at])
    lines[at] = rng.choice([orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n", orjson.dumps(dict(reversed(data.items()))) + b"\n"])
    return b"".join(lines)


SPOILS: dict[str, Spoil] = {
    "bits flipped": flip, "bytes overwritten": overwrite, "bytes inserted": insert, "bytes cut out": cut_out, "truncated": truncate,
    "truncated at a line": truncate_at_a_line, "a line dropped": drop, "a line doubled": double, "lines swapped": swap,
    "lines shuffled": shuffle, "spliced with another": splice, "a line of another": interleave, "header or seal of another": exchange,
    "two in one file": join, "other line ends": end_otherwise, "a byte order mark": mark, "a key twice": say_twice, "reformatted": rewrite,
}  # fmt: skip
EACH = 240


def spoiled(name: str, number: int) -> bytes | None:
    """A spoiled journal; None where nothing was changed after all."""
    rng = random.Random(f"{name} {number}")
    whole, other = rng.sample(genuine(), 2)
    result = SPOILS[name](rng, whole, other)
    return None if result in genuine() else result


def refusal(path: Path) -> str:
    """The line in which a journal is refused: one, with a place that the file has, and in printable characters."""
    with pytest.raises(BadInput) as refused:
        Replayer().replay(path)
    (problem,) = refused.value.problems
    assert (problem.file, problem.column) == (str(path), 1)
    assert 1 <= problem.line <= path.read_bytes().count(b"\n") + 1
    assert str(problem).isprintable()
    return problem.message


@pytest.mark.parametrize("name", part(SPOILS, 2))
def test_a_spoiled_journal_is_refused_with_the_place(name: str, tmp_path: Path) -> None:
    path, done = tmp_path / "spoiled.jsonl", 0
    for number in range(EACH):
        content = spoiled(name, number)
        if content is not None:
            path.write_bytes(content)
            assert refusal(path), f"{name} {number}"
            done += 1
    assert done > EACH * 0.9


HEADER = ("cast", "engine", "graph", "inputs", "journal", "packages", "roles", "runbook", "scenario", "scenario_hash", "seed")
WRONG: tuple[Any, ...] = (None, True, 0, -1, 2**63, 1.5, 1e308, "", "x", "\0", [], ["x"], {}, {"x": 1}, {"": {"": []}}, [[[]]])


def _edited(header: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**header, name: value}


@pytest.mark.parametrize("place", range(4))
def test_a_header_without_a_field_or_with_another_type_of_it_is_refused(place: int, tmp_path: Path) -> None:
    """The forger seals it anew; what could be the field's value by its form, or no fork, is for the replay to judge."""
    header, records = opened(genuine()[place])
    path = tmp_path / "forged.jsonl"
    for name, was in [(name, header[name]) for name in HEADER if name in header]:
        others = [value for value in WRONG if type(value) is not type(was)]
        forged = [{key: value for key, value in header.items() if key != name}, *(_edited(header, name, value) for value in others)]
        for one in forged:
            path.write_bytes(sealed(one, records, hashed=False))
            assert refusal(path), (name, one.get(name))
    path.write_bytes(sealed({**header, "zeal": 1}, records))
    assert "unknown field 'zeal'" in refusal(path)


FIELDS = ("actor", "at", "cause", "in", "kind", "out", "prev", "seq", "vt")


def test_a_record_without_a_field_or_with_another_type_of_it_is_refused(tmp_path: Path) -> None:
    header, records = opened(fly("flapping-alert").journal.to_bytes())
    path = tmp_path / "forged.jsonl"
    for place, record in enumerate(records):
        for name in [name for name in FIELDS if name not in ("seq", "prev")]:
            others = [value for value in WRONG if type(value) is not type(record[name])]
            for one in [{key: value for key, value in record.items() if key != name}, *(_edited(record, name, value) for value in others)]:
                path.write_bytes(sealed(header, [*records[:place], one, *records[place + 1 :]]))
                assert refusal(path).startswith(f"record {place} "), (name, one.get(name))


DEEP = b"[" * 900 + b"]" * 900


@pytest.mark.parametrize("lines", [
    [b'{"journal":%b}' % DEEP, b"{}"], [b"{}", b"{}", b"{}"], [b"[]", b"[]"], [b"null", b"1"], [b'"journal"', b'"seal"'], [b"{" * 5000, b"}"],
    [b'{"journal":1e400}', b"{}"], [b'{"journal":2,"journal":2}', b"{}"], [b'{"journal":"2"}', b"{}"], [b'{"journal":true}', b"{}"],
    [b'{"journal":NaN}', b"{}"], [b"\xff\xfe", b"\xff"], [b"", b""], [b""], [], [b"id: checkout", b"title: no journal at all"],
])  # fmt: skip
def test_what_was_never_a_journal_is_refused(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"\n".join(lines))
    assert refusal(path)


def test_a_record_that_is_nested_more_deeply_than_any_is_refused(tmp_path: Path) -> None:
    path, lines = tmp_path / "journal.jsonl", lines_of(fly("flapping-alert").journal.to_bytes())
    path.write_bytes(b"".join([*lines[:3], lines[3].replace(b'"in":{', b'"in":{"deep":' + DEEP + b","), *lines[4:]]))
    assert refusal(path).startswith("record 2 was edited")


def test_the_command_names_every_spoiled_journal_in_a_line_and_goes_on(tmp_path: Path) -> None:
    names = []
    for place, name in enumerate(SPOILS):
        names.append(f"{place}.jsonl")
        (tmp_path / names[-1]).write_bytes(spoiled(name, 1) or b"")
    fly("flapping-alert").journal.write(tmp_path / "good.jsonl")
    (tmp_path / "folder").mkdir()
    done = command("replay", *names, "good.jsonl", "folder", "missing.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith("identical  flapping-alert")
    assert done.stdout.splitlines()[1:] == [f"{len(names) + 3} journals: 1 identical, {len(names) + 2} not read"]
    told = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == [*names, "folder", "missing.jsonl"]
    assert all(line.split(":")[1].isdecimal() and line.split(":")[2] == "1" for line in told[: len(names)])


def test_an_unknown_kind_is_refused_and_read_where_nobody_is_strict(tmp_path: Path) -> None:
    header, records = opened(fly("flapping-alert").journal.to_bytes())
    path = tmp_path / "journal.jsonl"
    path.write_bytes(sealed(header, [*records[:3], {**records[3], "kind": "dream"}, *records[4:]]))
    assert "record 3 is of an unknown kind 'dream'; valid: step, task" in refusal(path)
    assert read_journal(path, strict=False).records[3]["kind"] == "dream"


def test_journals_that_cannot_be_read_are_counted_with_the_others(tmp_path: Path) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        fly("slow-search").journal.write(tmp_path / name)
    (tmp_path / "cut.jsonl").write_text((tmp_path / "one.jsonl").read_text()[:900])
    done = command("replay", "one.jsonl", "cut.jsonl", "two.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1] == "3 journals: 2 identical, 1 not read"

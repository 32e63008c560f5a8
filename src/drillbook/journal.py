"""The journal of a drill as a file: JSON Lines, a header first, a seal last. Read and checked; old versions are brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from drillbook.errors import BadInput, Problem
from drillbook.files import write_whole
from drillbook.records import FIELDS, GENESIS, KINDS, canonical, digest_of, unsound

__all__ = ["UPCASTS", "VERSION", "Journal", "read_journal"]

VERSION = 4

MOST_BYTES = 200_000_000

Header = Mapping[str, Any]


def _names(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(part, str) for part in value.values())


_TEXTS = ("scenario", "scenario_hash", "runbook", "graph", "engine")
HEADER: Mapping[str, Callable[[Any], bool]] = MappingProxyType({
    **dict.fromkeys(_TEXTS, lambda value: isinstance(value, str)), **dict.fromkeys(("roles", "shared", "cast", "packages"), _names),
    "seed": lambda value: type(value) is int and 0 <= value < 2**63, "inputs": lambda value: value is None or isinstance(value, dict),
})  # fmt: skip
"""The fields of a header beside its version, each with what it has to be; a fork has a `fork` more.

One whose screenshots are known by their figures, as before version 4, says so: `evidence` is `figures`.
"""

_KNOWN = ("journal", *HEADER, "fork", "evidence")


def _passes(header: Header, lines: Sequence[bytes]) -> Header:
    """Version 2 tied what a fork does otherwise to a superstep: the one in which a step opened, as the records tell."""
    fork = header.get("fork")
    changes = fork.get("changes") if isinstance(fork, dict) else None
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        return {**header, "journal": 3}
    opened = [orjson.loads(line) for line in lines if b'"kind":"step"' in line]
    where: dict[str, dict[str, Any]] = {str(record["at"][0]): record["in"] for record in opened}
    placed = [{**where.get(str(old.get("turn")), {}), **{key: old[key] for key in old if key != "turn"}} for old in changes]
    return {**header, "journal": 3, "fork": {**header["fork"], "changes": placed}}


UPCASTS: Mapping[int, Callable[[Header, Sequence[bytes]], Header]] = MappingProxyType({
    1: lambda header, lines: {**header, "journal": 2, "inputs": None},  # version 1 named its scenario and did not carry it
    2: _passes,
    3: lambda header, lines: {**header, "journal": 4, "evidence": "figures"},
})
"""For every version before this one, a pure function of the header and the records' lines that makes the header the next version's."""


@dataclass(frozen=True, repr=False)
class Journal:
    """The record of a drill.

    `header`: journal version, hashes of scenario, runbook, graph and roles, seed, cast, package versions, and the inputs
    themselves. `lines`: the records' canonical bytes, each with its newline. The body is the same for the same behaviour whatever
    the scenario is called; only the header names it. `written`: the header as it stood in the file, where that was of an older
    version. `read`: the records as data, where the file had to be read anyway.
    """

    header: Header
    lines: Sequence[bytes]
    written: bytes | None = None
    read: Sequence[dict[str, Any]] | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        flown = f"{self.header.get('scenario')} seed {self.header.get('seed')}"
        return f"<Journal {flown}: {len(self.lines)} records, digest {self.digest[:12]}>"

    @cached_property
    def body(self) -> bytes:
        """The records' bytes."""
        return b"".join(self.lines)

    @cached_property
    def head(self) -> bytes:
        """The header's canonical bytes, as they stand in the file."""
        return self.written or canonical(self.header)

    @cached_property
    def digest(self) -> str:
        """sha256 of the header's and the records' canonical bytes."""
        return sha256(self.head + b"\n" + self.body).hexdigest()

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The records as data."""
        return [orjson.loads(line) for line in self.lines] if self.read is None else [*self.read]

    def to_bytes(self) -> bytes:
        """The file's bytes: header, records, and the seal that makes a truncated file evident."""
        seal = {"seal": {"records": len(self.lines), "digest": self.digest}}
        return self.head + b"\n" + self.body + canonical(seal) + b"\n"

    def write(self, path: Path) -> None:
        """Write the file whole, or leave what was there."""
        write_whole(path, self.to_bytes())


def read_journal(path: Path, *, strict: bool = True) -> Journal:
    """Read a journal and check its form, its chain and its seal. Raises BadInput naming the first bad line.

    Not `strict`: records of kinds and fields of the header that this version does not know are read, too.
    """
    file = str(path)
    lines = _lines(path)
    header = _object(file, 1, lines[0])
    if not _canonical(header, lines[0]):
        raise BadInput([Problem(file, "the header was edited: it is not written as drillbook writes it", 1, 1)])
    _check_version(file, header)
    records = _chained(file, lines[1:-1], KINDS if strict else None) if header["journal"] != VERSION else None
    current = _upcast(header, lines[1:-1])
    known = {"shared": {}, **current}  # the first journals of version 2 did not say which files their roles shared
    wrong = [f"has no sound {name!r}" for name, fine in HEADER.items() if name not in known or not fine(known[name])]
    if current.get("evidence", "figures") != "figures":
        wrong.append("has no sound 'evidence'")
    if strict:
        wrong += [f"has an unknown field {name!r}; valid: {', '.join(_KNOWN)}" for name in sorted({*current} - {*_KNOWN})]
    if wrong:
        raise BadInput([Problem(file, f"the header {wrong[0]}", 1, 1)])
    records = _chained(file, lines[1:-1], KINDS if strict else None) if records is None else records
    journal = Journal(current, tuple(lines[1:-1]), canonical(header) if current is not header else None, records)
    if lines[-1] != canonical({"seal": {"records": len(lines) - 2, "digest": journal.digest}}) + b"\n":
        raise BadInput([Problem(file, f"the seal does not fit: the journal was cut off or edited{_hint(lines)}", len(lines), 1)])
    if odd := next(_contradictions(current), None):
        raise BadInput([Problem(file, f"the header {odd}", 1, 1)])
    return journal


def _lines(path: Path) -> list[bytes]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput([Problem(str(path), f"is no journal: it is larger than {MOST_BYTES:,} bytes")])
        lines = path.read_bytes().split(b"\n")
    except (OSError, ValueError) as error:
        raise BadInput([Problem(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}")]) from None
    whole = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    if len(whole) < 2:
        raise BadInput([Problem(str(path), "is no journal: a header, records and a seal are expected", 1, 1)])
    return whole


def _hint(lines: Sequence[bytes]) -> str:
    """Which record the file ends in, or after, where it ends before its seal."""
    if lines[-1].startswith(b'{"seal"'):
        return ""
    whole = lines[-1].endswith(b"\n")
    return f": it ends {'after' if whole else 'within'} record {len(lines) - 2}"


def _object(file: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadInput([Problem(file, f"not JSON: {error}", number, 1)]) from None
    if not isinstance(value, dict):
        raise BadInput([Problem(file, "a JSON object is expected on every line", number, 1)])
    return value


def _canonical(value: Any, line: bytes) -> bool:
    """Whether a line is written as drillbook writes it; what is nested more deeply than it ever is, is not."""
    try:
        return canonical(value) + b"\n" == line
    except TypeError:
        return False


def _contradictions(header: Header) -> Iterator[str]:
    """Where a header does not agree with itself: what it says of its inputs has to be true of those that it carries."""
    if {*header["cast"]} != {*header["roles"]}:
        odd = min({*header["cast"]} ^ {*header["roles"]})
        yield f"has a cast that does not fit its roles: {odd!r} is in one of them only"
    carried = header["inputs"]
    if carried is None:
        return
    scenario = carried.get("scenario")
    if not isinstance(scenario, dict) or scenario.get("id") != header["scenario"]:
        yield f"names the scenario {header['scenario']!r} and carries another"
    elif header["scenario_hash"] != digest_of([{**scenario, "id": ""}, carried.get("system")]):
        yield "has a 'scenario_hash' that does not fit the scenario that it carries"
    elif header["runbook"] != digest_of(carried.get("runbook")):
        yield "has a hash 'runbook' that does not fit the runbook that it carries"


def _check_version(file: str, header: Header) -> None:
    """Raises BadInput for a version that there never was, and for one that should carry its inputs and does not."""
    version = header.get("journal")
    if type(version) is not int or (version != VERSION and version not in UPCASTS):
        known = ", ".join(map(str, (*UPCASTS, VERSION)))
        raise BadInput([Problem(file, f"journal version {version!r}; this reads versions {known}", 1, 1)])
    if version > 1 and header.get("inputs") is None:
        raise BadInput([Problem(file, "the header has no sound 'inputs'", 1, 1)])


def _upcast(header: Header, lines: Sequence[bytes]) -> Header:
    """The header as this version would have written it; the records are sound."""
    while header["journal"] != VERSION:
        header = UPCASTS[header["journal"]](header, lines)
    return header


def _chained(file: str, lines: Sequence[bytes], kinds: Sequence[str] | None) -> list[dict[str, Any]]:
    """The records of lines that are sound and follow one another."""
    prev, records = GENESIS, list[dict[str, Any]]()
    for number, line in enumerate(lines):
        record = _object(file, number + 2, line)
        fault = _fault(record, number, prev, kinds)
        if fault is None and not _canonical(record, line):
            fault = "was edited: it is not written as drillbook writes it"
        if fault:
            raise BadInput([Problem(file, f"record {number} {fault}", number + 2, 1)])
        prev = sha256(line[:-1]).hexdigest()
        records.append(record)
    return records


def _fault(record: Mapping[str, Any], number: int, prev: str, kinds: Sequence[str] | None) -> str | None:
    """What is wrong with a record, None if nothing is."""
    if record.get("seq") != number or record.get("prev") != prev:
        return "does not follow the one before it: one of the two is not as it was written"
    if kinds is not None and record.get("kind") not in kinds:
        return f"is of an unknown kind {record.get('kind')!r}; valid: {', '.join(kinds)}"
    wrong = [name for name, fine in FIELDS.items() if not fine(record.get(name))]
    if not wrong and {*record} != {*FIELDS}:
        return f"has unknown fields: {', '.join(sorted({*record} - {*FIELDS}))}"
    odd = wrong[0] if wrong else unsound(record)
    return f"has no sound {odd!r}" if odd else None

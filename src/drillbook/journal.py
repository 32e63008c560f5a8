"""The journal: a header, a record a line, and a seal. Canonical JSON, digest-chained, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from drillbook.errors import BadInput, Problem
from drillbook.files import write_whole
from drillbook.records import GENESIS, KINDS, canonical

__all__ = ["VERSION", "Journal", "read_journal"]

VERSION = 1


@dataclass(frozen=True)
class Journal:
    """The record of a drill.

    `header`: journal version, hashes of scenario, runbook, graph and roles, seed, cast, package versions.
    `lines`: the records' canonical bytes, each with its newline. The body is the same for the same behaviour whatever
    the scenario is called; only the header names it.
    """

    header: Mapping[str, Any]
    lines: Sequence[bytes]

    @cached_property
    def body(self) -> bytes:
        """The records' bytes."""
        return b"".join(self.lines)

    @cached_property
    def digest(self) -> str:
        """sha256 of the header's and the records' canonical bytes."""
        return sha256(canonical(self.header) + b"\n" + self.body).hexdigest()

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The records as data."""
        return [orjson.loads(line) for line in self.lines]

    def to_bytes(self) -> bytes:
        """The file's bytes: header, records, and the seal that makes a truncated file evident."""
        seal = {"seal": {"records": len(self.lines), "digest": self.digest}}
        return canonical(self.header) + b"\n" + self.body + canonical(seal) + b"\n"

    def write(self, path: Path) -> None:
        """Write the file whole, or leave what was there."""
        write_whole(path, self.to_bytes())


def read_journal(path: Path) -> Journal:
    """Read a journal and check its form, its chain and its seal. Raises BadInput naming the first bad line."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise BadInput([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    if len(lines) < 2:
        raise BadInput([Problem(str(path), "is no journal: a header, records and a seal are expected", 1, 1)])
    parsed = [_parse(path, number, line) for number, line in enumerate(lines, 1)]
    journal = Journal(parsed[0], tuple(lines[1:-1]))
    if parsed[0].get("journal") != VERSION:
        raise BadInput([Problem(str(path), f"journal version {parsed[0].get('journal')!r}; this reads version {VERSION}", 1, 1)])
    _check_chain(path, parsed[1:-1], lines)
    if parsed[-1] != {"seal": {"records": len(lines) - 2, "digest": journal.digest}}:
        raise BadInput([Problem(str(path), "the seal does not fit: the journal was cut off or edited", len(lines), 1)])
    return journal


def _parse(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadInput([Problem(str(path), f"not JSON: {error}", number, 1)]) from None
    if not isinstance(value, dict):
        raise BadInput([Problem(str(path), "a JSON object is expected on every line", number, 1)])
    return value


def _check_chain(path: Path, records: list[dict[str, Any]], lines: list[bytes]) -> None:
    prev = GENESIS
    for number, record in enumerate(records):
        if record.get("seq") != number or record.get("prev") != prev or record.get("kind") not in KINDS:
            raise BadInput([Problem(str(path), f"record {number} does not follow the one before it", number + 2, 1)])
        prev = sha256(lines[number + 1].rstrip(b"\n")).hexdigest()

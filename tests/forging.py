"""Journals as a forger makes them: edited at will, and then chained and sealed anew, so that their form is sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import orjson

from drillbook.records import GENESIS, canonical

__all__ = ["Record", "opened", "sealed"]

Record = dict[str, Any]


def opened(journal: bytes) -> tuple[dict[str, Any], list[Record]]:
    """A journal's header and records, as data of one's own."""
    header, *records, _ = map(orjson.loads, journal.splitlines())
    return header, records


def sealed(header: Mapping[str, Any], records: Iterable[Mapping[str, Any]], *, hashed: bool = True) -> bytes:
    """The journal of these: numbered, chained and sealed; `hashed`: the header's hashes are those of the inputs that it carries."""
    lines, prev = [], GENESIS
    for number, record in enumerate(records):
        lines.append(canonical({**record, "seq": number, "prev": prev}))
        prev = sha256(lines[-1]).hexdigest()
    whole = b"\n".join([canonical(_hashed(header) if hashed else header), *lines, b""])
    return whole + canonical({"seal": {"records": len(lines), "digest": sha256(whole).hexdigest()}}) + b"\n"


def _hashed(header: Mapping[str, Any]) -> Mapping[str, Any]:
    carried = header.get("inputs")
    if not isinstance(carried, dict) or not isinstance(carried.get("scenario"), dict):
        return header
    shape = [{**carried["scenario"], "id": ""}, carried.get("system")]
    found = {"scenario_hash": sha256(canonical(shape)).hexdigest(), "runbook": sha256(canonical(carried.get("runbook"))).hexdigest()}
    return {**header, **{name: value for name, value in found.items() if name in header}}

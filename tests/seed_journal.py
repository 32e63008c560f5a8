"""A drill's journal, read: who used which tool at which step, what was concluded, and what was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Records = Sequence[Record]

WORK = ("observe", "act", "say")
"""The kinds of record that come of a tool."""


def step_of(record: Record) -> str:
    """The step that a record belongs to; its path is `step/role` or `step/role@topic`."""
    return str(record["at"][1]).partition("/")[0]


def uses(records: Records, tool: str | None, roles: set[str], step: str) -> Iterator[Record]:
    """Uses of a tool that were permitted and accepted."""
    for record in records:
        named = record["kind"] in WORK and record["in"]["name"] == tool and record["actor"] in roles and step_of(record) == step
        if named and "refused" not in record["out"] and record["out"].get("accepted", True):
            yield record


def notes(records: Records, name: str | None, **fields: object) -> Iterator[Record]:
    """Conclusions of a kind that were entered into the case, with these values."""
    for record in records:
        named = record["kind"] == "note" and record["in"]["name"] == name
        if named and all(record["out"].get(field) == value for field, value in fields.items()):
            yield record


def says(records: Records, role: str | None, topic: str | None = None) -> Iterator[Record]:
    """What a role said, on a topic or on any."""
    for record in records:
        if record["kind"] == "say" and record["actor"] == role and topic in (None, record["in"]["topic"]) and "text" in record["out"]:
            yield record

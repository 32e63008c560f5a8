"""Editions of the runbook with something taken out: the file's data, edited, and read again as a runbook."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from drillbook.files import read_document
from drillbook.graph import INCIDENT_RESPONSE
from drillbook.runbook import Runbook

Edit = Callable[[Any], object]
"""Changes the runbook file's data in place; what it returns does not count."""

_FILE = read_document(INCIDENT_RESPONSE).data


def edited(*edits: Edit) -> Runbook:
    """The runbook after these edits of its file. Edits work on the file's data, because durations are words there."""
    data = copy.deepcopy(_FILE)
    for edit in edits:
        edit(data)
    return Runbook.model_validate(data)


def without_check(step: str, text: str) -> Edit:
    """Takes a line away from whoever has it in a step."""

    def edit(book: Any) -> None:
        lists = [lines for crew in book["steps"][step]["crew"] for lines in (crew.get("does", []), *crew.get("by_owner", {}).values())]
        found = [lines for lines in lists if any(check["text"] == text for check in lines)]
        assert found, f"no line {text!r} in step {step}"
        for lines in found:
            lines[:] = [check for check in lines if check["text"] != text]

    return edit


def without_row(table: str, field: str, value: str) -> Edit:
    """Takes a row away from a list of the runbook, by one of its fields."""

    def edit(book: Any) -> None:
        kept = [row for row in book[table] if row[field] != value]
        assert len(kept) < len(book[table]), f"no row with {field} {value!r} in {table}"
        book[table] = kept

    return edit


def without_member(level: str, role: str) -> Edit:
    """Takes a role out of a team."""
    return lambda book: book["teams"][level].remove(next(row for row in book["teams"][level] if row["role"] == role))


def changed(*path: str | int, to: object) -> Edit:
    """Writes another value at a place of the file."""

    def edit(book: Any) -> None:
        for part in path[:-1]:
            book = book[part]
        assert book[path[-1]] != to
        book[path[-1]] = to

    return edit


def removed(*path: str | int) -> Edit:
    """Takes away what stands at a place of the file."""

    def edit(book: Any) -> None:
        for part in path[:-1]:
            book = book[part]
        del book[path[-1]]

    return edit


def worded(*path: str | int, old: str, new: str) -> Edit:
    """Replaces words of a text of the file."""

    def edit(book: Any) -> None:
        for part in path[:-1]:
            book = book[part]
        assert old in book[path[-1]], f"{old!r} does not stand at {path}"
        book[path[-1]] = book[path[-1]].replace(old, new)

    return edit


def swapped(first: str, second: str) -> Edit:
    """Lets two steps change their work: each does what the other did, at its own place of the way."""

    def edit(book: Any) -> None:
        one, other = book["steps"][first], book["steps"][second]
        for part in ("crew", "title"):
            one[part], other[part] = other[part], one[part]

    return edit

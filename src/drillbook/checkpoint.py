"""Stopping and going on: a drill's records in a SQLite file as they are made, and every outside answer the moment it is given.

A drill is deterministic, so this is all that it takes: to resume, it is flown again from its start (milliseconds), the answers of
models and people come from the file, and every record is held against the one that stands there. LangGraph's own checkpoints hold the
whole state at every superstep; docs/design.md says what was measured of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from drillbook.errors import BadInput, Problem
from drillbook.records import canonical, changed_parts

__all__ = ["Checkpoint", "checkpointed"]

_TABLES = """
CREATE TABLE IF NOT EXISTS drill (header BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, line BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answers (path TEXT, attempt INTEGER, ordinal INTEGER, digest TEXT, answer BLOB NOT NULL,
                                    PRIMARY KEY (path, attempt, ordinal, digest));
"""


class Checkpoint:
    """A checkpoint file that is open. It answers as a `Recall` for what was answered before, and keeps what is answered now."""

    ask_live = True

    def __init__(self, file: Path, connection: sqlite3.Connection, header: Mapping[str, Any]) -> None:
        self._file, self._connection, self._lock = file, connection, Lock()
        connection.executescript(_TABLES)
        known = connection.execute("SELECT header FROM drill").fetchone()
        if known is None:
            connection.execute("INSERT INTO drill VALUES (?)", (canonical(header),))
            connection.commit()
        elif known[0] != canonical(header):
            raise BadInput([Problem(str(file), f"is the checkpoint of {_other(orjson.loads(known[0]), header)}; give another file")])
        self._lines: list[bytes] = [row[0] for row in connection.execute("SELECT line FROM records ORDER BY seq")]

    @property
    def records(self) -> int:
        """How many records are in the file."""
        return len(self._lines)

    def reached(self, lines: Sequence[bytes]) -> None:
        """All records of the drill so far: those in the file have to be the same, the others are written. Raises BadInput."""
        shared = min(len(lines), len(self._lines))
        wrong = next((place for place in range(shared) if lines[place] != self._lines[place]), None)
        if wrong is not None:
            raise BadInput([Problem(str(self._file), f"record {wrong} is not what the drill gives now; start afresh with another file")])
        new = [(shared + place, line) for place, line in enumerate(lines[shared:])]
        with self._lock:
            self._connection.executemany("INSERT INTO records VALUES (?, ?)", new)
            self._connection.commit()
        self._lines.extend(line for _, line in new)

    def __call__(self, path: str, attempt: int, ordinal: int, digest: str) -> Mapping[str, Any]:
        """What came of this request before the drill was stopped; empty if it was not asked."""
        with self._lock:
            where = "path = ? AND attempt = ? AND ordinal = ? AND digest = ?"
            row = self._connection.execute(f"SELECT answer FROM answers WHERE {where}", (path, attempt, ordinal, digest)).fetchone()
        return {} if row is None else orjson.loads(row[0])

    def nearest(self, path: str, attempt: int, ordinal: int, request: Any) -> str:
        """Nothing: what is not in the file is asked."""
        return ""

    def keep(self, path: str, attempt: int, ordinal: int, digest: str, got: Mapping[str, Any]) -> None:
        """Write an answer down at once: nobody should have to give it twice. What failed is asked again."""
        if "answer" not in got:
            return
        with self._lock:
            row = (path, attempt, ordinal, digest, canonical(got))
            self._connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)
            self._connection.commit()


@contextmanager
def checkpointed(file: Path, header: Mapping[str, Any]) -> Iterator[Checkpoint]:
    """The checkpoint of the drill with this header, made or gone on with. Raises BadInput for a file that is none of it."""
    try:
        connection = sqlite3.connect(file, check_same_thread=False)
    except sqlite3.Error as error:
        raise BadInput([Problem(str(file), f"no checkpoint can be kept there: {error}")]) from None
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        yield Checkpoint(file, connection, header)
    except sqlite3.Error as error:
        raise BadInput([Problem(str(file), f"is no checkpoint that can be read and written: {error}")]) from None
    finally:
        connection.close()


def _other(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Which drill it is of, by the headers: of another scenario or seed, or of this one before its code or its inputs were changed."""
    for name in ("scenario", "seed"):
        if old.get(name) != new.get(name):
            return f"another drill: its {name} is {old.get(name)}, and {new.get(name)} is to be flown"
    was, now = ({**header.get("inputs", {}), "fork": header.get("fork")} for header in (old, new))
    inputs = [f"{name}{_place(was.get(name), now.get(name))}" for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    code = [part for part in changed_parts(old, new) if part not in ("runbook", "graph", "scenario")]
    return f"this drill as it was; changed since: {', '.join([*code, *inputs]) or 'the version of journals'}"


def _place(old: Any, new: Any) -> str:
    """Where two values first differ: `.limits.rounds (3 then, 4 now)`."""
    if isinstance(old, dict) and isinstance(new, dict):
        name = next(name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
        return f".{name}{_place(old.get(name), new.get(name))}"
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        place = next(place for place, (was, now) in enumerate(zip(old, new, strict=True)) if was != now)
        return f"[{place}]{_place(old[place], new[place])}"
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        return ""
    return f" ({old} then, {new} now)"

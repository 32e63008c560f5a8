"""JSON bodies from outside, read fast; only where something is wrong is the place of every value looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from drillbook.errors import BadInput, Problem
from drillbook.files import Document, Path_

__all__ = ["Body", "read_body"]

M = TypeVar("M", bound=BaseModel)

_MOST_BYTES = 32_000_000
_MOST_LINES = 5
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True)
class Body:
    """A parsed JSON text, or a part of one at `path`."""

    file: str
    text: str
    data: Any
    path: Path_ = ()

    def part(self, index: int) -> Body:
        return Body(self.file, self.text, self.data[index], (*self.path, index))

    def wrong(self, path: Path_, message: str) -> BadInput:
        """The error that names the place of `path` in this part."""
        return BadInput([self._document().problem(path, message)])

    def read_as(self, model: type[M]) -> M:
        """The data as a model. Raises BadInput: a line a fault with its place, at most five."""
        try:
            return model.model_validate(self.data)
        except ValidationError:
            pass
        try:
            return self._document().read_as(model)
        except BadInput as error:
            raise BadInput([_one_line(problem) for problem in error.problems[:_MOST_LINES]]) from None

    def _document(self) -> Document:
        """This part with the places of its keys and values."""
        keys, values, cut = {}, {}, len(self.path)
        for path, key, value in _places(self.text):
            if path[:cut] == self.path:
                keys[path[cut:]] = key or value
                values[path[cut:]] = value
        return Document(self.file, self.data, keys, values)


def _one_line(problem: Problem) -> Problem:
    """Names in a body are anyone's: no line breaks, no end of it."""
    return replace(problem, message=" ".join(problem.message.split())[:300])


def _places(text: str) -> Iterator[tuple[Path_, tuple[int, int] | None, tuple[int, int]]]:
    """Path, place of the key (in objects), place of the value: of everything in a valid JSON text."""
    path: list[str | int] = []
    objects: list[bool] = []
    key: tuple[int, int] | None = None
    for place, token, follows in _tokens(text):
        if objects and objects[-1] and token[0] == '"' and follows == ":":
            path[-1], key = str(orjson.loads(token)), place
        elif token == ",":
            if not objects[-1]:
                path[-1] = int(path[-1]) + 1
        elif token in "}]":
            path.pop()
            objects.pop()
        elif token != ":":
            yield tuple(path), key, place
            key = None
            if token in "{[":
                objects.append(token == "{")
                path.append("" if token == "{" else 0)


def _tokens(text: str) -> Iterator[tuple[tuple[int, int], str, str]]:
    """Every token with its line and column, and the token that follows."""
    line, begins, last = 1, 0, None
    for found in _TOKEN.finditer(text):
        breaks = text.count("\n", last.end() if last else 0, found.start())
        if last:
            yield (line, last.start() - begins + 1), last.group(), found.group()
        if breaks:
            line, begins = line + breaks, text.rfind("\n", 0, found.start()) + 1
        last = found
    if last:
        yield (line, last.start() - begins + 1), last.group(), ""


def read_body(path: Path | str) -> Body:
    """A JSON file. Raises BadInput, with the place, for one that is missing, too large, not UTF-8, or not JSON."""
    file = str(path)
    try:
        with open(file, "rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput([Problem(file, f"cannot be read: {getattr(error, 'strerror', None) or error}")]) from None
    return parse_body(raw, file)


def parse_body(raw: bytes, file: str) -> Body:
    """A JSON text that came as `file`. Raises BadInput as `read_body` does."""
    if len(raw) > _MOST_BYTES:
        raise BadInput([Problem(file, f"is larger than {_MOST_BYTES:,} bytes; no more is read", 1, 1)])
    try:
        return Body(file, raw.decode("utf-8"), orjson.loads(raw))
    except UnicodeDecodeError as error:
        line, column = raw.count(b"\n", 0, error.start) + 1, error.start - raw.rfind(b"\n", 0, error.start)
        raise BadInput([Problem(file, "is not UTF-8 text (a binary file?)", line, column)]) from None
    except orjson.JSONDecodeError as error:
        raise BadInput([Problem(file, f"not valid JSON: {error.msg}", error.lineno, error.colno)]) from None

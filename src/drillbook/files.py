"""Files in and out: YAML that knows its lines, models that name the place of a fault, writes that are whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from drillbook.errors import BadInput, Problem, nearest, valid_names

__all__ = ["Document", "Path_", "is_device", "read_document", "read_text", "write_whole"]

Path_ = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

MOST_BYTES = 2_000_000
MOST_VALUES = 100_000


@dataclass(frozen=True)
class Document:
    """A parsed YAML or JSON file: plain data, and the line and column of every key and value."""

    file: str
    data: Any
    keys: dict[Path_, tuple[int, int]]
    values: dict[Path_, tuple[int, int]]

    def problem(self, path: Path_, message: str, *, at_key: bool = False) -> Problem:
        """A problem at the nearest place of the file that holds `path`."""
        places = self.keys if at_key else self.values
        while path and path not in places:
            path = path[:-1]
        return Problem(self.file, message, *places.get(path, (1, 1)))

    def read_as(self, model: type[M]) -> M:
        """The data as a model; raises BadInput with one problem a fault."""
        if not isinstance(self.data, dict):
            what = "the file is empty" if self.data is None else "no mapping stands here"
            required = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
            raise BadInput([Problem(self.file, f"{what}; a mapping is expected, with at least: {', '.join(required)}", 1, 1)])
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise BadInput(self._problems(error, model)) from None

    def _problems(self, error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
        """One problem a fault; a missing field whose name was only misspelt is no fault of its own."""
        faults = _own(error.errors(include_url=False))
        unknown = {fault["loc"]: _fields_beside(model, fault["loc"]) for fault in faults if fault["type"] == "extra_forbidden"}
        meant = {(*loc[:-1], near) for loc, known in unknown.items() for near in nearest(str(loc[-1]), known)}
        for fault in faults:
            loc, path = fault["loc"], self._existing(fault["loc"])
            if loc in unknown:
                yield self.problem(path, f"unknown field {loc[-1]!r}; {valid_names(str(loc[-1]), unknown[loc])}", at_key=True)
            elif fault["type"] == "missing":
                if loc not in meant:
                    where = f"in {'.'.join(map(str, path))}" if path else "at the top of the file"
                    yield self.problem(path, f"field {loc[-1]!r} is missing {where}; {_expected(model, loc)} is expected")
            else:
                message = _in_words(fault["type"], fault["msg"], fault.get("ctx", {}))
                where = ".".join(str(part) for part in path)
                yield self.problem(path, f"{where}: {message}" if where else message)

    def _existing(self, loc: tuple[str | int, ...]) -> Path_:
        """The part of a pydantic location that exists in the file (locations also name union members)."""
        path: Path_ = ()
        for part in loc:
            if (*path, part) in self.values:
                path = (*path, part)
        return path


_WORDS: Mapping[str, str] = MappingProxyType({
    "tuple_type": "a list is expected",
    "list_type": "a list is expected",
    "dict_type": "a mapping is expected",
    "model_type": "a mapping with fields is expected",
    "string_type": "text is expected (numbers and yes/no in quotes)",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "float_type": "a number is expected",
    "float_parsing": "a number is expected",
    "finite_number": "a finite number is expected",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
    "too_short": "at least {min_length} expected",
    "greater_than": "more than {gt} is expected",
    "greater_than_equal": "at least {ge} is expected",
    "less_than": "less than {lt} is expected",
    "less_than_equal": "at most {le} is expected",
    "literal_error": "valid: {expected}",
    "string_pattern_mismatch": "must match {pattern}",
    "timezone_aware": "a date and time with a time zone is expected, such as 2026-03-02T09:00:00Z",
    "datetime_type": "a date and time with a time zone is expected, such as 2026-03-02T09:00:00Z",
    "datetime_parsing": "a date and time with a time zone is expected, such as 2026-03-02T09:00:00Z",
    "datetime_from_date_parsing": "a date and time with a time zone is expected, such as 2026-03-02T09:00:00Z",
})  # fmt: skip
"""What is wrong with a value, by pydantic's name for it, as a person would say it."""


def _in_words(kind: str, message: str, context: Mapping[str, Any]) -> str:
    known = _WORDS.get(kind)
    return known.format_map(context) if known else message.removeprefix("Value error, ")


def _own(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists that are only too short because of items that are faulty themselves."""
    around = {fault["loc"][:length] for fault in faults for length in range(len(fault["loc"]))}
    return [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in around]


def _fields_beside(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The valid field names of the (nested) model that `loc` points into, as far as the schema tells."""
    return list(_schema_at(model, loc[:-1]).get("properties", {}))


_TYPES: Mapping[str, str] = MappingProxyType({
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list",
    "object": "a mapping",
})  # fmt: skip


def _expected(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    """What a field is, in words."""
    node = _schema_at(model, loc)
    if "enum" in node:
        return f"one of {', '.join(map(str, node['enum']))}"
    if node.get("format") == "date-time":
        return "a date and time with a time zone, such as 2026-03-02T09:00:00Z,"
    if "format" in node:
        return f"a duration such as {node['format']}"
    known = _TYPES.get(node.get("type", ""), "a value")
    required = ", ".join(node.get("required", ()))
    return f"{known} with {required}" if required else known


def _schema_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> Any:
    """The JSON schema of what stands at `loc` in a model, as far as the schema tells."""
    schema = model.model_json_schema()
    node: Any = schema
    for part in loc:
        node = _descend(_resolve(node, schema), part) or node
    return _resolve(node, schema)


def _resolve(node: Any, schema: dict[str, Any]) -> Any:
    while True:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "anyOf" in node:
            node = next((option for option in node["anyOf"] if option.get("type") != "null"), {})
        else:
            return node


def _descend(node: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return node.get("items", node.get("prefixItems", [{}])[0])
    return node.get("properties", {}).get(part) or node.get("additionalProperties")


class _Constructor(SafeConstructor):
    """Plain data from nodes; a value that cannot be what it looks like, such as 2026-02-30, is a fault with its place."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:
            raise MarkedYAMLError(problem=f"{str(node.value)[:40]!r} is no {_what(node)}: {error}", problem_mark=node.start_mark) from None


def _what(node: Node) -> str:
    return {"timestamp": "date"}.get(str(node.tag).rsplit(":", 1)[-1], "value")


def read_document(path: Path | str) -> Document:
    """Parse a YAML 1.2 (or JSON) file.

    Raises BadInput, with the place, for a file that is missing, too large, not text, not YAML, with a
    duplicate key, or that expands to more than 100,000 values through aliases.
    """
    return _parsed(read_text(str(path)), str(path))


@lru_cache(maxsize=32)
def _parsed(text: str, file: str) -> Document:
    """What a text says: systems and runbooks are read again and again where drills are flown by the dozen, and parsing takes longest."""
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        if node is None:
            return Document(file, None, {}, {})
        keys, values = _places(node, file)
        data = _Constructor(loader=yaml).construct_document(node)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise BadInput([Problem(file, f"not valid YAML or JSON: {_first_line(error)}", line, column)]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        deep = "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise BadInput([Problem(file, f"not valid YAML or JSON: {deep}", 1, 1)]) from None
    return Document(file, data, keys, values)


def _first_line(error: MarkedYAMLError) -> str:
    return str(error.problem or error.context or "syntax error").splitlines()[0]


def read_text(file: str) -> str:
    """A file of UTF-8 text. Raises BadInput, with the place, for one that is missing, too large, or not text."""
    try:
        with Path(file).open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput([Problem(file, f"cannot be read: {getattr(error, 'strerror', None) or error}")]) from None
    if len(raw) > MOST_BYTES:
        raise BadInput([Problem(file, f"is larger than {MOST_BYTES:,} bytes, and no more are read", 1, 1)])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise BadInput([Problem(file, "is not UTF-8 text (a binary file?)", line, column)]) from None
    if "\0" in text:
        raise BadInput([Problem(file, "holds NUL bytes (a binary file?)", 1, 1)])
    return text


def _places(root: Node, file: str) -> tuple[dict[Path_, tuple[int, int]], dict[Path_, tuple[int, int]]]:
    """Line and column of every key and value, aliases expanded; the walk itself is bounded."""
    keys: dict[Path_, tuple[int, int]] = {}
    values: dict[Path_, tuple[int, int]] = {}
    todo: list[tuple[Path_, Node]] = [((), root)]
    while todo:
        path, node = todo.pop()
        values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if len(values) > MOST_VALUES or len(path) > 100:
            raise BadInput([Problem(file, f"expands to more than {MOST_VALUES:,} values (aliases of aliases?)", *values[path])])
        if isinstance(node, ScalarNode) and any("\ud800" <= letter <= "\udfff" for letter in node.value):
            raise BadInput([Problem(file, "holds half of a surrogate pair, which is no text", *values[path])])
        if isinstance(node, MappingNode):
            for key, value in node.value:
                place = (key.start_mark.line + 1, key.start_mark.column + 1)
                if not isinstance(key, ScalarNode):
                    raise BadInput([Problem(file, "a list or a mapping stands where a field's name is expected", *place)])
                inner = (*path, str(key.value))
                keys[inner] = place
                todo.append((inner, value))
        elif isinstance(node, SequenceNode):
            todo.extend(((*path, index), item) for index, item in enumerate(node.value))
    return keys, values


def is_device(path: Path) -> bool:
    """Whether a path is there and neither file nor folder: a terminal, a pipe, /dev/null."""
    return path.exists() and not (path.is_file() or path.is_dir())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing: to a temporary neighbour, then renamed. Raises BadInput.

    A device is written to as it is: it must not be replaced by a file.
    """
    try:
        if is_device(path):
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with _neighbour(path) as name:
            name.write_bytes(content)
            os.replace(name, path)
    except OSError as error:
        why = f"{error.filename} is not a folder" if isinstance(error, FileExistsError) else error.strerror
        raise BadInput([Problem(str(path), f"cannot be written: {why}")]) from None


@contextmanager
def _neighbour(path: Path) -> Iterator[Path]:
    """A temporary file beside another, gone afterwards whatever happens."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.fchmod(handle, 0o644)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)

"""Every single-entry mutant of the runbook's routing part, made from the entries of its file: nothing here names a step, a clause or a role.

What a field is called says what may go wrong in it: a list of clauses loses one or has one negated, a bound is halved or doubled, a
target becomes another step, people are dropped, replaced or take another's place. Texts for people are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from drillbook.facts import FACTS
from drillbook.runbook import DUTIES, END

__all__ = ["ROUTING", "RunbookMutant", "runbook_mutants"]

Spot = tuple[str | int, ...]
Change = tuple[str, str, Any]
"""The kind of a change, what it makes of the entry in words, and what stands there instead."""

ROUTING = (
    "commander", "start", "parameters", "limits", "watch", "dependency_watch", "placeholders", "owners", "clauses", "severities", "teams",
    "steps", "throughout", "escalations",
)  # fmt: skip
"""The parts of the runbook that say where an incident goes, who acts and when; the others are texts."""

_TEXTS = frozenset({
    "title", "window", "label", "note", "output", "text", "details", "items", "if", "name", "definition", "examples", "response_time", "as",
    "action", "condition", "template", "kind", "branch",
})  # fmt: skip
_LISTS_OF_CLAUSES = frozenset({"when", "while", "unless", "any", "all"})
_OPPOSITE = MappingProxyType({"at_least": "below", "below": "at_least", "above": "at_most", "at_most": "above"})
_FLIPPED = MappingProxyType({"any": "all", "all": "any"})


class RunbookMutant(NamedTuple):
    """One entry of the runbook changed: the kind of change, where (a path of the file), what was made of it, and the whole file as data.

    `words` are the texts around it, as they stand in a golden route.
    """

    kind: str
    where: str
    what: str
    words: tuple[str, ...]
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.where}: {self.what}"


def runbook_mutants(data: dict[str, Any]) -> Iterator[RunbookMutant]:
    """Every mutant of a runbook file's data, in the order of the file; none is the same as the runbook, and no two are the same."""
    made = {_digest(data)}
    for spot, value in _entries(data):
        for kind, what, instead in _changes(data, spot, value):
            mutated = _with(data, spot, instead)
            if _digest(mutated) not in made:
                made.add(_digest(mutated))
                yield RunbookMutant(kind, ".".join(map(str, spot)), what, tuple(_around(data, spot)), mutated)


def _around(data: Any, spot: Spot) -> Iterator[str]:
    """What a golden route says where a drill comes by an entry: the step, the step with the outcome, the level, the role, the condition."""
    here: Any = data
    for place, part in enumerate(spot):
        here = here[part]
        if isinstance(here, dict) and "on" in here:
            asked = f" [{', '.join(here['when'])}]" if "when" in here else ""
            yield from (f"{spot[1]}: {here['on']}", f"{spot[1]}: {here['on']}{asked} ->")
        elif isinstance(here, dict):
            yield from (str(here[field]) for field in ("level", "role", "condition") if field in here)
        if place == 1 and isinstance(part, str):
            yield f"{part}:" if spot[0] == "steps" else part


def _digest(data: dict[str, Any]) -> bytes:
    return orjson.dumps(data)


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[Spot, Any]]:
    """Every entry of the routing part with its place, containers before what is in them."""
    todo: list[tuple[Spot, Any]] = [((part,), data[part]) for part in reversed(ROUTING) if part in data]
    while todo:
        spot, value = todo.pop()
        yield spot, value
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        todo.extend(((*spot, key), one) for key, one in reversed([*inner]) if key not in _TEXTS)


def _with(data: Any, spot: Spot, instead: Any) -> Any:
    """The data with another entry; what is not on the way to it is shared."""
    if not spot:
        return instead
    copy: Any = [*data] if isinstance(data, list) else {**data}
    copy[spot[0]] = _with(data[spot[0]], spot[1:], instead)
    return copy


def _changes(data: Mapping[str, Any], spot: Spot, value: Any) -> Iterator[Change]:
    field = spot[-1]
    if isinstance(value, list):
        yield from _of_a_list(spot, value)
    elif isinstance(value, dict):
        yield from _of_a_mapping(spot, value)
    elif isinstance(field, int) and spot[-2] in _LISTS_OF_CLAUSES:
        yield "clause negated", f"{value} → {_negated(value)}", _negated(value)
    else:
        yield from _of_a_value(data, spot, value)


def _negated(clause: str) -> str:
    return clause.removeprefix("not ") if clause.startswith("not ") else f"not {clause}"


def _of_a_list(spot: Spot, value: list[Any]) -> Iterator[Change]:
    field = str(spot[-1])
    kind = "clause" if field in _LISTS_OF_CLAUSES else _KINDS.get(field) or _KINDS.get(str(spot[-2]), field)
    for place, one in enumerate(value):
        yield f"{kind} dropped", f"without {_words(one)}", [*value[:place], *value[place + 1 :]]
    if kind in ("severity", "outcome", "team member", "crew line"):  # elsewhere the order says nothing, or nothing but what is done first
        for place, (one, other) in enumerate(pairwise(value)):
            yield "order", f"{_words(other)} before {_words(one)}", [*value[:place], other, one, *value[place + 2 :]]


_KINDS: Mapping[str, str] = MappingProxyType({
    "routes": "route", "crew": "crew line", "does": "check", "by_owner": "check", "outcomes": "outcome", "marks": "mark", "to": "person told",
    "teams": "team member", "severities": "severity", "throughout": "cadence", "escalations": "escalation", "placeholders": "placeholder",
})  # fmt: skip


def _words(one: Any) -> str:
    """An item of a list, short enough to be told from its neighbours."""
    if not isinstance(one, dict):
        return str(one)
    named = [one[field] for field in ("on", "level", "role", "tool", "items", "kind", "condition") if field in one]
    asked = [f"[{', '.join(one['when'])}]"] if "on" in one and "when" in one else []
    return " ".join(map(str, [*named, *asked])) or "one"


def _of_a_mapping(spot: Spot, value: dict[str, Any]) -> Iterator[Change]:
    """A clause asked the other way round; an optional part left out; an escalation that waits for nothing made to wait."""
    for name, other in {**_OPPOSITE, **_FLIPPED}.items():
        if spot[0] == "clauses" and name in value and (name in _OPPOSITE or len(value[name]) > 1):
            yield "comparison", f"{name} → {other}", {(other if key == name else key): one for key, one in value.items()}
    if "concludes" in value:
        yield "conclusion", "concludes nothing", {key: one for key, one in value.items() if key != "concludes"}
    if spot[0] == "escalations" and "after" not in value:
        yield "deadline", "at once → after 30m", {**value, "after": "30m"}


def _of_a_value(data: Mapping[str, Any], spot: Spot, value: Any) -> Iterator[Change]:
    field = spot[-2] if isinstance(spot[-1], int) else spot[-1]
    if isinstance(value, bool):
        yield "flag", f"{value} → {not value}".lower(), not value
    elif isinstance(value, int | float):
        yield from (("bound", f"{value:g} → {other:g}", other) for other in _other_numbers(value))
    elif isinstance(value, str) and field in ("first", "every", "after", "lasts"):
        kind = "deadline" if field in ("first", "after") else "cadence"
        yield from ((kind, f"{value} → {other}", other) for other in _other_spans(value))
    else:
        kind, others = _CHOICES.get(str(spot[0] if spot[0] in _BY_PART else field), _no_choice)(data, spot, value)
        for other in others:
            yield kind, f"{value} → {other}", other


def _other_numbers(value: float) -> tuple[float, ...]:
    """A small count one less and one more; anything else halved and doubled."""
    return (value - 1, value + 1) if isinstance(value, int) and value <= 4 and value != 0 else (value / 2, value * 2)


def _other_spans(value: str) -> tuple[str, ...]:
    number, unit = int(value[:-1]), value[-1]
    finer = {"h": ("m", 60), "m": ("s", 60), "s": ("s", 1)}[unit]
    return (f"{number * finer[1] // 2}{finer[0]}", f"{number * 2}{unit}") if number else ("10m",)


def _others(values: Sequence[str], value: str, most: int = 2) -> tuple[str, ...]:
    """Some of the other values: those that follow the value in their order, and begin anew at the end."""
    names = [*dict.fromkeys(values)]
    place = names.index(value) if value in names else -1
    return tuple(names[(place + step) % len(names)] for step in range(1, len(names)))[:most]


def _no_choice(data: Mapping[str, Any], spot: Spot, value: Any) -> tuple[str, tuple[str, ...]]:
    return "", ()


def _steps(data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    """Another step; whom an escalation goes to is somebody else."""
    if spot[0] == "escalations":
        return _people("person told", data, spot, value)
    return "target", _others([*data["steps"], END], value)


def _people(kind: str, data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    return kind, _others([*data["roles"]], value)


def _outcomes(kind: str, data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    return kind, _others(data["steps"][spot[1]]["outcomes"], value, most=1 if kind == "outcome" else 9)


def _levels(data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    levels = [row["level"] for row in data["severities"]]
    return "value asked for", _others(levels, value) if value in levels else ("infrastructure",)


def _bounds(data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    return "bound", _others([*data["parameters"], *data["limits"]], value)


def _facts(data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    return "fact", _others([name for name, fact in FACTS.items() if fact.kind == FACTS[value].kind], value, most=1)


def _tools(data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    """Another tool that the file names for the same role, else any other."""
    text = [check["tool"] for step in data["steps"].values() for line in step["crew"] if line["role"] == _role_of(data, spot)
            for check in line.get("does", ()) if "tool" in check]  # fmt: skip
    return "check", _others(text, value, most=1)


def _role_of(data: Mapping[str, Any], spot: Spot) -> str | None:
    return data["steps"][spot[1]]["crew"][spot[3]]["role"] if spot[0] == "steps" else None


def _listed(kind: str, values: Sequence[str], most: int, data: Mapping[str, Any], spot: Spot, value: str) -> tuple[str, tuple[str, ...]]:
    return kind, _others(values, value, most)


_BY_PART = frozenset({"commander", "start", "owners", "placeholders"})
Choice = Callable[[Mapping[str, Any], Spot, Any], tuple[str, tuple[str, ...]]]
_CHOICES: Mapping[str, Choice] = MappingProxyType({
    "start": _steps, "to": _steps, "commander": partial(_people, "role"), "owners": partial(_people, "owner"), "role": partial(_people, "role"),
    "placeholders": partial(_people, "role"), "on": partial(_outcomes, "outcome"), "on_error": partial(_outcomes, "outcome on error"),
    "level": _levels, "is": _levels, "at_least": _bounds, "at_most": _bounds, "above": _bounds, "below": _bounds, "fact": _facts,
    "tool": _tools, "duty": partial(_listed, "duty", DUTIES, 1),
    "concludes": partial(_listed, "conclusion", ("resolved", "unresolved", "backlog", "not_an_incident"), 1),
    "marks": partial(_listed, "mark", ("mitigated", "resolved"), 1),
})  # fmt: skip

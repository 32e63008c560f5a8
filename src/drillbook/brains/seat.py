"""The seat at a role's desk: what whoever sits there sees, may use, and reports with. A model and a person take the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson
from pydantic import ValidationError

from drillbook.answers import Receipt
from drillbook.brains.forms import FORMS, Form, enter, names_of, outcomes_of
from drillbook.brains.situation import data, situation
from drillbook.case import Case, Reached
from drillbook.toolbelt import NotPermitted, Report, Task, Toolbelt
from drillbook.tools import TOOLS, Tool
from drillbook.units import MINUTE, Frozen, clock, span

__all__ = ["Seat"]

_WAIT = "wait"
_MOST_MINUTES = 120
_MOST_NAMES = 200
_CHARS_AN_ITEM = 100


def _narrowed(schema: Any, names: Mapping[str, tuple[str, ...]], chars: int) -> Any:
    """A JSON schema whose texts are no longer than `chars`, its lists in proportion, and whose fields name only what they may."""
    if isinstance(schema, list):
        return [_narrowed(part, names, chars) for part in schema]
    if not isinstance(schema, dict):
        return schema
    most = {"maxLength": chars, "maxItems": max(chars // _CHARS_AN_ITEM, 1)}
    return {
        name: min(part, most[name]) if name in most else _one_of(part, names[name]) if name in names else _narrowed(part, names, chars)
        for name, part in schema.items()
    }  # fmt: skip


def _one_of(field: Any, names: tuple[str, ...]) -> Any:
    """A field for a name as the list of what it may be, where that is a list to read; null where the field may be null."""
    if not 0 < len(names) <= _MOST_NAMES:
        return field
    kept = {key: value for key, value in field.items() if key not in ("anyOf", "type")}
    return {**kept, "enum": [*names, *([None] if "anyOf" in field else [])]}


@dataclass(frozen=True)
class Seat:
    """A task as somebody outside plays it. `chars` bounds any one text that is shown."""

    task: Task
    case: Case
    belt: Toolbelt
    chars: int = 6_000

    @property
    def form(self) -> type[Form]:
        """The pydantic type that the task is reported with."""
        return FORMS.get(self.task.duty, Form)

    @property
    def schema(self) -> dict[str, Any]:
        """The form as JSON schema: the outcome is one of the step's list, names are those that exist, texts no longer than those shown."""
        names = names_of(self.case, self.belt)
        schema: dict[str, Any] = _narrowed(self.form.model_json_schema(), names, self.chars)
        if outcomes := outcomes_of(self.belt):
            schema["properties"]["outcome"] = {"enum": list(outcomes)}
        if "findings" in schema["properties"] and not names["tool"]:
            schema["properties"]["findings"] = {"type": "array", "maxItems": 0, "items": {"type": "string"}}
        return schema

    @property
    def brief(self) -> str:
        """The task and all that is known, as text."""
        return "\n".join(situation(self.case, self.belt, self.chars))

    @property
    def moves(self) -> tuple[Tool[Frozen], ...]:
        """The tools that the charter lists, but for those that speak: what is said stands in the report."""
        return tuple(TOOLS[name] for name in sorted(self.belt.charter.tools) if TOOLS[name].effect != "speaks")

    def use(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Use a tool through the belt: what it shows, as text marked as data; or why it was refused, which is journaled."""
        if name == _WAIT:
            return self._wait(arguments.get("minutes"))
        tool = TOOLS.get(name, Tool(name, "reads", 0, Receipt, ""))
        focus = arguments.get("target", arguments.get("focus", arguments.get("component")))
        if focus is not None and not isinstance(focus, str):
            return f"refused: {name} takes the name of a component, as text"
        try:
            return self._changed(tool, focus) if tool.effect == "changes" else self._seen(tool, focus)
        except NotPermitted as error:
            return f"refused: {error}"

    def _wait(self, minutes: Any) -> str:
        if not isinstance(minutes, int | float) or not 0 < minutes <= _MOST_MINUTES:
            return f"refused: wait takes minutes, more than 0 and at most {_MOST_MINUTES}"
        self.belt.wait(self.belt.now + int(minutes * MINUTE))
        return f"it is {clock(self.belt.now)}"

    def _seen(self, tool: Tool[Frozen], focus: str | None) -> str:
        answer = self.belt.observe(tool, focus)
        shown = orjson.dumps(answer.model_dump(mode="json", exclude_defaults=True)).decode()
        return f"{clock(self.belt.now)} {data(tool.name, shown, self.chars)}"

    def _changed(self, tool: Tool[Frozen], target: str | None) -> str:
        if not target:
            return f"refused: {tool.name} takes a target"
        receipt = self.belt.act(cast("Tool[Receipt]", tool), target, self.case.grounds)
        if tool.name == "acknowledge_alert" and receipt.accepted and self.task.duty == "triage":
            self.belt.note(Reached(milestone="acknowledged"))
        return f"{clock(self.belt.now)} {'done' if receipt.accepted else 'NOT done'}: {data(tool.name, receipt.detail, self.chars)}"

    def settle(self, answer: Any) -> Report:
        """Enter a form that was filled in. Raises ValueError, in one line, for one that does not fit; nothing is entered then."""
        try:
            form = self.form.model_validate(answer)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{'.'.join(map(str, fault['loc'])) or 'the report'}: {fault['msg']}") from None
        return enter(form, self.case, self.belt)

    def menu(self) -> tuple[tuple[str, str, str], ...]:
        """(name, what it does and how long it takes, what it needs) of every move, waiting last."""
        needs = {"reads": "", "changes": "target"}
        rows = [(tool.name, f"{tool.doc} {span(tool.takes)}" if tool.takes else tool.doc, needs[tool.effect]) for tool in self.moves]
        return (*rows, (_WAIT, "Let time pass.", "minutes"))

"""The model brain: a chat model plays a role. It uses the charter's tools through the toolbelt, in virtual time, and reports by a form.

Every answer of the model is asked for through `Toolbelt.ask`, so it is journaled, and a replay asks nobody. What is malformed is sent back
a few times; a model that loops, spends its budget, or fails is relieved, which is journaled as an error, and its fallback does the task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson

from drillbook.brains.budget import ModelName
from drillbook.brains.seat import Seat
from drillbook.brains.situation import DATA_RULE
from drillbook.case import Acted, Case
from drillbook.outside import NoAnswer
from drillbook.records import canonical
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.units import MINUTE

__all__ = ["REPAIRS", "Chat", "Model", "Relieved", "sound"]

Chat = Callable[[Any], Any]
"""A chat model: a request (`messages`, `tools` or `schema`, `parameters`) to a reply (`text`, `calls`, `usage`), both JSON data."""

REPAIRS = 2
_SAME = 3

_RULES = f"""
You play this role in a drill of an incident. Time is virtual: every tool takes the time that it says.
Use tools until you know enough, then answer without a tool call. You may use only the tools that you are given.
{DATA_RULE}
Report what you know; say so where you do not know."""


class Relieved(Exception):
    """A model that cannot go on: it is out of budget, goes in circles, or gives no report that fits."""


@dataclass(frozen=True)
class Model:
    """A chat model at a role's desk; `otherwise` is the role's stub."""

    name: ModelName
    chat: Chat
    otherwise: Brain

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        seat = Seat(task, case, belt, self.name.budget.chars)
        try:
            return _Session(self, seat).play()
        except (Relieved, NoAnswer) as error:
            belt.failed(f"{self.name.name} is relieved: {error}; {self._instead(belt)}")
            return self._fall_back(task, case, belt)

    def _instead(self, belt: Toolbelt) -> str:
        on_error = belt.runbook.steps[belt.task.step].on_error
        return "the stub goes on" if self.name.budget.fallback == "stub" else f"the outcome {on_error!r} is taken"

    def _fall_back(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        """The fallback; where the model has already changed production, what it did stands, and nothing is done on top of it."""
        step = belt.runbook.steps[task.step]
        done = [item for draft in belt.drafts for item in draft.items if isinstance(item, Acted) and item.intervention]
        if done and "done" in step.outcomes and task.duty != "approve":
            return Report(outcome="done", why=f"{done[-1].tool} {done[-1].target}: {done[-1].detail}")
        if self.name.budget.fallback == "stub":
            return self.otherwise(task, case, belt)
        return Report(outcome=step.on_error, why=f"{self.name.name} gave no report")


class _Session:
    """One task, played: the conversation so far, and what it has cost."""

    def __init__(self, model: Model, seat: Seat) -> None:
        self.model, self.seat, self.budget = model, seat, model.name.budget
        self.calls, self.tokens, self.seen = 0, 0, Counter[bytes]()
        system = f"You are the {seat.belt.charter.title}. {seat.belt.charter.mission}{_RULES}"
        self.messages: list[dict[str, Any]] = [{"role": "system", "content": system}, {"role": "user", "content": seat.brief}]

    def play(self) -> Report:
        """Tools first, if the charter has any that look or change, then the report. Raises Relieved, and NoAnswer where the model fails."""
        if not self.seat.moves:
            return self._report(None)
        reply = self._ask(tools=_tools(self.seat))
        while reply["calls"]:
            self._use(reply)
            reply = self._ask(tools=_tools(self.seat))
        return self._report(reply)

    def _ask(self, **what: Any) -> Mapping[str, Any]:
        if self.calls >= self.budget.calls:
            raise Relieved(f"{self.calls} answers are all that it may give, and none was a report")
        if self.tokens >= self.budget.tokens:
            raise Relieved(f"{self.tokens:,} tokens of {self.budget.tokens:,} are spent")
        self.calls += 1
        request = {"messages": self.messages, **what, **self.model.name.request}
        reply = sound(self.seat.belt.ask(self.model.name.name, request, self.model.chat))
        self.tokens += sum(reply["usage"].values())
        return reply

    def _use(self, reply: Mapping[str, Any]) -> None:
        """Carry out what it calls for, in its order, and show it the results."""
        called = [{"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": _compact(call["args"])}}
                  for call in reply["calls"]]  # fmt: skip
        self.messages.append({"role": "assistant", "content": reply["text"], "tool_calls": called})
        for call in reply["calls"]:
            key = canonical([call["name"], call["args"]])
            self.seen[key] += 1
            if self.seen[key] >= _SAME:
                raise Relieved(f"it goes in circles: {call['name']} for the {self.seen[key]}rd time with the same arguments")
            shown = self.seat.use(call["name"], call["args"])
            self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": shown})
            spent = self.seat.belt.now - self.seat.task.at
            if spent > self.budget.minutes * MINUTE:
                raise Relieved(f"{spent // MINUTE} minutes are spent of {self.budget.minutes}")

    def _report(self, reply: Mapping[str, Any] | None) -> Report:
        """The report in what it said last, if it is one; else it is asked for, and sent back with what is wrong a few times."""
        fault = ""
        for left in range(REPAIRS + 1, -1, -1):
            try:
                if reply is not None:
                    return self.seat.settle(_parsed(reply))
            except ValueError as error:
                fault = str(error) if "schema" in self.messages[-1]["content"] else ""
            if left:
                reply = self._ask_report(reply, fault)
        raise Relieved(f"no report that fits, after {REPAIRS} corrections: {fault}")

    def _ask_report(self, reply: Mapping[str, Any] | None, fault: str) -> Mapping[str, Any]:
        if reply is not None:
            self.messages.append({"role": "assistant", "content": reply["text"][: self.budget.chars]})
        asked = f"That is no report: {fault}. Give it" if fault else "Give your report"
        wanted = f"{asked} as one JSON object of this schema, and nothing else: {_compact(self.seat.schema)}"
        self.messages.append({"role": "user", "content": wanted})
        return self._ask(schema=self.seat.schema)


def sound(reply: Any) -> Mapping[str, Any]:
    """A reply in the form that is agreed on, whatever it was recorded as. Raises Relieved."""
    try:
        calls = [{"id": str(call["id"]), "name": str(call["name"]), "args": dict(call["args"])} for call in reply.get("calls", ())]
        usage = {str(name): int(count) for name, count in reply.get("usage", {}).items()}
        return {"text": str(reply.get("text", "")), "calls": calls, "usage": usage, "cut": bool(reply.get("cut", False))}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Relieved("what it answered is no reply of a chat model") from None


def _parsed(reply: Mapping[str, Any]) -> Any:
    """The JSON object in a text, alone or within prose or a fence. Raises ValueError."""
    text = reply["text"].strip()
    if reply["cut"]:
        raise ValueError("it is too long")
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise ValueError("it has no JSON object")
    try:
        return orjson.loads(text[start : end + 1])
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None


def _compact(value: Any) -> str:
    return canonical(value).decode()


_PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType({
    "": {"target": {"type": "string", "description": "a component to look at; without it, all"}},
    "target": {"target": {"type": "string", "description": "the component (or what else it is done to)"}},
    "minutes": {"minutes": {"type": "number", "description": "how long"}},
})


def _tools(seat: Seat) -> list[dict[str, Any]]:
    """The moves as functions, in the form that chat models know."""
    return [
        {"type": "function", "function": {"name": name, "description": doc, "parameters": {
            "type": "object", "properties": dict(_PARAMETERS[need]), "required": [need] if need else []}}}
        for name, doc, need in seat.menu()
    ]  # fmt: skip

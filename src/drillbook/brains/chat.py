"""LangChain's chat models as a `Chat`: requests and replies as JSON data. The only module that knows LangChain (extra `llm`).

Nothing is loaded, and no key is looked for, before the first answer is really asked for: a replay asks for none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from threading import Thread
from typing import Any

from drillbook.brains.budget import ModelName
from drillbook.errors import BadInput
from drillbook.outside import asked

__all__ = ["LangChain", "OFF"]

OFF = "DRILLBOOK_MODELS"
"""The environment variable that forbids live models where it is `off`: in tests, in CI."""

_LONGEST = 20_000
"""Characters of an answer that are kept; no report is longer."""
_NAME = 200
"""And of the name of a tool or of a call."""


class LangChain:
    """A chat model of LangChain: one at hand, or one by its name, made when it is first asked.

    `elapsed` holds the seconds that each answer took, by the digest of its request: for the sidecar, never for the journal.
    """

    def __init__(self, name: ModelName, model: Any = None) -> None:
        self.name, self._given = name, model
        self.elapsed: dict[str, float] = {}

    def __call__(self, request: Any) -> Any:
        started = time.perf_counter()
        reply = _within(self.name.budget.timeout, lambda: self._answer(request))
        self.elapsed[asked(self.name.name, request)] = time.perf_counter() - started
        return reply

    @cached_property
    def model(self) -> Any:
        """The chat model. Raises BadInput, in one line, where there is none of that name, no package for it, or no key."""
        if self._given is not None:
            return self._given
        if os.environ.get(OFF) == "off":
            raise BadInput(f"{self.name.name}: live models are off here ({OFF}=off)")
        try:
            from langchain.chat_models import init_chat_model  # noqa: PLC0415 - declared lazy: the extra `llm`
        except ImportError:
            raise BadInput(f"{self.name.name}: chat models need the extra: pip install 'drillbook[llm]'") from None
        try:
            return init_chat_model(self.name.name, timeout=self.name.budget.timeout, **self.name.parameters)
        except Exception as error:  # noqa: BLE001 - every provider has its own way of missing a key
            text = str(error).strip().splitlines() or [type(error).__name__]
            raise BadInput(f"{self.name.name}: {text[0]}") from None

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from langchain_core.messages import convert_to_messages  # noqa: PLC0415 - declared lazy: the extra `llm`

        messages = convert_to_messages(request["messages"])
        if "schema" in request:
            return self._structured(request["schema"], messages)
        tools = request.get("tools")
        return _reply((self.model.bind_tools(tools) if tools else self.model).invoke(messages))

    def _structured(self, schema: Mapping[str, Any], messages: Any) -> dict[str, Any]:
        """A report: by the model's own structured output where it has one, else by the words of the request alone."""
        titled = {"title": "report", "description": "The report of a task.", **schema}
        try:
            bound = self.model.with_structured_output(titled, method="json_schema", include_raw=True)
        except (NotImplementedError, TypeError, ValueError):
            return _reply(self.model.invoke(messages))
        try:
            return _reply(bound.invoke(messages)["raw"])
        except Exception as error:
            cut = _cut_short(error)
            if cut is None:
                raise
            return cut


def _reply(message: Any) -> dict[str, Any]:
    """A message as data: bounded, its arguments being objects."""
    text = message.text if isinstance(message.text, str) else message.text()
    asked = [(call, _bounded(call["args"])) for call in message.tool_calls] + [(call, {}) for call in message.invalid_tool_calls]
    calls = [{"id": str(call.get("id") or "")[:_NAME], "name": str(call.get("name"))[:_NAME], "args": given} for call, given in asked]
    usage = message.usage_metadata or {}
    counts = {name: int(usage[name]) for name in ("input_tokens", "output_tokens") if name in usage}
    cut = {"cut": True} if len(text) > _LONGEST else {}
    return {"text": text[:_LONGEST], "calls": calls[:20], "usage": counts, **cut}


def _cut_short(error: Exception) -> dict[str, Any] | None:
    """What was said of a report that ended for want of tokens, which OpenAI's client raises; None for any other error."""
    completion = getattr(error, "completion", None)
    if completion is None:
        return None
    used = getattr(completion, "usage", None)
    counts = {"input_tokens": getattr(used, "prompt_tokens", 0), "output_tokens": getattr(used, "completion_tokens", 0)}
    return {"text": str(completion.choices[0].message.content or "")[:_LONGEST], "calls": [], "usage": counts, "cut": True}


def _bounded(arguments: Any) -> dict[str, Any]:
    return arguments if isinstance(arguments, dict) and len(str(arguments)) <= _LONGEST else {}


def _within(seconds: float, work: Callable[[], Any]) -> Any:
    """What comes of some work, or TimeoutError after so many seconds of real time; the work is left to itself then."""
    came: dict[str, Any] = {}

    def run() -> None:
        try:
            came["value"] = work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            came["error"] = error if isinstance(error, Exception) else RuntimeError(f"the model stopped with {type(error).__name__}")

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:g} s")
    if "error" in came:
        raise came["error"]
    return came["value"]

"""Chat models that answer by a script: real LangChain chat models, with no network behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable

__all__ = ["Heard", "Scripted", "call", "good", "report"]


class Heard:
    """What a model was sent: the conversation, and what it may call."""

    def __init__(self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> None:
        self.messages, self.tools = messages, [tool["function"]["name"] for tool in tools]
        self.brief = messages[1].text

    @property
    def last(self) -> str:
        return self.messages[-1].text

    @property
    def duty(self) -> str:
        found = re.search(r"Your duty now: (\w+)", self.brief)
        return found[1] if found else ""

    @property
    def state(self) -> str:
        found = re.search(r"^State: (\w+)", self.brief, re.MULTILINE)
        return found[1] if found else ""

    @property
    def outcomes(self) -> list[str]:
        found = re.search(r"^Outcomes: (.*)$", self.brief, re.MULTILINE)
        return found[1].split(", ") if found else []

    @property
    def asked(self) -> list[str]:
        """The tools that the runbook asks for here."""
        return re.findall(r"^- the runbook asks: .*\((\w+)\)$", self.brief, re.MULTILINE)

    @property
    def used(self) -> int:
        return sum(message.type == "tool" for message in self.messages)


Script = Callable[[Heard], AIMessage]


class Scripted(BaseChatModel):
    """Answers as its script says; it has tool calls, and no structured output of its own."""

    script: Script
    tools: tuple[dict[str, Any], ...] = ()

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:
        return self.model_copy(update={"tools": tuple(tools)})

    def with_structured_output(self, schema: Any, **_: Any) -> Any:
        raise NotImplementedError

    def _generate(self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None,
                  **_: Any) -> ChatResult:  # fmt: skip
        message = self.script(Heard(messages, self.tools))
        usage = {"input_tokens": sum(len(one.text) for one in messages) // 4, "output_tokens": len(message.text) // 4}
        counted = message.model_copy(update={"usage_metadata": {**usage, "total_tokens": sum(usage.values())}})
        return ChatResult(generations=[ChatGeneration(message=counted)])


def call(name: str, number: int = 0, **arguments: Any) -> AIMessage:
    return AIMessage(content="", tool_calls=[{"id": f"call_{number}", "name": name, "args": arguments}])


def report(**form: Any) -> AIMessage:
    return AIMessage(content=json.dumps(form))


def good(heard: Heard) -> AIMessage:
    """Uses what the runbook asks for, one after the other, and reports plainly."""
    asked = [name for name in heard.asked if name in heard.tools] if heard.tools else []
    if heard.used < len(asked):
        return call(asked[heard.used], heard.used)
    outcome = {"investigate": "investigated", "communicate": "told"}.get(heard.duty, "done")
    if outcome not in heard.outcomes and heard.outcomes:
        outcome = heard.outcomes[-1]
    if heard.duty in ("communicate", "brief", "escalate"):
        return report(outcome=outcome, why="said", message=f"{heard.state}. Checkout fails for some of you.")
    return report(outcome=outcome, why="the checks were carried out")

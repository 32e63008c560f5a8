"""The tool backend `llm`: a chat model words what production shows, and may add nothing to it.

The facts come from the world, as always. The model's text is asked for through the belt, so it is journaled and replays; what it invents is
sent back, and if it goes on inventing, or fails, the facts are shown as they are, and an error in the journal says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from drillbook.answers import Summary
from drillbook.brains.budget import ModelName
from drillbook.brains.grounding import unfounded
from drillbook.brains.model import REPAIRS, Chat, Relieved, sound
from drillbook.brains.situation import DATA_RULE, data
from drillbook.outside import NoAnswer
from drillbook.toolbelt import Toolbelt

__all__ = ["Wording"]

_RULES = (
    "You put into words what production shows, for the people who work on an incident. Use the facts that you are given, and nothing else: "
    "every number and every name in your answer has to stand in them as you write it. Answer in at most four sentences, without a list. "
    f"{DATA_RULE}"
)  # fmt: skip

_WANTED: Mapping[str, str] = MappingProxyType({
    "summarise_logs": "Sum up these log lines: what fails, where, since when, how often.",
    "search_past_incidents": "Say which of these earlier incidents resembles what is known now, and what helped then.",
    "read_tickets": "Sum up what customers write: what does not work for them, and how many write.",
})


@dataclass(frozen=True)
class Wording:
    """A chat model that words the answers of a free-text tool."""

    name: ModelName
    chat: Chat

    def __call__(self, belt: Toolbelt, tool: str, plain: Summary) -> Summary:
        """The same facts in the model's words; as they are where it has none that keep to them."""
        try:
            return plain.model_copy(update={"text": self._worded(belt, tool, plain.facts), "by": self.name.name})
        except (Relieved, NoAnswer) as error:
            belt.failed(f"{tool} is not worded by {self.name.name}: {error}; the facts are shown as they are")
            return plain

    def _worded(self, belt: Toolbelt, tool: str, facts: tuple[str, ...]) -> str:
        """What it says, once it keeps to the facts. Raises Relieved, and NoAnswer where it fails."""
        names = [card.name for card in belt.case.catalogue]
        shown = data(tool, "\n".join(facts), self.name.budget.chars)
        messages: list[dict[str, Any]] = [{"role": "system", "content": _RULES}, {"role": "user", "content": f"{_WANTED[tool]}\n{shown}"}]
        fault = ""
        for _ in range(min(REPAIRS + 1, self.name.budget.calls)):
            reply = sound(belt.ask(self.name.name, {"messages": messages, **self.name.request}, self.chat))
            text = str(reply["text"]).strip()
            fault = _fault(text, reply["cut"], facts, names, self.name.budget.chars)
            if not fault:
                return text
            again = f"{fault} Say it again with what stands in the facts only."
            messages = [*messages, {"role": "assistant", "content": text[: self.name.budget.chars]}, {"role": "user", "content": again}]
        raise Relieved(fault)


def _fault(text: str, cut: bool, facts: tuple[str, ...], names: list[str], chars: int) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if not text:
        return "It is empty."
    if cut or len(text) > chars:
        return f"It is longer than {chars} characters."
    invented = unfounded(text, facts, names)
    return f"This does not stand in the facts: {', '.join(invented[:8])}." if invented else ""

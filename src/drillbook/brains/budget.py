"""How a model is named in a cast, and what it may spend: `openai:gpt-5?calls=12&minutes=20&temperature=0`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

import orjson
from pydantic import Field, ValidationError

from drillbook.errors import BadInput, nearest
from drillbook.units import Frozen

__all__ = ["Budget", "ModelName", "is_model"]


class Budget(Frozen):
    """What a model may spend on one task, and what happens when that, or its sense, is gone.

    `calls`: answers of the model. `tokens`: in and out. `minutes`: virtual, of the tools that it uses. `chars`: of any one text that it
    is shown.
    `timeout`: seconds that one answer may take (real time, never journaled as such). `fallback`: who does the task then, the role's `stub`,
    or `unknown`: the step's declared outcome for errors.
    """

    calls: int = Field(12, ge=1, le=200)
    tokens: int = Field(200_000, ge=1)
    minutes: int = Field(60, ge=1, le=24 * 60)
    chars: int = Field(6_000, ge=200, le=200_000)
    timeout: float = Field(120.0, gt=0, le=3600)
    fallback: Literal["stub", "unknown"] = "stub"


class ModelName(Frozen):
    """A model as a cast names it: `provider:model`, with what it may spend and the parameters that it is called with after a `?`."""

    text: str
    name: str
    budget: Budget = Budget()
    parameters: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> ModelName:
        """Read the name that a cast gives. Raises BadInput, in one line, for a budget that cannot be."""
        name, _, query = text.partition("?")
        given = {key: _scalar(value) for key, value in parse_qsl(query, keep_blank_values=True)}
        try:
            budget = Budget.model_validate({key: value for key, value in given.items() if key in Budget.model_fields})
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            raise BadInput(f"{text}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None
        rest = {key: value for key, value in given.items() if key not in Budget.model_fields}
        for key in rest:
            meant = [name for name in nearest(key, Budget.model_fields) if abs(len(name) - len(key)) <= 1]
            if meant:
                raise BadInput(f"{text}: unknown {key!r}; did you mean {meant[0]!r}?")
        return cls(text=text, name=name, budget=budget, parameters=rest)

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters as every request carries them."""
        return {"parameters": self.parameters} if self.parameters else {}


def is_model(name: str) -> bool:
    """Whether a cast's name is that of a chat model: `provider:model`."""
    provider, colon, model = name.partition("?")[0].partition(":")
    return bool(provider and colon and model and " " not in provider)


def _scalar(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text

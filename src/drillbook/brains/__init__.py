"""What makes a role's judgement: the stub policies, chat models, and baselines to measure them against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from drillbook.brains.baselines import AlwaysRollBack, ConstantAnswer, RandomAnswer, SeverityFromLabel
from drillbook.brains.budget import ModelName, is_model
from drillbook.brains.chat import LangChain
from drillbook.brains.human import Human
from drillbook.brains.model import Model
from drillbook.brains.wording import Wording
from drillbook.case import Case
from drillbook.errors import BadInput
from drillbook.toolbelt import Brain, Report, Task, Toolbelt

__all__ = ["BASELINES", "BRAINS", "as_brain", "is_model", "model", "wording"]

BRAINS: Mapping[str, Callable[[Brain], Brain]] = MappingProxyType({
    "stub": lambda stub: stub, "human": Human, "constant": ConstantAnswer, "always_rollback": AlwaysRollBack,
    "severity_label": SeverityFromLabel, "random": RandomAnswer,
})  # fmt: skip
"""Brains by name, each made from the role's stub."""


def model(name: str, stub: Brain, chat_model: Any = None) -> Model:
    """A chat model as a brain: by its name (`openai:gpt-5?calls=12`), or one at hand, which the name only calls. Raises BadInput."""
    named = ModelName.parse(name)
    return Model(named, LangChain(named, chat_model), stub)


def as_brain(chat_model: Any, name: str) -> Model:
    """A chat model of LangChain that is at hand, for a cast: `{"backend_architect": as_brain(model, "acme:assistant?calls=6")}`.

    `name` is how journals call it, with its budget. Raises BadInput for a name that is no `provider:model`.
    """
    if not is_model(name):
        raise BadInput(f"as_brain: {name!r} is no name of a model; valid: provider:model, with a budget as ?calls=6&minutes=20")
    return model(name, _nobody, chat_model)


def wording(name: str) -> Wording:
    """A chat model that words what free-text tools show, by its name. Raises BadInput."""
    named = ModelName.parse(name)
    return Wording(named, LangChain(named))


def _nobody(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Stands where the simulator puts the role's stub."""
    raise LookupError(f"nobody stands in for {task.role}")


BASELINES = ("constant", "always_rollback", "severity_label", "random")
"""The brains that a policy must beat."""

"""What a drill is made of, as the data that its journal carries: enough to fly it again anywhere, years later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from drillbook.answers import Component
from drillbook.case import Alert
from drillbook.runbook import Runbook
from drillbook.scenario import Scenario, System
from drillbook.units import MILLISECONDS, Frozen

__all__ = ["LABELS", "Inputs", "catalogue", "plain"]

LABELS = frozenset({"title", "description", "tags", "expect"})
"""What names and judges a scenario and does not shape it: no drill depends on it, so no journal carries it."""

M = TypeVar("M", bound=BaseModel)


def plain(model: BaseModel, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A model as JSON data: what differs from the defaults, under the names that files use; durations in ms."""
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(without))


class Inputs(Frozen):
    """Scenario, system, runbook, and the alerts of a body that started the drill."""

    scenario: Scenario
    system: System
    runbook: Runbook
    alerts: tuple[Alert, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any], known: Inputs | None = None) -> Inputs:
        """The inputs that a journal's header carries; `known` lends its runbook and system. Raises ValueError, in one line."""
        try:
            scenario = {"title": data["scenario"].get("id", ""), **data["scenario"]}
            lent = {"runbook": known.runbook, "system": known.system} if known else {}
            return cls.model_validate({**data, "scenario": scenario, **lent}, context=MILLISECONDS)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            raise ValueError(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None
        except (KeyError, TypeError, AttributeError):
            raise ValueError("a scenario, a system and a runbook are expected") from None


def catalogue(system: System, runbook: Runbook) -> tuple[Component, ...]:
    """The service catalogue as responders see it: a card a component, with its owner."""
    owners = {spec.name: system.owner(spec) or runbook.owners.get(spec.stack, "") for spec in system.components}
    return tuple(
        Component(name=spec.name, kind=spec.kind, stack=spec.stack, owner=owners[spec.name], fallback=spec.fallback)
        for spec in system.components
    )

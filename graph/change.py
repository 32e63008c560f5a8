"""One thing that a fork does otherwise, at one decision: pure functions over what came of the tasks there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from drillbook.case import Activated, Case, Declared, Diagnosed, Item
from drillbook.errors import BadInput
from drillbook.runbook import Runbook
from drillbook.toolbelt import Draft
from drillbook.units import Frozen

__all__ = ["Change", "amended"]


class Change(Frozen):
    """What is different from one pass of a step on, `attempt` counted from 0 (times in virtual ms).

    A pass, not a moment: a fork of the fork may shift all that comes before it. `set`: field of a conclusion to its new value,
    as `diagnosed.cause` to `infrastructure`; `outcome` is the step's own. `do`: (role, tool, target) of a change to production that
    is begun at `at`, or when the step opens if that is later or None. `delay`: how much later the step's tasks begin. `without`: the role
    that is not there any more.
    """

    step: str
    attempt: int = 0
    at: int | None = None
    set: tuple[tuple[str, bool | int | float | str | None], ...] = ()
    do: tuple[str, str, str] | None = None
    delay: int = 0
    without: str | None = None

    def made(self, step: str, case: Case) -> bool:
        """Whether it is the pass of `step` that is now open which is different."""
        return (self.step, self.attempt) == (step, case.times(step))

    def begun(self, opening: str | None, case: Case) -> bool:
        """Whether the pass that is different is over, or is the one of the step that is `opening`."""
        return case.times(self.step) > self.attempt or (opening is not None and self.made(opening, case))


def amended(change: Change, runbook: Runbook, case: Case, drafts: tuple[Draft, ...], outcome: str) -> tuple[tuple[Draft, ...], str]:
    """What a task concluded, and its outcome, with the change's values in it.

    An outcome that repeats a value follows it, and so does the team that a severity calls. Raises BadInput for a value that
    cannot stand there.
    """
    values = {name: value for name, value in change.set if name != "outcome"}
    known = tuple(_amend(draft, values, case) for draft in drafts)
    follows = {str(getattr(old.items[0], name)): str(getattr(new.items[0], name)) for old, new in zip(drafts, known, strict=True)
               if old is not new for name in ("cause", "severity") if hasattr(old.items[0], name)}  # fmt: skip
    outcome = str(dict(change.set).get("outcome", follows.get(outcome, outcome)))
    level = next((draft.items[0].severity for draft in known if draft.items and isinstance(draft.items[0], Declared)), None)
    if level is not None and "declared.severity" in values:
        team = Activated(roles=runbook.team(level, case))
        known = tuple(_with(draft, team) if draft.name == "activated" else draft for draft in known)
    return known, outcome


def _amend(draft: Draft, values: Mapping[str, Any], case: Case) -> Draft:
    mine = {name.partition(".")[2]: value for name, value in values.items() if name.partition(".")[0] == draft.name}
    if draft.kind != "note" or not mine:
        return draft
    item = draft.items[0]
    if isinstance(item, Diagnosed):
        mine = _explained(item, mine, case)
    try:
        return _with(draft, type(item).model_validate({**item.model_dump(), **mine}))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise BadInput(f"fork: {draft.name}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None


def _explained(item: Diagnosed, mine: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Another diagnosis keeps what spoke for it: the best hypothesis of that cause (and component) lends the rest."""
    wanted = {name: mine.get(name, getattr(item, name) if name == "cause" else None) for name in ("cause", "component")}
    fitting = [one for one in item.ranked if all(value in (None, getattr(one, name)) for name, value in wanted.items())]
    alert = case.alert
    there = item.component or case.component or (alert.component if alert else None) or case.catalogue[0].name
    lent = {"component": fitting[0].component, "mechanism": fitting[0].mechanism} if fitting else {"component": there, "mechanism": ""}
    return {**lent, "ranked": (*fitting, *(one for one in item.ranked if one not in fitting)), "why": "decided otherwise in a fork", **mine}


def _with(draft: Draft, item: Item) -> Draft:
    return replace(draft, got=item.model_dump(mode="json", exclude={"kind"}), items=(item,))

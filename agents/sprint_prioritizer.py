"""Sprint Prioritizer: what is to be done later is written down, with an owner and a date."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import change
from drillbook.case import Case, Planned
from drillbook.toolbelt import Charter, Report, Task, Toolbelt
from drillbook.units import HOUR

CHARTER = Charter(
    role="sprint_prioritizer",
    title="Sprint Prioritizer",
    mission=(
        "You turn what an incident taught into work that gets done: every prevention task with an owner and a date, and "
        "small troubles into the next sprint instead of somebody's night."
    ),
    tools=frozenset({"add_to_backlog"}),
    duties=frozenset({"plan"}),
)

_NEXT_SPRINT = 14 * 24 * HOUR


def plan(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Every action item of the review into the backlog; without a review, the report itself."""
    items = [item for item in case.all(Planned) if not item.backlog] or [_report(case, belt)]
    for item in items:
        belt.act(change(belt.checks()[0][1].name), item.title)
        belt.note(item.model_copy(update={"backlog": True}))
    return Report(outcome="added", why=f"{len(items)} items added")


def _report(case: Case, belt: Toolbelt) -> Planned:
    """A trouble that is too small for an incident, as an item for whoever owns the component."""
    alert = case.alert
    card = case.card(case.component)
    owner = (card.owner or belt.runbook.owners.get(card.stack, belt.task.role)) if card else belt.task.role
    return Planned(title=f"Look into: {alert.summary if alert else 'report'}", owner=owner, due=_NEXT_SPRINT)


DUTIES = MappingProxyType({"plan": plan})

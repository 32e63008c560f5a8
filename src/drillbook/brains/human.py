"""A person at a role's desk, by the same seat as a chat model: uses the charter's tools in virtual time, and reports by a form.

Every answer is asked for through `Toolbelt.ask_person`, so it is journaled, and a replay asks nobody. What does not fit is asked again and
leaves no trace: nothing of a task is kept until the answer is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from drillbook.brains.seat import Seat
from drillbook.brains.sight import Sight
from drillbook.case import Case
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.tools import TOOLS

__all__ = ["Human"]

_KINDS = ("use", "report", "stub")
_FORM = 'an answer is {"use": tool, "args": {...}}, {"report": {...}} or {"stub": true}'
_SPOKEN = frozenset({"communicate", "brief", "escalate", "hand_over"})
"""The duties of which the stub can make a draft: they say what the case gives."""


@dataclass(frozen=True)
class Human:
    """A person; `otherwise` is the role's stub, which can be left a task."""

    otherwise: Brain
    asks_people: ClassVar[bool] = True

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        sight = Sight(Seat(task, case, belt), belt.drafted(self.otherwise) if task.duty in _SPOKEN else "")
        shown = sight.brief()
        while True:
            answer = _sound(belt.ask_person(sight.request(shown), sight.question), belt)
            if "report" in answer:
                return _settled(sight.seat, answer["report"])
            if "stub" in answer:
                return self.otherwise(task, case, belt)
            shown = sight.shown(_used(sight.seat, answer["use"], answer.get("args", {})))


def _sound(answer: Any, belt: Toolbelt) -> Mapping[str, Any]:
    """An answer in the form that is agreed on; another one is asked for again."""
    kinds = [kind for kind in _KINDS if kind in answer] if isinstance(answer, dict) else []
    if len(kinds) != 1 or not {*answer} <= {*_KINDS, "args"}:
        belt.ask_again(_FORM)
    if "use" in answer and not (isinstance(answer["use"], str) and isinstance(answer.get("args", {}), dict)):
        belt.ask_again(_FORM)
    found: Mapping[str, Any] = answer
    return found


def _settled(seat: Seat, report: Any) -> Report:
    try:
        return seat.settle(report)
    except ValueError as error:
        fault = str(error)
    seat.belt.ask_again(fault)


def _used(seat: Seat, name: str, arguments: Mapping[str, Any]) -> str:
    """What a move showed. One that the charter forbids is refused and journaled; one that nobody could mean is asked again."""
    names = [move for move, _, _ in seat.menu()]
    if name not in (*TOOLS, *names):
        seat.belt.ask_again(f"there is no tool {name!r}; you may use: {', '.join(names)}")
    if name in seat.belt.charter.tools and name not in names:
        seat.belt.ask_again(f"{name}: what you say stands in your report")
    before = len(seat.belt.drafts)
    shown = seat.use(name, arguments)
    if shown.startswith("refused: ") and len(seat.belt.drafts) == before:
        seat.belt.ask_again(shown.removeprefix("refused: "))
    return shown

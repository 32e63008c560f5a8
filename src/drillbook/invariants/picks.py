"""Picks: which events a law means, and what to call them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from drillbook.errors import BadInput, valid_names
from drillbook.invariants.history import Event, History
from drillbook.tools import TOOLS

__all__ = ["Pick", "acted", "agree", "begins", "concluded", "ends", "event", "holding", "noted", "observed", "passed", "said", "tell"]


@dataclass(frozen=True)
class Pick:
    """Which events are meant, and what to call them. Picks combine with `|`, `&` and `~`; `called` sets another name.

    `kind`: the one kind of record among which they are, where that is known; the others are then not looked at.
    """

    says: str
    test: Callable[[Event, History], bool]
    kind: str | None = None

    def __call__(self, event: Event, history: History) -> bool:
        return self.test(event, history)

    def __or__(self, other: Pick) -> Pick:
        return Pick(f"{self.says} or {other.says}", lambda event, history: self(event, history) or other(event, history))

    def __and__(self, other: Pick) -> Pick:
        return Pick(f"{self.says} and {other.says}", lambda event, history: self(event, history) and other(event, history),
                    self.kind or other.kind)  # fmt: skip

    def __invert__(self) -> Pick:
        return Pick(f"not {self.says}", lambda event, history: not self(event, history))

    def called(self, says: str) -> Pick:
        """The same events under another name."""
        return Pick(says, self.test, self.kind)

    def of(self, history: History) -> Iterator[Event]:
        """The events that are meant, in the order of time."""
        among = history.events if self.kind is None else history.by_kind.get(self.kind, ())
        return (one for one in among if self.test(one, history))


def event(kind: str, *names: str, says: str = "", **fields: Any) -> Pick:
    """Records of a kind, with one of these names, and with these fields in what went in or came out; `actor` and `step` count as fields."""

    def test(one: Event, history: History) -> bool:
        if one.kind != kind or (names and one.name not in names):
            return False
        return all(_field(one, name) == value for name, value in fields.items())

    named = " or ".join(names) or kind
    shown = ", ".join(f"{name} {value}" for name, value in fields.items())
    return Pick(says or (f"{named} ({shown})" if shown else named), test, kind)


def _field(one: Event, name: str) -> Any:
    return getattr(one, name) if name in ("actor", "step") else one.data.get(name)


def agree(one: Event, other: Event, same: Sequence[str]) -> bool:
    """Whether two events have the same values in these fields."""
    return all(_field(one, name) == _field(other, name) for name in same)


_DONE = Pick("", lambda one, history: one.done)


def _carried_out(pick: Pick) -> Pick:
    return (pick & _DONE).called(pick.says)


_OUTCOMES = ("resolved", "unresolved", "backlog", "not_an_incident")


def _known(what: str, names: Sequence[str], valid: Collection[str]) -> Sequence[str]:
    """The names themselves. Raises BadInput for one that nothing bears: a law of it could never be broken."""
    for name in names:
        if name not in valid:
            raise BadInput(f"law: unknown {what} {name!r}; {valid_names(name, valid)}")
    return names


def acted(*tools: str, **fields: Any) -> Pick:
    """Changes that were carried out: `acted("rollback", target="checkout")`; a call that was refused changed nothing."""
    return _carried_out(event("act", *_known("tool", tools, TOOLS), **fields))


def observed(*tools: str, **fields: Any) -> Pick:
    """Answers of reading tools."""
    return _carried_out(event("observe", *_known("tool", tools, TOOLS), **fields))


def said(*topics: str, **fields: Any) -> Pick:
    """Messages, by topic: status_update, executive_brief, user_notice, hand_over, or an escalation's condition."""
    spoken = _carried_out(event("say", **fields))
    named = " or ".join(topics).replace("_", " ") or "message"
    return Pick(named, lambda one, history: spoken(one, history) and (not topics or one.data["topic"] in topics), "say")


def noted(*kinds: str, **fields: Any) -> Pick:
    """Conclusions: declared, diagnosed, activated, escalated, verified, reviewed, planned, ..."""
    return _carried_out(event("note", *kinds, **fields))


def passed(*steps: str, **fields: Any) -> Pick:
    """Steps that were left: `passed("diagnose", outcome="unknown")`, `passed(to="roll_back")`."""
    return event("route", *steps, **fields)


def concluded(*outcomes: str) -> Pick:
    """The end of the incident: resolved, unresolved, backlog, not_an_incident."""
    ways = " or ".join(_known("outcome", outcomes, _OUTCOMES)) or "the conclusion"
    return Pick(ways, lambda one, history: one.kind == "route" and _among(one.data["concludes"], outcomes), "route")


def _among(value: str | None, names: Sequence[str]) -> bool:
    return value in names if names else value is not None


def holding(*clauses: str) -> Pick:
    """Whatever happens while these clauses of the runbook hold."""
    return Pick(f"while {', '.join(clauses)}", lambda one, history: history.holds(clauses, one.at))


def begins(*clauses: str) -> Pick:
    """The first record of every moment at which these clauses of the runbook begin to hold."""
    return Pick(f"{', '.join(clauses)} began", lambda one, history: _turns(one, history, clauses, True))


def ends(*clauses: str) -> Pick:
    """The first record of every moment at which these clauses of the runbook hold no longer."""
    return Pick(f"{', '.join(clauses)} ended", lambda one, history: _turns(one, history, clauses, False))


def _turns(one: Event, history: History, clauses: Sequence[str], to: bool) -> bool:
    if history.firsts[one.at] != one.seq or one.at > history.over.at:
        return False
    place = bisect_left(history.moments, one.at)
    before = history.holds(clauses, history.moments[place - 1]) if place else False
    return history.holds(clauses, one.at) is to and before is not to


def tell(one: Event, history: History) -> str:
    """An event as a person would name it."""
    match one.kind:
        case "act":
            return f"{one.name} of {one.data['target']} by {history.title(one.actor)}"
        case "say":
            return f"{str(one.data['topic']).replace('_', ' ')} by {history.title(one.actor)}"
        case "route":
            return f"{one.data['step']} left by {one.data['outcome']} to {one.data['to']}"
        case "note" | "observe":
            return f"{one.name} by {history.title(one.actor)}"
        case _:
            return f"{one.kind} {one.name}".strip()

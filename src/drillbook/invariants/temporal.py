"""The language of laws: which events are meant, and how they must follow one another in virtual time.

    never(acted("restart", target="db_primary"))
    precedes(observed("check_recent_deployments"), acted("rollback"))
    within(15 * MINUTE, since=said("status_update"), until=said("status_update"))

Each of these is a rule: a function of a history that gives the breaches it finds. A rule of one's own is such a function.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from drillbook.invariants.history import Event, History
from drillbook.units import MINUTE, SECOND, Frozen, clock, span

__all__ = [
    "Breach", "Law", "Pick", "Rule", "Violation", "acted", "always", "at_most", "begins", "concluded", "ends", "event", "followed_by",
    "holding", "lasted", "law", "never", "noted", "observed", "passed", "precedes", "said", "tell", "within",
]  # fmt: skip


class Breach(NamedTuple):
    """Where a rule is broken, and what is wrong there, as a part of a sentence. `at`: when, if not at the event's own time (ms)."""

    event: Event
    what: str
    at: int | None = None


Rule = Callable[[History], Iterable[Breach]]
"""What a law demands: given a history, everything in it that is against the law."""


class Violation(Frozen):
    """A law that was broken: which, when (virtual ms), at which record of the journal, and what happened."""

    law: str
    at: int
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{clock(self.at)}: {self.what}, record {self.seq}"


@dataclass(frozen=True)
class Law:
    """A property that every drill must have. `judges`: it is about the cast's judgement, which a bad cast may lack; the others hold
    whoever plays."""

    name: str
    demands: str
    rule: Rule
    judges: bool = False

    def violations(self, history: History) -> Iterator[Violation]:
        """Every breach of this law in a history."""
        for found in self.rule(history):
            at = found.event.at if found.at is None else found.at
            yield Violation(law=self.name, at=at, seq=found.event.seq, what=found.what)


def law(demands: str, *, judges: bool = False) -> Callable[[Rule], Law]:
    """Make a rule a law that is called as the function is."""
    return lambda rule: Law(getattr(rule, "__name__", "law").strip("_").replace("_", "-"), demands, rule, judges)


@dataclass(frozen=True)
class Pick:
    """Which events are meant, and what to call them. Picks combine with `|`, `&` and `~`; `but` sets another name."""

    says: str
    test: Callable[[Event, History], bool]

    def __call__(self, event: Event, history: History) -> bool:
        return self.test(event, history)

    def __or__(self, other: Pick) -> Pick:
        return Pick(f"{self.says} or {other.says}", lambda event, history: self(event, history) or other(event, history))

    def __and__(self, other: Pick) -> Pick:
        return Pick(f"{self.says} and {other.says}", lambda event, history: self(event, history) and other(event, history))

    def __invert__(self) -> Pick:
        return Pick(f"not {self.says}", lambda event, history: not self(event, history))

    def called(self, says: str) -> Pick:
        """The same events under another name."""
        return Pick(says, self.test)

    def of(self, history: History) -> Iterator[Event]:
        """The events that are meant, in the order of time."""
        return (one for one in history.events if self(one, history))


def event(kind: str, *names: str, says: str = "", **fields: Any) -> Pick:
    """Records of a kind, with one of these names, and with these fields in what went in or came out; `actor` and `step` count as fields."""

    def test(one: Event, history: History) -> bool:
        if one.kind != kind or (names and one.name not in names):
            return False
        return all(_field(one, name) == value for name, value in fields.items())

    named = " or ".join(names) or kind
    shown = ", ".join(f"{name} {value}" for name, value in fields.items())
    return Pick(says or (f"{named} ({shown})" if shown else named), test)


def _field(one: Event, name: str) -> Any:
    return getattr(one, name) if name in ("actor", "step") else one.data.get(name)


_DONE = Pick("", lambda one, history: one.done)


def _carried_out(pick: Pick) -> Pick:
    return (pick & _DONE).called(pick.says)


def acted(*tools: str, **fields: Any) -> Pick:
    """Changes that were carried out: `acted("rollback", target="checkout")`; a call that was refused changed nothing."""
    return _carried_out(event("act", *tools, **fields))


def observed(*tools: str, **fields: Any) -> Pick:
    """Answers of reading tools."""
    return _carried_out(event("observe", *tools, **fields))


def said(*topics: str, **fields: Any) -> Pick:
    """Messages, by topic: status_update, executive_brief, user_notice, hand_over, or an escalation's condition."""
    spoken = _carried_out(event("say", **fields))
    named = " or ".join(topics).replace("_", " ") or "message"
    return Pick(named, lambda one, history: spoken(one, history) and (not topics or one.data["topic"] in topics))


def noted(*kinds: str, **fields: Any) -> Pick:
    """Conclusions: declared, diagnosed, activated, escalated, verified, reviewed, planned, ..."""
    return _carried_out(event("note", *kinds, **fields))


def passed(*steps: str, **fields: Any) -> Pick:
    """Steps that were left: `passed("diagnose", outcome="unknown")`, `passed(to="roll_back")`."""
    return event("route", *steps, **fields)


def concluded(*outcomes: str) -> Pick:
    """The end of the incident: resolved, unresolved, backlog, not_an_incident."""
    ways = " or ".join(outcomes) or "the conclusion"
    return Pick(ways, lambda one, history: one.kind == "route" and _among(one.data["concludes"], outcomes))


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


def never(pick: Pick, *, unless: Sequence[str] = (), says: str = "which must never happen") -> Rule:
    """None of these events, `unless` these clauses of the runbook hold at the time."""

    def rule(history: History) -> Iterator[Breach]:
        for one in pick.of(history):
            if not (unless and history.holds(unless, one.at)):
                yield Breach(one, f"{tell(one, history)}, {says}")

    return rule


def always(pick: Pick, fact: Callable[[Event, History], bool], says: str) -> Rule:
    """Each of these events has a property; `says` is what to say of one that has not."""

    def rule(history: History) -> Iterator[Breach]:
        return (Breach(one, f"{tell(one, history)}: {says}") for one in pick.of(history) if not fact(one, history))

    return rule


def followed_by(first: Pick, then: Pick, *, before: Pick | None = None, same: Sequence[str] = ()) -> Rule:
    """After each `first` there is a `then` (that agrees in the fields `same`); with `before`, only where that comes, and ahead of it."""

    def rule(history: History) -> Iterator[Breach]:
        for one in first.of(history):
            later = [other for other in history.events if (other.at, other.seq) > (one.at, one.seq)]
            limit = next((other for other in later if before and before(other, history)), None)
            if before and limit is None:
                continue
            ahead = later[: later.index(limit)] if limit else later
            if not any(then(other, history) and _agree(one, other, same) for other in ahead):
                until = f" before {before.says}" if before else ""
                yield Breach(one if limit is None else limit, f"{tell(one, history)} without {then.says} after it{until}")

    return rule


def precedes(first: Pick, then: Pick, *, same: Sequence[str] = ()) -> Rule:
    """Before each `then` there is a `first` (that agrees in the fields `same`)."""

    def rule(history: History) -> Iterator[Breach]:
        seen: list[Event] = []
        for one in history.events:
            if then(one, history) and not any(_agree(one, other, same) for other in seen):
                yield Breach(one, f"{tell(one, history)} without {first.says} before it")
            if first(one, history):
                seen.append(one)

    return rule


def _agree(one: Event, other: Event, same: Sequence[str]) -> bool:
    return all(_field(one, name) == _field(other, name) for name in same)


def within(bound: int, *, since: Pick, until: Pick) -> Rule:
    """From each `since` it is at most `bound` (ms) to the next `until`, or to the end of the incident."""

    def rule(history: History) -> Iterator[Breach]:
        wanted = [one for one in history.events if one.at <= history.over.at and until(one, history)]
        for one in since.of(history):
            if one.at > history.over.at:
                return
            after = next((other for other in wanted if (other.at, other.seq) > (one.at, one.seq)), history.over)
            if after.at - one.at > bound:
                yield Breach(after, f"{lasted(after.at - one.at)} since {since.says} (at most {lasted(bound)})")

    return rule


def lasted(length: int) -> str:
    """A length of time to the second, for what is judged by it: `17 min`, `15 min 30 s`."""
    rest = length % MINUTE // SECOND
    return f"{span(length)} {rest} s" if rest and length > MINUTE else span(length)


def at_most(count: int, pick: Pick, *, per: Callable[[Event], object] = lambda one: None) -> Rule:
    """At most `count` of these events (for each value of `per`)."""

    def rule(history: History) -> Iterator[Breach]:
        seen: Counter[object] = Counter()
        for one in pick.of(history):
            seen[per(one)] += 1
            if seen[per(one)] > count:
                yield Breach(one, f"{tell(one, history)} for time {seen[per(one)]} (at most {count})")

    return rule

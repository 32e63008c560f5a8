"""The language of laws: which events are meant, and how they must follow one another in virtual time.

    never(acted("restart", target="db_primary"))
    precedes(observed("check_recent_deployments"), acted("rollback"))
    within(15 * MINUTE, since=said("status_update"), until=said("status_update"))

Each of these is a rule: a function of a history that gives the breaches it finds. A rule of one's own is such a function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from drillbook.invariants.history import Event, History
from drillbook.invariants.picks import Pick, agree, tell
from drillbook.units import MINUTE, SECOND, Frozen, clock, span

__all__ = ["Breach", "Law", "Rule", "Violation", "always", "at_most", "followed_by", "lasted", "law", "never", "precedes", "within"]


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
        wanted, limits = [*then.of(history)], [*before.of(history)] if before else []
        for one in first.of(history):
            limit = next((other for other in limits if _place(other) > _place(one)), None)
            if before and limit is None:
                continue
            ahead = [other for other in wanted if _place(other) > _place(one) and (limit is None or _place(other) < _place(limit))]
            if not any(agree(one, other, same) for other in ahead):
                until = f" before {before.says}" if before else ""
                yield Breach(one if limit is None else limit, f"{tell(one, history)} without {then.says} after it{until}")

    return rule


def precedes(first: Pick, then: Pick, *, same: Sequence[str] = ()) -> Rule:
    """Before each `then` there is a `first` (that agrees in the fields `same`)."""

    def rule(history: History) -> Iterator[Breach]:
        seen = [*first.of(history)]
        for one in then.of(history):
            if not any(_place(other) < _place(one) and agree(one, other, same) for other in seen):
                yield Breach(one, f"{tell(one, history)} without {first.says} before it")

    return rule


def _place(one: Event) -> tuple[int, int]:
    """Where an event stands in the order of time."""
    return one.at, one.seq


def within(bound: int, *, since: Pick, until: Pick) -> Rule:
    """From each `since` it is at most `bound` (ms) to the next `until`, or to the end of the incident."""

    def rule(history: History) -> Iterator[Breach]:
        wanted = [one for one in until.of(history) if one.at <= history.over.at]
        for one in since.of(history):
            if one.at > history.over.at:
                return
            after = next((other for other in wanted if _place(other) > _place(one)), history.over)
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

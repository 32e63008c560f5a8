"""What a proof is made of: a property with what was looked at, and for each way in which it does not hold the shortest counterexample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from drillbook.facts import Value
from drillbook.files import Path_
from drillbook.graph.clause_space import clauses_of, facts_asked
from drillbook.graph.together import Together, people_clauses
from drillbook.graph.walk import Leg, Walk, routing_clauses
from drillbook.runbook import Runbook

__all__ = ["Grounds", "Law", "Refusal", "most_held", "row_in_words"]

_MOST = 2_000_000
"""Positions at most that are worth a look for a counterexample on the very way; beyond, it may pass a route too many."""


class Refusal(NamedTuple):
    """A counterexample. `place` is where the runbook's file says so; `loop` is what can be gone round for ever after the path."""

    place: Path_
    says: str
    path: tuple[Leg, ...] = ()
    loop: tuple[Leg, ...] = ()


@dataclass(frozen=True)
class Grounds:
    """What proofs rest on: a runbook, and all that can happen in it. `routes` follows what its routes ask, `people` what crews ask."""

    runbook: Runbook

    @cached_property
    def routes(self) -> Walk:
        return Walk(self.runbook, facts_asked(self.runbook, routing_clauses(self.runbook)))

    @cached_property
    def levels(self) -> Walk:
        """Where routes lead as far as they ask for the severity; whatever else they ask may be so or not."""
        return Walk(self.runbook, ("severity",))

    def closely(self, clauses: Iterable[str]) -> Together:
        """The people on the very ways that the routes allow, for a counterexample that some of their clauses may make."""
        asked = facts_asked(self.runbook, [*routing_clauses(self.runbook), *clauses])
        walk = Walk(self.runbook, asked)
        return Together(walk) if walk.size <= _MOST else self.people

    @cached_property
    def people(self) -> Together:
        """Who acts wherever the clauses that they ask lead; more than can happen, so that what is never there never is."""
        return Together(Walk(self.runbook, facts_asked(self.runbook, people_clauses(self.runbook))))


class Law(NamedTuple):
    """A property: its name, what it says of a sound runbook, how it is refuted, and what was looked at to prove it."""

    name: str
    title: str
    refute: Callable[[Grounds], Iterator[Refusal]]
    looked_at: Callable[[Grounds], str]


def row_in_words(runbook: Runbook, step: str, place: int) -> str:
    """A route as the runbook writes it, in short."""
    row = runbook.steps[step].routes[place]
    when = f" [{', '.join(row.when)}]" if row.when else ""
    return f"{step}: {row.on}{when} -> {row.to}"


def most_held(runbook: Runbook, clauses: tuple[str, ...], facts: Mapping[str, Value]) -> int:
    """How many of the clauses hold: of the moments at which not all do, the one nearest to it tells most."""
    asked = clauses_of(runbook, facts)
    return sum(asked.hold((clause,)) for clause in clauses)

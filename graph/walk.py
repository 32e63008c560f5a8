"""All that a runbook can do: every position that its routing table leads to, and every decision that is taken on the way.

A position is a step about to open, with the facts that are followed; a decision is an outcome of a step under such facts, and it is
put to the table for each way in which the other facts may be. So what is proved of the walk holds for every drill.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import floor, inf, prod
from typing import NamedTuple

import networkx as nx

from drillbook.facts import Value
from drillbook.graph import effects
from drillbook.graph.clause_space import COUNTERS, MOST, assignments, clauses_of, facts_asked, parts_of, values_of
from drillbook.runbook import END, Route, Runbook

__all__ = ["Decision", "Leg", "Move", "Position", "TooWide", "Walk", "routing_clauses"]

Rows = list[tuple[int, Route]]

_UNUSUAL = 1000
"""What an unusual turn costs in steps: the shortest counterexample is the one that needs fewest of them."""


class TooWide(Exception):
    """One decision asks about so many facts that nobody can evaluate it."""


class Position(NamedTuple):
    """A step about to open. `facts` are those that are followed; `unverified`: a fix was carried out and nothing verified it since."""

    step: str
    facts: tuple[Value, ...]
    concluded: str | None = None
    unverified: bool = False


class Decision(NamedTuple):
    """What the table says of an outcome under the followed facts: each an assignment of the asked facts as a witness.

    `taken` is by the place of the row among the step's routes, `double` by the places of two rows that fit at once.
    """

    taken: dict[int, dict[str, Value]]
    double: dict[tuple[int, int], dict[str, Value]]
    nowhere: dict[str, Value] | None
    evaluated: int


class Move(NamedTuple):
    """From a position by an outcome, and the row that fits (None: no row does), to the next; `facts` are those that decided."""

    source: Position
    outcome: str
    place: int | None
    facts: dict[str, Value]
    target: Position | None
    decision: Decision
    unusual: bool = False


class Leg(NamedTuple):
    """A step of a counterexample, as a person reads it: how it ended, the clauses that decided, and where that led."""

    step: str
    outcome: str
    clauses: dict[str, bool]
    to: str | None
    facts: dict[str, Value]


def routing_clauses(runbook: Runbook) -> list[str]:
    """Every clause that a route asks, as it is written."""
    return [clause for step in runbook.steps.values() for row in step.routes for clause in row.when]


@dataclass(frozen=True)
class Walk:
    """Everything that can be reached, following those of the `asked` facts whose course is known.

    A fact that is not followed may be anything at every decision: then the walk goes everywhere where a drill can go, and perhaps further.
    """

    runbook: Runbook
    asked: tuple[str, ...]
    decisions: dict[tuple[object, ...], Decision] = field(default_factory=dict)

    @cached_property
    def followed(self) -> tuple[str, ...]:
        return tuple(fact for fact in effects.FOLLOWED if fact in self.asked)

    @cached_property
    def values(self) -> Mapping[str, tuple[Value, ...]]:
        """The values of every fact that a clause asks about."""
        return {fact: values_of(self.runbook, fact) for fact in facts_asked(self.runbook, self.runbook.clauses)}

    @cached_property
    def start(self) -> Position:
        return Position(self.runbook.start, tuple(effects.start_of(self.runbook, fact) for fact in self.followed))

    @property
    def size(self) -> int:
        """How many positions there are at most."""
        return 2 * len(self.runbook.steps) * prod(len(self.values[fact]) for fact in self.followed)

    @cached_property
    def _tops(self) -> dict[str, int]:
        """A counter is counted up to where no clause can tell more from it."""
        return {fact: floor(max(float(value or 0) for value in self.values[fact])) for fact in self.followed if fact in COUNTERS}

    @cached_property
    def _sure(self) -> dict[str, frozenset[str]]:
        return {step: effects.sure_duties(self.runbook, step) for step in self.runbook.steps}

    def facts(self, here: Position) -> dict[str, Value]:
        """The followed facts by name."""
        return dict(zip(self.followed, here.facts, strict=True))

    def _capped(self, facts: Mapping[str, Value]) -> dict[str, Value]:
        return {fact: min(int(value or 0), self._tops[fact]) if fact in self._tops else value for fact, value in facts.items()}

    def free(self, clauses: Iterable[str], known: Mapping[str, Value]) -> dict[str, tuple[Value, ...]]:
        """The values of all facts that the clauses ask about; of a known one its own alone."""
        return self.ways(facts_asked(self.runbook, clauses), known)

    def ways(self, asked: Iterable[str], known: Mapping[str, Value]) -> dict[str, tuple[Value, ...]]:
        """The values of these facts, of a known one its own alone. Raises TooWide."""
        values = {fact: (known[fact],) if fact in known else self.values[fact] for fact in asked}
        if prod(map(len, values.values())) > MOST:
            raise TooWide(f"more than {MOST:,} ways to assign {', '.join(values)}")
        return values

    def decide(self, step: str, outcome: str, facts: Mapping[str, Value]) -> Decision:
        """The table's answer to an outcome, for every assignment of the facts that are not followed."""
        rows, asked = self._rows[step, outcome]
        key = (step, outcome, tuple(facts[fact] for fact in asked if fact in facts))
        if key not in self.decisions:
            self.decisions[key] = _decided(self.runbook, rows, self.ways(asked, facts))
        return self.decisions[key]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], tuple[Rows, tuple[str, ...]]]:
        """(step, outcome) to its rows with their places, and the facts that they ask about."""
        found: dict[tuple[str, str], tuple[Rows, tuple[str, ...]]] = {}
        for name, step in self.runbook.steps.items():
            for outcome in step.outcomes:
                rows = [(place, row) for place, row in enumerate(step.routes) if row.on == outcome]
                found[name, outcome] = rows, facts_asked(self.runbook, [clause for _, row in rows for clause in row.when])
        return found

    @cached_property
    def moves(self) -> dict[Position, list[Move]]:
        """Every position that can be reached, nearest first, with all moves from it."""
        found: dict[Position, list[Move]] = {}
        waiting = deque([self.start])
        while waiting:
            here = waiting.popleft()
            if here in found:
                continue
            found[here] = list(self._from(here)) if here.step != END else []
            waiting.extend(move.target for move in found[here] if move.target is not None and move.target not in found)
        return found

    def _from(self, here: Position) -> Iterator[Move]:
        for outcome in self.runbook.steps[here.step].outcomes:
            seen = set[tuple[object, ...]]()
            for facts, unusual in effects.effects(self.runbook, here.step, outcome, self._sure[here.step], self.facts(here)):
                after = self._capped(facts)
                if (known := tuple(after.values())) not in seen:
                    seen.add(known)
                    yield from self._by(here, outcome, after, unusual)

    def _by(self, here: Position, outcome: str, after: dict[str, Value], unusual: bool) -> Iterator[Move]:
        decision = self.decide(here.step, outcome, after)
        for place, witness in decision.taken.items():
            yield Move(here, outcome, place, witness, self._next(here, outcome, place, after), decision, unusual)
        if decision.nowhere is not None:
            yield Move(here, outcome, None, decision.nowhere, None, decision, unusual)

    def _next(self, here: Position, outcome: str, place: int, after: dict[str, Value]) -> Position:
        step = self.runbook.steps[here.step]
        row = step.routes[place]
        fixed = effects.carried_out(step, outcome) or (here.unverified and not effects.passed(step, outcome))
        return Position(row.to, tuple(effects.marked(row, after).values()), row.concludes or here.concluded, fixed)

    @cached_property
    def every_move(self) -> tuple[Move, ...]:
        """All moves, those that are reached first first."""
        moves = [move for found in self.moves.values() for move in found]
        return tuple(sorted(moves, key=lambda move: self.distance(move.source) + _UNUSUAL * move.unusual))

    def row(self, move: Move) -> Route | None:
        """The row that a move takes."""
        return self.runbook.steps[move.source.step].routes[move.place] if move.place is not None else None

    def takes(self, move: Move, facts: Mapping[str, Value]) -> bool:
        """Whether the move's row is still the one that is taken under these facts."""
        clauses = clauses_of(self.runbook, facts)
        rows = enumerate(self.runbook.steps[move.source.step].routes)
        return next((place for place, row in rows if row.on == move.outcome and clauses.hold(row.when)), None) == move.place

    @cached_property
    def graph(self) -> nx.DiGraph[Position]:
        """Positions and the moves between them; an edge's `move` is the most usual of those that it stands for."""
        graph: nx.DiGraph[Position] = nx.DiGraph()
        graph.add_node(self.start)
        for here, moves in self.moves.items():
            for move in sorted(moves, key=lambda one: one.unusual):
                if move.target is not None and not graph.has_edge(here, move.target):
                    graph.add_edge(here, move.target, move=move, weight=1 + _UNUSUAL * move.unusual)
        return graph

    @cached_property
    def _nearest(self) -> tuple[dict[Position, list[Position]], dict[Position, float]]:
        """For each position the one before it on the shortest way there, and how long that is."""
        before, far = nx.dijkstra_predecessor_and_distance(self.graph, self.start)
        return before, far

    def distance(self, there: Position) -> float:
        """How many steps there are before a position at least; unusual turns count for many."""
        return self._nearest[1].get(there, inf)

    def way_to(self, there: Position) -> list[Leg]:
        """The shortest way from the start to a position."""
        legs: list[Leg] = []
        while there != self.start:
            before = self._nearest[0][there][0]
            legs.append(self.leg(self.graph.edges[before, there]["move"]))
            there = before
        return legs[::-1]

    def way(self, move: Move, other: int | None = None) -> tuple[Leg, ...]:
        """The shortest way from the start to a move, and the move; `other` is a row whose clauses are of interest, too."""
        return (*self.way_to(move.source), self.leg(move, other))

    def leg(self, move: Move, other: int | None = None) -> Leg:
        """A move as a person reads it. Where no row fits, all clauses count that a row for the outcome asks."""
        rows = self.runbook.steps[move.source.step].routes
        clauses = clauses_of(self.runbook, move.facts)
        asked = [rows[move.place]] if move.place is not None else [row for row in rows if row.on == move.outcome]
        asked = asked if other is None else [*asked, rows[other]]
        named = parts_of(self.runbook, [clause for row in asked for clause in row.when])
        told = {fact: move.facts[fact] for fact in facts_asked(self.runbook, named)}
        to = rows[move.place].to if move.place is not None else None
        return Leg(move.source.step, move.outcome, {name: clauses[name] for name in named}, to, told)


def _decided(runbook: Runbook, rows: Rows, values: Mapping[str, tuple[Value, ...]]) -> Decision:
    taken: dict[int, dict[str, Value]] = {}
    double: dict[tuple[int, int], dict[str, Value]] = {}
    nowhere: dict[str, Value] | None = None
    ways = list(assignments(values))
    for facts in ways:
        clauses = clauses_of(runbook, facts)
        fitting = [place for place, row in rows if clauses.hold(row.when)]
        if not fitting:
            nowhere = facts if nowhere is None else nowhere
            continue
        taken.setdefault(fitting[0], facts)
        for other in fitting[1:]:
            double.setdefault((fitting[0], other), facts)
    return Decision(taken, double, nowhere, len(ways))

"""Laws of the routing table: every outcome finds a row, only one, and every row is found; what fails is no good news."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.graph.clause_space import assignments
from drillbook.graph.refusals import Grounds, Law, Refusal, most_held, row_in_words
from drillbook.graph.walk import Move, Walk
from drillbook.scenario import CAUSES

__all__ = ["TABLE_LAWS"]

_NAMED = frozenset({*CAUSES} - {"unknown"})
"""The outcomes of a diagnosis that claim a cause."""


def _gaps(grounds: Grounds) -> Iterator[Refusal]:
    walk, named = grounds.routes, set[tuple[str, str]]()
    for move in walk.every_move:
        key = (move.source.step, move.outcome)
        if move.place is None and key not in named:
            named.add(key)
            yield Refusal(("steps", key[0], "routes"), f"{key[1]!r} of {key[0]} goes nowhere: no route's clauses hold", walk.way(move))


def _doubles(grounds: Grounds) -> Iterator[Refusal]:
    walk, named = grounds.routes, set[tuple[str, int, int]]()
    for move in walk.every_move:
        for (first, second), facts in move.decision.double.items():
            step = move.source.step
            if (step, first, second) not in named:
                named.add((step, first, second))
                here = move._replace(place=first, facts=facts)
                words = [row_in_words(grounds.runbook, step, place) for place in (first, second)]
                says = f"two routes fit at once, and the order decides: {words[0]}; {words[1]}"
                yield Refusal(("steps", step, "routes", second), says, walk.way(here, second))


def _dead(grounds: Grounds) -> Iterator[Refusal]:
    walk, steps = grounds.routes, grounds.runbook.steps
    taken = {(move.source.step, move.place) for move in walk.every_move}
    reached = {move.source.step for move in walk.every_move}
    for name, step in steps.items():
        if name not in reached:
            yield Refusal(("steps", name), f"no drill gets to step {name!r}: no route's clauses to it ever hold")
            continue
        for place, row in enumerate(step.routes):
            if (name, place) not in taken:
                yield _never(walk, name, place, [move for move in walk.every_move if (move.source.step, move.outcome) == (name, row.on)])


def _never(walk: Walk, step: str, place: int, moves: list[Move]) -> Refusal:
    """A row that is never taken: because another always is taken first, or because its clauses never hold there."""
    words, where = row_in_words(walk.runbook, step, place), ("steps", step, "routes", place)
    for move in moves:
        for (first, second), facts in move.decision.double.items():
            if second == place:
                says = f"a dead route: {words}; where it fits, this one is taken first: {row_in_words(walk.runbook, step, first)}"
                return Refusal(where, says, walk.way(move._replace(place=first, facts=facts), place))
    row = walk.runbook.steps[step].routes[place]
    near = max((_nearest_to(walk, move, row.when) for move in moves), key=lambda one: most_held(walk.runbook, row.when, one.facts))
    return Refusal(where, f"a dead route: {words}; its clauses never hold there", walk.way(near, place))


def _nearest_to(walk: Walk, move: Move, when: tuple[str, ...]) -> Move:
    """The move with the facts under which most of the clauses hold, as far as its own facts leave it open."""
    known = {fact: value for fact, value in move.facts.items() if fact in walk.followed}
    ways = [{**move.facts, **facts} for facts in assignments(walk.free(when, known))]
    fitting = [facts for facts in ways if walk.takes(move, facts)]
    return move._replace(facts=max(fitting or [move.facts], key=lambda facts: most_held(walk.runbook, when, facts)))


def _errors(grounds: Grounds) -> Iterator[Refusal]:
    """Of two reports the worse one counts, and a failure as the worst: no cause, no level but the highest, nothing done or passed."""
    levels = [row.level for row in grounds.runbook.severities]
    for name, step in grounds.runbook.steps.items():
        declared = [outcome for outcome in step.outcomes if outcome in levels]
        if declared != sorted(declared, key=levels.index):
            yield Refusal(("steps", name, "outcomes"), f"outcomes are written worst first, and {', '.join(declared)} of {name} are not")
        diagnoses = any(line.duty == "diagnose" for line in step.crew)
        claims = {*_NAMED, step.outcomes[-1]} if diagnoses else {*step.outcomes[1:]}
        if step.on_error in claims and len(step.outcomes) > 1:
            says = f"what fails in {name} counts as {step.on_error}, which is not the worst that it can be"
            yield Refusal(("steps", name, "on_error"), says)


def _failures(grounds: Grounds) -> str:
    steps = grounds.runbook.steps.values()
    return f"{len(steps)} steps, {sum(len(step.outcomes) > 1 for step in steps)} of them with more than one outcome"


def _decisions(grounds: Grounds) -> str:
    found = grounds.routes.decisions.values()
    return f"{sum(one.evaluated for one in found)} assignments in {len(found)} decisions"


def _rows(grounds: Grounds) -> str:
    rows = sum(len(step.routes) for step in grounds.runbook.steps.values())
    return f"{rows} routes, each taken in one of {len(grounds.routes.every_move):,} moves"


TABLE_LAWS = (
    Law("no_gap", "every outcome finds a route", _gaps, _decisions),
    Law("no_overlap", "no two routes fit at once", _doubles, _decisions),
    Law("no_dead_route", "every route can be taken", _dead, _rows),
    Law("worst_first", "what fails counts as the worst", _errors, _failures),
)

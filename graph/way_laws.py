"""Laws of the ways through a runbook: verified before resolved, concluded once, every level to every end, no round for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, pairwise

import networkx as nx

from drillbook.files import Path_
from drillbook.graph.check import step_graph
from drillbook.graph.effects import carried_out, passed
from drillbook.graph.refusals import Grounds, Law, Refusal, row_in_words
from drillbook.graph.walk import Leg, Move, Position, Walk
from drillbook.runbook import END

__all__ = ["WAY_LAWS"]

_MANY = 10_000


def _unverified(grounds: Grounds) -> Iterator[Refusal]:
    walk = grounds.routes
    for move in _once(walk, lambda move: _resolves(walk, move) and move.target is not None and move.target.unverified):
        path = walk.way(move)
        fix = next(leg.step for leg in reversed(path) if carried_out(grounds.runbook.steps[leg.step], leg.outcome))
        says = f"{fix} is declared resolved, and no full verification was passed since"
        yield Refusal(_place(move), says, path)


def _resolves(walk: Walk, move: Move) -> bool:
    row = walk.row(move)
    return row is not None and row.concludes == "resolved"


def _once(walk: Walk, wrong: Callable[[Move], bool]) -> Iterator[Move]:
    """The first of the wrong moves for each row."""
    named = set[tuple[str, int | None]]()
    for move in walk.every_move:
        key = (move.source.step, move.place)
        if key not in named and wrong(move):
            named.add(key)
            yield move


def _place(move: Move) -> Path_:
    return ("steps", move.source.step, "routes", move.place or 0)


def _fixes(grounds: Grounds) -> str:
    steps = grounds.runbook.steps
    fixes = sum(carried_out(step, outcome) for step in steps.values() for outcome in step.outcomes)
    verifies = sum(passed(step, outcome) for step in steps.values() for outcome in step.outcomes)
    ends = sum(_resolves(grounds.routes, move) for move in grounds.routes.every_move)
    return f"{fixes} fixes, {verifies} full verification{'s' * (verifies != 1)}, {ends} moves that declare it resolved"


def _conclusions(grounds: Grounds) -> Iterator[Refusal]:
    walk = grounds.routes
    for move in _once(walk, lambda move: move.target is not None and move.target.step == END and move.target.concluded is None):
        yield Refusal(_place(move), "the incident ends and nothing concluded it", walk.way(move))
    for move in _once(walk, lambda move: bool(move.source.concluded and (row := walk.row(move)) and row.concludes)):
        row = walk.row(move)
        says = f"the incident is concluded twice: as {move.source.concluded}, then as {row.concludes if row else None}"
        yield Refusal(_place(move), says, walk.way(move))


def _left_alone(grounds: Grounds) -> Iterator[Refusal]:
    """Where somebody hands over, an incident is handed over exactly where it is given up."""
    steps = grounds.runbook.steps
    hands = {name for name, step in steps.items() if any(line.duty == "hand_over" for line in step.crew)}
    for name, step in steps.items() if hands else ():
        for place, row in enumerate(step.routes):
            if (row.to in hands) is not (row.concludes == "unresolved"):
                words = row_in_words(grounds.runbook, name, place)
                does = "given up, and not handed over" if row.concludes == "unresolved" else "handed over, and not given up"
                yield Refusal(("steps", name, "routes", place), f"{does}: {words}")


def _given_up(grounds: Grounds) -> str:
    rows = [row for step in grounds.runbook.steps.values() for row in step.routes]
    return f"{sum(row.concludes == 'unresolved' for row in rows)} routes that give up"


def _ends(grounds: Grounds) -> str:
    ends = [here for here in grounds.routes.moves if here.step == END]
    return f"{len(ends):,} ends: {', '.join(sorted({here.concluded or 'nothing' for here in ends}))}"


def _declared(walk: Walk) -> dict[str, list[Move]]:
    """Level to the moves by which a triage declares it."""
    levels: dict[str, list[Move]] = {row.level: [] for row in walk.runbook.severities}
    for move in walk.every_move:
        if move.outcome in levels and any(line.duty == "triage" for line in walk.runbook.steps[move.source.step].crew):
            levels[move.outcome].append(move)
    return levels


def _ends_from(walk: Walk, moves: list[Move]) -> dict[str, Move]:
    """The conclusions that can come about after any of these moves, each with the nearest move that draws it."""
    targets = {move.target for move in moves if move.target is not None}
    after = targets.union(*(nx.descendants(walk.graph, target) for target in targets))
    ends: dict[str, Move] = {}
    for move in walk.every_move:
        row = walk.row(move)
        if row is not None and row.concludes and (move.source in after or move in moves):
            ends.setdefault(row.concludes, move)
    return ends


def _levels(grounds: Grounds) -> Iterator[Refusal]:
    """What routes promise is what comes about as far as they ask for the severity; their other clauses must not take it back."""
    walk, promised = grounds.routes, _declared(grounds.levels)
    for level, moves in _declared(walk).items():
        if not moves:
            place = next(place for place, row in enumerate(grounds.runbook.severities) if row.level == level)
            yield Refusal(("severities", place, "level"), f"no triage can declare {level}: no outcome of that name")
            continue
        kept = _ends_from(walk, moves)
        for end, move in _ends_from(grounds.levels, promised[level]).items():
            if end not in kept:
                words = row_in_words(grounds.runbook, move.source.step, move.place or 0)
                says = f"{level} never ends {end}, though routes lead there ({words}); it ends {', '.join(sorted(kept))}"
                yield Refusal(_place(move), says, walk.way(moves[0]))


def _level_ends(grounds: Grounds) -> str:
    walk = grounds.routes
    return "; ".join(f"{level}: {', '.join(sorted(_ends_from(walk, moves)))}" for level, moves in _declared(walk).items())


def _rounds(grounds: Grounds) -> Iterator[Refusal]:
    walk = grounds.routes
    rounds = [_round(walk, group) for group in nx.strongly_connected_components(walk.graph) if _goes_round(walk, group)]
    named = set[frozenset[str]]()
    for way, loop in sorted(rounds, key=_length):
        steps = [leg.step for leg in loop]
        if frozenset(steps) not in named:
            named.add(frozenset(steps))
            yield Refusal(("steps", steps[0], "routes"), _for_ever(walk, loop), way, loop)


def _length(pair: tuple[tuple[Leg, ...], tuple[Leg, ...]]) -> tuple[int, list[str]]:
    return len(pair[0]) + len(pair[1]), [leg.step for leg in (*pair[1], *pair[0])]


def _for_ever(walk: Walk, loop: tuple[Leg, ...]) -> str:
    asked = sorted({clause for leg in loop for clause in leg.clauses})
    bound = f"no clause on the way ({', '.join(asked)}) must fail in the end" if asked else "no clause on the way bounds it"
    leaves = {row.to for leg in loop for row in walk.runbook.steps[leg.step].routes} - {leg.step for leg in loop}
    way_out = f"there is a way out (to {', '.join(sorted(leaves))}), but nothing forces it" if leaves else "and there is no way out"
    return f"it can go round for ever: {' -> '.join([leg.step for leg in loop])} -> {loop[0].step}; {bound}; {way_out}"


def _goes_round(walk: Walk, group: set[Position]) -> bool:
    here = next(iter(group))
    return len(group) > 1 or walk.graph.has_edge(here, here)


def _round(walk: Walk, group: set[Position]) -> tuple[tuple[Leg, ...], tuple[Leg, ...]]:
    """The shortest way to a group of positions that go round, and the shortest way round from there."""
    start = min(group, key=lambda here: (walk.distance(here), str(here)))
    part = walk.graph.subgraph(group)
    ways = [nx.shortest_path(part, after, start) for after in part.successors(start)]
    circle = [start, *min(ways, key=len)]
    return tuple(walk.way_to(start)), tuple(walk.leg(walk.graph.edges[pair]["move"]) for pair in pairwise(circle))


def _circles(grounds: Grounds) -> str:
    found = sum(1 for _ in islice(nx.simple_cycles(step_graph(grounds.runbook)), _MANY))
    return f"{found:,}{'+' * (found == _MANY)} ways round, all left in the end; {len(grounds.routes.moves):,} positions"


WAY_LAWS = (
    Law("verified", "no fix counts as resolved unverified", _unverified, _fixes),
    Law("concluded", "every incident is concluded, once", _conclusions, _ends),
    Law("handed_over", "what is given up is handed over, and nothing else", _left_alone, _given_up),
    Law("levels", "every level gets to every end that routes promise it", _levels, _level_ends),
    Law("bounded", "every way round has an exit and a bound", _rounds, _circles),
)

"""Clauses that decide by themselves: what MC/DC of the routing table asks of a runbook, and which of it no incident can show.

For every clause of a row's `when` there must be two passes of that step and outcome that differ in this clause and in no other
that the outcome's rows ask, one of which took the row, and which led elsewhere (DO-178C 6.4.4.2, Chilenski and Miller 1994).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from drillbook.case import Case
from drillbook.facts import FACTS, Value
from drillbook.graph.routing import label
from drillbook.runbook import Clause, Clauses, Route, Runbook

__all__ = ["Condition", "asked", "conditions", "infeasible", "possible", "shown_by", "written"]

Values = tuple[bool, ...]
"""Of the clauses that an outcome's rows ask, in their order, whether each holds."""


class Condition(NamedTuple):
    """A clause of a row of the routing table."""

    step: str
    row: Route
    clause: str

    def __str__(self) -> str:
        return f"{self.step} {label(self.row)} → {self.row.to}: {self.clause}"


def conditions(runbook: Runbook) -> Iterator[Condition]:
    """Every clause of every row, in the order of the runbook."""
    for name, step in runbook.steps.items():
        for row in step.routes:
            yield from (Condition(name, row, clause.removeprefix("not ")) for clause in row.when)


def asked(runbook: Runbook, step: str, outcome: str) -> tuple[str, ...]:
    """The clauses that the rows of an outcome ask, each once."""
    rows = _rows(runbook, step, outcome)
    return tuple(dict.fromkeys(clause.removeprefix("not ") for row in rows for clause in row.when))


def written(names: Sequence[str], values: Values) -> str:
    """The values of clauses as a row writes them: `attempts_left, not rounds_left`."""
    return ", ".join(name if value else f"not {name}" for name, value in zip(names, values, strict=True))


def shown_by(runbook: Runbook, condition: Condition, seen: Sequence[Values], *, gaps: bool = False) -> bool:
    """Whether two of these passes show that the clause decides by itself; `gaps`: also where no row fits one of them."""
    names = asked(runbook, condition.step, condition.row.on)
    place = names.index(condition.clause)
    taken = {values: _taken(runbook, condition.step, condition.row.on, names, values) for values in seen}
    for values, row in taken.items():
        flipped = (*values[:place], not values[place], *values[place + 1 :])
        if row is condition.row and flipped in taken and _elsewhere(row, taken[flipped], gaps):
            return True
    return False


def infeasible(runbook: Runbook, condition: Condition) -> str | None:
    """Why no two passes can show it, None if two can."""
    names = asked(runbook, condition.step, condition.row.on)
    if shown_by(runbook, condition, possible(runbook, names)):
        return None
    if shown_by(runbook, condition, [*product((False, True), repeat=len(names))], gaps=True):
        return f"their values follow from one another: {_shared(runbook, names, condition.clause)}"
    return "whatever they say, the next row leads to the same place"


def possible(runbook: Runbook, names: Sequence[str]) -> list[Values]:
    """The values that these clauses can have together, whatever the facts are."""
    facts = sorted({fact for name in names for fact in _facts(runbook, name)})
    seen: dict[Values, None] = {}
    for values in product(*(_samples(runbook, fact) for fact in facts)):
        case = Case(catalogue=())
        case.facts.update(zip(facts, values, strict=True))
        clauses = Clauses(runbook, case)
        seen[tuple(clauses[name] for name in names)] = None
    return [*seen]


def _rows(runbook: Runbook, step: str, outcome: str) -> list[Route]:
    return [row for row in runbook.steps[step].routes if row.on == outcome]


def _taken(runbook: Runbook, step: str, outcome: str, names: Sequence[str], values: Values) -> Route | None:
    """The first row whose clauses all hold."""
    known = dict(zip(names, values, strict=True))
    for row in _rows(runbook, step, outcome):
        if all(known[one.removeprefix("not ")] is not one.startswith("not ") for one in row.when):
            return row
    return None


def _elsewhere(one: Route, other: Route | None, gaps: bool) -> bool:
    return gaps if other is None else (one.to, one.marks, one.concludes) != (other.to, other.marks, other.concludes)


def _parts(clause: Clause) -> tuple[str, ...]:
    return tuple(part.removeprefix("not ") for part in (*clause.any_, *clause.all_))


def _facts(runbook: Runbook, name: str) -> set[str]:
    """The facts that a clause speaks of, itself or by its parts."""
    clause = runbook.clauses[name]
    return {clause.fact} if clause.fact else {fact for part in _parts(clause) for fact in _facts(runbook, part)}


def _shared(runbook: Runbook, names: Sequence[str], clause: str) -> str:
    """With which other clauses it speaks of one fact."""
    mine = _facts(runbook, clause)
    others = [name for name in names if name != clause and _facts(runbook, name) & mine]
    return f"{', '.join([clause, *others])} speak of {', '.join(sorted(mine))}"


def _samples(runbook: Runbook, fact: str) -> list[Value]:
    """A value of a fact on either side of every bound that a clause of the runbook sets it, and on it."""
    clauses = [clause for clause in runbook.clauses.values() if clause.fact == fact]
    if FACTS[fact].kind == "flag":
        return [False, True]
    named: list[Value] = [clause.is_ for clause in clauses if clause.is_ is not None]
    bounds = [runbook.bound(value) for clause in clauses for value in _bounds(clause)]
    return [*dict.fromkeys([*named, *(bound + off for bound in bounds for off in (-1, 0, 1)), *([] if bounds else [None])])]


def _bounds(clause: Clause) -> list[float | str]:
    return [value for value in (clause.at_least, clause.at_most, clause.above, clause.below) if value is not None]

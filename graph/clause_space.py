"""The space of what clauses can be: facts with the few values that clauses can tell apart, and never a mixture that no case has.

Two clauses about one fact hold or fail together as that fact has it; `any` and `all` follow their parts. Whether a clause holds is
asked of the runbook's own `Clauses`, so that a proof speaks of what a drill does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product
from types import MappingProxyType

from drillbook.case import Case
from drillbook.facts import FACTS, Value, ValueKind
from drillbook.runbook import Clause, Clauses, Runbook
from drillbook.scenario import CAUSES, KINDS

__all__ = ["COUNTERS", "MOST", "assignments", "clauses_of", "facts_asked", "parts_of", "values_of"]

COUNTERS = ("rounds", "attempts", "recoveries")
"""Facts that count and never fall."""

MOST = 1 << 18
"""So many assignments are evaluated at one decision at most; more facts than that no person oversees, either."""

_WHOLE = frozenset({*COUNTERS, "team_size", "users_hit", "visual_reports_per_hour", "revenue_lost_usd"})
_PERCENT = frozenset({"users_failing_pct", "critical_feature_failing_pct", "minor_feature_failing_pct", "peak_error_pct"})


def parts_of(runbook: Runbook, clauses: Iterable[str]) -> tuple[str, ...]:
    """The clauses and all that they are made of, without `not`, each once, in the order in which they are asked."""
    found: dict[str, None] = {}
    waiting = [clause.removeprefix("not ") for clause in clauses]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            clause = runbook.clauses[name]
            waiting += [part.removeprefix("not ") for part in (*clause.any_, *clause.all_)]
    return tuple(found)


def facts_asked(runbook: Runbook, clauses: Iterable[str]) -> tuple[str, ...]:
    """The facts that the clauses ask about, by name."""
    facts = (runbook.clauses[name].fact for name in parts_of(runbook, clauses))
    return tuple(sorted({fact for fact in facts if fact is not None}))


def clauses_of(runbook: Runbook, facts: Mapping[str, Value]) -> Clauses:
    """The runbook's clauses, asked of a case with these facts. The other facts are those of an empty case."""
    case = Case.model_construct(catalogue=(), entries=(), now=0)
    case.facts.update(facts)
    return Clauses(runbook, case)


def _about(runbook: Runbook, fact: str) -> list[str]:
    return [name for name, clause in runbook.clauses.items() if clause.fact == fact]


def _bounds(runbook: Runbook, fact: str) -> list[float]:
    """The numbers at which a clause about a fact turns, in order."""
    asked: list[Clause] = [runbook.clauses[name] for name in _about(runbook, fact)]
    bounds = [bound for one in asked for bound in (one.at_least, one.at_most, one.above, one.below) if bound is not None]
    points = [float(one.is_) for one in asked if isinstance(one.is_, int)]
    return sorted({*map(runbook.bound, bounds), *points})


def _numbers(runbook: Runbook, fact: str) -> list[Value]:
    """A number at, below, above and between all bounds, as far as the fact can be it: never below 0, a share never above 100."""
    bounds = _bounds(runbook, fact)
    if fact in _WHOLE:
        near = {whole for bound in bounds for whole in (math.floor(bound) - 1, math.floor(bound), math.ceil(bound), math.ceil(bound) + 1)}
        return [*sorted({0, *(whole for whole in near if whole >= 0)})]
    top = 100.0 if fact in _PERCENT else max([*bounds, 0.0]) + 1
    points = sorted({0.0, top, *(bound for bound in bounds if 0 <= bound <= top)})
    return [*sorted({*points, *((low + high) / 2 for low, high in pairwise(points))})]


def _known(runbook: Runbook, fact: str, kind: ValueKind) -> list[Value]:
    """The values that a fact which is no number can have; of texts those that a clause names, and another."""
    named: Mapping[ValueKind, tuple[Value, ...]] = MappingProxyType({
        "flag": (False, True), "cause": (*CAUSES, None), "kind": (*KINDS, None),
        "severity": (*(row.level for row in runbook.severities), None),
    })  # fmt: skip
    asked = sorted({str(runbook.clauses[name].is_) for name in _about(runbook, fact)})
    return list(named.get(kind, (*asked, None)))


def _signature(runbook: Runbook, fact: str, value: Value) -> tuple[bool, ...]:
    clauses = clauses_of(runbook, {fact: value})
    return tuple(clauses[name] for name in _about(runbook, fact))


def values_of(runbook: Runbook, fact: str) -> tuple[Value, ...]:
    """One value of a fact for each way in which the runbook's clauses can tell its values apart, small ones first."""
    kind = FACTS[fact].kind
    candidates = _numbers(runbook, fact) if kind == "number" else _known(runbook, fact, kind)
    distinct: dict[tuple[bool, ...], Value] = {}
    for value in candidates:
        distinct.setdefault(_signature(runbook, fact, value), value)
    return tuple(distinct.values())


def assignments(values: Mapping[str, tuple[Value, ...]]) -> Iterator[dict[str, Value]]:
    """Every way to give each fact one of its values."""
    for chosen in product(*values.values()):
        yield dict(zip(values, chosen, strict=True))

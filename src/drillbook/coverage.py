"""What drills have exercised of a runbook, counted from their journals: edges, branches, clauses, crews, roles, tools, messages.

`covered(runbook, accounts)` counts; parts that were counted apart are added with `+`; `Coverage.measures` holds the counts
against all that the runbook has, and names what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from itertools import product
from operator import add
from types import MappingProxyType
from typing import Any

from pydantic import Field

from drillbook.account import Account, Passed
from drillbook.graph.routing import label
from drillbook.independence import Condition, asked, conditions, infeasible, shown_by, written
from drillbook.runbook import Route, Runbook, crews
from drillbook.tools import TOOLS, WORDED
from drillbook.units import Frozen

__all__ = ["JUDGED", "Coverage", "Measure", "covered", "edge_name"]

JUDGED = ("edges", "branches", "clauses")
"""What a minimum can be asked of; the other measures are shown."""

Record = Mapping[str, Any]
Counts = dict[str, int]


class Measure(Frozen):
    """One kind of thing: how many of all there were seen, what was not, and what cannot be (with the reason)."""

    name: str
    covered: int
    total: int
    missing: tuple[str, ...] = ()
    infeasible: dict[str, str] = Field(default_factory=dict)

    @property
    def percent(self) -> float:
        """Of all that can be seen; 100 where there is nothing to see."""
        return 100 * self.covered / self.total if self.total else 100.0


class Coverage(Frozen):
    """How often each thing of a runbook was seen, by measure and name. Parts of one whole add up: `one + other`.

    `passes`: by "STEP OUTCOME" the values of the clauses that its rows ask, each as often as a pass had them.
    """

    drills: int = 0
    seen: dict[str, Counts] = Field(default_factory=dict)
    passes: dict[str, Counts] = Field(default_factory=dict)

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(drills=self.drills + other.drills, seen=_merged(self.seen, other.seen), passes=_merged(self.passes, other.passes))

    def count(self, measure: str, item: str) -> int:
        """How often it was seen."""
        return self.seen.get(measure, {}).get(item, 0)

    def measures(self, runbook: Runbook) -> tuple[Measure, ...]:
        """Everything that the runbook has, held against what was seen."""
        found = [self._measure(name, items(runbook)) for name, items in _ALL.items()]
        return (*found[:2], self._clauses(runbook), *found[2:])

    def edges(self, runbook: Runbook) -> dict[tuple[str, Route], int]:
        """Every row of the routing table with how often it was taken."""
        return {(step, row): self.count("edges", edge_name(step, row)) for step, row in _rows(runbook)}

    def _measure(self, name: str, items: Iterable[str]) -> Measure:
        listed = [*dict.fromkeys(items)]
        missing = tuple(item for item in listed if not self.count(name, item))
        return Measure(name=name, covered=len(listed) - len(missing), total=len(listed), missing=missing)

    def _clauses(self, runbook: Runbook) -> Measure:
        """MC/DC of the routing table: the clauses that two passes show to decide by themselves."""
        why = {one: infeasible(runbook, one) for one in conditions(runbook)}
        wanted = [one for one, reason in why.items() if reason is None]
        missing = tuple(str(one) for one in wanted if not shown_by(runbook, one, self._values(runbook, one)))
        total = len(wanted)
        return Measure(name="clauses", covered=total - len(missing), total=total, missing=missing,
                       infeasible={str(one): reason for one, reason in why.items() if reason is not None})  # fmt: skip

    def _values(self, runbook: Runbook, one: Condition) -> list[tuple[bool, ...]]:
        """What the clauses beside which it is asked were at the passes that were seen."""
        texts = self.passes.get(f"{one.step} {one.row.on}", {})
        return [tuple(not part.startswith("not ") for part in text.split(", ")) for text in texts]


def covered(runbook: Runbook, accounts: Iterable[Account]) -> Coverage:
    """What these drills of the runbook have exercised."""
    return reduce(add, (_one(runbook, account) for account in accounts), Coverage())


def edge_name(step: str, row: Route) -> str:
    """A row of the routing table in words: `triage P3 → backlog`."""
    return f"{step} {label(row)} → {row.to}"


def _one(runbook: Runbook, account: Account) -> Coverage:
    seen = {name: dict(Counter(items(runbook, account))) for name, items in _SEEN.items()}
    passes: dict[str, Counter[str]] = {}
    for step in account.route:
        names = asked(runbook, step.step, step.outcome)
        passes.setdefault(f"{step.step} {step.outcome}", Counter())[written(names, tuple(step.clauses[name] for name in names))] += 1
    return Coverage(drills=1, seen=seen, passes={name: dict(counts) for name, counts in passes.items()})


def _merged(one: Mapping[str, Counts], other: Mapping[str, Counts]) -> dict[str, Counts]:
    return {name: dict(Counter(one.get(name, {})) + Counter(other.get(name, {}))) for name in dict.fromkeys([*one, *other])}


def _rows(runbook: Runbook) -> Iterator[tuple[str, Route]]:
    return ((name, row) for name, step in runbook.steps.items() for row in step.routes)


def _edges_taken(runbook: Runbook, account: Account) -> Iterator[str]:
    return (f"{step.step} {step.edge} → {step.to}" for step in account.route)


def _branches_taken(runbook: Runbook, account: Account) -> Iterator[str]:
    return (f"{step.step} {step.outcome}" for step in account.route)


def _crews_asked(runbook: Runbook, account: Account) -> Iterator[str]:
    """Of every step that opened, whether each conditional line of its crew applied: by the clauses of the pass before."""
    for before, opened in zip(account.route, account.route[1:], strict=False):
        for crew in runbook.steps[opened.step].crew:
            if crew.when:
                yield _crew(opened.step, crew.role, crew.when, _hold(before, crew.when))


def _hold(passed: Passed, when: Iterable[str]) -> bool:
    return all(passed.clauses[one.removeprefix("not ")] is not one.startswith("not ") for one in when)


def _crew(step: str, role: str, when: Iterable[str], applies: bool) -> str:
    return f"{step} {role} {'with' if applies else 'without'} [{', '.join(when)}]"


def _roles_seen(runbook: Runbook, account: Account) -> Iterator[str]:
    """Who worked at which severity, as it stood at the end of each step."""
    level, waiting = "", list[str]()
    for record in account.records:
        if record["kind"] == "task":
            waiting.append(record["actor"])
        elif record["kind"] == "note" and record["in"]["name"] == "declared" and "severity" in record["out"]:
            level = record["out"]["severity"]
        elif record["kind"] == "route":
            yield from (f"{role} {level}" for role in waiting if level)
            waiting.clear()


def _tools_used(runbook: Runbook, account: Account) -> Iterator[str]:
    calls = (one for kind in ("observe", "act", "say") for one in account.of(kind))
    return (one["in"]["name"] for one in calls if "refused" not in one["out"])


_SEEN: Mapping[str, Callable[[Runbook, Account], Iterable[str]]] = MappingProxyType({
    "edges": _edges_taken,
    "branches": _branches_taken,
    "crew conditions": _crews_asked,
    "roles x severities": _roles_seen,
    "tools": _tools_used,
    "escalations": lambda runbook, account: (f"{one.condition} → {one.role}" for one in account.escalations),
    "messages": lambda runbook, account: (one.kind for one in account.messages),
})  # fmt: skip
"""What a journal shows of each measure, each thing as often as it happened."""

_ALL: Mapping[str, Callable[[Runbook], Iterable[str]]] = MappingProxyType({
    "edges": lambda runbook: (edge_name(step, row) for step, row in _rows(runbook)),
    "branches": lambda runbook: (f"{name} {outcome}" for name, step in runbook.steps.items() for outcome in step.outcomes),
    "crew conditions": lambda runbook: (
        _crew(name, crew.role, crew.when, applies) for name, _, crew in crews(runbook) if crew.when for applies in (True, False)
    ),
    "roles x severities": lambda runbook: (
        f"{role} {row.level}" for role, row in product(runbook.roles, runbook.severities) if role not in runbook.placeholders
    ),
    "tools": lambda runbook: [name for name in TOOLS if name not in WORDED],
    "escalations": lambda runbook: (f"{rule.condition} → {role}" for rule in runbook.escalations for role in rule.to),
    "messages": lambda runbook: (*(rule.kind for rule in runbook.throughout), "user_notice", "hand_over", "escalation"),
})  # fmt: skip
"""What a runbook has of each measure."""

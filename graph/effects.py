"""What a step that ended with an outcome does to the facts that the routing table asks about: the rules by which a proof walks.

The engine counts rounds and recoveries, and rows set milestones: these are exact. What roles do is taken as their duties have it:
a remedy that is reported as carried out is one that was not tried before; only mitigating steps change production; a triage declares
the level that it reports, or nothing if it failed; a diagnosis may declare another level. All other facts may be anything at
every look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

from drillbook.facts import ATTEMPTS, Value
from drillbook.graph.clause_space import COUNTERS, assignments, clauses_of, facts_asked, values_of
from drillbook.runbook import Check, Crew, Route, Runbook, Step
from drillbook.scenario import CAUSES

__all__ = ["ACCEPTING", "FOLLOWED", "acting", "carried_out", "effects", "marked", "passed", "start_of", "sure_duties"]

FOLLOWED = ("severity", "cause", *COUNTERS, "mitigated", "resolved", "concluded")
"""The facts whose course is known from the steps that were passed."""

ACCEPTING = frozenset({"verify"})
"""The duties that may declare a fix to hold; checks and reviews on the way are not enough."""


class Change(NamedTuple):
    """A value that a followed fact may have after a step; unusual if a role goes beyond what the runbook's line asks of it."""

    value: Value
    unusual: bool = False


def carried_out(step: Step, outcome: str) -> bool:
    """Whether a mitigating step with this outcome changed something; outcomes are written worst first."""
    mitigates = any(line.duty == "mitigate" for line in step.crew)
    return mitigates and (outcome != step.outcomes[0] or len(step.outcomes) == 1)


def passed(step: Step, outcome: str) -> bool:
    """Whether a step verified in full with this outcome: its best one, and not what an error counts as."""
    verifies = any(line.duty in ACCEPTING for line in step.crew)
    return verifies and outcome == step.outcomes[-1] and outcome != step.on_error


def acting(runbook: Runbook, step: str, facts: Mapping[str, Value]) -> dict[str, Crew]:
    """Who acts in a step under these facts, role to crew line, as the superstep chooses; placeholders stand for themselves."""
    clauses, crew = clauses_of(runbook, facts), dict[str, Crew]()
    for line in runbook.steps[step].crew:
        if line.role not in crew and clauses.hold(line.when):
            crew[line.role] = line
    return crew


def start_of(runbook: Runbook, fact: str) -> Value:
    """A followed fact when a drill begins."""
    return 0 if fact in COUNTERS else None if fact in ("severity", "cause") else False


class _Ended(NamedTuple):
    """A step that ended, for asking what it did. `sure` are the duties that somebody has in it whatever the facts are."""

    runbook: Runbook
    step: Step
    outcome: str
    sure: frozenset[str]
    named: frozenset[str]

    @property
    def failed(self) -> bool:
        return self.outcome == self.step.on_error


def _severity(ended: _Ended, before: Value) -> Iterator[Change]:
    levels = [row.level for row in ended.runbook.severities]
    if "triage" in ended.named and ended.outcome in levels:
        yield Change(ended.outcome)
        if ended.failed:
            yield Change(before, unusual=True)
        return
    yield Change(before)
    if "diagnose" in ended.named and before is not None:
        yield from (Change(level) for level in levels if level != before)


def _cause(ended: _Ended, before: Value) -> Iterator[Change]:
    if "diagnose" not in ended.named:
        yield Change(before)
    elif ended.outcome in CAUSES:
        yield Change(ended.outcome)
        if ended.failed:
            yield Change(before, unusual=True)
    else:
        yield from map(Change, CAUSES)


def _counted(duty: str, when: Callable[[_Ended], bool]) -> Callable[[_Ended, Value], Iterator[Change]]:
    """A counter that the engine keeps: one more whenever a step with the duty ends so."""

    def changes(ended: _Ended, before: Value) -> Iterator[Change]:
        counts = duty in ended.named and when(ended)
        if not counts or duty not in ended.sure:
            yield Change(before)
        if counts:
            yield Change(int(before or 0) + 1)

    return changes


def _attempts(ended: _Ended, before: Value) -> Iterator[Change]:
    """Remedies that were carried out, and waits for a dependency."""
    so_far = int(before or 0)
    least, most = map(sum, zip(_remedies(ended), _waits(ended), strict=True))
    yield from (Change(so_far + more) for more in range(least, most + 1))
    if "mitigate" in ended.named:
        yield Change(so_far + most + 1, unusual=True)


def _remedies(ended: _Ended) -> tuple[int, int]:
    """How many remedies the step carried out at least, and at most."""
    tools = [check.tool for line in ended.step.crew if line.duty == "mitigate" for check in _all_checks(line) if check.tool]
    counts = carried_out(ended.step, ended.outcome) and any(tool in ATTEMPTS for tool in tools)
    return int(counts and "mitigate" in ended.sure and all(tool in ATTEMPTS for tool in tools)), int(counts)


def _waits(ended: _Ended) -> tuple[int, int]:
    return int("monitor_dependency" in ended.sure), int("monitor_dependency" in ended.named)


def _all_checks(line: Crew) -> tuple[Check, ...]:
    return (*line.does, *(check for checks in line.by_owner.values() for check in checks))


def _mitigated(ended: _Ended, before: Value) -> Iterator[Change]:
    yield Change(bool(before) and "diagnose" not in ended.named)
    if before and "diagnose" in ended.named and ended.failed:
        yield Change(True, unusual=True)


def _kept(ended: _Ended, before: Value) -> Iterator[Change]:
    yield Change(before)


_CHANGES: Mapping[str, Callable[[_Ended, Value], Iterator[Change]]] = MappingProxyType({
    "severity": _severity,
    "cause": _cause,
    "rounds": _counted("investigate", lambda ended: True),
    "recoveries": _counted("diagnose", lambda ended: ended.outcome == "recovered"),
    "attempts": _attempts,
    "mitigated": _mitigated,
    "resolved": _kept,
    "concluded": _kept,
})  # fmt: skip


def sure_duties(runbook: Runbook, step: str) -> frozenset[str]:
    """The duties that somebody has in a step whatever the facts are, as long as anybody who can be named acts."""
    lines = runbook.steps[step].crew
    values = {fact: values_of(runbook, fact) for fact in facts_asked(runbook, [clause for line in lines for clause in line.when])}
    seen = [{line.duty for line in acting(runbook, step, facts).values()} for facts in assignments(values)]
    return frozenset(set[str].intersection(*map(set[str], seen)))


def effects(
    runbook: Runbook, step: str, outcome: str, sure: frozenset[str], before: Mapping[str, Value],
) -> Iterator[tuple[dict[str, Value], bool]]:  # fmt: skip
    """Every way in which followed facts may stand after a step that ended so, and whether it is an unusual one; usual ones first."""
    declared = runbook.steps[step]
    ended = _Ended(runbook, declared, outcome, sure, frozenset(line.duty for line in declared.crew))
    ways = [tuple(_CHANGES[fact](ended, value)) for fact, value in before.items()]
    for changes in sorted(product(*ways), key=lambda way: sum(change.unusual for change in way)):
        yield {fact: change.value for fact, change in zip(before, changes, strict=True)}, any(change.unusual for change in changes)


def marked(row: Route, facts: Mapping[str, Value]) -> dict[str, Value]:
    """The followed facts once a row was taken: its milestones are reached, and it may conclude the incident."""
    reached = {*row.marks, *(("concluded",) if row.concludes else ())}
    return {fact: True if fact in reached else value for fact, value in facts.items()}

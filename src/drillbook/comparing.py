"""Two drills side by side: the routes as a two-column diff, the clauses that flipped, and what it changed for users."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from drillbook.account import Account, Passed
from drillbook.units import MINUTE, SECOND, Frozen, clock
from drillbook.world import Truth

__all__ = ["Comparison", "Flip", "Measure", "Outcome", "Row", "compare", "outcome_of"]


class Outcome(Frozen):
    """What a drill came to. Times in virtual ms, money in USD; the times to mitigate and to resolve count from the fault.

    What never came is None.
    """

    severity: str | None
    cause: str | None
    component: str | None
    outcome: str | None
    time_to_mitigate: int | None
    time_to_resolve: int | None
    users_hit: int
    revenue_lost_usd: int
    records_exposed: int
    harmful_actions: int
    escalations: int
    messages: int


class Measure(Frozen):
    """One line of the outcome, before and after, as a person reads it."""

    name: str
    before: str
    after: str
    change: str = ""


class Row(Frozen):
    """A line of the route diff: a step with its outcome on either side; `mark` is `=`, `~`, `<` or `>`.

    `clauses`: where the ways part, the clauses that have another value after it.
    """

    mark: str
    before: str = ""
    after: str = ""
    clauses: tuple[str, ...] = ()


class Flip(Frozen):
    """A clause that was asked at the same step of both drills and answered otherwise."""

    step: str
    attempt: int
    clause: str
    before: bool
    after: bool


class Comparison(Frozen):
    """How one drill differs from another."""

    before: Outcome
    after: Outcome
    route: tuple[Row, ...]
    flips: tuple[Flip, ...]
    edges_gained: tuple[str, ...]
    edges_lost: tuple[str, ...]

    @property
    def same_route(self) -> bool:
        return all(row.mark == "=" for row in self.route)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The outcome, measure by measure, with the change of each that changed."""
        return tuple(_measure(name, getattr(self.before, name), getattr(self.after, name)) for name in Outcome.model_fields)


def outcome_of(account: Account, truth: Truth) -> Outcome:
    """The outcome of a drill: what its journal tells, held against what the world says happened."""
    begun = truth.introduced if truth.introduced is not None else account.detected or 0
    until = {name: at if at is None else at - begun for name, at in account.milestones.items()}
    return Outcome(
        severity=account.severity, cause=account.cause, component=account.component, outcome=account.outcome,
        time_to_mitigate=until["mitigated"], time_to_resolve=until["resolved"], users_hit=truth.users_hit,
        revenue_lost_usd=truth.revenue_lost_usd, records_exposed=truth.records_exposed, harmful_actions=truth.harmful_actions,
        escalations=len(account.escalations), messages=len(account.messages),
    )  # fmt: skip


def compare(before: Account, after: Account, truths: tuple[Truth, Truth]) -> Comparison:
    """Hold `after` against `before`; `truths` are what the world says of each."""
    old, new = _edges(before.route), _edges(after.route)
    return Comparison(
        before=outcome_of(before, truths[0]), after=outcome_of(after, truths[1]), route=tuple(_rows(before.route, after.route)),
        flips=tuple(_flips(before.route, after.route)), edges_gained=tuple(edge for edge in new if edge not in old),
        edges_lost=tuple(edge for edge in old if edge not in new),
    )  # fmt: skip


def _edges(route: Sequence[Passed]) -> list[str]:
    """The edges of the runbook that were taken, each once."""
    return list(dict.fromkeys(f"{step.step} --{step.edge}--> {step.to}" for step in route))


def _shown(step: Passed) -> str:
    return f"{clock(step.at)} {step.step} → {step.outcome}"


def _rows(before: Sequence[Passed], after: Sequence[Passed]) -> Iterator[Row]:
    """The routes side by side, aligned by step and outcome."""
    old_way, new_way = ([(step.step, step.outcome, step.roles) for step in route] for route in (before, after))
    parted = False
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old_way, new_way, autojunk=False).get_opcodes():
        old, new = before[i1:i2], after[j1:j2]
        for place in range(max(len(old), len(new))):
            was, now = (side[place] if place < len(side) else None for side in (old, new))
            flipped = () if parted or tag == "equal" else _parting(before, after, i1 + place, j1 + place)
            parted = parted or tag != "equal"
            mark = "=" if tag == "equal" else "~" if was and now else "<" if was else ">"
            yield Row(mark=mark, before=_shown(was) if was else "", after=_shown(now) if now else "", clauses=flipped)


def _parting(before: Sequence[Passed], after: Sequence[Passed], i: int, j: int) -> tuple[str, ...]:
    """The clauses that decided where the ways part: at the step itself, else at the one before it."""
    pairs = [(before[i + back], after[j + back]) for back in (0, -1) if 0 <= i + back < len(before) and 0 <= j + back < len(after)]
    for was, now in pairs:
        flipped = [f"{name} {str(was.clauses.get(name)).lower()} → {str(value).lower()}" for name, value in now.clauses.items()
                   if was.clauses.get(name) is not value]  # fmt: skip
        if flipped and was.step == now.step:
            return tuple(flipped)
    return ()


def _flips(before: Sequence[Passed], after: Sequence[Passed]) -> Iterator[Flip]:
    known = {(step.step, step.attempt): step for step in before}
    for step in after:
        old = known.get((step.step, step.attempt))
        for clause, value in step.clauses.items() if old else ():
            if old and clause in old.clauses and old.clauses[clause] is not value:
                yield Flip(step=step.step, attempt=step.attempt, clause=clause, before=old.clauses[clause], after=value)


_TIMES = frozenset({"time_to_mitigate", "time_to_resolve"})


def _measure(name: str, before: str | int | None, after: str | int | None) -> Measure:
    change = ""
    if before != after and isinstance(before, int) and isinstance(after, int):
        change = ("+" if after > before else "−") + _worded(name, abs(after - before))
    elif before != after:
        change = "changed"
    return Measure(name=name.replace("_", " "), before=_worded(name, before), after=_worded(name, after), change=change)


def _worded(name: str, value: str | int | None) -> str:
    if value is None:
        return "never" if name in _TIMES else "-"
    if name in _TIMES and isinstance(value, int):
        return f"{value // MINUTE}m{value % MINUTE // SECOND:02d}s"
    return f"{value:,}" if isinstance(value, int) else value

"""Every decision of a drill, tried otherwise: what each would have cost or saved, and the point of no return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from drillbook.account import Passed
from drillbook.comparing import Outcome, outcome_of
from drillbook.drill import Drill
from drillbook.errors import BadInput, expect
from drillbook.forking import HORIZON, Decision, Fork, Source, Wish, parent_of, resolved
from drillbook.shown import Shown
from drillbook.tools import REMEDIES, TOOLS
from drillbook.units import MINUTE, span
from drillbook.world import Truth

__all__ = ["Alternative", "Sweep", "sweep", "wishes"]

_LATER = 10 * MINUTE
_MATTERS = 0.1
"""An alternative matters if it would have saved this share of the users who were hit."""


@dataclass(frozen=True)
class Alternative:
    """One decision, decided otherwise: how, and what came of it. Users and USD saved are negative where it would have cost.

    `harm`: why it counts as a harmful action, by itself or by what it led to; "" where it does not. `resolved`: whether the incident is,
    by the moment up to which harm is counted.
    """

    wish: Wish
    decision: Decision
    outcome: Outcome
    users_saved: int
    revenue_saved_usd: int
    exposed_less: int
    harm: str
    resolved: bool
    digest: str

    @property
    def name(self) -> str:
        """What is done otherwise, in words: a remedy is done in addition, all else instead."""
        if self.wish.do:
            return f"do {self.wish.do}"
        if self.wish.delay:
            return f"{span(self.wish.delay)} later"
        return ", ".join(f"{name.rpartition('.')[2]} {value}" for name, value in self.wish.set.items())

    @property
    def gain(self) -> tuple[int, int, int]:
        """What is ranked by: fewer records exposed, then fewer users hit, then less revenue lost."""
        return self.exposed_less, self.users_saved, self.revenue_saved_usd


@dataclass(frozen=True, repr=False)
class Sweep(Shown):
    """All alternatives at all decisions of a drill; `until` is the moment up to which harm was counted."""

    parent: Drill
    alternatives: tuple[Alternative, ...]
    until: int

    @property
    def brief(self) -> str:
        tried = f"{len(self.alternatives)} alternatives at {len(self.decisions)} decisions"
        return f"of {self.parent.scenario.id} seed {self.parent.seed}: {tried}"

    @cached_property
    def before(self) -> Outcome:
        """What really came of it, counted up to the same moment."""
        return outcome_of(self.parent.account, self.parent.world.truth(self.until, self.parent.case.interventions))

    @property
    def best(self) -> Alternative | None:
        """The alternative that would have saved most, be it harmful or not; None if none would have saved anything. Of equals the later."""
        return _best(self.alternatives)

    @property
    def best_harmless(self) -> Alternative | None:
        """The one that would have saved most of those that count no harmful action more."""
        return _best(one for one in self.alternatives if not one.harm)

    @cached_property
    def decisions(self) -> tuple[tuple[Passed, Alternative, Alternative], ...]:
        """Every decision with its best and its worst alternative, the one that mattered most first."""
        groups: dict[int, list[Alternative]] = {}
        for one in self.alternatives:
            groups.setdefault(one.decision.step.turn, []).append(one)
        ordered = [sorted(group, key=lambda one: one.gain) for group in groups.values()]
        rows = [(group[0].decision.step, group[-1], group[0]) for group in ordered]
        return tuple(sorted(rows, key=lambda row: (*(-part for part in row[1].gain), row[0].opened_at)))

    @cached_property
    def no_return(self) -> Passed | None:
        """The point of no return: the last decision at which something would still have saved a tenth of the users hit (or of the records
        exposed). None if nothing would have, at any decision.
        """
        users, exposed = self.before.users_hit * _MATTERS, self.before.records_exposed * _MATTERS
        open_ = [one.decision.step for one in self.alternatives
                 if one.users_saved >= max(users, 1) or (exposed and one.exposed_less >= exposed)]  # fmt: skip
        return max(open_, key=lambda step: step.turn, default=None)

    def document(self) -> dict[str, Any]:
        """All of it as one JSON document."""
        best, last = self.best, self.no_return
        return {
            "scenario": self.parent.scenario.id, "seed": self.parent.seed, "digest": self.parent.journal.digest,
            "counted_until": self.until, "outcome": self.before.model_dump(mode="json"), "best": _row(best) if best else None,
            "best_harmless": _row(self.best_harmless) if self.best_harmless else None,
            "point_of_no_return": {"step": last.step, "attempt": last.attempt, "at": last.opened_at} if last else None,
            "alternatives": [_row(one) for one in sorted(self.alternatives, key=lambda one: one.gain, reverse=True)],
        }  # fmt: skip


def _best(alternatives: Iterable[Alternative]) -> Alternative | None:
    saving = [one for one in alternatives if one.gain > (0, 0, 0)]
    return max(saving, key=lambda one: (*one.gain, one.decision.at), default=None)


def _row(one: Alternative) -> dict[str, Any]:
    return {
        "step": one.decision.step.step, "attempt": one.decision.step.attempt, "at": one.decision.at, "decided": one.decision.step.outcome,
        "alternative": one.name, "harm": one.harm or None, "resolved": one.resolved,
        "users_saved": one.users_saved, "revenue_saved_usd": one.revenue_saved_usd, "exposed_less": one.exposed_less,
        "outcome": one.outcome.model_dump(mode="json"), "fork": one.wish.command, "digest": one.digest,
    }  # fmt: skip


def sweep(journal: Source, tick: Callable[[int, int], object] = lambda done, of: None) -> Sweep:
    """Try every alternative at every decision of a drill (or a journal, or its file).

    Alternatives are: every other outcome that the step declares; until the incident is mitigated, every remedy that production can carry
    out on a component that the drill suspected; and the same, ten minutes later. `tick` is told how many of how many are done.
    Raises BadInput.
    """
    expect("sweep: tick", tick, Callable, "a function of (how many are done, of how many)")  # type: ignore[arg-type]  # an abstract type
    parent = parent_of(journal, "sweep")
    asked, until, found = [*wishes(parent)], parent.account.ends + HORIZON, []
    for number, wish in enumerate(asked, 1):
        with suppress(BadInput):  # a way that goes in circles for ever is none
            found.append(_tried(resolved(parent, wish), until))
        tick(number, len(asked))
    before = outcome_of(parent.account, parent.world.truth(until, parent.case.interventions))
    return Sweep(parent, tuple(_against(before, *one, until) for one in found), until)


def _tried(fork: Fork, until: int) -> tuple[Fork, Truth]:
    return fork, fork.drill.world.truth(until, fork.drill.case.interventions)


def _against(before: Outcome, fork: Fork, truth: Truth, until: int) -> Alternative:
    after, resolved = outcome_of(fork.drill.account, truth), fork.drill.account.milestones["resolved"]
    return Alternative(
        fork.wish, fork.decision, after, before.users_hit - after.users_hit, before.revenue_lost_usd - after.revenue_lost_usd,
        before.records_exposed - after.records_exposed, _harm(before, fork, truth), resolved is not None and resolved <= until,
        fork.drill.journal.digest,
    )  # fmt: skip


def _harm(before: Outcome, fork: Fork, truth: Truth) -> str:
    """Why an alternative counts as harmful: by the remedy that it does, or by one more than the parent's that it led to."""
    harmful = [act for act in truth.actions if act.harmful and act.at >= fork.decision.at]
    own = [act.why for act in harmful if f"{act.tool} {act.target}" == fork.wish.do]
    more = truth.harmful_actions > before.harmful_actions
    return next(iter([*own, *(act.why for act in harmful if more)]), "")


def wishes(parent: Drill) -> Iterator[Wish]:
    """Everything that is tried: at every step that was passed, what could have been decided otherwise."""
    mitigated = parent.account.milestones["mitigated"]
    for step in parent.account.route:
        at = f"{step.step}#{step.attempt + 1}"
        yield from _outcomes(parent, step, at)
        if mitigated is None or step.opened_at < mitigated:
            yield from (Wish(at, do=f"{tool} {target}") for tool, target in _remedies(parent, step.opened_at))
            yield Wish(at, delay=_LATER)


_NAMES = {"diagnosed": "cause", "declared": "severity"}


def _outcomes(parent: Drill, step: Passed, at: str) -> Iterator[Wish]:
    """Every other outcome of a step; where it repeats a conclusion, the conclusion is set and the outcome follows."""
    notes = [one for one in parent.account.of("note") if one["at"][0] == step.turn + 1 and "@" not in one["at"][1]]
    repeated = [kind for one in notes for kind, part in _NAMES.items() if one["in"]["name"] == kind and one["out"][part] == step.outcome]
    said = next(iter(repeated), None)
    levels = {row.level for row in parent.runbook.severities}
    for outcome in parent.runbook.steps[step.step].outcomes:
        if outcome != step.outcome:
            concluded = said == "diagnosed" or (said == "declared" and outcome in levels)
            yield Wish(at, {f"{said}.{_NAMES[said]}": outcome} if said and concluded else {"outcome": outcome})


def _remedies(parent: Drill, at: int) -> Iterator[tuple[str, str]]:
    """Every remedy that production could carry out then, on every component that the drill suspected or changed."""
    diagnosed = [one["out"]["component"] for one in parent.account.of("note", "diagnosed")]
    alerted = parent.case.alert.component if parent.case.alert else None
    targets = dict.fromkeys(name for name in [*diagnosed, *(act.target for act in parent.account.interventions), alerted] if name)
    for target in targets:
        for tool in REMEDIES:
            receipt: Any = parent.world.answer(TOOLS[tool], target, at, ())
            if receipt.accepted:
                yield tool, target

"""The case: what the responders know. Frozen, append-only, and readable as of any moment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeVar, cast

from drillbook.answers import Answer, Component, Impact
from drillbook.items import (
    Acted,
    Activated,
    Alert,
    Alerted,
    Approved,
    Concluded,
    Declared,
    Diagnosed,
    Entry,
    Escalated,
    Failed,
    Found,
    Hypothesis,
    Intervention,
    Item,
    Observed,
    Planned,
    Reached,
    Refused,
    Reviewed,
    Said,
    Scoped,
    Section,
    Stepped,
    Verified,
)  # fmt: skip
from drillbook.units import Frozen

__all__ = [
    "Acted", "Activated", "Alert", "Alerted", "Approved", "Case", "Concluded", "Declared", "Diagnosed", "Entry", "Escalated",
    "Failed", "Found", "Hypothesis", "Intervention", "Item", "Observed", "Planned", "Reached", "Refused", "Reviewed",
    "Said", "Scoped", "Section", "Stepped", "Verified",
]  # fmt: skip

I = TypeVar("I", bound=Frozen)  # noqa: E741 - an item, or an answer
Kinds = dict[type[Frozen], tuple["Entry", ...]]


def _kinds(item: Frozen) -> tuple[type[Frozen], ...]:
    """What an item is found by: its own kind and, for an observation, the kind of the answer."""
    return (Observed, type(item.answer)) if type(item) is Observed else (type(item),)


class _Index:
    """The entries of a case by kind."""

    def __init__(self, known: Kinds) -> None:
        self.known = known

    def of(self, kind: type[Frozen]) -> tuple[Entry, ...]:
        return self.known.get(kind, ())

    def all(self) -> Kinds:
        return self.known

    def grown(self, entries: tuple[Entry, ...]) -> _Index:
        """An index with more entries in it."""
        grown = dict(self.all())
        for entry in entries:
            for kind in _kinds(entry.item):
                grown[kind] = (*grown.get(kind, ()), entry)
        return _Index(grown)


class _Past(_Index):
    """An index as of a moment. Each kind is filtered when it is first asked for: whoever looks back asks for few."""

    def __init__(self, later: _Index, at: int) -> None:
        super().__init__({})
        self._later, self._at = later, at

    def of(self, kind: type[Frozen]) -> tuple[Entry, ...]:
        known = self.known.get(kind)
        if known is None:
            known = self.known[kind] = tuple([entry for entry in self._later.of(kind) if entry.at <= self._at])
        return known

    def all(self) -> Kinds:
        return {kind: self.of(kind) for kind in self._later.all()}


class Case(Frozen):
    """The incident's shared state.

    `entries` only grow. The views are derived and always speak of the whole case; `as_of(at)` gives the case as it was
    known at a moment.
    """

    catalogue: tuple[Component, ...]
    entries: tuple[Entry, ...] = ()
    now: int = 0

    def with_entries(self, entries: tuple[Entry, ...], now: int | None = None) -> Case:
        """The case with more entries, and the clock moved to `now`."""
        if not entries and now in (None, self.now):
            return self
        grown = self._with(self.entries + entries, self.now if now is None else now, self._index.grown(entries))
        first = min([entry.at for entry in entries], default=None)
        grown.__dict__["_past"] = {at: past for at, past in self._past.items() if first is None or at < first}
        return grown

    def with_observation(self, answer: Answer, at: int) -> Case:
        """The case with one more measurement in it, for judging what was seen but is not yet journaled."""
        item = Observed(tool="", answer=answer)
        return self.with_entries((Entry(at=at, seq=-1, role="", step="", item=item),), at)

    def as_of(self, at: int) -> Case:
        """What was known at `at`: the entries of that time and before."""
        if at not in self._past:
            known = tuple([entry for entry in self.entries if entry.at <= at])
            self._past[at] = self._with(known, at, _Past(self._index, at))
        return self._past[at]

    def _with(self, entries: tuple[Entry, ...], now: int, index: _Index) -> Case:
        """A case over entries that were validated before, with their index."""
        case = Case.model_construct(catalogue=self.catalogue, entries=entries, now=now)
        case.__dict__["_index"] = index
        return case

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What was asked of this case, by the fact's name: a case never changes, so neither do the answers."""
        return {}

    @cached_property
    def _past(self) -> dict[int, Case]:
        """What was known at the moments that were looked back at."""
        return {}

    @cached_property
    def _index(self) -> _Index:
        return _Index({}).grown(self.entries)

    def times_of(self, *kinds: type[Frozen]) -> list[int]:
        """When items of these kinds were entered, in virtual ms, in the order of the journal (kind after kind)."""
        return [entry.at for kind in kinds for entry in self._index.of(kind)]

    def each(self, kind: type[I]) -> Iterator[tuple[Entry, I]]:
        """(entry, item) for every item of a kind, in the order of the journal."""
        return cast("Iterator[tuple[Entry, I]]", ((entry, entry.item) for entry in self._index.of(kind)))

    def all(self, kind: type[I]) -> Iterator[I]:
        """The items of a kind, in the order of the journal."""
        return (item for _, item in self.each(kind))

    def last(self, kind: type[I]) -> I | None:
        """The latest item of a kind, None if there is none."""
        entries = self._index.of(kind)
        return cast(I, entries[-1].item) if entries else None

    def answers(self, kind: type[I]) -> list[tuple[Entry, I]]:
        """(entry, answer) for every answer of a kind that was observed, in the order of the journal."""
        seen = [(entry, entry.item.answer) for entry in self._index.of(kind) if type(entry.item) is Observed]
        return cast("list[tuple[Entry, I]]", seen)

    @property
    def alert(self) -> Alert | None:
        """What started the incident."""
        first = next(self.all(Alerted), None)
        return first.alert if first else None

    @property
    def severity(self) -> str | None:
        declared = self.last(Declared)
        return declared.severity if declared else None

    @property
    def diagnosis(self) -> Diagnosed | None:
        return self.last(Diagnosed)

    @property
    def grounds(self) -> tuple[int, ...]:
        """The records that the diagnosis rests on."""
        ranked = self.diagnosis.ranked if self.diagnosis else ()
        return ranked[0].refs if ranked else ()

    @property
    def component(self) -> str | None:
        """The component at fault as far as known: of the diagnosis, else the one that all alerts name."""
        if self.diagnosis and self.diagnosis.component:
            return self.diagnosis.component
        named = {alerted.alert.component for alerted in self.all(Alerted)}
        return named.pop() if len(named) == 1 else None

    @cached_property
    def impacts(self) -> list[tuple[int, Impact]]:
        """(at, impact) of every measurement of the impact, oldest first."""
        return sorted([(entry.at, answer) for entry, answer in self.answers(Impact)], key=lambda pair: pair[0])

    @property
    def impact(self) -> Impact | None:
        """The latest measurement of the impact."""
        return self.impacts[-1][1] if self.impacts else None

    @property
    def worst(self) -> Impact | None:
        """The measurement with most users failing."""
        return max((impact for _, impact in self.impacts), key=lambda impact: impact.users_failing_pct, default=None)

    @cached_property
    def interventions(self) -> tuple[Intervention, ...]:
        """Every change made to production, in the order of its effect."""
        made = [acted.intervention for acted in self.all(Acted) if acted.intervention]
        return tuple(sorted(made, key=lambda done: done.at))

    @property
    def members(self) -> tuple[str, ...]:
        """The response team: everyone whom a severity activated, in that order."""
        return tuple(dict.fromkeys(role for item in self.all(Activated) for role in item.roles))

    @property
    def team(self) -> tuple[str, ...]:
        """Everyone activated or called in so far, in that order."""
        roles = [role for item in self.all(Activated) for role in (*item.roles, *item.called_in)]
        return tuple(dict.fromkeys(roles))

    def milestone(self, name: str) -> int | None:
        """When a milestone was last reached; a new diagnosis takes `mitigated` and what follows back."""
        reached = [entry for entry, item in self.each(Reached) if item.milestone == name]
        if not reached:
            return None
        undone = name == "mitigated" and any(entry.seq > reached[-1].seq for entry, _ in self.each(Diagnosed))
        return None if undone else reached[-1].at

    @property
    def outcome(self) -> str | None:
        concluded = self.last(Concluded)
        return concluded.outcome if concluded else None

    @property
    def state(self) -> str:
        """The public state: Investigating, Identified, Monitoring or Resolved."""
        if self.milestone("resolved") is not None:
            return "Resolved"
        if self.milestone("mitigated") is not None:
            return "Monitoring"
        return "Identified" if self.diagnosis and self.diagnosis.cause != "unknown" else "Investigating"

    def card(self, name: str | None) -> Component | None:
        """The catalogue's card of a component."""
        return self._cards.get(name)

    @cached_property
    def _cards(self) -> dict[str | None, Component]:
        return {card.name: card for card in self.catalogue}

    @property
    def investigations(self) -> tuple[Stepped, ...]:
        """Every round of investigation that was completed."""
        return tuple(item for item in self.all(Stepped) if "investigate" in item.duties)

    def times(self, step: str) -> int:
        """How often a step has been completed."""
        return sum(item.step == step for item in self.all(Stepped))

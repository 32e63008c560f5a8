"""The case: what the responders know. Frozen, append-only, and readable as of any moment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from drillbook.answers import Answer, Component, Impact
from drillbook.units import Frozen

__all__ = [
    "Acted", "Activated", "Alert", "Alerted", "Case", "Concluded", "Declared", "Diagnosed", "Entry", "Escalated",
    "Failed", "Found", "Hypothesis", "Intervention", "Item", "Observed", "Planned", "Reached", "Refused", "Reviewed",
    "Said", "Section", "Stepped", "Verified",
]  # fmt: skip


class Alert(Frozen):
    """What starts an incident: from monitoring, a user's report, or an agent that noticed something."""

    name: str
    source: Literal["monitoring", "user_report", "agent_detection"] = "monitoring"
    summary: str
    component: str | None = None
    label: str | None = None
    starts_at: int
    fingerprint: str = ""
    labels: dict[str, str] = Field(default_factory=dict)


class Intervention(Frozen):
    """A change to production: `tool` on `target`, in effect from `at` on."""

    tool: str
    target: str
    at: int
    role: str


class Hypothesis(Frozen):
    """One explanation: a cause in a component, with what speaks for and against it."""

    cause: str
    component: str
    mechanism: str = ""
    score: float
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()
    refs: tuple[int, ...] = ()


class Alerted(Frozen):
    kind: Literal["alerted"] = "alerted"
    alert: Alert


class Observed(Frozen):
    kind: Literal["observed"] = "observed"
    tool: str
    answer: Answer


class Acted(Frozen):
    kind: Literal["acted"] = "acted"
    intervention: Intervention
    detail: str


class Refused(Frozen):
    kind: Literal["refused"] = "refused"
    tool: str
    reason: str


class Said(Frozen):
    kind: Literal["said"] = "said"
    channel: str
    topic: str
    text: str
    state: str = ""


class Declared(Frozen):
    kind: Literal["declared"] = "declared"
    severity: str
    previous: str | None = None
    reason: str


class Activated(Frozen):
    """Who is on the incident from here on; `called_in` are those whom the severity's team lacks."""

    kind: Literal["activated"] = "activated"
    roles: tuple[str, ...]
    called_in: tuple[str, ...] = ()


class Found(Frozen):
    """A reading of an answer: it speaks for (weight > 0) or against a cause, a component, or a cause in a component."""

    kind: Literal["found"] = "found"
    text: str
    weight: float
    cause: str | None = None
    component: str | None = None
    mechanism: str = ""
    source: str = ""
    ref: int = -1


class Diagnosed(Frozen):
    kind: Literal["diagnosed"] = "diagnosed"
    cause: str
    component: str | None
    mechanism: str = ""
    why: str
    ranked: tuple[Hypothesis, ...] = ()


class Verified(Frozen):
    kind: Literal["verified"] = "verified"
    check: str
    ok: bool
    detail: str


class Escalated(Frozen):
    kind: Literal["escalated"] = "escalated"
    condition: str
    action: str


class Reached(Frozen):
    kind: Literal["reached"] = "reached"
    milestone: str


class Concluded(Frozen):
    kind: Literal["concluded"] = "concluded"
    outcome: str


class Stepped(Frozen):
    """A step has ended with an outcome; where that leads is the routing table's business."""

    kind: Literal["stepped"] = "stepped"
    step: str
    outcome: str
    opened_at: int
    roles: tuple[str, ...]


class Section(Frozen):
    title: str
    answers: tuple[tuple[str, str], ...]


class Reviewed(Frozen):
    kind: Literal["reviewed"] = "reviewed"
    sections: tuple[Section, ...]


class Planned(Frozen):
    """An action item: what, who, and by when (ms after the review)."""

    kind: Literal["planned"] = "planned"
    title: str
    owner: str
    due: int
    backlog: bool = False


class Failed(Frozen):
    kind: Literal["failed"] = "failed"
    error: str


Item = Annotated[
    Alerted | Observed | Acted | Refused | Said | Declared | Activated | Found | Diagnosed | Verified | Escalated
    | Reached | Concluded | Stepped | Reviewed | Planned | Failed,
    Field(discriminator="kind"),
]  # fmt: skip
I = TypeVar("I", bound=Frozen)  # noqa: E741 - the one type variable here: an item


class Entry(Frozen):
    """An item with its place: virtual time, the journal record that brought it, who, at which step."""

    at: int
    seq: int
    role: str
    step: str
    item: Item


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
        return Case.model_construct(
            catalogue=self.catalogue, entries=self.entries + entries, now=self.now if now is None else now
        )

    def with_observation(self, answer: Answer, at: int) -> Case:
        """The case with one more measurement in it, for judging what was seen but is not yet journaled."""
        item = Observed(tool="", answer=answer)
        return self.with_entries((Entry(at=at, seq=-1, role="", step="", item=item),), at)

    def as_of(self, at: int) -> Case:
        """What was known at `at`: the entries of that time and before."""
        known = tuple(entry for entry in self.entries if entry.at <= at)
        return Case.model_construct(catalogue=self.catalogue, entries=known, now=at)

    @cached_property
    def _by_type(self) -> dict[type[Frozen], list[Entry]]:
        groups: dict[type[Frozen], list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault(type(entry.item), []).append(entry)
        return groups

    def entries_of(self, kind: type[Frozen]) -> list[Entry]:
        """The entries whose item is of a kind, oldest first."""
        return self._by_type.get(kind, [])

    def all(self, kind: type[I]) -> Iterator[I]:
        """The items of a kind, oldest first."""
        return (entry.item for entry in self.entries_of(kind) if isinstance(entry.item, kind))

    def last(self, kind: type[I]) -> I | None:
        """The latest item of a kind, None if there is none."""
        entries = self.entries_of(kind)
        item = entries[-1].item if entries else None
        return item if isinstance(item, kind) else None

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
    def component(self) -> str | None:
        """The component at fault as far as known: of the diagnosis, else of the alert."""
        if self.diagnosis and self.diagnosis.component:
            return self.diagnosis.component
        return self.alert.component if self.alert else None

    @cached_property
    def impacts(self) -> list[tuple[int, Impact]]:
        """(at, impact) of every measurement of the impact, oldest first."""
        seen = [(entry.at, entry.item.answer) for entry in self.entries_of(Observed) if isinstance(entry.item, Observed)]
        return sorted(((at, answer) for at, answer in seen if isinstance(answer, Impact)), key=lambda pair: pair[0])

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
        return tuple(sorted((acted.intervention for acted in self.all(Acted)), key=lambda done: done.at))

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
        times = [entry for entry in self.entries_of(Reached) if isinstance(entry.item, Reached) and entry.item.milestone == name]
        if not times:
            return None
        undone = name == "mitigated" and any(entry.seq > times[-1].seq for entry in self.entries_of(Diagnosed))
        return None if undone else times[-1].at

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
        return next((card for card in self.catalogue if card.name == name), None)

    def times(self, step: str) -> int:
        """How often a step has been completed."""
        return sum(item.step == step for item in self.all(Stepped))

"""What a case is made of: one frozen type a kind of thing that can become known, and the entry that gives it its place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from drillbook.answers import Answer
from drillbook.units import Frozen

__all__ = [
    "Acted", "Activated", "Alert", "Alerted", "Approved", "Concluded", "Declared", "Diagnosed", "Entry", "Escalated", "Failed",
    "Found", "Hypothesis", "Intervention", "Item", "Observed", "Planned", "Reached", "Refused", "Reviewed", "Said",
    "Scoped", "Section", "Stepped", "Verified",
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
    """A change was tried; `intervention` is set where it was carried out and touches production."""

    kind: Literal["acted"] = "acted"
    tool: str
    target: str
    detail: str
    accepted: bool = True
    intervention: Intervention | None = None


class Scoped(Frozen):
    """Questions of scope, each with its answer as measured."""

    kind: Literal["scoped"] = "scoped"
    answers: tuple[tuple[str, str], ...]


class Approved(Frozen):
    """A change that the runbook wants approved was allowed, or not, by whoever it names."""

    kind: Literal["approved"] = "approved"
    tool: str
    target: str
    by: str
    ok: bool
    why: str


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
    duties: tuple[str, ...]


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
    Alerted | Observed | Acted | Approved | Scoped | Refused | Said | Declared | Activated | Found | Diagnosed | Verified | Escalated
    | Reached | Concluded | Stepped | Reviewed | Planned | Failed,
    Field(discriminator="kind"),
]  # fmt: skip


class Entry(Frozen):
    """An item with its place: virtual time, the journal record that brought it, who, at which step."""

    at: int
    seq: int
    role: str
    step: str
    item: Item

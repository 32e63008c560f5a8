"""What a post-mortem claims, and what came of holding it against what really happened."""

from __future__ import annotations

from typing import Literal, NamedTuple

from drillbook.units import Frozen

__all__ = ["Checked", "Claim", "Counts", "Subject", "Verdict"]

Verdict = Literal["right", "wrong", "unverifiable"]

Subject = Literal[
    "severity", "cause", "component", "outcome", "source",
    "introduced", "detected", "acknowledged", "declared", "diagnosed", "mitigated", "recovered", "resolved", "handed over",
    "duration", "order", "users", "revenue", "share of failures", "data", "team", "who", "action", "effect", "escalation", "messages",
    "version", "deployment", "action item", "event", "statement",
]  # fmt: skip
"""What a claim can speak of. `event`: a line of the timeline; `statement`: a sentence in which nothing was read for sure."""


class Claim(Frozen):
    """One thing that a post-mortem says: the sentence and where it stands (`line` counts from 1), and both values in words."""

    line: int
    section: str
    text: str
    about: Subject
    claimed: str
    truth: str
    verdict: Verdict


class Counts(NamedTuple):
    """How many claims are right, how many are wrong, and how much of what a post-mortem must state is missing."""

    right: int
    wrong: int
    missing: int


class Checked(Frozen):
    """A post-mortem that was held against its drill: its claims in the order of the text, and what it does not state."""

    claims: tuple[Claim, ...]
    missing: tuple[str, ...]

    def of(self, verdict: Verdict) -> tuple[Claim, ...]:
        """The claims with a verdict."""
        return tuple(claim for claim in self.claims if claim.verdict == verdict)

    @property
    def counts(self) -> Counts:
        return Counts(len(self.of("right")), len(self.of("wrong")), len(self.missing))

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong and nothing is missing."""
        return not self.missing and not self.of("wrong")

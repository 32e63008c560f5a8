"""All proofs of a runbook in one go: the laws, each proved or refuted, and what can be said of people and lengths beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from drillbook.graph.lengths import Longest, longest
from drillbook.graph.people_laws import PEOPLE_LAWS
from drillbook.graph.refusals import Grounds, Law, Refusal
from drillbook.graph.table_laws import TABLE_LAWS
from drillbook.graph.together import Company
from drillbook.graph.way_laws import WAY_LAWS
from drillbook.runbook import Runbook

__all__ = ["LAWS", "Proof", "Proofs", "prove_runbook"]

LAWS = (*TABLE_LAWS, *WAY_LAWS, *PEOPLE_LAWS)
"""Every property, in the order in which they are reported."""


class Proof(NamedTuple):
    """A property of a runbook: it holds if there is no refusal."""

    name: str
    title: str
    looked_at: str
    refusals: tuple[Refusal, ...]

    @property
    def holds(self) -> bool:
        return not self.refusals


@dataclass(frozen=True)
class Proofs:
    """What is proved of a runbook. `longest` is None if it can go round for ever; `companies` says who can be active together."""

    runbook: str
    proofs: tuple[Proof, ...]
    companies: tuple[Company, ...]
    longest: Longest | None

    @property
    def sound(self) -> bool:
        """Whether every property holds."""
        return all(proof.holds for proof in self.proofs)

    def of(self, name: str) -> Proof:
        """The proof of a property by its name. Raises KeyError."""
        return {proof.name: proof for proof in self.proofs}[name]


def prove_runbook(runbook: Runbook) -> Proofs:
    """Prove or refute every property of a runbook that lint accepts. Raises TooWide if a decision asks about too many facts."""
    grounds = Grounds(runbook)
    return Proofs(runbook.name, tuple(_proof(law, grounds) for law in LAWS), grounds.people.companies(), longest(grounds.routes))


def _proof(law: Law, grounds: Grounds) -> Proof:
    refusals = tuple(law.refute(grounds))
    return Proof(law.name, law.title, law.looked_at(grounds), refusals)

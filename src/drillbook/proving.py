"""Proofs of runbooks as a person or a program reads them: `drillbook.prove`, a table of what was proved, and counterexamples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from drillbook.errors import BadInput
from drillbook.facts import Value
from drillbook.files import Document
from drillbook.graph import INCIDENT_RESPONSE
from drillbook.graph.proofs import Proof, Proofs, prove_runbook
from drillbook.graph.refusals import Refusal
from drillbook.graph.together import Company
from drillbook.graph.walk import Leg, TooWide
from drillbook.reading import read_runbook
from drillbook.runbook import Runbook, load_runbook
from drillbook.units import span

__all__ = ["document", "prove", "show"]

_MOST = 3
"""So many counterexamples of one property are shown; the JSON document has them all."""


def prove(runbook: Runbook | Path | str | None = None) -> Proofs:
    """Prove or refute what a runbook does whatever happens; the one that comes along by default.

    Raises BadInput for a file that is no runbook or that lint refuses, and for a decision that asks about too many facts.
    """
    read = runbook if isinstance(runbook, Runbook) else read_runbook(runbook)
    try:
        return prove_runbook(read)
    except TooWide as error:
        raise BadInput(f"{read.name} cannot be proved: {error}; valid: routes that ask fewer facts at once") from error


def document(proofs: Proofs) -> dict[str, Any]:
    """Everything that was proved, as JSON data; times in virtual ms."""
    return {
        "runbook": proofs.runbook,
        "sound": proofs.sound,
        "proofs": [_proof(proof) for proof in proofs.proofs],
        "longest": {**proofs.longest._asdict(), "path": _legs(proofs.longest.path)} if proofs.longest else None,
        "together": [company._asdict() for company in proofs.companies],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    refusals = [{**one._asdict(), "path": _legs(one.path), "loop": _legs(one.loop)} for one in proof.refusals]
    return {"name": proof.name, "title": proof.title, "holds": proof.holds, "looked_at": proof.looked_at, "refusals": refusals}


def _legs(path: Iterable[Leg]) -> list[dict[str, Any]]:
    return [leg._asdict() for leg in path]


def show(console: Console, proofs: Proofs, runbook: Path | None = None) -> None:
    """Print a line a property, then every refused one with its shortest counterexamples; then who is together, and how long it takes."""
    console.print(_table(proofs))
    _, source = load_runbook(runbook or INCIDENT_RESPONSE)
    for proof in proofs.proofs:
        if not proof.holds:
            console.print(Text(f"\nrefused: {proof.title}"))
            for line in _refusals(proof, source):
                console.print(Text(line), soft_wrap=True)
    if proofs.sound:
        for line in (*_together(proofs.companies), *_lengths(proofs)):
            console.print(Text(line))
    console.print(Text(f"\n{_verdict(proofs)}"))


def _table(proofs: Proofs) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for proof in proofs.proofs:
        shown = proof.looked_at if proof.holds else f"{len(proof.refusals)} counterexample{'s' * (len(proof.refusals) != 1)}"
        table.add_row(Text("proved" if proof.holds else "refused", "green" if proof.holds else "bold red"), proof.title, Text(shown))
    return table


def _verdict(proofs: Proofs) -> str:
    held = sum(proof.holds for proof in proofs.proofs)
    return f"{proofs.runbook}: {held} of {len(proofs.proofs)} properties proved{'' if proofs.sound else ', the runbook is refused'}"


def _refusals(proof: Proof, source: Document) -> Iterator[str]:
    for refusal in proof.refusals[:_MOST]:
        yield f"  {source.problem(refusal.place, refusal.says)}"
        yield from _path(refusal)
    if len(proof.refusals) > _MOST:
        yield f"  and {len(proof.refusals) - _MOST} more; --json lists them all"


def _path(refusal: Refusal) -> Iterator[str]:
    legs = (*refusal.path, *refusal.loop)
    wide = max((len(leg.step) for leg in legs), default=0), max((len(leg.outcome) for leg in legs), default=0)
    for leg in refusal.path:
        yield _leg(leg, wide)
    if refusal.loop:
        yield "    then, round and round:"
        yield from (_leg(leg, wide) for leg in refusal.loop)


def _leg(leg: Leg, wide: tuple[int, int]) -> str:
    """A step, how it ended, the clauses that decided, and the facts that they ask about."""
    clauses = ", ".join(f"{name} {_word(holds)}" for name, holds in leg.clauses.items())
    facts = ", ".join(f"{fact} {_word(value)}" for fact, value in leg.facts.items())
    return f"    {leg.step:{wide[0]}}  {leg.outcome:{wide[1]}}  {clauses}{f' ({facts})' if facts else ''}".rstrip()


def _word(value: Value) -> str:
    return {True: "yes", False: "no", None: "none"}[value] if value is None or isinstance(value, bool) else f"{value}"


def _together(companies: tuple[Company, ...]) -> Iterator[str]:
    yield "\nactive together, at most:"
    for company in companies:
        for crew in company.crews:
            if len(crew) > 1:
                yield f"  {company.step}: {', '.join(crew)}"
    meanwhile = {role: sum(role in company.meanwhile for company in companies) for company in companies for role in company.meanwhile}
    for role, steps in meanwhile.items():
        yield f"  beside the crews of {steps} steps: {role}"


def _lengths(proofs: Proofs) -> Iterator[str]:
    if proofs.longest is None:
        return
    passed = Counter(leg.step for leg in proofs.longest.path)
    often = ", ".join(f"{step} {times} times" for step, times in passed.most_common(3) if times > 1)
    yield f"\nlongest way: {proofs.longest.steps} steps{f' ({often})' if often else ''}"
    yield f"longest time: {span(proofs.longest.concludes)} until it is concluded, {span(proofs.longest.lasts)} to the end"

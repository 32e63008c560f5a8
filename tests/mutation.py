"""Mutation testing of the routing: every single-entry mutant of the runbook and of what the roles judge by, and what kills it.

    python tests/mutation.py [--processes N] [--write] [WORD ...]

A mutant is killed by what a change of this repository has to pass: the loader (`refused`), a scenario's expectations (`expect`), its
golden route (`golden`), a law (`law`), or a proof (`proof`); `error` is a drill that does not come to its end. The scenarios are flown until
the first that fails, the likely ones first, and what none of them kills is proved. WORD: only mutants that have it in their kind or name.
`--write` writes the record, tests/golden/mutants.txt, anew.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import NamedTuple

from flights import ROOT
from mutants_agents import AgentMutant, agent_mutants, fresh_roster
from mutants_library import Library, library
from mutants_runbook import ROUTING, RunbookMutant, runbook_mutants
from mutants_surviving import SURVIVES
from pydantic import ValidationError

from drillbook.errors import BadInput
from drillbook.files import read_document
from drillbook.graph import INCIDENT_RESPONSE
from drillbook.graph.check import check_runbook
from drillbook.graph.proofs import LAWS
from drillbook.graph.refusals import Grounds, Law
from drillbook.plugins import roster
from drillbook.progress import ticking
from drillbook.reading import JUDGED
from drillbook.runbook import Runbook

__all__ = ["Fate", "Mutant", "RECORD", "fate", "fates", "mutants", "part", "recorded", "survivors", "table"]

Mutant = RunbookMutant | AgentMutant
HELD = 15
"""How many drills of a mutant, the likely ones, are held against the laws: that takes longer than to fly them."""
RECORD = ROOT / "tests" / "golden" / "mutants.txt"
QUICK = tuple(law for law in LAWS if law.name in ("worst_first", "handed_over"))
"""The proofs that need no walk; the others are asked when no drill fails."""
SLOW = tuple(law for law in LAWS if law not in QUICK)
KILLERS = ("expect", "golden", "law", "proof", "error")
_HEAD = "# What kills which mutant (tests/mutation.py): how | by which scenario or proof | kind | entry. Written by `make mutants`.\n"


class Fate(NamedTuple):
    """What became of a mutant: by what it was killed (nothing: it survives), and by which: a scenario, a proof, or the fault found."""

    name: str
    kind: str
    killers: tuple[str, ...]
    by: str

    @property
    def refused(self) -> bool:
        return self.killers == ("refused",)


@cache
def mutants() -> tuple[Mutant, ...]:
    """All of them, in the order of the runbook and of the source files."""
    return (*runbook_mutants(read_document(INCIDENT_RESPONSE).data), *agent_mutants())


def fate(mutant: Mutant, flown: Library, first: str = "") -> Fate:
    """Hold a mutant against the library, `first` that scenario."""
    found = partial(Fate, mutant.name, mutant.kind)
    if isinstance(mutant, AgentMutant):
        return found(*_by_drills(mutant, flown, first, None))
    try:
        runbook = Runbook.model_validate(mutant.data)
        faults = check_runbook(runbook, {name: role.charter for name, role in roster().items()}, JUDGED)
    except ValidationError as error:
        faults = [((), error.errors()[0]["msg"])]
    if faults:
        return found(("refused",), "lint")
    grounds = Grounds(runbook)
    ways = [partial(_by_proofs, grounds, QUICK), partial(_by_drills, mutant, flown, first, runbook), partial(_by_proofs, grounds, SLOW)]
    if first.startswith("proof") or not flown.passes(mutant):
        ways = [ways[0], ways[2], ways[1]]
    return found(*next((fate for fate in (way() for way in ways) if fate[0]), ((), "")))


def _by_drills(mutant: Mutant, flown: Library, first: str, runbook: Runbook | None) -> tuple[tuple[str, ...], str]:
    """The first scenario that fails with a mutant, and what of it fails."""
    try:
        made = flown.simulator(runbook, fresh_roster({mutant.module: mutant.tree}) if isinstance(mutant, AgentMutant) else None)
    except Exception as error:  # noqa: BLE001 - a module that cannot be imported, in whatever way
        return ("error",), type(error).__name__
    for place, flight in enumerate(flown.likely(mutant, first)):
        try:
            killers = tuple(flight.fails(made, laws=place < HELD))
        except Exception:  # noqa: BLE001 - a drill that cannot be flown to its end, in whatever way
            killers = ("error",)
        if killers:
            flown.kills[flight.name] += 1
            return killers, flight.name
    return (), ""


def _by_proofs(grounds: Grounds, laws: Sequence[Law]) -> tuple[tuple[str, ...], str]:
    """The first property of the runbook that does not hold."""
    try:
        refuted = next((law.name for law in laws if next(iter(law.refute(grounds)), None)), "")
    except BadInput:
        refuted = "too wide"
    return (("proof",), f"proof {refuted}") if refuted else ((), "")


def fates(some: Sequence[Mutant], processes: int = 1) -> Iterator[Fate]:
    """What becomes of each, in their order."""
    library()
    if processes == 1:
        yield from map(_fate_of, some)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap(_fate_of, some, chunksize=4)


def _fate_of(mutant: Mutant) -> Fate:
    known = recorded().get(mutant.name)
    return fate(mutant, library(), known.by if known else "")


@cache
def recorded() -> dict[str, Fate]:
    """The record: what became of every mutant when it was last written; empty if there is none."""
    lines = RECORD.read_text().splitlines() if RECORD.exists() else []
    rows = [line.split(" | ", 3) for line in lines if not line.startswith("#")]
    return {name: Fate(name, kind, tuple(killers.replace("-", "").split()), by.strip("-")) for killers, by, kind, name in rows}


def table(done: Sequence[Fate], by: Callable[[Fate], str]) -> Iterator[str]:
    """What became of them as a table of a page, a row each group and one for all. A drill may fail by more than one thing."""
    yield "| what was changed | mutants | refused | put to the test | by expectations | golden routes | laws | proofs | errors | survive | killed |"
    yield "| --- | " + " | ".join(["---"] * 10) + " |"
    for name in (*dict.fromkeys(map(by, done)), "all"):
        some = [one for one in done if name in ("all", by(one))]
        tried = [one for one in some if not one.refused]
        fails = Counter(killer for one in tried for killer in one.killers)
        left = sum(not one.killers for one in tried)
        counts = (len(some), len(some) - len(tried), len(tried), *(fails[killer] for killer in KILLERS), left)
        share = f"{100 * (1 - left / len(tried)):.1f}%" if tried else "-"
        yield f"| {name} | {' | '.join(f'{count:,}' for count in counts)} | {share} |"


def part(one: Fate) -> str:
    """Whether an entry is the runbook's or the roles'."""
    runbook = one.name.split(".")[0].split(":")[0] in ROUTING
    return "the runbook's routing" if runbook else "the roles' thresholds"


def survivors(done: Iterable[Fate]) -> dict[str, str]:
    """Every mutant that nothing kills, with why it survives; the reason is empty where none is known."""
    return {one.name: next((why for pattern, why in SURVIVES.items() if fnmatchcase(one.name, pattern)), "") for one in done if not one.killers}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Mutation testing of the routing", usage=__doc__.splitlines()[2].strip())
    parser.add_argument("words", nargs="*")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    some = [one for one in mutants() if all(word in f"{one.kind} {one.name}" for word in given.words)]
    done = []
    with ticking("mutants", len(some)) as tick:
        for one in fates(some, given.processes):
            done.append(one)
            tick()
            if given.words:
                print(f"{' '.join(one.killers) or 'survives'} | {one.by} | {one.kind} | {one.name}", flush=True)
    if given.write and not given.words:
        RECORD.write_text(_HEAD + "".join(f"{' '.join(one.killers) or '-'} | {one.by or '-'} | {one.kind} | {one.name}\n" for one in done))
    print("\n".join([*table(done, lambda one: one.kind), "", *table(done, part)]))
    print("\n".join(f"survives: {name}  # {why or 'WHY?'}" for name, why in survivors(done).items()))
    return 0 if all(survivors(done).values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Forks and sweeps as a person reads them: what was done otherwise, what it changes, and what is to be known of the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from drillbook.decisions import Alternative, Sweep
from drillbook.forking import HORIZON, Fork
from drillbook.sidebyside import comparison_document, grid, measures
from drillbook.units import clock, span

__all__ = ["fork_document", "fork_heading", "fork_measures", "sweep_parts", "sweep_table", "sweep_verdict"]


def fork_heading(found: Fork) -> str:
    """What was done otherwise, from where on, and what one has to know to read the tables."""
    return "\n".join(_fork_heading(found))


def _fork_heading(found: Fork) -> Iterator[str]:
    step, lines = found.decision.step, len(found.parent.journal.lines)
    for place in found.unmet:
        yield f"what an earlier fork did otherwise at {place} does not come to pass: this one does not get there"
    parent, at = found.parent, clock(found.decision.at)
    yield f"{parent.scenario.id} seed {parent.seed}, forked at {step.place} ({at}): {found.wish.otherwise}"
    yield from found.refused
    if found.same:
        yield f"the same from here: nothing changed, all {lines} records are the parent's"
        return
    if found.wish.delay:
        mine = [change for change in found.drill.setup.changes if (change.step, change.attempt) == (step.step, step.attempt)]
        begins = step.opened_at + sum(change.delay for change in mine)
        yield f"the delay moves the whole step: the tasks of {step.step} begin at {clock(begins)}"
    yield f"{found.shared} records of {lines} are shared with the parent; harm is counted up to {_horizon(found.until)}, for both"
    resolved = found.drill.account.milestones["resolved"]
    if resolved is None or resolved > found.until:
        yield f"the fork is not resolved within {span(HORIZON)} after the parent's end; harm after that is not counted"


def _horizon(until: int) -> str:
    return f"{clock(until)}, {span(HORIZON)} after the parent's end"


def fork_measures(found: Fork) -> Table:
    """The outcome of the parent and of the fork, with the change."""
    return measures(found.comparison, "parent", "fork", f"not by {clock(found.until)}")


def sweep_parts(found: Sweep, journal: str | None = None) -> Iterator[RenderableType]:
    """The table and the verdict; `journal` is the parent's file, for commands that go on from it. Without one they are Python."""
    yield sweep_table(found)
    yield from sweep_verdict(found, journal)


def sweep_table(found: Sweep) -> Table:
    """Every decision with its best and its worst alternative and what each changes, the decision that mattered most first."""
    exposed = found.before.records_exposed or any(one.exposed_less for one in found.alternatives)
    table = grid("at", "step", "decided", "alternatives", "users hit", "USD lost", *(["records exposed"] if exposed else []), "remarks")
    for step, best, worst in found.decisions:
        shown = [("best", best)] if best.gain > (0, 0, 0) else []
        shown += [("worst", worst)] if worst.gain < (0, 0, 0) else []
        place = (clock(step.opened_at), step.place, step.outcome)
        for number, (which, one) in enumerate(shown or [("none matters", best)]):
            table.add_row(*(("", "", "") if number else place), *_alternative(which, one, bool(exposed)))
    return table


def _alternative(which: str, one: Alternative, exposed: bool) -> Iterator[str]:
    """The cells of an alternative: what it is, what it changes, and what is to be known of it."""
    nothing = which not in ("best", "worst")
    yield which if nothing else f"{which}: {one.name}"
    for saved in (one.users_saved, one.revenue_saved_usd, *([one.exposed_less] if exposed else [])):
        yield "" if nothing else f"{'−' if saved > 0 else '+' if saved < 0 else ''}{abs(saved):,}"
    yield "" if nothing else ", ".join(remark for remark, said in (("harmful", one.harm), ("not resolved", not one.resolved)) if said)


def sweep_verdict(found: Sweep, name: str | None = None) -> Iterator[str]:
    """The best alternative with the command that flies it, what the remarks mean, and the point of no return."""
    best, harmless = found.best, found.best_harmless
    if best is None:
        yield "nothing that was tried would have hit fewer users, lost less revenue or exposed fewer records"
    elif best.harm:
        yield from _advice(found, "saves most, and counts as a harmful action", best, name)
        yield f"    harmful: {best.harm}"
    if harmless is not None:
        yield from _advice(found, "best", harmless, name)
    elif best is not None:
        yield "best: nothing; what saves anything counts as a harmful action"
    yield _point(found)
    yield f"{len(found.alternatives)} alternatives were flown; harm is counted up to {_horizon(found.until)}, for all of them"
    if any(not one.resolved for one in found.alternatives):
        yield f"not resolved: not within {span(HORIZON)} after the parent's end; harm after that is not counted"


def _advice(found: Sweep, how: str, one: Alternative, name: str | None) -> Iterator[str]:
    """An alternative as a sentence, and the command that flies it."""
    step, before = one.decision.step, found.before
    done = " in addition," if one.wish.do else ""
    instead = f" instead of {step.outcome}" if one.wish.set else ""
    saved = [(one.users_saved, before.users_hit, "users hit"), (one.revenue_saved_usd, before.revenue_lost_usd, "USD lost"),
             (one.exposed_less, before.records_exposed, "records exposed")]  # fmt: skip
    parts = [f"{abs(less):,} {'fewer' if less > 0 else 'more'} of {of:,} {what}" for less, of, what in saved if less]
    yield f"{how}: {one.name}{done} at {step.place} ({clock(one.decision.at)}){instead}: {', '.join(parts)}"
    yield f"fly it: drillbook fork {name} {one.wish.command}" if name else f"fly it: drill.fork({one.wish.call})"


def _point(found: Sweep) -> str:
    users, exposed, last = found.before.users_hit, found.before.records_exposed, found.no_return
    tenth = f"10% of the {users:,} users hit{f' or of the {exposed:,} records exposed' if exposed else ''}"
    if last is None:
        return f"point of no return: none; nothing that was tried would have saved {tenth}, at any decision"
    return (f"point of no return: {last.place} at {clock(last.opened_at)}; "
            f"after it, nothing that was tried would have saved {tenth}")  # fmt: skip


def fork_document(found: Fork, journal: str | None) -> dict[str, Any]:
    """A fork as JSON data."""
    return {
        "scenario": found.parent.scenario.id, "seed": found.parent.seed, "parent": found.parent.journal.digest,
        "at": found.decision.at, "step": found.decision.step.step, "wish": found.wish.command,
        "shared": found.shared, "unmet": list(found.unmet), "refused": list(found.refused),
        "same": found.same, "counted_until": found.until,
        "digest": found.drill.journal.digest, "journal": journal, "comparison": comparison_document(found.comparison),
    }  # fmt: skip

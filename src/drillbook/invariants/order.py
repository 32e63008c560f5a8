"""The runbook's own laws of who may act, and of what must come before what, for whoever plays.

All bounds are the runbook's (its limits and watches), and the rights are the charters'; none is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from drillbook.invariants.history import Event, History
from drillbook.invariants.picks import Pick, acted, concluded, event, noted, observed, passed, tell
from drillbook.invariants.temporal import Breach, at_most, followed_by, lasted, law, precedes
from drillbook.runbook import Runbook
from drillbook.tools import REMEDIES, TOOLS

__all__ = ["ORDER", "lowered"]

_WITNESS = "evidence_collector"
"""Who must see with their own eyes that a fix works, where the runbook gives this role a step at all."""

_BY_FORK = "what_if"
"""The duty of a change that a fork makes: nobody of the cast thought of it."""


def _fixes(runbook: Runbook) -> Pick:
    """The remedies that the runbook lists for those who mitigate, carried out."""
    listed = {check.tool for step in runbook.steps.values() for crew in step.crew if crew.duty == "mitigate" for check in crew.does}
    return acted(*(tool for tool in REMEDIES if tool in listed)).called("a fix")


@law("Nobody uses a tool, or does a duty, that is not in the charter; a call that was refused has no effect")
def within_the_charter(history: History) -> Iterator[Breach]:
    for one in history.events:
        charter = history.charters.get(one.actor)
        used = one.name in TOOLS and one.kind in ("observe", "act", "say") and "refused" not in one.data
        if used and not (charter and one.name in charter.tools):
            yield Breach(one, f"{history.title(one.actor)} used {one.name}, which is not in the charter")
        elif one.kind == "task" and one.name != _BY_FORK and not (charter and one.name in charter.duties):
            yield Breach(one, f"{history.title(one.actor)} did the duty {one.name}, which is not in the charter")
    yield from _effects(history)


def _effects(history: History) -> Iterator[Breach]:
    """Every change that took effect was carried out by the one who is said to have made it."""
    made = {(one.name, one.data["target"], one.actor, one.data["takes_effect"]) for one in acted().of(history)}
    for one in event("world").of(history):
        effect = (one.data.get("tool"), one.data.get("target"), one.actor, one.data.get("in_effect_from"))
        if "in_effect_from" in one.data and effect not in made:
            yield Breach(one, f"{effect[0]} of {effect[1]} took effect, and {history.title(one.actor)} never carried it out")


@law("Nothing is done without something that was seen of production before it, and no cause comes after its effect")
def causes_come_first(history: History) -> Iterator[Breach]:
    yield from precedes(observed().called("any look at production"), acted(*REMEDIES))(history)
    for one in history.events:
        late = [seq for seq in one.cause if seq >= one.seq or history.by_seq[seq].at > one.at]
        if late:
            yield Breach(one, f"{tell(one, history)} is said to come of record {late[0]}, which is later")


@law("Nothing is changed in production before a severity is declared")
def declared_before_anything_is_changed(history: History) -> Iterator[Breach]:
    yield from precedes(noted("declared").called("a severity"), acted(*REMEDIES))(history)


@law("A fix is seen to work by the Evidence Collector before the incident is resolved")
def fix_then_evidence(history: History) -> Iterator[Breach]:
    if any(crew.role == _WITNESS for step in history.runbook.steps.values() for crew in step.crew):
        seen = observed(actor=_WITNESS).called(f"a look by {history.title(_WITNESS)}")
        yield from followed_by(_fixes(history.runbook), seen, before=concluded("resolved"))(history)


@law("An incident is resolved only after production was watched for as long as the runbook says since the last fix")
def watched_before_resolved(history: History) -> Iterator[Breach]:
    lasts = history.runbook.watch.lasts
    watched = any(crew.duty == "watch" for step in history.runbook.steps.values() for crew in step.crew)
    for end in concluded("resolved").of(history) if watched else ():
        done = [one.data["takes_effect"] for one in _fixes(history.runbook).of(history) if one.at <= end.at]
        if done and end.at - max(done) < lasts:
            yield Breach(end, f"resolved {lasted(end.at - max(done))} after the last fix (at least {lasted(lasts)})")


@law("The same remedy is never carried out twice on the same target")
def never_twice_the_same(history: History) -> Iterator[Breach]:
    yield from at_most(1, acted(*REMEDIES), per=lambda one: (one.name, one.data["target"]))(history)


@law("No more rounds of investigation, and no more different fixes, than the runbook allows")
def within_the_limits(history: History) -> Iterator[Breach]:
    rounds, attempts = history.runbook.limits["rounds"], history.runbook.limits["attempts"]
    investigating = {name for name, step in history.runbook.steps.items() for crew in step.crew if crew.duty == "investigate"}
    yield from at_most(rounds, passed(*sorted(investigating)))(history)
    yield from at_most(attempts, _fixes(history.runbook))(history)


@law("The severity is never lowered without a reason")
def lowered_with_a_reason(history: History) -> Iterator[Breach]:
    for was, one in lowered(history):
        if not str(one.data.get("reason") or "").strip():
            yield Breach(one, f"the severity was lowered from {was} to {one.data['severity']} without a reason")


def lowered(history: History) -> Iterator[tuple[str, Event]]:
    """(the severity before, the declaration) wherever it was lowered."""
    levels = [row.level for row in history.runbook.severities]
    for before, one in pairwise(noted("declared").of(history)):
        if levels.index(one.data["severity"]) > levels.index(before.data["severity"]):
            yield before.data["severity"], one


@law("The incident goes where the runbook's table says, by the clauses as they were, and into the step that was named")
def the_table_decides(history: History) -> Iterator[Breach]:
    for one in passed().of(history):
        rows = history.runbook.steps[one.data["step"]].routes if one.data["step"] in history.runbook.steps else ()
        row = next((row for row in rows if row.on == one.data["outcome"] and _hold(one, row.when)), None)
        if row is None or row.to != one.data["to"]:
            table = f"to {row.to}" if row else "nowhere"
            yield Breach(one, f"{tell(one, history)}; the table leads {table}")
    for left, opened in pairwise(one for one in history.events if one.kind in ("route", "step")):
        if left.kind == "route" and opened.kind == "step" and left.data["to"] != opened.name:
            yield Breach(opened, f"{opened.name} opened after {tell(left, history)}")


def _hold(one: Event, clauses: tuple[str, ...]) -> bool:
    return all(one.data["clauses"].get(clause.removeprefix("not "), False) is not clause.startswith("not ") for clause in clauses)


ORDER = (
    within_the_charter, causes_come_first, declared_before_anything_is_changed, fix_then_evidence, watched_before_resolved,
    never_twice_the_same, within_the_limits, lowered_with_a_reason, the_table_decides,
)  # fmt: skip
"""The laws of who may act, and in which order."""

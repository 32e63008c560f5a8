"""Laws of the people: somebody acts in every step, every line of a crew can act, every message can fall due, nobody is idle for ever."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.files import Path_
from drillbook.graph.clause_space import assignments
from drillbook.graph.refusals import Grounds, Law, Refusal, most_held
from drillbook.graph.together import Seen
from drillbook.graph.walk import Leg
from drillbook.runbook import Throughout

__all__ = ["PEOPLE_LAWS"]


def _crews(grounds: Grounds) -> Iterator[Refusal]:
    for name, found in grounds.people.crews.items():
        step = grounds.runbook.steps[name]
        if () in found:
            asked = tuple(clause for line in step.crew for clause in line.when)
            says = f"nobody acts in {name}, and it ends {step.on_error}"
            yield Refusal(("steps", name, "crew"), says, _way(grounds, found[()], asked, step.on_error))
        for place, line in enumerate(step.crew):
            if not grounds.people.may_act(name, place):
                seen = max(found.values(), key=lambda one: most_held(grounds.runbook, line.when, one.facts))
                says = f"{grounds.runbook.roles[line.role]} never acts in {name} by this line"
                yield Refusal(("steps", name, "crew", place), says, _way(grounds, seen, line.when, "opens"))


def _way(grounds: Grounds, seen: Seen, asked: tuple[str, ...], outcome: str) -> tuple[Leg, ...]:
    people = grounds.people
    return (*people.walk.way_to(seen.here), people.leg(seen, asked, outcome))


def _messages(grounds: Grounds) -> Iterator[Refusal]:
    count = len(grounds.runbook.throughout)
    for place, rule in enumerate(grounds.people.rules):
        if not grounds.people.may_fall_due(place):
            said = rule.kind if isinstance(rule, Throughout) else rule.condition
            when = rule.while_ if isinstance(rule, Throughout) else rule.when
            where: Path_ = ("throughout", place) if place < count else ("escalations", place - count)
            says = f"{said!r} never falls due: its clauses never hold"
            yield Refusal(where, says, _way(grounds, _nearest(grounds, when), when, "goes on"))


def _nearest(grounds: Grounds, when: tuple[str, ...]) -> Seen:
    """The moment at which most of the clauses hold, of those the first."""
    walk = grounds.people.walk
    places = sorted((here for here in walk.moves if here.step in grounds.runbook.steps and not here.concluded), key=walk.distance)
    moments = (Seen(here, facts) for here in places for facts in assignments(walk.free(when, walk.facts(here))))
    return max(moments, key=lambda one: most_held(grounds.runbook, when, one.facts))


def _roles(grounds: Grounds) -> Iterator[Refusal]:
    active = grounds.people.roles()
    for role, title in grounds.runbook.roles.items():
        if role not in active:
            yield Refusal(("roles", role), f"{title} never acts: no crew, cadence or escalation that can come about names it")


def _lines(grounds: Grounds) -> str:
    lines = sum(len(step.crew) for step in grounds.runbook.steps.values())
    return f"{lines} lines of {len(grounds.runbook.steps)} crews at {len(grounds.people.walk.moves):,} positions"


def _rules(grounds: Grounds) -> str:
    runbook = grounds.runbook
    return f"{len(runbook.throughout)} cadences, {len(runbook.escalations)} escalations"


PEOPLE_LAWS = (
    Law("crews", "somebody acts in every step, and every line of a crew can", _crews, _lines),
    Law("messages", "every message and escalation can fall due", _messages, _rules),
    Law("roles", "every role can act", _roles, lambda grounds: f"{len(grounds.runbook.roles)} roles"),
)

"""Laws of the people: somebody acts in every step, every line of a crew can act, every message can fall due, nobody is idle for ever."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.files import Path_
from drillbook.graph.clause_space import assignments
from drillbook.graph.refusals import Grounds, Law, Refusal, most_held
from drillbook.graph.together import Seen, Together
from drillbook.graph.walk import Leg
from drillbook.runbook import Throughout

__all__ = ["PEOPLE_LAWS"]


def _crews(grounds: Grounds) -> Iterator[Refusal]:
    for name, found in grounds.people.crews.items():
        lines = range(len(grounds.runbook.steps[name].crew))
        if () in found or not all(grounds.people.may_act(name, place) for place in lines):
            asked = tuple(clause for line in grounds.runbook.steps[name].crew for clause in line.when)
            yield from _crew(grounds, grounds.closely(asked), name, asked)


def _crew(grounds: Grounds, people: Together, name: str, asked: tuple[str, ...]) -> Iterator[Refusal]:
    """A step in which nobody may act, or somebody never."""
    step, found = grounds.runbook.steps[name], people.crews.get(name, {})
    if () in found:
        path = _way(people, found[()], asked, step.on_error)
        yield Refusal(("steps", name, "crew"), f"nobody acts in {name}, and it ends {step.on_error}", path)
    for place, line in enumerate(step.crew):
        if found and not people.may_act(name, place):
            seen = max(found.values(), key=lambda one: most_held(grounds.runbook, line.when, one.facts))
            says = f"{grounds.runbook.roles[line.role]} never acts in {name} by this line"
            yield Refusal(("steps", name, "crew", place), says, _way(people, seen, line.when, "opens"))


def _way(people: Together, seen: Seen, asked: tuple[str, ...], outcome: str) -> tuple[Leg, ...]:
    return (*people.walk.way_to(seen.here), people.leg(seen, asked, outcome))


def _messages(grounds: Grounds) -> Iterator[Refusal]:
    count = len(grounds.runbook.throughout)
    for place, rule in enumerate(grounds.people.rules):
        if not grounds.people.may_fall_due(place):
            said = rule.kind if isinstance(rule, Throughout) else rule.condition
            when = rule.while_ if isinstance(rule, Throughout) else rule.when
            where: Path_ = ("throughout", place) if place < count else ("escalations", place - count)
            people = grounds.closely(when)
            path = _way(people, _nearest(people, when), when, "goes on")
            yield Refusal(where, f"{said!r} never falls due: its clauses never hold", path)


def _nearest(people: Together, when: tuple[str, ...]) -> Seen:
    """The moment at which most of the clauses hold, of those the first."""
    walk = people.walk
    places = sorted((here for here in walk.moves if here.step in walk.runbook.steps and not here.concluded), key=walk.distance)
    moments = (Seen(here, facts) for here in places for facts in assignments(walk.free(when, walk.facts(here))))
    return max(moments, key=lambda one: most_held(walk.runbook, when, one.facts))


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

"""Who can act in a runbook: every line of every crew, whoever speaks or is called meanwhile, and who is active at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from drillbook.facts import Value
from drillbook.graph.clause_space import assignments, clauses_of, facts_asked, parts_of
from drillbook.graph.effects import acting
from drillbook.graph.walk import Leg, Position, Walk
from drillbook.runbook import Escalation, Runbook, Throughout

__all__ = ["Company", "Seen", "Together", "people_clauses"]

Rule = Throughout | Escalation


class Seen(NamedTuple):
    """A moment of the walk: a position, and the facts that were asked there."""

    here: Position
    facts: dict[str, Value]


class Company(NamedTuple):
    """Who can be active in a step at once: the largest crews, and whoever may speak or be called in meanwhile."""

    step: str
    crews: tuple[tuple[str, ...], ...]
    meanwhile: tuple[str, ...]


def people_clauses(runbook: Runbook) -> list[str]:
    """Every clause by which it is decided who acts, speaks or is called."""
    crews = [clause for step in runbook.steps.values() for line in step.crew for clause in line.when]
    return [*crews, *(clause for rule in _rules(runbook) for clause in _when(rule))]


def _rules(runbook: Runbook) -> tuple[Rule, ...]:
    return (*runbook.throughout, *runbook.escalations)


def _when(rule: Rule) -> tuple[str, ...]:
    return rule.while_ if isinstance(rule, Throughout) else rule.when


def _roles(rule: Rule) -> tuple[str, ...]:
    return (rule.role,) if isinstance(rule, Throughout) else rule.to


@dataclass(frozen=True)
class Together:
    """What the walk shows of the people; the walk follows the facts that their clauses ask about."""

    walk: Walk

    @cached_property
    def crews(self) -> dict[str, dict[tuple[int, ...], Seen]]:
        """Step to everybody who can act in it at once (places of crew lines), each with the nearest moment."""
        found: dict[str, dict[tuple[int, ...], Seen]] = {}
        for here, facts in self._moments:
            step = self.walk.runbook.steps[here.step]
            lines = acting(self.walk.runbook, here.step, facts).values()
            places = tuple(place for place, line in enumerate(step.crew) if any(line is one for one in lines))
            found.setdefault(here.step, {}).setdefault(places, Seen(here, facts))
        return found

    @cached_property
    def _moments(self) -> list[Seen]:
        """Every way in which a crew can be chosen at every position, nearest first."""
        steps, walk = self.walk.runbook.steps, self.walk
        asked = {name: facts_asked(walk.runbook, [clause for line in step.crew for clause in line.when]) for name, step in steps.items()}
        nearest: dict[tuple[object, ...], Position] = {}
        for here in sorted((here for here in walk.moves if here.step in steps), key=walk.distance):
            known = walk.facts(here)
            nearest.setdefault((here.step, *(known[fact] for fact in asked[here.step] if fact in known)), here)
        return [Seen(here, facts) for here in nearest.values() for facts in assignments(walk.ways(asked[here.step], walk.facts(here)))]

    @cached_property
    def meanwhile(self) -> dict[str, dict[int, Seen]]:
        """Step to the rules (cadences, then escalations, by place) that can fall due in it, each with the nearest moment.

        A step's own effects count: what it finds is what a message in it speaks of.
        """
        walk = self.walk
        found: dict[str, dict[int, Seen]] = {step: {} for step in walk.runbook.steps}
        asked = [facts_asked(walk.runbook, _when(rule)) for rule in self.rules]
        answers = dict[tuple[object, ...], dict[str, Value] | None]()
        for move in walk.every_move:
            if move.target is None or move.source.concluded:
                continue
            known, here = walk.facts(move.target), found[move.source.step]
            for place in [place for place in range(len(self.rules)) if place not in here]:
                key = (place, *(known[fact] for fact in asked[place] if fact in known))
                if key not in answers:
                    answers[key] = self._holds(self.rules[place], known)
                if (facts := answers[key]) is not None:
                    here[place] = Seen(move.source, facts)
        return found

    def _holds(self, rule: Rule, known: Mapping[str, Value]) -> dict[str, Value] | None:
        ways = assignments(self.walk.free(_when(rule), known))
        return next((facts for facts in ways if clauses_of(self.walk.runbook, facts).hold(_when(rule))), None)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return _rules(self.walk.runbook)

    def may_act(self, step: str, line: int) -> bool:
        return any(line in places for places in self.crews.get(step, {}))

    def may_fall_due(self, place: int) -> bool:
        return any(place in rules for rules in self.meanwhile.values())

    def roles(self) -> frozenset[str]:
        """Every role that can act, speak or be called; for a placeholder also all for whom it stands."""
        runbook = self.walk.runbook
        crews = {runbook.steps[step].crew[line].role for step, seen in self.crews.items() for places in seen for line in places}
        due = {role for seen in self.meanwhile.values() for place in seen for role in _roles(self.rules[place])}
        owners = set(runbook.owners.values()) if crews & {*runbook.placeholders} else set[str]()
        return frozenset(crews | due | owners)

    def companies(self) -> tuple[Company, ...]:
        """Who can be active together, step by step."""
        runbook = self.walk.runbook
        return tuple(
            Company(
                step, tuple(tuple(runbook.steps[step].crew[line].role for line in places) for places in _largest([*seen])),
                tuple(dict.fromkeys(role for place in sorted(self.meanwhile.get(step, {})) for role in _roles(self.rules[place]))),
            )
            for step, seen in self.crews.items()
        )  # fmt: skip

    def leg(self, seen: Seen, clauses: tuple[str, ...], outcome: str) -> Leg:
        """A moment as the end of a counterexample."""
        runbook = self.walk.runbook
        held, named = clauses_of(runbook, seen.facts), parts_of(runbook, clauses)
        told = {fact: seen.facts[fact] for fact in facts_asked(runbook, named)}
        return Leg(seen.here.step, outcome, {name: held[name] for name in named}, None, told)


def _largest(crews: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The crews that are no part of another."""
    return sorted(crew for crew in crews if not any({*crew} < {*other} for other in crews))

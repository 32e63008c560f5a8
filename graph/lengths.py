"""How long a way through the runbook can be: upper bounds of each step in virtual time, and the longest way of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import networkx as nx

from drillbook.graph.walk import Leg, Position, Walk
from drillbook.runbook import END, REVIEW_ANSWERS, Check, Crew, Runbook, Watch
from drillbook.tools import SECOND_LOOK, TOOLS

__all__ = ["Longest", "longest", "step_bound"]


class Longest(NamedTuple):
    """The longest ways of a runbook that always ends: in steps, and in virtual ms, to its end and until it is concluded."""

    steps: int
    lasts: int
    concludes: int
    path: tuple[Leg, ...]


def _takes(checks: tuple[Check, ...]) -> list[int]:
    return [TOOLS[check.tool].takes for check in checks if check.tool]


def _in_turn(runbook: Runbook, checks: tuple[Check, ...]) -> int:
    return sum(_takes(checks))


def _one_of_them(runbook: Runbook, checks: tuple[Check, ...]) -> int:
    return max(_takes(checks), default=0)


def _twice(runbook: Runbook, checks: tuple[Check, ...]) -> int:
    """What does not hold at once is looked at a second time."""
    return 2 * sum(_takes(checks)) + SECOND_LOOK


def _looks(rule: Watch, each: int) -> int:
    return max(rule.lasts, rule.lasts // rule.every * each) + each


def _watch(runbook: Runbook, checks: tuple[Check, ...]) -> int:
    return _looks(runbook.watch, _one_of_them(runbook, checks))


def _dependency_watch(runbook: Runbook, checks: tuple[Check, ...]) -> int:
    """At each look the impact is measured, too."""
    return _looks(runbook.dependency_watch, _one_of_them(runbook, checks) + TOOLS["assess_impact"].takes)


def _planned(runbook: Runbook, checks: tuple[Check, ...]) -> int:
    """An item for each action that a review can have."""
    return sum(answer.startswith("action_") for answer in REVIEW_ANSWERS) * sum(_takes(checks))


_BOUNDS: Mapping[str, Callable[[Runbook, tuple[Check, ...]], int]] = MappingProxyType({
    "check": _twice, "verify": _twice, "mitigate": _one_of_them, "watch": _watch, "monitor_dependency": _dependency_watch, "plan": _planned,
})  # fmt: skip
"""How long a duty takes at most, where that is not its checks one after the other."""


def step_bound(runbook: Runbook, step: str) -> int:
    """How long (virtual ms) a step takes at most, by its tools and limits.

    This is so for roles that keep to the runbook's lines, as those that come along do, and for instruments that are not late.
    """
    return max(_line_bound(runbook, line) for line in runbook.steps[step].crew)


def _line_bound(runbook: Runbook, line: Crew) -> int:
    bound = _BOUNDS.get(line.duty, _in_turn)
    return max(bound(runbook, checks) for checks in (line.does, *line.by_owner.values()))


def longest(walk: Walk) -> Longest | None:
    """The longest ways; None if the runbook goes round without a bound."""
    if not nx.is_directed_acyclic_graph(walk.graph):
        return None
    bounds = {step: step_bound(walk.runbook, step) for step in walk.runbook.steps} | {END: 0}
    lasting = _longest(walk, lambda here: bounds[here.step])
    active = _longest(walk, lambda here: 0 if here.concluded else bounds[here.step])
    many = _longest(walk, lambda here: 1)
    return Longest(
        steps=len(many) - 1, lasts=sum(bounds[here.step] for here in lasting),
        concludes=sum(bounds[here.step] for here in active if not here.concluded),
        path=tuple(walk.leg(walk.graph.edges[here, there]["move"]) for here, there in pairwise(many)),
    )  # fmt: skip


def _longest(walk: Walk, cost: Callable[[Position], int]) -> list[Position]:
    """The way on which the positions cost most; a step counts where it is left."""
    weighted: nx.DiGraph[Position] = nx.DiGraph()
    weighted.add_weighted_edges_from((here, there, cost(here)) for here, there in walk.graph.edges)
    return nx.dag_longest_path(weighted)

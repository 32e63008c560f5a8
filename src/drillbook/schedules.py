"""Schedule exploration, a tool for tests: run the tasks of every superstep in many orders; one drill has to come out.

Whoever adds a role or a brain proves with it that nothing is shared between tasks that run at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from drillbook.divergence import Divergence, first_divergence
from drillbook.graph.desk import Desk, Work
from drillbook.graph.superstep import advance, begin, perform
from drillbook.journal import Journal
from drillbook.runbook import END
from drillbook.simulator import SUPERSTEPS, Setup
from drillbook.toolbelt import Task

__all__ = ["Exploration", "explore", "walk"]

Order = Callable[[Sequence[Task]], Sequence[Task]]


@dataclass(frozen=True)
class Exploration:
    """What many schedules of one drill came to: the digest of each, and where the first odd one left the written order's way."""

    digests: tuple[str, ...]
    divergence: Divergence | None

    @property
    def one(self) -> bool:
        """Whether every schedule gave the same drill."""
        return len(set(self.digests)) == 1


def walk(desk: Desk, order: Order = lambda tasks: tasks) -> tuple[bytes, ...]:
    """The journal's lines of a drill that is walked without an engine, the tasks of each superstep run in the given order."""
    here, works, lines = begin(desk), tuple[Work, ...](), list[bytes]()
    lines.extend(here.lines)
    for _ in range(SUPERSTEPS):
        if here.step == END:
            break
        here = advance(desk, here, works)
        lines.extend(here.lines)
        works = tuple(perform(desk, here.case.as_of(task.at) if task.topic else here.case, task) for task in order(here.tasks))
    return tuple(lines)


def explore(setup: Setup, schedules: int = 20, seed: int = 1) -> Exploration:
    """Fly a drill under many schedules: the written order first, then shuffled ones, drawn from the seed. Raises BadInput."""
    header = setup.header
    journals = [Journal(header, walk(setup.desk(), _shuffler(Random(seed + number)) if number else tuple)) for number in range(schedules)]
    odd = next((one for one in journals if one.body != journals[0].body), None)
    found = first_divergence(journals[0].records, odd.records) if odd else None
    return Exploration(tuple(one.digest for one in journals), found)


def _shuffler(draw: Random) -> Order:
    def shuffled(tasks: Sequence[Task]) -> Sequence[Task]:
        return draw.sample(tasks, len(tasks))

    return shuffled

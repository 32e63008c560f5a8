"""Where an item of the seed stands in a runbook: roles by their title, steps by title, output or label, branches by condition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seed import Step

from drillbook.runbook import Check, Runbook
from drillbook.units import HOUR, MINUTE


@dataclass(frozen=True)
class Place:
    """A check of the runbook with its place: the step's name, and whose line it is (a name of `runbook.roles`)."""

    step: str
    role: str
    check: Check


def role_of(runbook: Runbook, title: str) -> str | None:
    """The name of the role that the seed calls `title`."""
    return next((name for name, known in runbook.roles.items() if known == title), None)


def steps_of(runbook: Runbook, step: Step) -> tuple[str, ...]:
    """The runbook's steps that make up one of the seed's.

    Those with its title, its output or one of its labels: the runbook may end a step of the seed elsewhere than it began.
    """
    return tuple(
        name for name, ours in runbook.steps.items()
        if ours.title == step.title or (step.output and ours.output == step.output) or ours.label in step.labels
    )  # fmt: skip


def places(runbook: Runbook, steps: tuple[str, ...], role: str | None = None) -> Iterator[Place]:
    """Every check of these steps in written order, of one role or of everybody. What depends on an owner is left out."""
    for step in steps:
        for crew in runbook.steps[step].crew:
            if role is None or crew.role == role:
                yield from (Place(step, crew.role, check) for check in crew.does)


def branch_of(runbook: Runbook, step: Step, condition: str) -> tuple[str, ...]:
    """The steps of the decision tree's branch with this condition, in the order in which success leads through them."""
    rows = [row for name in steps_of(runbook, step) for row in runbook.steps[name].routes if row.if_ == condition]
    chain = [rows[0].to] if rows and rows[0].to in runbook.steps else []
    while chain:
        here = runbook.steps[chain[-1]]
        onward = (row.to for row in here.routes if row.to in runbook.steps and row.to not in chain)
        following = next((name for name in onward if here.branch and runbook.steps[name].branch == here.branch), None)
        if following is None:
            break
        chain.append(following)
    return tuple(chain)


_SPAN = re.compile(r"(\d+) (min|minutes|hours?)\b")


def span_in(text: str) -> int | None:
    """The length of time that a line names (`every 15 minutes`, `in 2 hours`), in virtual ms; None if it names none."""
    found = _SPAN.search(text)
    return int(found[1]) * (HOUR if found[2].startswith("hour") else MINUTE) if found else None

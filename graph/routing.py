"""The one place that decides where an incident goes: a table in the runbook, read by a pure function."""

from __future__ import annotations

from typing import NamedTuple

from drillbook.case import Case, Stepped
from drillbook.runbook import Clauses, Route, Runbook

__all__ = ["Edge", "NoRoute", "label", "route"]


class NoRoute(Exception):
    """No row of the routing table fits: the runbook has a gap."""


class Edge(NamedTuple):
    """A row of the table that was chosen, and the values of all clauses when it was."""

    step: str
    row: Route
    clauses: dict[str, bool]

    @property
    def label(self) -> str:
        return label(self.row)


def label(row: Route) -> str:
    """How an edge is written on a picture: its outcome, and the clauses that tell it from its siblings."""
    return f"{row.on} [{', '.join(row.when)}]" if row.when else row.on


def route(runbook: Runbook, case: Case) -> Edge:
    """Where the last completed step leads: the first row for its outcome whose clauses all hold.

    Raises NoRoute where the runbook has a gap.
    """
    done = case.last(Stepped)
    if done is None:
        raise NoRoute("no step has been completed")
    clauses = Clauses(runbook, case)
    for row in runbook.steps[done.step].routes:
        if row.on == done.outcome and clauses.hold(row.when):
            return Edge(done.step, row, {name: clauses[name] for name in runbook.clauses})
    raise NoRoute(f"step {done.step!r} has no route for the outcome {done.outcome!r} with these clauses")

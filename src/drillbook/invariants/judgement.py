"""The laws that judge a cast: the runbook cannot make anybody look before acting, but whoever plays well does."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.answers import Deployments, RollbackPlans
from drillbook.case import Case
from drillbook.invariants.history import Event, History
from drillbook.invariants.order import lowered
from drillbook.invariants.picks import Pick, acted, event, noted, tell
from drillbook.invariants.temporal import Breach, law
from drillbook.runbook import severity_of
from drillbook.tools import REMEDIES

__all__ = ["JUDGEMENT"]


@law("No rollback of a component without a deployment of that component in evidence", judges=True)
def rollback_needs_a_deployment(history: History) -> Iterator[Breach]:
    tried = Pick("", lambda one, _: "refused" not in one.data)
    for one in (event("act", "rollback") & tried).of(history):
        if one.data["target"] not in _deployed(history.known(one.at)):
            yield Breach(one, f"{tell(one, history)}, with no deployment of {one.data['target']} in evidence")


def _deployed(case: Case) -> set[str]:
    """Every component of which a deployment was seen."""
    listed = {row.component for _, answer in case.answers(Deployments) for row in answer.rows}
    return listed | {plan.component for _, answer in case.answers(RollbackPlans) for plan in answer.plans}


@law("Every remedy names the evidence that it rests on, and that was seen before it", judges=True)
def remedies_rest_on_evidence(history: History) -> Iterator[Breach]:
    for one in acted(*REMEDIES).of(history):
        if not any(_evidence(history.by_seq[seq], one) for seq in one.cause):
            yield Breach(one, f"{tell(one, history)} names no evidence that it rests on")


def _evidence(cause: Event, act: Event) -> bool:
    return cause.kind == "observe" and cause.done and cause.at <= act.at


@law("The severity that is declared is the one that the table gives for what was measured", judges=True)
def severity_by_the_table(history: History) -> Iterator[Breach]:
    for one in noted("declared").of(history):
        row, _ = severity_of(history.runbook, history.known(one.at))
        level = row.level if row else "no incident"
        if level != one.data["severity"]:
            yield Breach(one, f"{one.data['severity']} was declared, and by the table it is {level}")


@law("The severity is lowered only before anything was changed: a fix that works is no reason to have been less severe", judges=True)
def lowered_before_anything_is_changed(history: History) -> Iterator[Breach]:
    for was, one in lowered(history):
        done = history.known(one.at).interventions
        if done:
            yield Breach(one, f"the severity was lowered from {was} to {one.data['severity']} after {done[0].tool} of {done[0].target}")


JUDGEMENT = (rollback_needs_a_deployment, remedies_rest_on_evidence, severity_by_the_table, lowered_before_anything_is_changed)
"""The laws that a cast may break by judging badly."""

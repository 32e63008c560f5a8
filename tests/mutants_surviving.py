"""The mutants that nothing kills, and why each survives: it does the same, or what it does otherwise no drill of the library shows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["SURVIVES"]

SURVIVES: Mapping[str, str] = MappingProxyType({
    # It does the same.
    "steps.diagnose.outcomes: * before *": "equivalent: one role diagnoses and reports one outcome, so that none is the worse of two",
    "steps.triage.outcomes: not_an_incident before P3": "equivalent: one role triages and reports one outcome",
    "steps.triage.crew.0.does: without declared": "equivalent: whoever triages declares, whatever the line lists",
    "steps.investigate.crew: relevant_developer before frontend_developer": "equivalent: in a round of all, the owner is in the crew already",
    "steps.investigate.crew.4.by_owner.devops_automator: *": "equivalent: DevOps Automator looks at the infrastructure in any case",
    "clauses.concluded*": "equivalent: nothing asks this clause",
    "clauses.relevant_developer_wanted.all: without component_known": "equivalent: of a component that is not known nobody is the owner",
    "clauses.resolved.fact: resolved → concluded": "equivalent: what is concluded is not escalated",
    "escalations.*.when: without not resolved": "equivalent: what is concluded is not escalated",
    "devops_automator._SURE: *": "equivalent: the table leads to a rollback only where it is safe, so that the role never has to refuse one",
    "infrastructure_maintainer._complete_team: *": "equivalent: whoever may own a component is in the team of P0, which alone has no placeholder",
    "infrastructure_maintainer.monitor_dependency: 0 → 1 in reading.weight < 0": "equivalent: a dependency weighs two points or more, or minus two",
    # The library has no such production, or the runbook no such line.
    "owners.pipeline: *": "not observable: no system of the library has a component of the stack pipeline",
    "clauses.breach_suspected.fact: *": "not observable: whenever somebody looks, a stranger has read more than a hundred records",
    "executive_summary_generator._DOWN_PCT: 75 → 37.5": "not observable: no P0 of the library is at its worst between 37 and 75% of users",
    "clauses.cosmetic.at_least: *": "not observable: what is cosmetic is reported 22 times an hour or never",
    "health.JUDGES: without *": "not observable: no line of this runbook verifies by that tool; others may",
    "evidence._infrastructure: 0 → 1 in row.ready == 0": "not observable: where one replica is left, logs and platform name the trouble, too",
    # Only the words of a reason differ.
    "duties.investigate: *": "only in words: how many readings point to a cause is told, and decides nothing",
    "reasoning._hypothesis: * item.weight *": "only in words: which records a reason refers to",
})  # fmt: skip
"""By a pattern of names (as fnmatch has it); the first that fits gives the reason."""

"""The mutants that nothing kills, and why each survives: it does the same, or what it does otherwise no drill of the library shows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["SURVIVES"]

SURVIVES: Mapping[str, str] = MappingProxyType({
    # It does the same.
    "clauses.concluded*": "equivalent: nothing asks this clause",
    "steps.diagnose.outcomes: * before *": "equivalent: one role diagnoses and reports one outcome, so that none is the worse of two",
    "steps.triage.outcomes: not_an_incident before P3": "equivalent: one role triages and reports one outcome",
    "steps.diagnose.crew.0.does*": "equivalent: whoever diagnoses measures the impact again, whatever the line lists",
    "steps.triage.crew.0.does*": "equivalent: whoever triages measures and declares, whatever the line lists",
    "steps.hand_over.crew.0.does*": "equivalent: whoever hands over writes the summary, whatever the line lists",
    "devops_automator.*": "equivalent: the table leads to a rollback only where it is safe, so that the role never has to refuse one",
    "evidence._load: 1 → 2 in row.rps / row.usual_rps*": "equivalent: twice is no flood yet, and no drought",
    "clauses.resolved.fact: resolved → concluded": "equivalent: what is concluded is not escalated",
    "severities.2.any: without major_trouble": "not observable: where the trouble is major and there is a way around, a minor feature is broken as well",
    # The library has no such production.
    "owners.pipeline: *": "not observable: no system of the library has a component of the stack pipeline",
    "clauses.breach_suspected.fact: *": "not observable: whenever somebody looks, a stranger has read more than a hundred records",
    "executive_summary_generator._DOWN_PCT: 75 → 37.5": "not observable: no P0 of the library is at its worst between 37 and 75% of users",
    "clauses.cosmetic.at_least: *": "not observable: what is cosmetic is reported 22 times an hour or never",
    # Only the words of a reason differ.
    "duties.investigate: *": "only in words: how many readings point to a cause is told, and decides nothing",
    "infrastructure_maintainer._scope: *": "only in words: which features a reason names",
    "infrastructure_maintainer._why: *": "only in words: whether a reason names the runner-up",
    "infrastructure_maintainer._QUESTIONS: *": "only in words: the answers to the runbook's questions of scope",
    "reasoning._hypothesis: * item.weight *": "only in words: which of the evidence a reason quotes",
})  # fmt: skip
"""By a pattern of names (as fnmatch has it); the first that fits gives the reason."""

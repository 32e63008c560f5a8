"""Checking a runbook before it is run: every fault is named, with its place and what would be valid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import networkx as nx

from drillbook.errors import valid_names
from drillbook.facts import FACTS
from drillbook.files import Path_
from drillbook.runbook import (
    BRIEF_FIELDS,
    END,
    REVIEW_ANSWERS,
    STATUS_FIELDS,
    Check,
    Crew,
    Runbook,
    Step,
)  # fmt: skip
from drillbook.toolbelt import Charter
from drillbook.tools import TOOLS

__all__ = ["Fault", "check_runbook", "step_graph"]

Fault = tuple[Path_, str]
Charters = Mapping[str, Charter]

_CARRIED_OUT = frozenset({
    "check", "communicate", "mitigate", "monitor_dependency", "plan", "review", "review_fix", "support", "verify", "watch",
})  # fmt: skip
"""Duties that do what the runbook's lines say; without a line there is nothing that they could do."""

_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType({"status_update": STATUS_FIELDS, "executive_brief": BRIEF_FIELDS})


def step_graph(runbook: Runbook) -> nx.DiGraph[str]:
    """Steps and the routes between them, with the end as a node."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from([*runbook.steps, END])
    graph.add_edges_from((name, row.to) for name, step in runbook.steps.items() for row in step.routes)
    return graph


def check_runbook(runbook: Runbook, charters: Charters) -> list[Fault]:
    """Every fault of a runbook that its form does not show, as (path in the file, message); empty if it is sound."""
    faults = [*_names(runbook, charters), *_clauses(runbook), *_steps(runbook), *_texts(runbook), *_references(runbook)]
    return faults or [*_crews(runbook, charters), *_reach(runbook)]


def _names(runbook: Runbook, charters: Charters) -> Iterator[Fault]:
    for role in runbook.roles:
        if role not in charters and role not in runbook.placeholders:
            yield ("roles", role), f"no module plays the role {role!r}; {valid_names(role, charters)}"
    if runbook.commander not in runbook.roles:
        yield ("commander",), f"unknown role {runbook.commander!r}; {valid_names(runbook.commander, runbook.roles)}"
    if runbook.start not in runbook.steps:
        yield ("start",), f"unknown step {runbook.start!r}; {valid_names(runbook.start, runbook.steps)}"
    for path, role in _roles_used(runbook):
        if role not in runbook.roles:
            yield path, f"unknown role {role!r}; {valid_names(role, runbook.roles)}"
    for level in {severity.level for severity in runbook.severities} - set(runbook.teams):
        yield ("teams",), f"severity {level} has no team"


def _roles_used(runbook: Runbook) -> Iterator[tuple[Path_, str]]:
    for stack, role in runbook.owners.items():
        yield ("owners", stack), role
    for level, members in runbook.teams.items():
        for place, member in enumerate(members):
            yield ("teams", level, place, "role"), member.role
    for name, step in runbook.steps.items():
        for place, crew in enumerate(step.crew):
            yield ("steps", name, "crew", place, "role"), crew.role
    for place, rule in enumerate(runbook.throughout):
        yield ("throughout", place, "role"), rule.role
    for place, row in enumerate(runbook.escalations):
        for index, role in enumerate(row.to):
            yield ("escalations", place, "to", index), role


def _clauses(runbook: Runbook) -> Iterator[Fault]:
    bounds = {*runbook.parameters, *runbook.limits}
    for name, clause in runbook.clauses.items():
        if clause.fact is not None and clause.fact not in FACTS:
            yield ("clauses", name, "fact"), f"unknown fact {clause.fact!r}; {valid_names(clause.fact, FACTS)}"
        for bound in (clause.at_least, clause.at_most, clause.above, clause.below):
            if isinstance(bound, str) and bound not in bounds:
                yield ("clauses", name), f"unknown parameter {bound!r}; {valid_names(bound, bounds)}"
    for path, used in _clauses_used(runbook):
        if used.removeprefix("not ") not in runbook.clauses:
            yield path, f"unknown clause {used!r}; {valid_names(used.removeprefix('not '), runbook.clauses)}"
    known = [(name, part) for name, clause in runbook.clauses.items() for part in (*clause.any_, *clause.all_)]
    uses: nx.DiGraph[str] = nx.DiGraph([(name, part.removeprefix("not ")) for name, part in known])
    for circle in nx.simple_cycles(uses):
        yield ("clauses", circle[0]), f"clauses go in a circle: {' -> '.join([*circle, circle[0]])}"


def _clauses_used(runbook: Runbook) -> Iterator[tuple[Path_, str]]:
    places: list[tuple[Path_, tuple[str, ...]]] = [
        *((("clauses", name, "any" if clause.any_ else "all"), (*clause.any_, *clause.all_)) for name, clause in runbook.clauses.items()),
        *((("severities", place, "any"), (*row.any_, *row.unless)) for place, row in enumerate(runbook.severities)),
        *((("throughout", place, "while"), rule.while_) for place, rule in enumerate(runbook.throughout)),
        *((("escalations", place, "when"), row.when) for place, row in enumerate(runbook.escalations)),
    ]  # fmt: skip
    for name, step in runbook.steps.items():
        places += [(("steps", name, "crew", place, "when"), crew.when) for place, crew in enumerate(step.crew)]
        places += [(("steps", name, "routes", place, "when"), row.when) for place, row in enumerate(step.routes)]
    for path, clauses in places:
        for index, clause in enumerate(clauses):
            yield (*path, index), clause


def _steps(runbook: Runbook) -> Iterator[Fault]:
    for name, step in runbook.steps.items():
        yield from _routes(runbook, name, step)
        if step.on_error not in step.outcomes:
            yield ("steps", name, "on_error"), f"{step.on_error!r} is no outcome of {name}; {valid_names(step.on_error, step.outcomes)}"


def _routes(runbook: Runbook, name: str, step: Step) -> Iterator[Fault]:
    for place, row in enumerate(step.routes):
        if row.on not in step.outcomes:
            yield ("steps", name, "routes", place, "on"), f"{row.on!r} is no outcome of {name}; {valid_names(row.on, step.outcomes)}"
        if row.to != END and row.to not in runbook.steps:
            yield ("steps", name, "routes", place, "to"), f"unknown step {row.to!r}; {valid_names(row.to, [*runbook.steps, END])}"
    for outcome in step.outcomes:
        if outcome not in {row.on for row in step.routes}:
            yield ("steps", name, "outcomes"), f"outcome {outcome!r} of {name} goes nowhere: no route is `on` it"


def _crews(runbook: Runbook, charters: Charters) -> Iterator[Fault]:
    for name, step in runbook.steps.items():
        for place, crew in enumerate(step.crew):
            path: Path_ = ("steps", name, "crew", place)
            for role in _players(runbook, crew.role):
                yield from _crew(path, crew, charters[role])
    for place, rule in enumerate(runbook.throughout):
        yield from _may(("throughout", place, "tool"), rule.tool, charters[rule.role])


def _players(runbook: Runbook, role: str) -> list[str]:
    return sorted(set(runbook.owners.values())) if role in runbook.placeholders else [role]


def _crew(path: Path_, crew: Crew, charter: Charter) -> Iterator[Fault]:
    if crew.duty not in charter.duties:
        yield (*path, "duty"), f"{charter.title} has no duty {crew.duty!r}; {valid_names(crew.duty, charter.duties)}"
    if crew.duty in _CARRIED_OUT and not any(check.tool for check in crew.checks_of(charter.role)):
        yield (*path, "does"), f"{charter.title} has nothing to {crew.duty} with: no check here has a tool"
    where = ("by_owner", charter.role) if charter.role in crew.by_owner else ("does",)
    checks: tuple[Check, ...] = crew.checks_of(charter.role)
    for index, check in enumerate(checks):
        if check.tool is not None:
            yield from _may((*path, *where, index, "tool"), check.tool, charter)


def _may(path: Path_, tool: str, charter: Charter) -> Iterator[Fault]:
    if tool not in TOOLS:
        yield path, f"unknown tool {tool!r}; {valid_names(tool, TOOLS)}"
    elif tool not in charter.tools:
        yield path, f"{charter.title} may not use {tool!r}; {valid_names(tool, charter.tools)}"


def _reach(runbook: Runbook) -> Iterator[Fault]:
    graph = step_graph(runbook)
    reached = {runbook.start, *nx.descendants(graph, runbook.start)}
    for step in runbook.steps:
        if step not in reached:
            yield ("steps", step), f"nobody can reach step {step!r} from {runbook.start!r}"
        elif not nx.has_path(graph, step, END):
            yield ("steps", step), f"step {step!r} has no way to the end"


def _texts(runbook: Runbook) -> Iterator[Fault]:
    for name, template in runbook.templates.items():
        known = _FIELDS.get(name, frozenset())
        for placeholder in re.findall(r"\[([^\]]+)\]", template.text):
            if placeholder not in template.fields:
                yield ("templates", name, "fields"), f"nothing fills [{placeholder}]; fields: {', '.join(sorted(known))}"
        for placeholder, field in template.fields.items():
            if field not in known:
                yield ("templates", name, "fields", placeholder), f"unknown field {field!r}; {valid_names(field, known)}"


def _references(runbook: Runbook) -> Iterator[Fault]:
    for place, rule in enumerate(runbook.throughout):
        if rule.template not in runbook.templates:
            yield ("throughout", place, "template"), f"unknown template {rule.template!r}; {valid_names(rule.template, runbook.templates)}"
    for place, section in enumerate(runbook.post_mortem):
        for index, question in enumerate(section.questions):
            if question.answer not in REVIEW_ANSWERS:
                path: Path_ = ("post_mortem", place, "questions", index, "answer")
                yield path, f"nobody answers {question.answer!r}; {valid_names(question.answer, REVIEW_ANSWERS)}"

"""Checking a runbook before it is run: every fault is named, with its place and what would be valid."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import networkx as nx

from drillbook.errors import valid_names
from drillbook.facts import FACTS, ValueKind
from drillbook.files import Path_
from drillbook.runbook import (
    BRIEF_FIELDS,
    END,
    REVIEW_ANSWERS,
    STATUS_FIELDS,
    Check,
    Clause,
    Crew,
    Runbook,
    Step,
)  # fmt: skip
from drillbook.scenario import CAUSES, KINDS, STACKS
from drillbook.toolbelt import Charter
from drillbook.tools import TOOLS

__all__ = ["Fault", "check_runbook", "step_graph"]

Fault = tuple[Path_, str]
Charters = Mapping[str, Charter]
Judged = Mapping[str, Collection[str]]

_CARRIED_OUT = frozenset({
    "check", "communicate", "mitigate", "monitor_dependency", "plan", "review", "review_fix", "support", "verify", "watch",
})  # fmt: skip
"""Duties that do what the runbook's lines say; without a line there is nothing that they could do."""
_NEEDS: Mapping[str, str] = MappingProxyType({"triage": "assess_impact", "diagnose": "assess_impact", "hand_over": "hand_over"})
"""Duties that use one tool whatever else a line lists: a line without it would be no lie only by luck."""

_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType({"status_update": STATUS_FIELDS, "executive_brief": BRIEF_FIELDS})


def step_graph(runbook: Runbook) -> nx.DiGraph[str]:
    """Steps and the routes between them, with the end as a node."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from([*runbook.steps, END])
    graph.add_edges_from((name, row.to) for name, step in runbook.steps.items() for row in step.routes)
    return graph


def check_runbook(runbook: Runbook, charters: Charters, judged: Judged) -> list[Fault]:
    """Every fault of a runbook that its form does not show, as (path in the file, message); empty if it is sound.

    `judged`: the duties that judge what a tool shows, each with the tools that it can judge.
    """
    faults = [*_names(runbook, charters), *_clauses(runbook), *_steps(runbook), *_texts(runbook), *_references(runbook)]
    return faults or [*_crews(runbook, charters, judged), *_reach(runbook), *_circles(runbook)]


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
    yield from _levels(runbook)
    yield from _owners(runbook)
    yield from _approvals(runbook)


def _levels(runbook: Runbook) -> Iterator[Fault]:
    levels = [severity.level for severity in runbook.severities]
    for place, level in enumerate(levels):
        if level in levels[:place]:
            yield ("severities", place, "level"), f"severity {level!r} is declared twice; valid: a row a level"
        elif level not in runbook.teams:
            yield ("teams",), f"severity {level} has no team"


def _approvals(runbook: Runbook) -> Iterator[Fault]:
    changing = [tool.name for tool in TOOLS.values() if tool.effect == "changes"]
    for tool, role in runbook.approve.items():
        if tool not in changing:
            yield ("approve", tool), f"{tool!r} changes nothing, so nobody has to approve of it; {valid_names(tool, changing)}"
        elif role in runbook.placeholders:
            yield ("approve", tool), f"{role!r} stands for several roles; valid: one that is always the same"


def _owners(runbook: Runbook) -> Iterator[Fault]:
    for stack in runbook.owners:
        if stack not in STACKS:
            yield ("owners", stack), f"unknown stack {stack!r}; {valid_names(stack, STACKS)}"
    for stack in STACKS:
        if stack not in runbook.owners:
            yield ("owners",), f"the stack {stack!r} has no owner; valid: {stack}: ROLE"


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
    for tool, role in runbook.approve.items():
        yield ("approve", tool), role
    for place, row in enumerate(runbook.escalations):
        for index, role in enumerate(row.to):
            yield ("escalations", place, "to", index), role


def _clauses(runbook: Runbook) -> Iterator[Fault]:
    bounds = {*runbook.parameters, *runbook.limits}
    for name, clause in runbook.clauses.items():
        if clause.fact is not None and clause.fact not in FACTS:
            yield ("clauses", name, "fact"), f"unknown fact {clause.fact!r}; {valid_names(clause.fact, FACTS)}"
        elif clause.fact is not None:
            yield from _values(runbook, name, clause, FACTS[clause.fact].kind)
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


_PLAIN_VALUES: Mapping[ValueKind, tuple[tuple[type, ...], str]] = MappingProxyType({
    "flag": ((bool,), "true or false"), "number": ((int,), "a whole number"), "name": ((str,), "text"),
})  # fmt: skip


def _values(runbook: Runbook, name: str, clause: Clause, kind: ValueKind) -> Iterator[Fault]:
    """A clause must ask for what its fact can be."""
    if clause.is_ is None:
        if kind != "number":
            yield ("clauses", name), f"{clause.fact} is no number that could be compared; valid: is"
    elif kind in _PLAIN_VALUES:
        types, valid = _PLAIN_VALUES[kind]
        if type(clause.is_) not in types:
            yield ("clauses", name, "is"), f"{clause.fact} is never {clause.is_!r}; valid: {valid}"
    else:
        known = {"severity": [row.level for row in runbook.severities], "cause": CAUSES, "kind": KINDS}[kind]
        if clause.is_ not in known:
            yield ("clauses", name, "is"), f"{clause.fact} is never {clause.is_!r}; {valid_names(str(clause.is_), known)}"


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
        for place, outcome in enumerate(step.outcomes):
            if outcome in step.outcomes[:place]:
                yield ("steps", name, "outcomes", place), f"outcome {outcome!r} of {name} is declared twice; valid: each once, worst first"
        if step.on_error not in step.outcomes:
            yield ("steps", name, "on_error"), f"{step.on_error!r} is no outcome of {name}; {valid_names(step.on_error, step.outcomes)}"


def _routes(runbook: Runbook, name: str, step: Step) -> Iterator[Fault]:
    for place, row in enumerate(step.routes):
        if row.on not in step.outcomes:
            yield ("steps", name, "routes", place, "on"), f"{row.on!r} is no outcome of {name}; {valid_names(row.on, step.outcomes)}"
        if row.to != END and row.to not in runbook.steps:
            yield ("steps", name, "routes", place, "to"), f"unknown step {row.to!r}; {valid_names(row.to, [*runbook.steps, END])}"
    for outcome in dict.fromkeys(step.outcomes):
        if outcome not in {row.on for row in step.routes}:
            yield ("steps", name, "outcomes"), f"outcome {outcome!r} of {name} goes nowhere: no route is `on` it"


def _crews(runbook: Runbook, charters: Charters, judged: Judged) -> Iterator[Fault]:
    for name, step in runbook.steps.items():
        for place, crew in enumerate(step.crew):
            path: Path_ = ("steps", name, "crew", place)
            for role in _players(runbook, crew.role):
                yield from _crew(path, crew, charters[role], judged)
    for place, rule in enumerate(runbook.throughout):
        yield from _may(("throughout", place, "tool"), rule.tool, charters[rule.role])


def _players(runbook: Runbook, role: str) -> list[str]:
    return sorted(set(runbook.owners.values())) if role in runbook.placeholders else [role]


def _crew(path: Path_, crew: Crew, charter: Charter, judged: Judged) -> Iterator[Fault]:
    if crew.duty not in charter.duties:
        yield (*path, "duty"), f"{charter.title} has no duty {crew.duty!r}; {valid_names(crew.duty, charter.duties)}"
    if crew.duty in _CARRIED_OUT and not any(check.tool for check in crew.checks_of(charter.role)):
        yield (*path, "does"), f"{charter.title} has nothing to {crew.duty} with: no check here has a tool"
    needed = _NEEDS.get(crew.duty)
    if needed and needed not in {check.tool for check in crew.checks_of(charter.role)}:
        yield (*path, "does"), f"{charter.title} cannot {crew.duty.replace('_', ' ')} without {needed!r}: no check here has it"
    where = ("by_owner", charter.role) if charter.role in crew.by_owner else ("does",)
    checks: tuple[Check, ...] = crew.checks_of(charter.role)
    for index, check in enumerate(checks):
        if check.tool is not None:
            yield from _may((*path, *where, index, "tool"), check.tool, charter)
            if check.tool in TOOLS and check.tool not in judged.get(crew.duty, TOOLS):
                usable = valid_names("", judged[crew.duty])
                yield (*path, *where, index, "tool"), f"the duty {crew.duty!r} cannot judge what {check.tool!r} shows; {usable}"


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


def _circles(runbook: Runbook) -> Iterator[Fault]:
    """Ways round that nothing bounds: none of their routes asks how many rounds or attempts there were."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, step in runbook.steps.items():
        graph.add_edges_from((name, row.to) for row in step.routes if not any(_bounds(runbook, clause) for clause in row.when))
    for group in nx.strongly_connected_components(graph):
        part = graph.subgraph(group)
        if part.number_of_edges():
            circle = [edge[0] for edge in nx.find_cycle(part, min(group))]
            way = " -> ".join([*circle, circle[0]])
            yield ("steps", circle[0], "routes"), f"steps go round unbounded: {way}; valid: a route `when` rounds or attempts are left"


def _bounds(runbook: Runbook, used: str) -> bool:
    """Whether a clause stops holding after so many rounds or attempts."""
    name = used.removeprefix("not ")
    clause, contrary = runbook.clauses[name], name != used
    if clause.fact is not None:
        ends = clause.above is not None or clause.at_least is not None
        return clause.fact in ("rounds", "attempts") and ends is contrary
    parts = [_bounds(runbook, f"not {part}".removeprefix("not not ") if contrary else part) for part in (*clause.any_, *clause.all_)]
    return all(parts) if bool(clause.any_) is not contrary else any(parts)


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

"""The runbook's picture, drawn from the runbook: Mermaid, a box a step with its crew, an edge a route with its outcome.

Coloured, it shows how often each route was taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log

from drillbook.graph.routing import label
from drillbook.runbook import END, Crew, Route, Runbook, Step

__all__ = ["coloured", "condition", "member", "mermaid", "ways"]

Ran = Mapping[tuple[str, Route], int]
"""How often each row of the routing table, by its step, was taken."""

_BLUES = ("#9ecae1", "#6baed6", "#3182bd", "#08519c")
_NEVER = "stroke:#d55e00,stroke-width:2px,stroke-dasharray:6 4"
"""Seldom to often from a light blue to a dark one, and thicker; never in dashed vermilion: told apart without colours, too."""


def mermaid(runbook: Runbook) -> str:
    """The whole runbook as a Mermaid flowchart; branches of the decision tree are framed."""
    return "\n".join(["flowchart TD", *_boxes(runbook), *_edges(runbook)]) + "\n"


def _boxes(runbook: Runbook) -> Iterator[str]:
    yield f"  start([{_quoted(' / '.join(runbook.triggers))}])"
    branches: dict[str, list[str]] = {}
    for name, step in runbook.steps.items():
        if step.branch:
            branches.setdefault(step.branch, []).append(name)
        else:
            yield f"  {name}[{_box(runbook, step)}]"
    for branch, names in branches.items():
        yield f"  subgraph {branch}[{_quoted(condition(runbook, branch))}]"
        yield from (f"    {name}[{_box(runbook, runbook.steps[name])}]" for name in names)
        yield "  end"
    yield f"  {END}_([{_quoted('end')}])"


def _box(runbook: Runbook, step: Step) -> str:
    title = f"{step.title} · {step.window}" if step.window else step.title
    return _quoted("<br/>".join([f"<b>{_escaped(title)}</b>", *(_escaped(member(runbook, crew)) for crew in step.crew)]), escape=False)


def member(runbook: Runbook, crew: Crew) -> str:
    """A line of a step's crew: the role, and when it takes part."""
    condition = f" ({crew.note or ', '.join(crew.when)})" if crew.when else ""
    return f"{runbook.roles[crew.role]}{condition}"


def condition(runbook: Runbook, branch: str) -> str:
    """How the decision tree words the way into a branch; the branch's name where it does not."""
    rows = [row for step in runbook.steps.values() for row in step.routes if row.to in runbook.steps]
    return next((row.if_ for row in rows if row.if_ and runbook.steps[row.to].branch == branch), branch)


def _edges(runbook: Runbook) -> Iterator[str]:
    yield f"  start --> {runbook.start}"
    for name, step in runbook.steps.items():
        for to, labels in ways(step).items():
            yield f"  {name} -->|{_quoted(' / '.join(labels))}| {f'{END}_' if to == END else to}"


def ways(step: Step) -> dict[str, list[str]]:
    """Where a step may lead, each with the labels of the rows that lead there."""
    found: dict[str, list[str]] = {}
    for row in step.routes:
        found.setdefault(row.to, []).append(label(row))
    return found


def coloured(runbook: Runbook, ran: Ran) -> str:
    """The whole runbook with an edge a row of the routing table: the more often it was taken the thicker and darker, dashed if never."""
    lines = ["flowchart TD", *_boxes(runbook)]
    styles, most = dict[str, list[str]](), max(ran.values(), default=0)
    lines.append(f"  start --> {runbook.start}")
    for place, ((name, row), times) in enumerate(ran.items(), start=1):
        arrow, said = ("-->", f"{label(row)} · {times}x") if times else ("-.->", f"{label(row)} · never")
        lines.append(f"  {name} {arrow}|{_quoted(said)}| {f'{END}_' if row.to == END else row.to}")
        styles.setdefault(_heat(times, most), []).append(str(place))
    entered = {name for (name, _), times in ran.items() if times}
    lines += [f"  linkStyle {','.join(places)} {style}" for style, places in styles.items()]
    lines += [f"  style {name} {_NEVER}" for name in runbook.steps if name not in entered]
    return "\n".join(lines) + "\n"


def _heat(times: int, most: int) -> str:
    """The style of an edge; its darkness goes with the logarithm of the count."""
    if not times:
        return _NEVER
    share = log(times + 1) / log(most + 1)
    return f"stroke:{_BLUES[min(int(share * len(_BLUES)), len(_BLUES) - 1)]},stroke-width:{1 + round(5 * share)}px"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str, *, escape: bool = True) -> str:
    return f'"{_escaped(text) if escape else text}"'

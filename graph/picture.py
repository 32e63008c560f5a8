"""The runbook's picture, drawn from the runbook: Mermaid, a box a step with its crew, an edge a route with its outcome."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.graph.routing import label
from drillbook.runbook import END, Crew, Runbook, Step

__all__ = ["mermaid"]


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
        yield f"  subgraph {branch}[{_quoted(_condition(runbook, branch))}]"
        yield from (f"    {name}[{_box(runbook, runbook.steps[name])}]" for name in names)
        yield "  end"
    yield f"  {END}_([{_quoted('end')}])"


def _box(runbook: Runbook, step: Step) -> str:
    title = f"{step.title} · {step.window}" if step.window else step.title
    return _quoted("<br/>".join([f"<b>{_escaped(title)}</b>", *(_escaped(_who(runbook, crew)) for crew in step.crew)]), escape=False)


def _who(runbook: Runbook, crew: Crew) -> str:
    condition = f" ({crew.note or ', '.join(crew.when)})" if crew.when else ""
    return f"{runbook.roles[crew.role]}{condition}"


def _condition(runbook: Runbook, branch: str) -> str:
    """How the decision tree words the way into a branch; the branch's name where it does not."""
    rows = [row for step in runbook.steps.values() for row in step.routes if row.to in runbook.steps]
    return next((row.if_ for row in rows if row.if_ and runbook.steps[row.to].branch == branch), branch)


def _edges(runbook: Runbook) -> Iterator[str]:
    yield f"  start --> {runbook.start}"
    for name, step in runbook.steps.items():
        ways: dict[str, list[str]] = {}
        for row in step.routes:
            ways.setdefault(row.to, []).append(label(row))
        for to, labels in ways.items():
            yield f"  {name} -->|{_quoted(' / '.join(labels))}| {f'{END}_' if to == END else to}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str, *, escape: bool = True) -> str:
    return f'"{_escaped(text) if escape else text}"'

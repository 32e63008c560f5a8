"""Coverage as a person and as a program reads it: a table with what is missing by name, a matrix, and one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from drillbook.coverage import JUDGED, Coverage, Measure, edge_name
from drillbook.runbook import Runbook

__all__ = ["document", "rendered"]

_MATRIX = "roles x severities"
_SHOWN = 40
"""How many names of a kind the table lists; JSON has them all."""


def rendered(runbook: Runbook, coverage: Coverage, *, matrix: bool = True) -> RenderableType:
    """The measures, what is missing of each, what cannot be, and who worked at which severity."""
    measures = coverage.measures(runbook)
    table = Table(box=None, padding=(0, 2, 0, 0), title=_title(runbook, coverage), title_justify="left")
    for column, justify in (("measure", "left"), ("covered", "right"), ("of", "right"), ("percent", "right"), ("", "left")):
        table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]  # one of rich's words
    for one in measures:
        table.add_row(one.name, str(one.covered), str(one.total), f"{one.percent:.1f}%", _remark(one))
    return Group(table, *_missing(measures), *([_roles(runbook, coverage)] if matrix else []))


def _title(runbook: Runbook, coverage: Coverage) -> str:
    return f"Coverage of {runbook.name} by {coverage.drills} drill{'s' if coverage.drills != 1 else ''}"


def _remark(one: Measure) -> str:
    return f"{len(one.infeasible)} more cannot decide by themselves" if one.infeasible else ""


def _missing(measures: Sequence[Measure]) -> Iterator[RenderableType]:
    for one in measures:
        if one.missing and one.name != _MATRIX:
            yield Text(f"{one.name} never seen", style="bold")
            yield from (_line(name) for name in one.missing[:_SHOWN])
            if len(one.missing) > _SHOWN:
                yield _line(f"and {len(one.missing) - _SHOWN} more")
        for reason in dict.fromkeys(one.infeasible.values()):
            yield Text(f"{one.name} that no drill can show, for {reason}", style="bold")
            yield from (_line(name) for name, why in one.infeasible.items() if why == reason)


def _line(text: str) -> RenderableType:
    return Padding(Text(text), (0, 0, 0, 2))


def _roles(runbook: Runbook, coverage: Coverage) -> Table:
    """How many tasks each role had at each severity; a picture, not a goal: not every role has work at every severity."""
    levels = [row.level for row in runbook.severities]
    table = Table(box=None, padding=(0, 2, 0, 0), title="tasks by role and severity", title_justify="left")
    for place, column in enumerate(("role", *levels)):
        table.add_column(column, justify="right" if place else "left")
    for role, title in runbook.roles.items():
        if role not in runbook.placeholders:
            table.add_row(title, *(str(coverage.count(_MATRIX, f"{role} {level}") or "-") for level in levels))
    return table


def document(runbook: Runbook, coverage: Coverage) -> dict[str, Any]:
    """All of it as JSON data: the measures, the edges with their counts, and the parts that can be added to others."""
    return {
        "runbook": runbook.name, "drills": coverage.drills,
        "measures": [
            {**one.model_dump(mode="json"), "percent": round(one.percent, 2), "judged": one.name in JUDGED}
            for one in coverage.measures(runbook)
        ],
        "edges": [
            {"step": step, "outcome": row.on, "when": list(row.when), "to": row.to, "name": edge_name(step, row), "times": times}
            for (step, row), times in coverage.edges(runbook).items()
        ],
        "seen": coverage.seen, "passes": coverage.passes,
    }  # fmt: skip

"""Rows of JSON data as a table that fits a terminal: what a row is about first, and as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from drillbook.units import clock, printable

__all__ = ["tabled"]

_FIRST = (
    "caller", "callee", "component", "endpoint", "feature", "status", "level", "message", "since", "up", "error_pct", "usual_error_pct",
    "failing_pct", "share_pct", "p95_ms", "usual_p95_ms", "cpu", "memory", "disk", "network", "saturation", "rps", "usual_rps",
)  # fmt: skip
"""The columns that say most, the first of them first; others follow by name."""

_TIMES = frozenset({"at", "since", "as_of", "deployed_at"})
_WIDEST = 60
_GAP = 2


def tabled(rows: Sequence[Mapping[str, Any]], width: int) -> Table:
    """A table of at most `width` letters a line; the columns for which there is no room are named below it."""
    names = {name for row in rows for name in row}
    columns = sorted(names, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    cells = {name: [_cell(name, row.get(name)) for row in rows] for name in columns}
    shown, left = list[str](), width
    for name in columns:
        left -= _room(name, cells[name])
        if left < 0 and shown:
            break
        shown.append(name)
    rest = ", ".join(columns[len(shown) :])
    table = Table(box=None, padding=(0, _GAP, 0, 0), caption=f"no room for: {rest}" if rest else None, caption_justify="left")
    for name in shown:
        table.add_column(name.replace("_", " "), overflow="fold", min_width=min(_room(name, cells[name]) - _GAP, width))
    for place in range(len(rows)):
        table.add_row(*(Text(cells[name][place]) for name in shown))
    return table


def _room(name: str, cells: Sequence[str]) -> int:
    """How wide a column must be: its longest cell, and the longest word above it."""
    return max([min(max(map(len, cells)), _WIDEST), *map(len, name.split("_"))]) + _GAP


def _cell(name: str, value: Any) -> str:
    """A value as a person reads it: a time by the clock, a number in four digits."""
    if name in _TIMES and isinstance(value, int):
        return clock(value)
    if isinstance(value, list):
        return printable(", ".join(map(str, value)))
    return printable("" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value))

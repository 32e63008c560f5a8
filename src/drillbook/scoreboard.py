"""How an evaluation is shown: what it came to, the way there, time and cost, and the lead over each baseline; as tables or as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from drillbook.brains import BASELINES
from drillbook.evaluation import Evaluation, Row, in_percent
from drillbook.intervals import Estimate

__all__ = ["markdown", "show"]


class _Board(NamedTuple):
    """One table: its title, its columns, and its rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Shown = Callable[[Estimate | None], str]


def _amount(digits: int, unit: float = 1.0) -> Shown:
    """An amount with its interval, if it has one; a dash where there is none."""
    def shown(found: Estimate | None) -> str:
        if found is None:
            return "-"
        value, low, high = (f"{part / unit:,.{digits}f}" for part in (found.value, found.low, found.high))
        return f"{value} ({low}-{high})" if low != high else value

    return shown


_END: Mapping[str, str] = MappingProxyType({
    "severity": "severity", "cause": "cause", "component": "component", "outcome": "outcome", "end_state": "end state",
})  # fmt: skip
_WAY: Mapping[str, str] = MappingProxyType({
    "process": "process", "process.team": "right people", "process.no_extra_people": "none too many", "process.order": "order",
    "process.status_updates": "updates", "process.briefs": "briefs", "process.escalations": "escalations", "process.evidence": "evidence",
})  # fmt: skip
_TIME: Mapping[str, tuple[str, Shown]] = MappingProxyType({
    "mitigated": ("mitigated, %", in_percent), "minutes_to_mitigate": ("after, min", _amount(1)), "speed": ("of best known, %", in_percent),
    "harmful_actions": ("harmful actions", _amount(2)), "users_hit": ("users hit", _amount(0)),
})  # fmt: skip
_TOLD: Mapping[str, tuple[str, Shown]] = MappingProxyType({
    "postmortem": ("true, %", in_percent), "postmortem.right": ("claims right", _amount(1)), "postmortem.wrong": ("wrong", _amount(2)),
    "postmortem.missing": ("missing", _amount(2)),
})  # fmt: skip
_COST: Mapping[str, tuple[str, Shown]] = MappingProxyType({
    "answers": ("answers", _amount(1)), "input_tokens": ("tokens in", _amount(0)), "output_tokens": ("tokens out", _amount(0)),
    "cost_usd": ("USD", _amount(4)), "seconds": ("s waited", _amount(1)),
})  # fmt: skip
_LEAD = ("severity", "cause", "component", "outcome", "points")


def _boards(found: Evaluation) -> Iterator[_Board]:
    ks = sorted({1, found.runs})
    about = f"{_count(len(found.scenarios), 'scenario')}, {_count(found.runs, 'run')} each"
    yield _Board(f"End state, in % with 95% intervals ({about})", ("cast", *_END.values(), *(f"pass^{k}" for k in ks)), tuple(
        (row.cast, *(in_percent(row.measures[name]) for name in _END), *(in_percent(row.passes[k - 1]) for k in ks)) for row in found.rows))
    yield _Board("Process, in %", ("cast", *_WAY.values()), tuple(
        (row.cast, *(in_percent(row.measures[name]) for name in _WAY)) for row in found.rows))
    for title, columns in (("Time and harm, a drill", _TIME), ("Post-mortems, each", _TOLD), ("Models, a drill", _COST)):
        yield _Board(title, ("cast", *(name for name, _ in columns.values())), tuple(
            (row.cast, *(shown(row.measures[name]) for name, (_, shown) in columns.items())) for row in found.rows))
    yield _Board("Lead over each baseline, in points of a hundred", ("cast", "over", *_LEAD), tuple(
        line for row in found.rows if row.cast not in BASELINES for line in _leads(row)))  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _leads(row: Row) -> Iterator[tuple[str, ...]]:
    for name, leads in row.leads.items():
        yield row.cast, name, *(_signed(leads[measure]) for measure in _LEAD)


def _signed(found: Estimate | None) -> str:
    return f"{100 * found.value:+.0f} ({100 * found.low:+.0f}..{100 * found.high:+.0f})" if found else "-"


def show(console: Console, found: Evaluation) -> None:
    """Print the tables."""
    for place, board in enumerate(_boards(found)):
        table = Table(*board.columns, box=None, padding=(0, 2, 0, 0), title=f"{chr(10) * bool(place)}{board.title}", title_justify="left")
        for column in table.columns:
            column.overflow, column.no_wrap = "fold", column.header in ("cast", "over")
        for row in board.rows:
            table.add_row(*row)
        console.print(table)


def markdown(found: Evaluation) -> str:
    """The same as Markdown tables, for a comment or a page."""
    return "\n".join(line for board in _boards(found) for line in _marked(board))


def _marked(board: _Board) -> Iterator[str]:
    yield from (f"### {board.title}", "", f"| {' | '.join(board.columns)} |", f"|{' --- |' * len(board.columns)}")
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in board.rows)
    yield ""

"""Results as text: what the command line prints of a replay, a fork or a sweep, and what `print` and a notebook show of them."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from drillbook import sidebyside, story, views, whatif
from drillbook.catalogue import Catalogue
from drillbook.decisions import Sweep
from drillbook.drill import Drill
from drillbook.forking import Fork
from drillbook.replaying import Replay
from drillbook.sidebyside import grid
from drillbook.views import Beside, Metrics, Timeline

__all__ = ["parts", "show", "text"]

_WIDE = 120


def text(result: Any) -> str:
    """A result as plain text, up to 120 letters wide where it has tables; no wider than the terminal, where it goes to one."""
    out = io.StringIO()
    columns = min(_WIDE, shutil.get_terminal_size((_WIDE, 24)).columns) if sys.stdout.isatty() else _WIDE
    show(Console(file=out, width=columns, color_system=None, force_jupyter=False), result)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def show(console: Console, result: Any) -> None:
    """Print a result part by part."""
    for part in parts(result):
        console.print(part, markup=False, highlight=False, emoji=False, soft_wrap=isinstance(part, str))


@singledispatch
def parts(result: Any) -> Iterator[RenderableType]:
    """A result's lines and tables."""
    yield result.brief


@parts.register
def _(drill: Drill) -> Iterator[RenderableType]:
    yield drill.brief
    yield str(drill.route)
    told = grid("", "")
    told.show_header = False
    for name, fact in {**story.facts(drill), "digest": drill.journal.digest}.items():
        if name != "route":
            told.add_row(name, Text(fact))
    yield told


@parts.register
def _(found: Timeline) -> Iterator[RenderableType]:
    yield from views.lines(found)


@parts.register
def _(found: Metrics) -> Iterator[RenderableType]:
    yield from views.figures(found)


@parts.register
def _(found: Beside) -> Iterator[RenderableType]:
    yield found.brief
    yield sidebyside.routes(found.comparison, *found.names)
    yield sidebyside.measures(found.comparison, *found.names)


@parts.register
def _(found: Catalogue) -> Iterator[RenderableType]:
    told = grid("id", "severity", "cause", "difficulty", "title")
    for row in found.rows:
        told.add_row(*(str(row[name] or "-") for name in ("id", "severity", "cause", "difficulty", "title")))
    yield told


@parts.register
def _(done: Replay) -> Iterator[RenderableType]:
    if not done.edits.any:
        yield sidebyside.line(done)
        yield from sidebyside.report(done)
        return
    header, found = done.recorded.header, done.comparison
    answers = ", ".join(f"{count} {source}" for source, count in done.sources.items())
    yield f"{header['scenario']} seed {header['seed']} · {done.name} · answers: {answers}"
    if done.edits.scenario is not None:
        yield f"flown now: {done.edits.scenario[0].id} with the journal's seed {header['seed']}"
    if done.identical:
        yield "nothing changes: every record is the same\n"
        return
    yield from sidebyside.report(done)
    yield sidebyside.routes(found, "recorded", "with the edit")
    for place, flip in enumerate(sidebyside.flips(found.flips)):
        yield f"{'clauses that flipped' if not place else '':22}{flip}"
    yield sidebyside.measures(found, "recorded", "with the edit")


@parts.register
def _(found: Fork) -> Iterator[RenderableType]:
    yield whatif.fork_heading(found)
    if not found.same:
        yield sidebyside.routes(found.comparison, "parent", "fork")
        yield whatif.fork_measures(found)


@parts.register
def _(found: Sweep) -> Iterator[RenderableType]:
    yield from whatif.sweep_parts(found)

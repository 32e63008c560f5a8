"""What a notebook shows of a result: pictures and tables as HTML; the text that `print` gives where there is no picture of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import singledispatch
from typing import Any

import drillbook
from drillbook import story, whatif
from drillbook.catalogue import Catalogue
from drillbook.decisions import Sweep
from drillbook.drawing import page
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.evaluation import Evaluation, in_percent
from drillbook.forking import Fork
from drillbook.graph.drawn import drawn
from drillbook.picture import Picture
from drillbook.replaying import Replay
from drillbook.servicemap import service_map
from drillbook.timeline import Event
from drillbook.units import clock
from drillbook.views import Beside, Metrics, Timeline

__all__ = ["bundle", "cards", "chart", "comparison", "events", "html", "route"]


def html(result: Any) -> str:
    """A result for a notebook's cell, with its style sheet."""
    return page.styled(*_parts(result))


def bundle(result: object, inside: str) -> dict[str, str]:
    """Plain text and HTML."""
    return {"text/plain": str(result), "text/html": page.styled(inside)}


@singledispatch
def _parts(result: Any) -> Iterable[str]:
    yield f'<pre style="line-height:1.2">{page.text(result)}</pre>'


def chart(picture: Callable[[], Picture], *, wide: bool = True) -> str:
    """A chart as a figure, or the line that says what it needs."""
    try:
        return page.figure(picture().svg, wide=wide)
    except BadInput as error:
        return f'<p class="soft">{page.text(error)}</p>'


def route(drill: Drill) -> Picture:
    """The way of a drill on its runbook's graph."""
    way = [(step.step, step.to) for step in drill.account.route]
    steps = " → ".join(f"{step.step} ({step.outcome})" for step in drill.account.route)
    return Picture(f"Route of {drill.scenario.id}", steps, drawn(drill.runbook, way))


def cards(messages: Iterable[Mapping[str, Any]]) -> str:
    """Messages, each as it was sent."""
    who = ((one, f"{clock(one['at'])} {one['role']}: {one['kind']}".replace("_", " ")) for one in messages)
    return "".join(page.card(name, one["text"]) for one, name in who)


def events(found: Iterable[Event]) -> str:
    """Events as a table."""
    return page.table(("time", "who", "what"), ((clock(one.at), one.who, one.text) for one in found))


@_parts.register
def _(drill: Drill) -> Iterable[str]:
    yield page.fact_list(story.facts(drill))
    yield chart(lambda: drill.timeline.picture)
    yield page.details("Service map: where the trouble was", page.figure(service_map(drill).svg, wide=True), opened=True)
    yield page.details("Route on the runbook's graph", page.figure(route(drill).svg, wide=True), opened=True)


@_parts.register
def _(found: Timeline) -> Iterable[str]:
    yield chart(lambda: found.picture)
    yield page.details(f"{len(found)} events as text", events(found))


@_parts.register
def _(found: Metrics) -> Iterable[str]:
    yield chart(lambda: found.picture)


def comparison(found: Beside | Fork | Replay, names: tuple[str, str]) -> Iterable[str]:
    """Routes and outcomes in two columns each."""
    told = found.comparison
    yield page.section("Routes", page.table(("differs", *names, "clauses that decided"), (
        ("" if row.mark == "=" else row.mark, row.before, row.after, ", ".join(row.clauses)) for row in told.route)), level=3)
    yield page.section("Outcome", page.table(("measure", *names, "change"), (
        (one.name, one.before, one.after, one.change) for one in told.measures)), level=3)  # fmt: skip


@_parts.register
def _(found: Beside) -> Iterable[str]:
    yield chart(lambda: found.picture)
    yield from comparison(found, found.names)


@_parts.register
def _(found: Fork) -> Iterable[str]:
    yield f'<p class="lines">{page.text(whatif.fork_heading(found))}</p>'
    if not found.same:
        yield chart(lambda: drillbook.charts.beside(found.parent, found.drill, ("parent", "fork")))
        yield from comparison(found, ("parent", "fork"))


@_parts.register
def _(found: Replay) -> Iterable[str]:
    if not found.edits.any or found.identical:
        yield f'<pre style="line-height:1.2">{page.text(found)}</pre>'
        return
    yield f"<p>{page.text(found.brief)}</p>"
    yield from comparison(found, ("recorded", "with the edit"))


@_parts.register
def _(found: Sweep) -> Iterable[str]:
    yield chart(lambda: drillbook.charts.costs(found))
    yield chart(lambda: drillbook.charts.outcomes(found))
    yield page.details("All decisions as text", f'<pre style="line-height:1.2">{page.text(found)}</pre>')


@_parts.register
def _(found: Evaluation) -> Iterable[str]:
    names = ("severity", "cause", "component", "outcome", "end_state", "process")
    yield page.table(("cast, in %", *(name.replace("_", " ") for name in names), f"pass^{found.runs}"), (
        (row.cast, *(in_percent(row.measures[name]) for name in names), in_percent(row.passes[-1])) for row in found.rows))  # fmt: skip
    yield chart(lambda: drillbook.charts.times(found))
    for what in ("severity", "cause"):
        yield chart(lambda what=what: drillbook.charts.confusion(found, what))  # type: ignore[misc]  # mypy knows no lambda with a default


@_parts.register
def _(found: Catalogue) -> Iterable[str]:
    shown = ("id", "title", "severity", "cause", "difficulty", "tags")
    yield page.table(shown, ([row[name] for name in shown] for row in found.rows))

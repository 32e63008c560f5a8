"""The timeline as swim-lanes: a lane a role, the steps shaded, what was done as marks, and below it the users who were hurt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import altair as alt

from drillbook import frames
from drillbook.charts.drawn import CLOCK, Chart, hover, moments, picture, rows, said, titled
from drillbook.drawing.svg import wide, wrapped
from drillbook.drawing.theme import LIGHT
from drillbook.drill import Drill
from drillbook.frames import Mark, Phase, Stretch
from drillbook.picture import Picture
from drillbook.units import MINUTE, clock, span

__all__ = ["LOOKS", "curve_of_hurt", "looks", "named", "passed", "swimlanes", "time"]

_STAR = "M0,-1L0.25,-0.31L0.95,-0.31L0.38,0.12L0.59,0.81L0,0.4L-0.59,0.81L-0.38,0.12L-0.95,-0.31L-0.25,-0.31Z"
_LETTER = "M-1,-0.65H1V0.65H-0.3L-0.7,1.1V0.65H-1Z"
_TICK = "M-1,0L-0.6,-0.4L-0.2,0L0.7,-0.9L1,-0.55L-0.2,0.75Z"
_CROSS = "M-0.9,-0.6L-0.6,-0.9L0,-0.3L0.6,-0.9L0.9,-0.6L0.3,0L0.9,0.6L0.6,0.9L0,0.3L-0.6,0.9L-0.9,0.6L-0.3,0Z"
LOOKS: Mapping[str, tuple[str, str, int]] = MappingProxyType({
    "alert": ("triangle-up", LIGHT["bad"], 120), "look": ("circle", LIGHT["soft"], 34), "decision": ("diamond", LIGHT["note"], 150),
    "action": ("triangle-left", LIGHT["act"], 60), "remedy": ("square", LIGHT["act"], 150), "check": (_TICK, LIGHT["mark"], 110),
    "failed check": (_CROSS, LIGHT["bad"], 90),
    "message": (_LETTER, LIGHT["good"], 100), "escalation": ("triangle-right", LIGHT["bad"], 120),
    "milestone": (_STAR, LIGHT["mark"], 120), "team": ("cross", LIGHT["talk"], 80), "review": ("triangle-down", LIGHT["talk"], 70),
    "trouble": (_CROSS, LIGHT["ink"], 110), "step": ("stroke", LIGHT["soft"], 60),
})  # fmt: skip
"""Each group of marks: shape, colour and size. No two have the same shape and colour, and none is told by its colour alone."""
_WIDTH, _LANE, _NAME_LINES = 820, 26, 3


def time(within: Stretch, *, labels: bool = True, title: str | None = None) -> alt.X:
    """The axis of time, in minutes as T+mm:ss."""
    scale = alt.Scale(domain=[within.begins / MINUTE, within.ends / MINUTE], nice=False, zero=False)
    return alt.X("at:Q", scale=scale, title=title, axis=alt.Axis(labelExpr=CLOCK, labels=labels, ticks=labels, grid=True, tickCount=10))


def looks(found: Sequence[Mark]) -> dict[str, Any]:
    """Shape, colour and size of the groups that there are."""
    there = [name for name in LOOKS if name in {mark.group for mark in found}]
    shapes, colours = ([LOOKS[name][part] for name in there] for part in range(2))
    legend = alt.Legend(orient="bottom", direction="horizontal", title=None, columns=10, symbolSize=90)
    return {
        "shape": alt.Shape("group:N", scale=alt.Scale(domain=there, range=shapes), legend=legend),
        "color": alt.Color("group:N", scale=alt.Scale(domain=there, range=colours), legend=legend),
        "size": alt.Size("size:Q", scale=None), "yOffset": alt.YOffset("aside:Q", scale=None),
    }  # fmt: skip


def swimlanes(drill: Drill) -> Picture:
    """A drill at a glance, from a little before the fault until the incident is concluded."""
    within = frames.stretch(drill)
    found = frames.marks(drill, within)
    lanes = frames.lanes(found, drill)
    above = alt.layer(_shades(drill, within), _names(drill, within), _changes(drill, within), _marks(found, lanes, within))
    above = above.properties(width=_WIDTH, height=_LANE * (len(lanes) + 1) + 12)
    chart = alt.vconcat(above, curve_of_hurt(drill, within, _WIDTH), spacing=4).resolve_scale(x="shared")
    title = titled(drill.brief, *_subtitle(drill, within))
    return picture(f"Timeline of {drill.scenario.id}", _says(drill, found, lanes), chart.properties(title=title))


def _shades(drill: Drill, within: Stretch) -> Chart:
    """The steps as bands, every other one a little darker."""
    data = rows([
        {"at": one.begins / MINUTE, "until": one.ends / MINUTE, "shade": LIGHT["box" if place % 2 else "band"], "said": passed(one)}
        for place, one in enumerate(frames.phases(drill, within))
    ])  # fmt: skip
    return alt.Chart(data).mark_rect().encode(x=time(within, labels=False), x2="until:Q", color=alt.Color("shade:N", scale=None), **said())


def passed(one: Phase) -> str:
    """What a step's band says."""
    return f"{one.title}, {clock(one.begins)} to {clock(one.ends)}\n{one.who}: {one.outcome.replace('_', ' ')}"


def _names(drill: Drill, within: Stretch) -> Chart:
    """The steps' names at the top of their bands, as far as there is room."""
    data = rows([*named(drill, within, _WIDTH, _NAME_LINES)])
    text = alt.Chart(data).mark_text(align="left", baseline="top", dx=3, dy=2, fontSize=9, color=LIGHT["soft"], lineHeight=10)
    return text.encode(x=time(within, labels=False), y=alt.value(0), text="name:N")


def named(drill: Drill, within: Stretch, width: float, most: int) -> Iterator[dict[str, Any]]:
    """The steps' names in lines, as rows, where they fit: into their band of an axis so many pixels wide, in at most so many lines."""
    for one in frames.phases(drill, within):
        room = width * (one.ends - one.begins) / (within.ends - within.begins) - 6
        lines = wrapped(one.title, room, 9)
        if len(lines) <= most and max(wide(line, 9) for line in lines) <= room:
            yield {"at": one.begins / MINUTE, "name": lines}


def _changes(drill: Drill, within: Stretch) -> Chart:
    """A line through all lanes at every change that was made to production."""
    made = [one for one in frames.changes(drill) if one.at in within]
    data = rows([
        {"at": one.at / MINUTE, "shade": LIGHT["soft" if one.effect == "refused" else "act"],
         "said": f"{clock(one.at)} {one.what}: {one.effect}\n{one.why}"}
        for one in made
    ])  # fmt: skip
    rule = alt.Chart(data).mark_rule(strokeDash=[4, 3], strokeWidth=1.5)
    return rule.encode(x=time(within, labels=False), color=alt.Color("shade:N", scale=None), **said())


def _marks(found: Sequence[Mark], lanes: Sequence[str], within: Stretch) -> Chart:
    data = rows([*_placed(found)])
    y = alt.Y("lane:N", sort=[*lanes], title=None, axis=alt.Axis(labelLimit=220, domain=False, ticks=False, grid=True),
              scale=alt.Scale(domain=[*lanes], range=[32, 32 + _LANE * len(lanes)]))  # fmt: skip
    points = alt.Chart(data).mark_point(filled=True, opacity=1, stroke=LIGHT["page"], strokeWidth=0.6)
    return points.encode(x=time(within, labels=False), y=y, **looks(found), **said())


def _placed(found: Sequence[Mark]) -> Iterator[dict[str, Any]]:
    """Marks as rows; those of one lane and moment stand one above the other."""
    places: dict[tuple[str, int], list[Mark]] = {}
    for mark in found:
        places.setdefault((mark.lane, mark.at), []).append(mark)
    for together in places.values():
        step = min(8, (_LANE - 8) / max(len(together) - 1, 1))
        for place, mark in enumerate(together):
            aside = _LANE / 2 + step * (place - (len(together) - 1) / 2)
            yield {**mark._asdict(), "at": mark.at / MINUTE, "size": LOOKS[mark.group][2], "aside": aside}


def curve_of_hurt(drill: Drill, within: Stretch, width: int) -> Chart:
    """The users who fail, a minute, as an area."""
    found = frames.hurt(drill, within)
    data = rows([
        {**band, "users": one.users_per_minute,
         "said": f"{clock(one.at)}: {one.users_per_minute:,.0f} users a minute fail ({one.failing_pct:.1f}%)"}
        for one, band in zip(found, moments([one.at for one in found]), strict=True)
    ])  # fmt: skip
    x = time(within)
    users = alt.Y("users:Q", title=["users hurt", "a minute"], axis=alt.Axis(tickCount=3, format="~s"))
    area = alt.Chart(data).mark_area(color=LIGHT["bad"], opacity=0.28, line={"color": LIGHT["bad"], "strokeWidth": 1.5})
    return alt.layer(area.encode(x=x, y=users), hover(data, x)).properties(width=width, height=80)


def _subtitle(drill: Drill, within: Stretch) -> list[str]:
    reached = [f"{name} {clock(at)}" for name, at in drill.milestones.items() if at is not None]
    later = [f"{one.title} until {clock(one.ends)}" for one in frames.after(drill, within)]
    dashed = ["dashed: a change to production (grey: refused)"] if frames.changes(drill) else []
    return [", ".join(reached), *dashed, *([f"after it: {', '.join(later)}"] if later else [])]


def _says(drill: Drill, found: Sequence[Mark], lanes: Sequence[str]) -> str:
    """The picture in a sentence or two."""
    steps = ", ".join(f"{one.title} ({one.outcome.replace('_', ' ')})" for one in frames.phases(drill))
    made = "; ".join(f"{one.what} at {clock(one.at)}: {one.effect}" for one in frames.changes(drill)) or "none"
    length = span(drill.account.ends - (drill.account.detected or 0))
    events = sum(mark.many for mark in found)
    return f"{drill.brief}. {len(lanes)} lanes, {events} events in {length}. Steps: {steps}. Changes to production: {made}."

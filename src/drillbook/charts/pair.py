"""Two drills on one axis of time: the steps of each as bars, what turned them, and the users who were hurt in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt

from drillbook import frames
from drillbook.charts.drawn import Chart, hover, moments, picture, rows, said, titled, told_by
from drillbook.charts.lanes import LOOKS, looks, named, passed, time
from drillbook.drawing.theme import LIGHT
from drillbook.drill import Drill
from drillbook.frames import Mark, Stretch
from drillbook.picture import Picture
from drillbook.units import MINUTE, clock

__all__ = ["TURNS", "beside"]

TURNS = frozenset({"alert", "decision", "remedy", "escalation", "milestone", "failed check", "trouble"})
"""The groups of marks that turn a drill: the rest is left to its own timeline."""
_WIDTH, _LANE = 820, 58
Named = dict[str, Drill]


def beside(before: Drill, after: Drill, names: tuple[str, str] = ("before", "after")) -> Picture:
    """Hold one drill against another at a glance."""
    drills: Named = dict(zip(names, (before, after), strict=True))
    stretches = [frames.stretch(drill) for drill in drills.values()]
    within = Stretch(min(one.begins for one in stretches), max(one.ends for one in stretches))
    above = alt.layer(_steps(drills, within), _titles(drills, within), _turns(drills, within)).properties(width=_WIDTH, height=_LANE * 2)
    below = _hurt(drills, within)
    chart = alt.vconcat(above, below, spacing=4).resolve_scale(color="independent", shape="independent")
    lines = [f"{name}: {drill.brief}; {_harm(drill)}" for name, drill in drills.items()]
    title = titled(f"{names[0].capitalize()} and {names[1]}", *lines)
    return picture(f"{names[0]} beside {names[1]}", ". ".join(lines), chart.properties(title=title))


def _harm(drill: Drill) -> str:
    return f"{drill.truth.users_hit:,} users hit, {drill.truth.revenue_lost_usd:,} USD lost"


def _lane(drills: Named) -> alt.Y:
    scale = alt.Scale(domain=[*drills], range=[0, _LANE * 2], paddingInner=0.12, paddingOuter=0.06)
    return alt.Y("drill:N", title=None, scale=scale, sort=[*drills], axis=alt.Axis(domain=False, ticks=False))


def _steps(drills: Named, within: Stretch) -> Chart:
    data = rows([
        {"drill": name, "at": one.begins / MINUTE, "until": one.ends / MINUTE, "shade": LIGHT["line" if place % 2 else "band"],
         "said": f"{name}: {passed(one)}"}
        for name, drill in drills.items() for place, one in enumerate(frames.phases(drill, within))
    ])  # fmt: skip
    bars = alt.Chart(data).mark_rect(stroke=LIGHT["page"], strokeWidth=1)
    return bars.encode(x=time(within, labels=False), x2="until:Q", y=_lane(drills), color=alt.Color("shade:N", scale=None), **said())


def _titles(drills: Named, within: Stretch) -> Chart:
    data = rows([{"drill": name, **row} for name, drill in drills.items() for row in named(drill, within, _WIDTH, 2)])
    text = alt.Chart(data).mark_text(dx=3, dy=-_LANE / 2 + 6, color=LIGHT["ink"], align="left", baseline="top", fontSize=9,
                                     lineHeight=10)  # fmt: skip
    return text.encode(x=time(within, labels=False), y=_lane(drills), text="name:N")


def _turns(drills: Named, within: Stretch) -> Chart:
    found = [(name, mark) for name, drill in drills.items() for mark in frames.marks(drill, within) if mark.group in TURNS]
    points = alt.Chart(rows([*_placed(found)])).mark_point(filled=True, opacity=1, stroke=LIGHT["page"], strokeWidth=0.6)
    return points.encode(x=time(within, labels=False), y=_lane(drills), **looks([mark for _, mark in found]), **said())


def _placed(found: list[tuple[str, Mark]]) -> Iterator[dict[str, Any]]:
    """Marks as rows in the lower part of their drill's lane; those of one moment stand one above the other."""
    seen: dict[tuple[str, int], int] = {}
    for name, mark in found:
        place = seen[name, mark.at] = seen.get((name, mark.at), -1) + 1
        aside = _LANE * 0.62 - 8 * (place - 1)
        yield {**mark._asdict(), "drill": name, "at": mark.at / MINUTE, "size": LOOKS[mark.group][2], "aside": aside}


def _hurt(drills: Named, within: Stretch) -> Chart:
    """The users who fail in both, a line each: told by dash and by colour."""
    data = []
    for name, drill in drills.items():
        found = frames.hurt(drill, within)
        data += [{"drill": name, **band, "users": one.users_per_minute,
                  "said": f"{clock(one.at)} {name}: {one.users_per_minute:,.0f} users a minute fail"}
                 for one, band in zip(found, moments([one.at for one in found]), strict=True)]  # fmt: skip
    x, users = time(within), alt.Y("users:Q", title=["users hurt", "a minute"], axis=alt.Axis(tickCount=3, format="~s"))
    colour = told_by("drill:N", dict(zip(drills, (LIGHT["bad"], LIGHT["good"]), strict=True)), legend=False)
    dashes = alt.Scale(domain=[*drills], range=[[1, 0], [5, 3]])
    dash = alt.StrokeDash("drill:N", scale=dashes, title=None, legend=alt.Legend(orient="top"))
    line = alt.Chart(rows(data)).mark_line(strokeWidth=2).encode(x=x, y=users, color=colour, strokeDash=dash)
    return alt.layer(line, hover(rows(data), x)).properties(width=_WIDTH, height=90)

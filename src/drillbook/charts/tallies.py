"""What casts are worth, in pictures: what they said against what was so, and how long it took until users were well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import altair as alt

from drillbook.charts.drawn import Chart, lane, picture, rows, said, titled, told_by
from drillbook.drawing.theme import LIGHT
from drillbook.evaluation import Evaluation, Flight
from drillbook.picture import Picture
from drillbook.units import MINUTE, span

__all__ = ["NOTHING", "confusion", "tally", "times"]

NOTHING = "nothing"
_CELL = 46
_FINE: Mapping[str, str] = MappingProxyType({"right": LIGHT["good"], "wrong": LIGHT["bad"]})


def confusion(found: Evaluation, what: str = "severity", casts: Sequence[str] = ()) -> Picture:
    """What each cast said (across) against what was so (down), `what` being severity or cause, with how often in every cell."""
    wanted = [row.cast for row in found.rows if row.cast in casts or not casts]
    tables = {cast: tally(found.flights, cast, what) for cast in wanted}
    names = {name for table in tables.values() for pair in table for name in pair}
    seen = sorted(names, key=lambda name: (name == NOTHING, name))
    right = ", ".join(f"{cast} {sum(n for (so, told), n in table.items() if so == told)} of {sum(table.values())}"
                      for cast, table in tables.items())  # fmt: skip
    chart = alt.concat(*(_matrix(cast, table, seen) for cast, table in tables.items()), columns=3)
    title = titled(f"{what.capitalize()}: what was said against what was so", f"right: {right}", width=_CELL * 8)
    return picture(f"Confusion of {what}", f"{what} right: {right}.", chart.properties(title=title))


def tally(flights: Sequence[Flight], cast: str, what: str) -> Counter[tuple[str, str]]:
    """How often each pair of (so, said) came; of causes, where there was one to find."""
    pairs = [(one.true[what] or NOTHING, one.said[what] or NOTHING) for one in flights if one.cast == cast]
    return Counter(pair for pair in pairs if what == "severity" or pair[0] != NOTHING)


def _matrix(cast: str, table: Counter[tuple[str, str]], seen: Sequence[str]) -> Chart:
    most = max(table.values(), default=1)
    data = rows([
        {"so": so, "told": told, "count": count, "share": count / most, "fine": "right" if so == told else "wrong",
         "said": f"{cast}: {count} times {told}, where {so} was so"}
        for (so, told), count in sorted(table.items())
    ])  # fmt: skip
    plain: dict[str, Any] = {"domain": False, "ticks": False}
    x = alt.X("told:N", sort=[*seen], scale=alt.Scale(domain=[*seen]), title="said", axis=alt.Axis(labelAngle=-40, **plain))
    y = lane("so:N", seen, "so", **plain)
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.12, 0.45]), legend=None)
    cells = alt.Chart(data).mark_rect().encode(x=x, y=y, color=told_by("fine:N", _FINE, legend=False), opacity=shade, **said())
    numbers = alt.Chart(data).mark_text(fontSize=11, fontWeight="bold").encode(x=x, y=y, text="count:Q")
    size = {"width": _CELL * len(seen), "height": _CELL * 0.7 * len(seen)}
    return alt.layer(cells, numbers).properties(title=alt.TitleParams(cast, fontSize=12), **size)


def times(found: Evaluation) -> Picture:
    """How long it took until users were well again, a mark a drill, a row a cast; a diamond where half of all were."""
    casts = [row.cast for row in found.rows]
    mine = {cast: [one for one in found.flights if one.cast == cast and one.best is not None] for cast in casts}
    took = {cast: sorted(one.well_after for one in flights if one.well_after is not None) for cast, flights in mine.items()}
    data = rows([{"cast": one.cast, "minutes": one.well_after / MINUTE, "said": f"{one.scenario} run {one.run}: {span(one.well_after)}"}
                 for flights in mine.values() for one in flights if one.well_after is not None])  # fmt: skip
    halves = {cast: spans[(len(mine[cast]) - 1) // 2] for cast, spans in took.items() if len(spans) * 2 > len(mine[cast])}
    middle = rows([{"cast": cast, "minutes": at / MINUTE, "said": f"{cast}: half of all within {span(at)}"} for cast, at in halves.items()])
    x = alt.X("minutes:Q", scale=alt.Scale(type="symlog"), axis=alt.Axis(values=[0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
              title="minutes from the fault until users were well (the further, the closer together)")  # fmt: skip
    y = lane("cast:N", casts)
    ticks = alt.Chart(data).mark_tick(color=LIGHT["good"], opacity=0.55, thickness=2, height=18).encode(x=x, y=y, **said())
    points = alt.Chart(middle).mark_point(shape="diamond", filled=True, size=120, color=LIGHT["note"], opacity=1, stroke=LIGHT["ink"])
    chart = alt.layer(ticks, points.encode(x=x, y=y, **said())).properties(width=620, height=34 * len(casts))
    gone = ", ".join(f"{cast} {len(mine[cast]) - len(spans)}" for cast, spans in took.items() if len(mine[cast]) > len(spans)) or "none"
    says = f"a tick: a drill; diamond: half of all were well by then, where half ever were; never well: {gone}"
    return picture("Time until users were well", says, chart.properties(title=titled("Time until users were well", says)))

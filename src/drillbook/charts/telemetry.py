"""A service's golden signals over a drill: what its instruments showed, against what is usual, with the changes that were made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import altair as alt

from drillbook import frames
from drillbook.answers import MetricRow
from drillbook.charts.drawn import Chart, hover, moments, picture, rows, said, titled
from drillbook.charts.lanes import time
from drillbook.drawing.theme import LIGHT
from drillbook.drill import Drill
from drillbook.frames import Stretch
from drillbook.picture import Picture
from drillbook.units import MINUTE, clock

__all__ = ["PANELS", "signals"]

_Read = Callable[[MetricRow], float | None]
PANELS: Mapping[str, tuple[_Read, _Read]] = MappingProxyType({
    "errors, %": (lambda row: row.error_pct, lambda row: row.usual_error_pct),
    "p95, ms": (lambda row: row.p95_ms, lambda row: row.usual_p95_ms),
    "requests/s": (lambda row: row.rps, lambda row: row.usual_rps),
    "saturation, %": (lambda row: row.saturation, lambda row: None),
})  # fmt: skip
"""The four golden signals (Beyer et al., Site Reliability Engineering, 2016, chapter 6): what is shown, and what is usual."""
_WIDTH, _HEIGHT = 820, 78


def signals(drill: Drill, service: str, found: Sequence[tuple[int, MetricRow]]) -> Picture:
    """A service's errors, latency, traffic and saturation, as `frames.metrics` found them, a panel each, on one axis of time."""
    within = frames.stretch(drill)
    panels = [_panel(name, found, drill, within, last=name == [*PANELS][-1]) for name in PANELS]
    title = titled(f"{service} in {drill.brief}", "dashed: as usual; dash-dotted: a change to production")
    return picture(f"Metrics of {service}", _says(service, found), alt.vconcat(*panels, spacing=6).properties(title=title))


def _panel(name: str, found: Sequence[tuple[int, MetricRow]], drill: Drill, within: Stretch, *, last: bool) -> Chart:
    read, usually = PANELS[name]
    ats, values = [at for at, _ in found], [read(row) for _, row in found]
    data = rows([
        {**band, "value": value, "said": f"{clock(at)}: {name} {'not delivered' if value is None else f'{value:,.1f}'}"}
        for at, value, band in zip(ats, values, moments(ats), strict=True)
    ])  # fmt: skip
    x, y = time(within, labels=last), alt.Y("value:Q", title=name, axis=alt.Axis(tickCount=3, format="~s"))
    line = alt.Chart(data).mark_line(color=LIGHT["good"], strokeWidth=1.8).encode(x=x, y=y)
    usual = usually(found[0][1])
    known = rows([] if usual is None else [{"value": usual, "said": f"usually {usual:,.1f}"}])
    norm = alt.Chart(known).mark_rule(strokeDash=[4, 4], color=LIGHT["soft"]).encode(y=y, **said())
    made = rows([{"at": one.at / MINUTE, "said": f"{clock(one.at)} {one.what}: {one.effect}"}
                 for one in frames.changes(drill) if one.at in within])  # fmt: skip
    change = alt.Chart(made).mark_rule(color=LIGHT["act"], strokeDash=[6, 2, 1, 2], strokeWidth=1.5).encode(x=x, **said())
    layers = alt.layer(norm, line, change, hover(data, x))
    return layers.properties(width=_WIDTH, height=_HEIGHT)


def _says(service: str, found: Sequence[tuple[int, MetricRow]]) -> str:
    errors = [(row.error_pct, at) for at, row in found if row.error_pct is not None]
    if not errors:
        return f"{service}: no error rate was delivered."
    worst, at = max(errors)
    usual = found[0][1].usual_error_pct
    return f"{service}: errors at worst {worst:.1f}% at {clock(at)} (usually {usual:.1f}%), {errors[-1][0]:.1f}% at the end."

"""Charts in Altair (the extra `notebook`): one specification, drawn here as an SVG with tooltips that need no script, or shown by Altair.

`altair` and `vl_convert` are imported by this package only; `drillbook.charts` is loaded when a picture is first asked for.
"""

from __future__ import annotations

from drillbook.charts.drawn import chart_of, picture, png
from drillbook.charts.lanes import swimlanes
from drillbook.charts.pair import beside
from drillbook.charts.stakes import costs, outcomes
from drillbook.charts.tallies import confusion, times
from drillbook.charts.telemetry import signals

__all__ = ["beside", "chart_of", "confusion", "costs", "outcomes", "picture", "png", "signals", "swimlanes", "times"]

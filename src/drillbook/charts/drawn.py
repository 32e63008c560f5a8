"""From Altair's charts to pictures: the house's looks, and an SVG whose marks say what they are when they are pointed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import altair as alt
import vl_convert

from drillbook.drawing.svg import wrapped
from drillbook.drawing.theme import LIGHT, STYLE, themed
from drillbook.picture import Picture
from drillbook.units import MINUTE

__all__ = ["CLOCK", "Chart", "chart_of", "hover", "lane", "moments", "picture", "png", "rows", "said", "titled", "told_by"]

Chart = Any
"""A chart of Altair's: its methods are typed as if they could give anything."""
_SVG = "http://www.w3.org/2000/svg"
CLOCK = "(datum.value < 0 ? 'T-' : 'T+') + format(floor(abs(datum.value)), '02d') + ':' + format(abs(datum.value) * 60 % 60, '02d')"
"""Minutes as drillbook writes moments, for the labels of an axis."""
_MEASURED = "Liberation Sans, Arial, Helvetica, sans-serif"
"""What texts are measured and shown with; all but the last are equally wide, and the padding leaves room for that one."""


def rows(found: Sequence[Mapping[str, Any]]) -> alt.Data:
    """Rows as a chart's data. No row at all still has columns for the encodings to find."""
    return alt.Data(values=[dict(row) for row in found])  # type: ignore[no-untyped-call]


def said() -> dict[str, Any]:
    """The encodings by which a mark says its row's `said`: Altair's tooltip, and the name that becomes the SVG's `title`."""
    return {"tooltip": alt.Tooltip("said:N", title=" "), "description": alt.Description("said:N")}


def moments(ats: Sequence[int]) -> list[dict[str, Any]]:
    """Evenly spaced moments (virtual ms) as rows in minutes, each with the band around it that `hover` listens to."""
    half = (ats[1] - ats[0]) / 2 if len(ats) > 1 else MINUTE / 2
    return [{"at": at / MINUTE, "left": (at - half) / MINUTE, "right": (at + half) / MINUTE} for at in ats]


def hover(data: alt.Data, x: alt.X) -> Chart:
    """Bands that nobody sees, on the axis of `x`, for a line or an area to say what it is at every moment."""
    left = x.copy()
    left.shorthand = "left:Q"
    return alt.Chart(data).mark_rect(opacity=0).encode(x=left, x2=alt.X2("right:Q"), **said())


def told_by(field: str, colours: Mapping[str, str], *, legend: bool = True) -> alt.Color:
    """The colour by a field's value, with its legend above the chart."""
    scale = alt.Scale(domain=[*colours], range=[*colours.values()])
    return alt.Color(field, scale=scale, title=None, legend=alt.Legend(orient="top") if legend else None)


def lane(field: str, order: Sequence[str], title: str | None = None, **axis: Any) -> alt.Y:
    """A row a value, in this order, from the top down."""
    return alt.Y(field, sort=[*order], scale=alt.Scale(domain=[*order]), title=title, axis=alt.Axis(labelLimit=320, **axis))


def titled(title: str, *below: str, width: float = 620) -> alt.TitleParams:
    """A heading, and smaller what is below it: texts in lines of at most that width, so that none is cut off at the chart's end."""
    return alt.TitleParams(title, subtitle=[line for text in below for line in wrapped(text, width, 11)])


def _configured(chart: Chart) -> dict[str, Any]:
    """A chart's specification in the house's looks, on the light page."""
    spec: dict[str, Any] = chart.to_dict()
    text = {"labelColor": LIGHT["ink"], "titleColor": LIGHT["ink"], "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"}
    lines = {"domainColor": LIGHT["line"], "tickColor": LIGHT["line"], "gridColor": LIGHT["band"]}
    looks = {
        "background": LIGHT["page"], "font": _MEASURED, "view": {"stroke": None}, "axis": {**text, **lines},
        "legend": text,
        "title": {"color": LIGHT["ink"], "subtitleColor": LIGHT["soft"], "anchor": "start", "fontSize": 14, "subtitleFontSize": 11},
        "text": {"color": LIGHT["ink"]}, "header": {**text, "labelFontWeight": "bold"},
    }  # fmt: skip
    return {**spec, "padding": {"left": 36, "right": 24, "top": 6, "bottom": 6}, "config": looks}


def picture(title: str, says: str, chart: Chart) -> Picture:
    """A chart as a picture: `title` and `says` are what it is to who cannot see it."""
    spec = _configured(chart)
    return Picture(title, says, _told(vl_convert.vegalite_to_svg(spec), title, says), spec)


def chart_of(spec: Mapping[str, Any]) -> Chart:
    """A picture's specification as Altair has it."""
    return alt.Chart.from_dict(dict(spec), validate=True)


def png(svg: str, scale: float) -> bytes:
    """An SVG without variables as a PNG."""
    return bytes(vl_convert.svg_to_png(svg, scale=scale))


def _told(svg: str, title: str, says: str) -> str:
    """Vega's SVG as one of the house: with its words, its colours as variables, and the names of its marks as titles."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg)
    for node in list(root.iter()):
        name, kind = node.attrib.pop("aria-label", ""), node.attrib.pop("aria-roledescription", "")
        if name and kind and kind not in _PARTS:
            ElementTree.SubElement(node, f"{{{_SVG}}}title").text = name
        for gone in ("role", "aria-hidden", "class", "font-family", "pointer-events"):
            node.attrib.pop(gone, None)
    root.attrib.update({"class": "db", "role": "img", "style": f"max-width:100%;height:auto;font-family:{_MEASURED}"})
    for place, (tag, text) in enumerate((("title", title), ("desc", says))):
        part = ElementTree.Element(f"{{{_SVG}}}{tag}")
        part.text = text
        root.insert(place, part)
    drawn = themed(ElementTree.tostring(root, encoding="unicode"))
    return drawn.replace("</desc>", f"</desc><style>{STYLE}</style>", 1) + "\n"


_PARTS = frozenset({"axis", "legend", "title", "subtitle", "group mark container", "header", "text mark", "line mark", "area mark"})
"""What is no mark of data, and what says by itself what it is."""

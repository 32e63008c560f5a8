"""A picture: an SVG that a notebook shows as it is, with what it shows in words; saved as SVG, PNG or, for a chart, Vega-Lite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

import drillbook
from drillbook.drawing.theme import flat
from drillbook.errors import BadInput, expect
from drillbook.files import write_whole

__all__ = ["Picture"]

_LEAST, _MOST = 0.1, 8.0


@dataclass(frozen=True, repr=False)
class Picture:
    """One picture. `svg` is a document of its own, without anything from elsewhere; `says`: what it shows, in a sentence.

    `spec`: the Vega-Lite specification of a chart, with tooltips, to go on with in Altair (`picture.chart`); None of a drawing.
    """

    title: str
    says: str
    svg: str
    spec: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Picture {self.title}: {self.says}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": f"{self.title}: {self.says}", "text/html": self.svg}

    @property
    def chart(self) -> Any:
        """The chart as Altair has it, to go on with. Raises BadInput for a drawing, and without the extra `notebook`."""
        if self.spec is None:
            raise BadInput(f"{self.title}: is a drawing, not a chart; valid: its `svg`, `png()` and `save()`")
        return drillbook.charts.chart_of(self.spec)

    def png(self, scale: float = 1.0) -> bytes:
        """The picture as a PNG, in the light colours. Raises BadInput without the extra `notebook`, and for a scale that is none."""
        expect("png: scale", scale, (int, float), "a number, as 2")
        if not _LEAST <= scale <= _MOST:
            raise BadInput(f"png: scale {scale}; valid: {_LEAST:g} to {_MOST:g}")
        try:
            return bytes(drillbook.charts.png(flat(self.svg), scale))
        except RuntimeError as error:
            raise BadInput(f"{self.title}: cannot be drawn: {str(error).splitlines()[0]}") from None

    def save(self, path: str | Path, scale: float = 2.0) -> Path:
        """Write it as what the name ends in: .svg, .png or, of a chart, .json (Vega-Lite). Raises BadInput for another ending."""
        expect("save: path", path, (str, Path), "the path of a file")
        path = Path(path)
        if path.suffix not in _FORMS:
            raise BadInput(f"{path}: a picture is saved as {', '.join(_FORMS)}")
        write_whole(path, _FORMS[path.suffix](self, scale))
        return path


_FORMS: Mapping[str, Callable[[Picture, float], bytes]] = MappingProxyType({
    ".svg": lambda picture, scale: picture.svg.encode(),
    ".png": lambda picture, scale: picture.png(scale),
    ".json": lambda picture, scale: orjson.dumps(picture.chart.to_dict(), option=orjson.OPT_INDENT_2),
})  # fmt: skip

"""Pictures as tests read them: the texts, titles and places in an SVG, and PNGs held against golden ones with tolerance.

`python tests/pictures.py` writes the golden pictures anew.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from flights import ROOT, fly
from PIL import Image, ImageChops, ImageFilter

import drillbook
from drillbook import display, reporting
from drillbook.decisions import Sweep
from drillbook.drawing.theme import DARK
from drillbook.evaluation import Evaluation
from drillbook.graph.drawn import drawn
from drillbook.picture import Picture
from drillbook.reading import read_runbook

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = ROOT / "tests/golden/pictures"
SCALE, TILE = 0.5, 8
NAME = "checkout-bad-deploy"
_MOVE = re.compile(r"translate\(([-\d.]+),([-\d.]+)\)")


def root(picture: Picture | str) -> ElementTree.Element:
    """The picture's root element; it is well-formed, or this raises."""
    return ElementTree.fromstring(picture if isinstance(picture, str) else picture.svg)


def texts(picture: Picture | ElementTree.Element | str) -> list[str]:
    """The texts that stand in a picture, each in one line."""
    tree = picture if isinstance(picture, ElementTree.Element) else root(picture)
    return [" ".join("".join(part.itertext()) for part in text) or (text.text or "") for text in tree.iter(f"{SVG}text")]


def titles(picture: Picture | str) -> list[str]:
    """What the marks of a picture say when they are pointed at, without the title of the picture itself."""
    return [title.text or "" for title in [*root(picture).iter(f"{SVG}title")][1:]]


def marks(picture: Picture) -> Iterator[tuple[str, float, float]]:
    """(what it says, x, y) of every mark that stands at a point, within the frame that it is drawn in."""
    for node in root(picture).iter(f"{SVG}path"):
        title, moved = node.find(f"{SVG}title"), _MOVE.fullmatch(node.attrib.get("transform", ""))
        if title is not None and title.text and moved:
            yield title.text, float(moved[1]), float(moved[2])


@cache
def sweep() -> Sweep:
    return fly(NAME).sweep()


@cache
def evaluation() -> Evaluation:
    return drillbook.evaluate(scenarios=["checkout-bad-deploy", "slow-search", "month-end-bug", "order-page-glitch"])


def fork_beside() -> Picture:
    """A drill and its fork, that rolls back at once."""
    found = fly(NAME).fork(at="triage", do="rollback checkout")
    return found.parent.compare(found.drill, ("parent", "fork")).picture


PICTURES: Mapping[str, Callable[[], Picture]] = {
    "timeline": lambda: fly(NAME).timeline.picture,
    "metrics": lambda: fly(NAME).metrics("checkout").picture,
    "service-map": lambda: fly(NAME).service_map,
    "route": lambda: display.route(fly(NAME)),
    "runbook": lambda: Picture("The runbook", "as a graph", drawn(read_runbook())),
    "screenshot": lambda: Picture("Screenshot", "of the dashboards", fly(NAME).screenshots[0].svg or ""),
    "compare": fork_beside,
    "costs": lambda: drillbook.charts.costs(sweep()),
    "outcomes": lambda: drillbook.charts.outcomes(sweep()),
    "confusion": lambda: drillbook.charts.confusion(evaluation(), "cause"),
    "times": lambda: drillbook.charts.times(evaluation()),
    "report": lambda: reporting.as_picture(fly(NAME)),
}
"""Every kind of picture that there is, by the name of its golden one."""


def image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """How much two pictures differ where they differ most, 0 to 1: blurred, so that a font's edges do not count, and by small tiles
    and by colour, so that one mark does. Of another size: wholly.
    """
    if any(abs(mine - theirs) > 2 for mine, theirs in zip(one.size, other.size, strict=True)):
        return 1.0
    other = other.resize(one.size)
    blurred = [picture.filter(ImageFilter.GaussianBlur(2)) for picture in (one, other)]
    bands = [band.resize((one.width // TILE, one.height // TILE), Image.Resampling.BOX) for band in ImageChops.difference(*blurred).split()]
    return max(float(band.getextrema()[1]) for band in bands) / 255  # type: ignore[arg-type]  # of one band it is a pair


def write() -> None:
    """Write the golden pictures anew, smaller than they are shown: what is on them is read from the SVG, how they look from these."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, made in PICTURES.items():
        small = image(made().png(SCALE))
        small.save(GOLDEN / f"{name}.png", optimize=True)
        print(name, (GOLDEN / f"{name}.png").stat().st_size)


def dark(picture: Picture) -> Picture:
    """The picture as it looks on a dark page."""
    svg = picture.svg
    for name, value in DARK.items():
        svg = svg.replace(f"var(--{name})", value)
    return Picture(picture.title, picture.says, svg)


def golden(name: str) -> Image.Image:
    return image(Path(GOLDEN / f"{name}.png").read_bytes())


if __name__ == "__main__":
    write()

"""Pictures that are drawn by hand: what they say of the runbook, and that nothing in them lies on top of anything else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flights import command, fly
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import SVG, texts

from drillbook.cli import main
from drillbook.drawing.layers import Edge, Layout, Size, layered
from drillbook.drawing.svg import wide, wrapped
from drillbook.graph.drawn import drawn
from drillbook.graph.picture import ways
from drillbook.reading import read_runbook

RUNBOOK = read_runbook()
WAYS = {(name, to) for name, step in RUNBOOK.steps.items() for to in ways(step)}


def paths(picture: ElementTree.Element) -> Iterator[tuple[str, ElementTree.Element]]:
    """The edges of a picture: what each says when it is pointed at."""
    for path in picture.iter(f"{SVG}path"):
        title = path.find(f"{SVG}title")
        if title is not None and title.text:
            yield title.text, path


def test_every_step_with_its_crew_and_every_way_on_with_its_outcomes_is_in_the_picture() -> None:
    picture = ElementTree.fromstring(drawn(RUNBOOK))
    shown = texts(picture)

    for step in RUNBOOK.steps.values():
        assert step.title in shown
        assert all(any(RUNBOOK.roles[crew.role] in text for text in shown) for crew in step.crew)
    assert len([*paths(picture)]) == len(WAYS)
    for step in RUNBOOK.steps.values():
        for labels in ways(step).values():
            assert any(all(word in text for label in labels for word in label.split()) for text in shown), labels


def test_the_way_of_a_drill_is_numbered_in_its_order_and_nothing_else_is_thick() -> None:
    route = [(step.step, step.to) for step in fly("slow-search").account.route]
    picture = ElementTree.fromstring(drawn(RUNBOOK, route))
    thick = {title.split(":")[0] for title, path in paths(picture) if "--good" in path.attrib["style"]}
    numbers = {int(number) for text in texts(picture) if text.startswith("(") for number in text[1 : text.index(")")].split(", ")}

    assert thick == {f"{step} to {to}" for step, to in route}
    assert numbers == {*range(1, len(route) + 1)}
    assert "(1) P0 P1 P2" in texts(picture)
    assert "(2, 4) investigated" in texts(picture), "a way that was taken twice has both numbers"


def test_it_is_a_file_of_its_own_the_same_every_time_and_told_in_words(tmp_path: Path) -> None:
    done = command("graph", "--svg", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == drawn(RUNBOOK)
    picture = ElementTree.fromstring(done.stdout)
    assert picture.attrib["role"] == "img"
    assert (picture.findtext(f"{SVG}title"), RUNBOOK.summary in str(picture.findtext(f"{SVG}desc"))) == (RUNBOOK.title, True)
    assert "http" not in done.stdout.replace("http://www.w3.org/2000/svg", ""), "nothing comes from elsewhere"
    assert "<script" not in done.stdout


def test_langgraphs_own_drawing_is_mermaid_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--svg", "--agents"]) == 2
    assert capsys.readouterr().err == "drillbook: graph: --agents is LangGraph's own drawing, in Mermaid; give --svg without it\n"


NAMES = [f"n{number}" for number in range(12)]
SIZES = st.tuples(st.floats(10, 200), st.floats(10, 90))
GRAPHS = st.tuples(
    st.lists(SIZES, min_size=1, max_size=12),
    st.dictionaries(st.tuples(st.integers(0, 11), st.integers(0, 11)), SIZES, max_size=30),
)


def _laid(sizes: list[Size], edges: dict[tuple[int, int], Size]) -> tuple[dict[str, Size], dict[Edge, Size], Layout]:
    boxes = dict(zip(NAMES, sizes, strict=False))
    labels = {(NAMES[a % len(boxes)], NAMES[b % len(boxes)]): size for (a, b), size in edges.items()}
    return boxes, labels, layered(boxes, labels)


@settings(deadline=None, max_examples=200)
@given(GRAPHS)
def test_boxes_and_labels_never_overlap_and_stay_within_the_picture(graph: tuple[list[Size], dict[tuple[int, int], Size]]) -> None:
    boxes, labels, layout = _laid(*graph)
    placed = [(layout.boxes[name], size) for name, size in boxes.items()] + [(layout.labels[edge], size) for edge, size in labels.items()]

    for ((x1, y1), (w1, h1)), ((x2, y2), (w2, h2)) in combinations(placed, 2):
        assert abs(x1 - x2) >= (w1 + w2) / 2 or abs(y1 - y2) >= (h1 + h2) / 2
    for (x, y), (width, height) in placed:
        assert width / 2 <= x <= layout.size[0] - width / 2
        assert height / 2 <= y <= layout.size[1] - height / 2


@settings(deadline=None, max_examples=100)
@given(GRAPHS)
def test_an_edge_leads_from_box_to_box_by_its_label_and_always_the_same_way_up_or_down(graph: tuple[list[Size], dict[tuple[int, int], Size]]) -> None:
    _, labels, layout = _laid(*graph)
    assert _laid(*graph)[2] == layout
    for (start, end), way in layout.ways.items():
        assert (way[0], way[-1]) == (layout.boxes[start], layout.boxes[end])
        assert layout.labels[start, end] in way[1:-1]
        if start != end:
            assert len({after[1] > before[1] for before, after in pairwise(way)}) == 1
    assert {*layout.ways} == {*labels}


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=9), max_size=12), st.floats(20, 200))
def test_a_text_is_broken_between_words_only_and_where_it_has_to_be(words: list[str], width: float) -> None:
    lines = wrapped(" ".join(words), width)
    assert " ".join(lines).split() == words
    assert all(wide(line) <= width or " " not in line for line in lines)
    assert all(wide(f"{line} {after.split()[0]}") > width for line, after in pairwise(lines))

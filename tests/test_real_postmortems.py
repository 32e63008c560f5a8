"""The drills after real post-mortems: each says whose and when, links one write-up, and stands in the table of them."""

from __future__ import annotations

import re

import pytest
from flights import IDS, ROOT, fly, scenario

PAGE = (ROOT / "docs" / "postmortems.md").read_text()
REAL = [name for name in IDS if "postmortem" in scenario(name)[0].tags]
ROWS = {row.split("`")[1]: row for row in PAGE.splitlines() if row.startswith("| [`")}


def _link(name: str) -> str:
    """The one link of a description."""
    (link,) = re.findall(r"https://\S+", scenario(name)[0].description)
    return str(link)


def test_there_are_at_least_twelve_and_the_table_holds_just_these() -> None:
    assert len(REAL) >= 12
    assert sorted(ROWS) == sorted(REAL)


@pytest.mark.parametrize("name", REAL)
def test_it_says_when_it_was_and_links_the_write_up_last(name: str) -> None:
    spec, _ = scenario(name)
    told, _, link = spec.description.rstrip().rpartition("\n")

    assert link == _link(name)
    (year,) = re.findall(r"\b(?:19|20)\d\d\b", spec.title)
    assert year in name, "the year of the file, of the title"
    assert year in told, "and of what happened there"
    assert "The same here:" in told
    assert "Changed:" in told
    assert "real" in spec.tags


@pytest.mark.parametrize("name", REAL)
def test_the_table_has_its_year_its_file_and_its_link(name: str) -> None:
    assert f"](../scenarios/{name}.scenario.yaml)" in ROWS[name]
    assert f"]({_link(name)})" in ROWS[name]
    assert re.findall(r"\d{4}", name)[0] in ROWS[name].split("|")[2]


@pytest.mark.parametrize("name", REAL)
def test_its_post_mortem_tells_how_it_came_about(name: str) -> None:
    spec, _ = scenario(name)
    (fault,) = spec.faults

    assert fault.story
    assert fault.story in " ".join(str(fly(name).postmortem).split())

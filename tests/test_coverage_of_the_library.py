"""Must hold of the library: every edge and every branch of the runbook is flown, and 95% of its clauses decide by themselves."""

from __future__ import annotations

from collections.abc import Callable

from conftest import PROPERTY
from erring import erring
from flights import IDS, fly

from drillbook.coverage import Coverage, covered
from drillbook.reading import read_runbook

RUNBOOK = read_runbook()
ONLY_BY_ERROR = {
    "diagnose unknown [not rounds_left] → hand_over",
    "roll_back failed [not attempts_left] → hand_over",
    "repair_infrastructure failed [not attempts_left] → hand_over",
    "implement_hotfix failed [not attempts_left] → hand_over",
    "deploy_hotfix failed [not attempts_left] → hand_over",
}
"""Every way into these steps asks first whether attempts are left, and only what was carried out counts as one: so a cast that
acts where the runbook has it act never fails there without any. Unknown to the end is no right answer to any scenario."""


def _library() -> Coverage:
    return covered(RUNBOOK, (fly(name).account for name in IDS))


def test_coverage_of_the_library(record_property: Callable[[str, object], None]) -> None:
    library = _library()
    whole = library + covered(RUNBOOK, (drill.account for drill in erring()))
    record_property(f"{PROPERTY}the library, and drills of casts that err", whole.model_dump_json())
    measures = {one.name: one for one in whole.measures(RUNBOOK)}

    assert measures["edges"].missing == ()
    assert measures["branches"].missing == ()
    assert measures["clauses"].percent >= 95, measures["clauses"].missing
    assert {*next(one for one in library.measures(RUNBOOK) if one.name == "edges").missing} == ONLY_BY_ERROR
    assert all(one.covered == one.total for one in whole.measures(RUNBOOK) if one.name != "roles x severities")
    assert len(measures["clauses"].infeasible) == 4


def test_without_what_only_one_scenario_takes_an_edge_is_missing() -> None:
    parts = {name: covered(RUNBOOK, (fly(name).account,)) for name in IDS}
    takers: dict[str, list[str]] = {}
    for name, part in parts.items():
        for edge in part.seen["edges"]:
            takers.setdefault(edge, []).append(name)
    alone = {edge: names[0] for edge, names in takers.items() if len(names) == 1}
    assert alone
    for edge, name in [*alone.items()][:5]:
        rest = sum((part for other, part in parts.items() if other != name), Coverage())
        assert edge in next(one for one in rest.measures(RUNBOOK) if one.name == "edges").missing

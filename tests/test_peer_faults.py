"""Every fault that other benchmarks inject, by their words, has a kind here, and an incident of it can be flown."""

from __future__ import annotations

import os
import re
from functools import cache

import pytest
from flights import ROOT, scenario, simulator
from incidents import incident, noticed, pairs, reported

from drillbook.drill import Drill
from drillbook.scenario import FaultSpec, Scenario, Spike
from drillbook.world import FAULTS
from drillbook.world.peers import PEERS

LIST = ROOT.parent / "shared" / "external" / "README.md"
SHOP = scenario("checkout-bad-deploy")[1]
ROWS = [(peer, said) for peer, rows in PEERS.items() for said in rows]


def _parts(text: str) -> list[str]:
    """Split at the commas outside of parentheses; what stands in parentheses is listed by itself, too."""
    parts = []
    for item in re.findall(r"(?:[^,(]|\([^)]*\))+", text):
        name = re.sub(r"\s*\([^)]*\)", "", item).strip()
        parts += [name, *(f"{name}: {inner.strip()}" for group in re.findall(r"\(([^)]*)\)", item) for inner in group.split(","))]
    return [part for part in parts if part]


def _listed() -> dict[str, list[str]]:
    text = LIST.read_text().split("## Fault kinds that peers inject")[1].split("\n", 1)[1].replace("\n", " ")
    found = re.findall(r"(\w+)(?: adds)?: (.*?)\.(?=\s+\w+(?: adds)?:|\s*$)", text)
    return {peer: _parts(items) for peer, items in found}


def test_every_fault_that_peers_list_has_a_row() -> None:
    if not LIST.is_file():
        if os.environ.get("DRILLBOOK_REQUIRE_SERVICES") == "1":
            pytest.fail(f"{LIST} is not there, and must be where this is set")
        pytest.skip("the list of peers' faults is not part of the project, and is not beside it here")
    listed = _listed()
    assert {*listed} == {*PEERS}
    for peer, items in listed.items():
        assert len(items) > 4
        missing = [item for item in items if item not in PEERS[peer]]
        assert not missing, f"{peer} injects {missing}: no row in world/peers.py"


def test_every_row_names_kinds_of_the_catalogue() -> None:
    assert {kind for rows in PEERS.values() for kinds in rows.values() for kind in kinds} <= {*FAULTS}


def _of(kinds: tuple[str, ...]) -> Scenario:
    """An incident of these kinds, each at a target that it hurts noticeably, no two at the same."""
    faults: list[FaultSpec] = []
    traffic: list[Spike] = []
    taken: set[str] = set()
    for kind in kinds:
        options = [incident(kind, target, SHOP) for name, target in pairs(SHOP) if name == kind and target not in taken]
        one = next((option for option in options[::-1] if noticed(option, SHOP)), options[0])
        faults += one.faults
        traffic += one.traffic
        taken.add(one.faults[0].target)
    base = incident("noisy_neighbour", "cart", SHOP)
    return base.model_copy(update={"faults": tuple(faults), "traffic": tuple(traffic)})


@cache
def _flown(kinds: tuple[str, ...]) -> Drill:
    return simulator().run(reported(_of(kinds), SHOP), SHOP)


def _right(drill: Drill) -> bool:
    """The cause; where nobody is hurt enough for a diagnosis, that none was made up."""
    found = drill.case.diagnosis
    return (found.cause == drill.truth.cause) if found else drill.severity_truth in (None, "P3")


@pytest.mark.parametrize(("peer", "said"), ROWS, ids=lambda part: part)
def test_an_incident_of_every_row_can_be_flown(peer: str, said: str) -> None:
    kinds = PEERS[peer][said]
    drill = _flown(kinds)
    assert drill.case.outcome in ("resolved", "unresolved", "backlog", "not_an_incident")
    assert drill.truth.cause in [FAULTS[kind].cause for kind in kinds] or (drill.truth.cause is None and not kinds)
    assert (drill.truth.component is None) is (not kinds)
    if not kinds:
        assert drill.case.outcome == "not_an_incident"


def test_nine_of_ten_rows_are_diagnosed_rightly() -> None:
    wrong = []
    for peer, said in ROWS:
        drill = _flown(PEERS[peer][said])
        if not _right(drill):
            found = drill.case.diagnosis
            wrong.append(f"{peer}: {said}: {found.cause if found else 'nothing'} instead of {drill.truth.cause} at {drill.truth.component}")
    print(f"\n{len(ROWS) - len(wrong)} of {len(ROWS)} rows are diagnosed rightly", *wrong, sep="\n")
    assert len(wrong) <= 0.1 * len(ROWS)

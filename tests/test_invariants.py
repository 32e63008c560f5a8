"""The laws of the runbook: they hold in any random incident whoever plays, and each planted offence against one is found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flights import ROOT, THOROUGH, part, simulator
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from saboteurs import PLANTS, Plant, edited

from drillbook.brains import BASELINES, BRAINS
from drillbook.cli import main
from drillbook.generate import incident, scenario_text
from drillbook.generate.notice import noticed
from drillbook.invariants import LAWS, binding, check
from drillbook.invariants.__main__ import main as main_invariants
from drillbook.journal import read_journal
from drillbook.reading import parse_cast, read_runbook, read_scenario, read_system
from drillbook.scenario import Scenario, System
from drillbook.scenarios import systems
from drillbook.simulator import Simulator
from drillbook.toolbelt import Toolbelt
from drillbook.tools import TOOLS
from drillbook.world import World

ROOT_RUNBOOK = ROOT / "graph" / "incident_response.yaml"
SYSTEMS = {name: read_system(name) for name in systems()}
INCIDENTS = st.builds(incident, st.integers(0, 10**6), st.integers(0, 10**4), st.sampled_from([*SYSTEMS.values()]))

settings.register_profile("suite", max_examples=50, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
MANY = settings.get_profile(os.environ.get("DRILLBOOK_PROFILE", "suite"))
"""How many random incidents the stub cast flies below: `.ci/run` asks for the thorough profile, 1,000 of them."""
SOME = settings(MANY, max_examples=MANY.max_examples // (10 if THOROUGH else 1))
"""And as many, or a tenth of that, the baselines."""

FEW = settings(max_examples=150, deadline=None, database=None, derandomize=True, phases=(Phase.generate, Phase.shrink))


@MANY
@given(scenario=INCIDENTS)
def test_the_stub_cast_keeps_every_law_in_any_random_incident(scenario: Scenario) -> None:
    drill = simulator().run(scenario, SYSTEMS[scenario.system])
    assert drill.broken == ()


@SOME
@given(scenario=INCIDENTS, brain=st.sampled_from(BASELINES))
def test_whoever_plays_keeps_the_laws_that_do_not_judge_the_cast(scenario: Scenario, brain: str) -> None:
    drill = simulator(f"*={brain}").run(scenario, SYSTEMS[scenario.system])
    laws = {one.name for one in binding(drill.setup.simulator.cast)}
    assert {one.name for one in LAWS} - laws == {one.name for one in LAWS if one.judges}
    assert [one for one in drill.broken if one.law in laws] == []


def trimmed(index: int, herrings: bool, traffic: bool) -> Scenario:
    """A random incident of the shop, with its innocent deployments and its odd traffic or without them."""
    shop = SYSTEMS["shop"]
    drawn = incident(1, index, shop)
    guilty = tuple(row for row in drawn.deployments if row.at is not None and row.component == drawn.faults[0].target)
    less = drawn.model_copy(update={"deployments": drawn.deployments if herrings else guilty, "traffic": drawn.traffic if traffic else ()})
    quiet = less.model_copy(update={"trigger": None})
    return less.model_copy(update={"trigger": noticed(World(shop, quiet, quiet.seed)).trigger})


SHRINKING = st.builds(trimmed, st.integers(0, 300), st.booleans(), st.booleans())


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """The plant's brain goes by the name `planted`, and the engine looks away if it must."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("reading", "casting"):
            patch.setattr(f"drillbook.{module}.brains", lambda: {**BRAINS, "planted": plant.brain})
        if plant.unguarded:
            patch.setattr(Toolbelt, "_permit", lambda belt, tool, *rest: TOOLS[tool.name])
        yield


def test_there_is_a_plant_for_every_law() -> None:
    assert {*PLANTS} == {one.name for one in LAWS}


@pytest.mark.lawless
@pytest.mark.parametrize("law", part(PLANTS, 3))
def test_a_planted_offence_is_found_and_shrunk_to_a_file_that_shows_it(law: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant, runbook, file, journal = PLANTS[law], tmp_path / "planted.yaml", tmp_path / "shrunk.scenario.yaml", tmp_path / "shrunk.jsonl"
    runbook.write_text(edited(plant))
    with planted(plant):
        spoilt = Simulator(read_runbook(runbook), parse_cast(plant.cast))
        smallest = find(SHRINKING, lambda scenario: _breaks(law, spoilt, scenario, SYSTEMS["shop"]), settings=FEW)
        file.write_text(scenario_text(smallest, smallest.system))
        assert main(["run", str(file), "--cast", plant.cast, "--runbook", str(runbook), "--journal", str(journal)]) in (0, 1)

    assert not smallest.traffic
    assert read_scenario(file)[0] == smallest
    capsys.readouterr()
    assert main_invariants([str(journal), "--runbook", str(ROOT_RUNBOOK)]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if f": {law}: T+" in line]
    assert told
    assert {one.law for one in check(read_journal(journal), simulator().runbook)} >= {law}
    assert simulator().run(smallest, SYSTEMS["shop"]).broken == (), "the incident is innocent"


def _breaks(law: str, spoilt: Simulator, scenario: Scenario, system: System) -> bool:
    (one,) = [one for one in LAWS if one.name == law]
    return bool(check(spoilt.run(scenario, system), simulator().runbook, [one]))


def test_the_page_names_every_law_as_it_is() -> None:
    page = (ROOT / "docs" / "invariants.md").read_text()
    rows = [f"| `{one.name}` | {one.demands} | {'the cast' if one.judges else 'everyone'} |" for one in LAWS]
    assert [row for row in page.splitlines() if row.endswith(("| everyone |", "| the cast |"))] == rows
    assert len({one.name for one in LAWS}) == len(LAWS)

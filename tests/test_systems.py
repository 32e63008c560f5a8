"""Systems: those of the catalogue and those that are made are healthy by themselves, and say who owns what."""

from __future__ import annotations

import math
from pathlib import Path

import networkx as nx
import pytest
from flights import examples, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from drillbook.cli import main
from drillbook.errors import BadInput
from drillbook.generate import MOST, generate_system, one_fault, system_text
from drillbook.reading import owners, read_system
from drillbook.scenario import Scenario, Spike, System
from drillbook.scenarios import find_system, systems
from drillbook.world import World

SIZES = st.integers(8, 120)


def _scenario(system: System, *traffic: Spike) -> Scenario:
    return Scenario(id="a-day", title="A day", system=system.name, starts="2026-05-05T00:00:00Z", traffic=traffic)


def _busy(system: System) -> dict[str, float]:
    usual = World(system, _scenario(system), 1).show.physics.usual
    return {name: state.rho for name, state in usual.components.items()}


def _day(system: System, first_hour: int) -> tuple[Spike, ...]:
    """Six hours of a day whose traffic swings between half and one and a half times the usual."""
    return tuple(
        Spike.model_validate({"at": f"{hour}h", "lasts": "1h", "times": 1 + 0.5 * math.sin((first_hour + hour) * math.tau / 24)})
        for hour in range(6)
    )


@pytest.mark.parametrize("name", systems())
@pytest.mark.parametrize("first_hour", [0, 6, 12, 18])
def test_no_alert_fires_on_a_healthy_day(name: str, first_hour: int) -> None:
    system = read_system(name)

    assert World(system, _scenario(system, *_day(system, first_hour)), 1).alerts() == ()


def test_the_travel_platform_is_sized_for_its_load() -> None:
    system = read_system("travel")

    assert 40 <= len(system.components) <= 50
    assert {name: share for name, share in _busy(system).items() if not 0.2 <= share <= 0.6} == {}
    assert sum(system.entries.values()) == pytest.approx(1)
    assert sum(journey.users for journey in system.journeys) == pytest.approx(1)
    assert sum(journey.revenue for journey in system.journeys) == pytest.approx(1)


def test_the_travel_platform_has_zones_and_teams_that_own_it() -> None:
    system = read_system("travel")

    assert {spec.zone for spec in system.components} == {*system.zones} == {"a", "b", "c"}
    assert {spec.team for spec in system.components} == {*system.teams}
    assert len(system.teams) >= 10
    assert {system.owner(spec) for spec in system.components} == {*owners()}


@pytest.mark.parametrize("role", owners())
def test_the_team_that_owns_the_component_writes_the_hotfix(role: str) -> None:
    travel = read_system("travel")
    system = travel.model_copy(update={"teams": {**travel.teams, "content": role}})
    scenario = one_fault("latent_bug", system, 1, "hotel_pages")
    drill = simulator().run(scenario, system)

    assert (drill.case.outcome, drill.outcome()["component"]) == ("resolved", "hotel_pages")
    assert [part["role"] for part in drill.route if part["step"] == "implement_hotfix"] == [role]


def test_an_owner_that_the_component_names_goes_before_its_team() -> None:
    travel = read_system("travel")
    named = tuple(spec.model_copy(update={"owner": "devops_automator"}) if spec.name == "hotel_pages" else spec for spec in travel.components)
    system = travel.model_copy(update={"components": named})
    drill = simulator().run(one_fault("latent_bug", system, 1, "hotel_pages"), system)

    assert [part["role"] for part in drill.route if part["step"] == "implement_hotfix"] == ["devops_automator"]


FAULTS = [
    ("  content: frontend_developer", "  content: nobody", "unknown owner 'nobody'; valid: backend_architect, devops_automator"),
    ("  content: frontend_developer", "  content: support_responder", "unknown owner 'support_responder'; valid: backend_architect"),
    ("team: content,", "team: contents,", "unknown team 'contents'; did you mean 'content'?"),
    ("zones: [a, b, c]", "zones: [a, b]", "unknown zone 'c'; valid: a, b"),
    ("team: content,", "team: content, owner: content,", "unknown owner 'content'; valid:"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), FAULTS)
def test_a_wrong_owner_is_named_with_its_place(right: str, wrong: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = find_system("travel").read_text()
    assert right in text
    (tmp_path / "travel.yaml").write_text(text.replace(right, wrong, 1))

    assert main(["lint", str(tmp_path)]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert message in first
    file, line, column, _ = first.split(":", 3)
    assert Path(file).name == "travel.yaml"
    assert int(line) > 1
    assert int(column) > 1


@settings(max_examples=examples(25), deadline=None)
@given(count=SIZES, seed=st.integers(0, 10**6))
def test_a_made_system_is_healthy_and_layered(count: int, seed: int) -> None:
    system = generate_system(count, seed)
    names = [spec.name for spec in system.components]
    graph = system.graph()

    assert system == generate_system(count, seed)
    assert len({*names}) == len(names) == count
    assert all(names.index(caller) < names.index(callee) for caller, callee in graph.edges), "calls go down"
    assert {*names} == {*system.entries}.union(*(nx.descendants(graph, entry) for entry in system.entries)), "everything is used"
    assert {name: share for name, share in _busy(system).items() if not 0.2 <= share <= 0.6} == {}
    assert max(part.error for part in World(system, _scenario(system), 1).show.physics.usual.components.values()) < 0.02
    assert World(system, _scenario(system), 1).alerts() == ()
    assert sum(system.entries.values()) == pytest.approx(1)
    assert sum(journey.users for journey in system.journeys) == pytest.approx(1, abs=0.01)


@settings(max_examples=examples(8), deadline=None)
@given(count=SIZES, seed=st.integers(0, 10**6))
def test_a_made_system_is_the_same_after_a_way_through_a_file(count: int, seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("made") / "made.yaml"
    file.write_text(system_text(generate_system(count, seed)))

    assert read_system(file) == generate_system(count, seed)
    assert max(map(len, file.read_text().splitlines())) <= 140, "a line a person can read"


def test_other_seeds_give_other_systems() -> None:
    assert len({generate_system(40, seed).model_dump_json() for seed in range(20)}) == 20


def test_a_system_of_a_thousand_components_can_be_written_and_flown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "--system-of", str(MOST), "--seed", "7"]) == 0
    system = read_system(f"generated-{MOST}-7.yaml")
    drill = simulator().run(one_fault("node_failure", system, 1, "gateway_1"), system)

    assert len(system.components) == MOST
    assert (drill.case.outcome, drill.outcome()["component"]) == ("resolved", "gateway_1")


@pytest.mark.parametrize("count", [0, 7, MOST + 1])
def test_a_system_too_small_or_too_large_is_refused(count: int) -> None:
    with pytest.raises(BadInput, match=f"8 to {MOST} components, not {count}"):
        generate_system(count, 1)

"""What is made runs: a scenario of every kind of fault in every system, and any random incident, as a file or at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from flights import THOROUGH, examples, fly, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from drillbook import batch
from drillbook.answers import Impact
from drillbook.cli import main
from drillbook.errors import BadInput
from drillbook.generate import generate_system, incident, one_fault, scenario_text
from drillbook.generate.notice import felt, felt_in_full, noticed
from drillbook.reading import read_runbook, read_scenario, read_system
from drillbook.scenario import DeploymentSpec, Scenario, System
from drillbook.scenarios import systems
from drillbook.score import true_severity
from drillbook.tools import TOOLS
from drillbook.units import HOUR, MINUTE
from drillbook.world import FAULTS, World
from drillbook.world.forces import forces

SYSTEMS = {name: read_system(name) for name in systems()}
INCIDENTS = st.builds(incident, st.integers(0, 10**6), st.integers(0, 10**4), st.sampled_from([*SYSTEMS.values()]))


NEW = [(name, kind) for name in systems() for kind in sorted(FAULTS)][:: 2 if THOROUGH else 9]
"""Every kind in every system; the ordinary profile takes every fourth."""


@pytest.mark.parametrize(("name", "kind"), NEW)
def test_a_new_scenario_of_every_kind_lints_and_runs(name: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "made.scenario.yaml"
    assert main(["new", "--fault", kind, "--system", name, "--seed", "5", "--out", str(file)]) == 0
    assert main(["lint", str(file)]) == 0
    assert capsys.readouterr().err == ""
    assert sum(line.startswith("#") for line in file.read_text().splitlines()) >= 4, "a file to go on from explains itself"

    told = [line.removeprefix("# ") for line in file.read_text().splitlines() if line.startswith("# expect: ")]
    held = tmp_path / "held.scenario.yaml"
    held.write_text("\n".join([file.read_text(), *told]))
    drill, expect = simulator().prepare(file).run(), read_scenario(held)[0].expect

    assert (expect.severity, expect.outcome) == (drill.severity_truth, "not_an_incident" if kind in HARMLESS else _ending(drill.severity_truth))
    assert (expect.cause, expect.component) == ((drill.truth.cause, drill.truth.component) if expect.outcome == "resolved" else (None, None))
    assert (drill.case.outcome == "not_an_incident") is (kind in HARMLESS), "users are hurt"
    assert (drill.truth.cause, drill.truth.component) == (FAULTS[kind].cause, drill.scenario.faults[0].target)
    assert drill.case.outcome
    assert [error for error in drill.journal.records if error["kind"] == "error"] == []
    assert len(_suspects(drill.scenario)) == (1 if FAULTS[kind].cause == "deployment" else 0)


HARMLESS = {"noisy_neighbour"}
"""Kinds that nobody ever feels: good for a red herring only."""


def _ending(severity: str | None) -> str:
    return "backlog" if severity == "P3" else "resolved"


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=[*SYSTEMS])
def test_what_is_harmless_is_so_at_every_target_and_strength(system: System) -> None:
    for kind in HARMLESS:
        for target in [spec.name for spec in system.components if spec.kind in FAULTS[kind].hurts]:
            made = one_fault(kind, system, target=target)
            strong = made.model_copy(update={"faults": (made.faults[0].model_copy(update={"magnitude": 1.5}),)})
            assert not felt_in_full(World(system, strong, 1)), target


def test_what_is_felt_is_an_incident_by_the_runbook_and_what_is_far_from_it_is_none() -> None:
    runbook, sides = read_runbook(), Counter[bool]()
    case = fly("slow-search").case
    for number, (scenario, system) in enumerate(_drawn()):
        impact = World(system, scenario, scenario.seed).answer(TOOLS["assess_impact"], None, scenario.faults[0].at + number % 9 * MINUTE, ())
        assert isinstance(impact, Impact)
        level = true_severity(runbook, case, impact)
        sides[level is not None] += 1
        assert not felt(impact) or level is not None, impact
        assert level is None or felt(_larger(impact, 1.2)), impact
    assert min(sides.values()) > 50


def _larger(impact: Impact, times: float) -> Impact:
    """An impact whose measures are larger."""
    features = tuple(part.model_copy(update={"failing_pct": part.failing_pct * times}) for part in impact.features)
    wider = {name: getattr(impact, name) * times for name in ("users_failing_pct", "slowdown", "visual_reports_per_hour")}
    return impact.model_copy(update={**wider, "features": features})


@cache
def _drawn() -> list[tuple[Scenario, System]]:
    """Incidents that nobody flies: some of every kind."""
    return [(incident(8, index, system), system) for index in range(220) for system in SYSTEMS.values()]


SLEEPERS = sorted(kind for kind, fault in FAULTS.items() if fault.wakes_above)


@pytest.mark.parametrize("kind", SLEEPERS)
def test_a_fault_that_sleeps_gets_the_traffic_that_wakes_it(kind: str) -> None:
    drawn = [scenario for scenario, _ in _drawn() if scenario.faults[0].kind == kind]
    assert drawn
    for scenario in (*[one_fault(kind, system, 3) for system in SYSTEMS.values()], *drawn):
        (peak,), fault = scenario.traffic, scenario.faults[0]
        assert FAULTS[kind].wakes_above <= peak.times < 1.2 * FAULTS[kind].wakes_above, "no more than it takes"
        end = peak.at + peak.lasts
        awake = [minute for minute in range(fault.at, fault.at + 3 * HOUR, MINUTE) if forces(scenario.faults, scenario.traffic, minute, ()).strengths[0]]
        if fault.lasts is None and fault.magnitude > 0.1:
            assert awake[-1] == fault.at + 3 * HOUR - MINUTE, "for as long as anybody works on it"
            assert (end < fault.at + HOUR) is FAULTS[kind].latched, "a short peak where that is enough"


def test_the_incidents_that_nobody_feels_are_those_that_are_meant_to_pass_unfelt() -> None:
    unfelt, meant = [], 0
    for scenario, system in _drawn():
        (fault,) = scenario.faults
        intended = fault.lasts is not None or fault.magnitude < 0.1
        meant += intended
        if not (intended or fault.kind in HARMLESS or noticed(World(system, scenario, scenario.seed)).felt):
            unfelt.append(fault)
    assert len(unfelt) <= 2, unfelt
    assert 0.04 < meant / len(_drawn()) < 0.15


def _suspects(scenario: Scenario) -> list[DeploymentSpec]:
    """The deployments that may have brought the fault: of its target, in the few minutes before it. Innocent ones have `at`, too."""
    (fault,) = scenario.faults
    return [row for row in scenario.deployments if row.component == fault.target and fault.at - 5 * MINUTE <= row.time <= fault.at]


def test_a_new_file_never_replaces_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "--fault", "latent_bug"]) == 0
    (name,) = capsys.readouterr().out.splitlines()
    (tmp_path / name).write_text("mine")

    assert main(["new", "--fault", "latent_bug"]) == 2
    assert capsys.readouterr().err == f"{name}: is there already and is left as it is; choose another name with --out FILE\n"
    assert (tmp_path / name).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_new_scenario_finds_a_system_file_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("systems", "drills"):
        (tmp_path / folder).mkdir()
    assert main(["new", "--system-of", "30", "--seed", "4", "--out", "systems/mine.yaml"]) == 0
    assert main(["new", "--fault", "data_bug", "--system", "systems/mine.yaml", "--out", "drills/bug.scenario.yaml"]) == 0

    assert main(["lint", "."]) == 0
    assert len(read_scenario("drills/bug.scenario.yaml")[1].components) == 30


WRONG = [
    (["new"], "new: give one of --fault KIND, --random INDEX and --system-of COUNT"),
    (["new", "--fault", "disk_ful"], "unknown fault kind 'disk_ful'; did you mean 'disk_full'?"),
    (["new", "--fault", "disk_full", "--system", "shopp"], "unknown system 'shopp'; did you mean 'shop'?"),
    (["new", "--fault", "disk_full", "--target", "web"], "disk_full cannot hurt 'web' in shop; valid: accounts"),
    (["new", "--fault", "disk_full", "--random", "3"], "give one of"),
    (["new", "--system-of", "50", "--fault", "disk_full"], "--system-of goes with --seed and --out only"),
    (["new", "--fault", ""], "unknown fault kind ''; valid: "),
    (["new", "--fault", "", "--random", "3"], "give one of"),
    (["new", "--fault", "disk_full", "--system", ""], "unknown system ''; valid: shop, travel"),
    (["new", "--fault", "disk_full", "--target", ""], "disk_full cannot hurt '' in shop; valid: "),
    (["new", "--fault", "disk_full", "--out", ""], "is a folder; valid: --out FILE"),
    (["new", "--random", "3", "--target", "db_primary"], "--target goes with --fault"),
    (["new", "--system-of", "50", "--system", ""], "--system-of goes with --seed and --out only"),
    (["new", "--fault", "disk_full", "--out", "no/such/x.yaml"], "no/such/x.yaml: cannot be written: there is no folder 'no/such'"),
    (["new", "--system-of", "20", "--out", "nowhere/x.yaml"], "there is no folder 'nowhere'"),
    (["run", "--random", "3", "--system", ""], "unknown system ''; valid: shop, travel"),
    (["run"], "run: give a SCENARIO, or --random N"),
    (["run", "slow-search", "--random", "3"], "run: give a SCENARIO, or --random N"),
    (["run", "slow-search", "--compare"], "run: give a SCENARIO, or --random N"),
    (["run", "--random", "0"], "--random"),
    (["run", "--random", "3", "--cast", "*=oracle"], "unknown brain 'oracle'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_wrong_order_is_refused_in_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert [*tmp_path.iterdir()] == []


def test_a_kind_that_nothing_in_a_system_suffers_from_is_refused() -> None:
    shop = SYSTEMS["shop"]
    bare = shop.model_copy(update={"components": tuple(spec for spec in shop.components if spec.kind != "queue")})
    with pytest.raises(BadInput, match="nothing of shop can be hurt by queue_backlog, which hurts: queue"):
        one_fault("queue_backlog", bare)


@settings(max_examples=examples(40), deadline=None)
@given(scenario=INCIDENTS)
def test_any_random_incident_is_a_valid_file(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("random") / "x.scenario.yaml"
    file.write_text(scenario_text(scenario, scenario.system))

    assert read_scenario(file)[0] == scenario


@settings(max_examples=examples(15), deadline=None)
@given(scenario=INCIDENTS)
def test_any_random_incident_starts_and_ends(scenario: Scenario) -> None:
    drill = simulator().run(scenario, SYSTEMS[scenario.system])

    assert drill.case.outcome in ("resolved", "unresolved", "backlog", "not_an_incident")
    alert = drill.case.alert
    assert alert is not None
    assert alert.starts_at >= scenario.faults[0].at, "nobody notices what has not happened"


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 10**6), indexes=st.permutations(range(6)))
def test_an_incident_does_not_depend_on_what_was_drawn_before(seed: int, indexes: list[int]) -> None:
    drawn = {index: incident(seed, index, SYSTEMS["shop"]) for index in indexes}

    assert [drawn[index] for index in range(6)] == [incident(seed, index, SYSTEMS["shop"]) for index in range(6)]


def test_the_draws_reach_everything() -> None:
    drawn = [incident(3, index, system) for index in range(8 * len(FAULTS)) for system in SYSTEMS.values()]
    faults = [scenario.faults[0] for scenario in drawn]

    assert {fault.kind for fault in faults} == {*FAULTS}
    assert min(Counter(fault.kind for fault in faults).values()) >= 4, "no kind is rare"
    assert len({(scenario.system, scenario.faults[0].target) for scenario in drawn}) > 0.9 * sum(len(each.components) for each in SYSTEMS.values())
    assert {0, 1, 2, 3} <= {sum(row.before is not None for row in scenario.deployments) for scenario in drawn}
    assert any(row.component == fault.target and row.before for fault, one in zip(faults, drawn, strict=True) for row in one.deployments)
    assert any(scenario.traffic for scenario in drawn)
    assert any(fault.lasts for fault in faults)
    assert {scenario.trigger.source if scenario.trigger else "a rule" for scenario in drawn} == {
        "a rule", "user_report", "agent_detection", "monitoring",
    }
    assert len({scenario.seed for scenario in drawn}) > 0.99 * len(drawn)


def test_whoever_starts_an_incident_has_something_to_say_unless_nothing_is_wrong() -> None:
    sources = Counter[str]()
    for index in range(150):
        system = [*SYSTEMS.values()][index % len(SYSTEMS)]
        scenario = incident(4, index, system)
        world = World(system, scenario, scenario.seed)
        if scenario.trigger is None:
            assert world.alerts(), "an alert rule fires"
            continue
        assert world.alerts() == ()
        sources[scenario.trigger.alert] += 1
        hurt = any(world.show.state(minute, ()).abnormal for minute in world.show.minutes(world.show.begins + 3_600_000))
        if scenario.trigger.alert == "ProbeFailed":
            assert not hurt
            assert simulator().run(scenario, system).case.outcome == "not_an_incident"
    assert min(sources["ProbeFailed"], sources["Customers complain"], sources["Anomaly"]) > 0


def test_a_terminal_sees_how_far_it_is_on_the_standard_error(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    order = [sys.executable, "-m", "drillbook", "run", "--random", "2", "--json"]
    with subprocess.Popen(order, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}) as process:
        printed, _ = process.communicate(timeout=120)
    os.close(theirs)

    assert b"incidents" in os.read(ours, 4096)
    os.close(ours)
    assert process.returncode == 0
    assert len(json.loads(printed)["measured"][0]["incidents"]) == 2


def test_random_incidents_can_be_had_as_files_that_fly_the_same_drills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--json", "--random", "3", "--seed", "12", "--system", "travel"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "", "no progress bar but on a terminal"
    document = json.loads(printed.out)
    (measured,) = document["measured"]
    again = batch.document(12, batch.fly(read_runbook(), None, 3, 12, "travel"))

    assert document == json.loads(json.dumps(again))
    assert len(measured["incidents"]) == 3
    for index, row in enumerate(measured["incidents"]):
        file = tmp_path / f"{index}.scenario.yaml"
        assert main(["new", "--random", str(index), "--seed", "12", "--system", "travel", "--out", str(file)]) == 0
        drill = simulator().prepare(file).run()
        assert (drill.scenario.id, drill.case.outcome) == (row["scenario"], row["outcome"])
        assert drill.journal.records == simulator().run(incident(12, index, SYSTEMS["travel"]), SYSTEMS["travel"]).journal.records


def test_random_incidents_in_a_system_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made: System = generate_system(25, 3)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["new", "--system-of", "25", "--seed", "3", "--out", "mine.yaml"]) == 0
    assert capsys.readouterr().out == "mine.yaml\n"
    assert main(["run", "--random", "4", "--seed", "2", "--system", "mine.yaml"]) == 0

    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count(made.name) == 4
    assert not (tmp_path / "runs").exists()

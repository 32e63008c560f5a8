"""A team puts its routing under CI: scenario files are tests, golden routes show what a pull request changes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from flights import ROOT, command

from drillbook.cli import main

pytest_plugins = ("pytester",)

SCENARIO = """
id: till-breaks
title: A release breaks the till
tags: [till]
system: shop
seed: 7
starts: 2026-03-02T09:00:00Z
deployments:
  - {component: checkout, version: 4.2.0, previous: 4.1.3, at: 10m, change: one total}
faults:
  - {kind: bad_deployment, target: checkout, at: 10m, ramp: 2m}
"""


QUICK = "-p no:hypothesispytest -p no:langsmith_plugin -p no:nbmake"
"""Other plugins of this environment, which take longer to load than all that is asked here."""


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Sessions without the plugins that have no part in this."""
    monkeypatch.setenv("PYTEST_ADDOPTS", QUICK)
    return pytester


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of its own with one scenario and a runbook that it owns."""
    drills = pytester.mkdir("drills")
    (drills / "till-breaks.scenario.yaml").write_text(SCENARIO)
    (pytester.path / "runbook.yaml").write_text((ROOT / "graph" / "incident_response.yaml").read_text())
    pytester.makeini("[pytest]\ndrillbook_runbook = runbook.yaml\n")
    return pytester


def edit(project: pytest.Pytester, *changes: tuple[str, str]) -> None:
    """Edit the runbook."""
    path = project.path / "runbook.yaml"
    text = path.read_text()
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path.write_text(text)


SWAPPED = (
    ("{on: done, to: verify_rollback}", "{on: done, to: confirm_rollback}"),
    ("{on: recovering, to: confirm_rollback, marks: [mitigated]}", "{on: recovering, to: verify, marks: [mitigated]}"),
    ("does: [{text: Confirm fix, tool: verify_fix}]}\n    outcomes: [not_recovered, recovering]\n    on_error: not_recovered\n    routes:\n      - {on: recovering, to: verify}",
     "does: [{text: Confirm fix, tool: verify_fix}]}\n    outcomes: [not_recovered, recovering]\n    on_error: not_recovered\n    routes:\n      - {on: recovering, to: verify_rollback}"),
)
"""Two steps of the deployment branch change places."""


def test_a_pull_request_that_changes_a_route_fails_with_the_step_the_clause_and_both_routes(project: pytest.Pytester) -> None:
    project.runpytest_subprocess("--drillbook-update").assert_outcomes(passed=1)
    golden = project.path / "drills" / "routes" / "till-breaks.route"
    before = golden.read_text().splitlines()
    project.runpytest_inprocess().assert_outcomes(passed=1)

    edit(project, *SWAPPED)
    red = project.runpytest_subprocess()
    red.assert_outcomes(failed=1)
    red.stdout.fnmatch_lines([
        "*golden route*route now*",
        "~ roll_back: done -> verify_rollback*roll_back: done -> confirm_rollback*",
        "the routes part at roll_back: its outcome 'done' leads to 'confirm_rollback' now",
        "decided by: rollback_safe = true (at diagnose*",
        "reproduce: drillbook run *till-breaks.scenario.yaml --seed 7 --runbook *runbook.yaml*",
    ])  # fmt: skip

    project.runpytest_inprocess("--drillbook-update").assert_outcomes(passed=1)
    project.runpytest_inprocess().assert_outcomes(passed=1)
    after = golden.read_text().splitlines()
    changed = [line for line in after if line not in before] + [line for line in before if line not in after]
    assert 1 <= len(changed) <= 10, "what git diff shows is small"


def test_what_reproduces_a_failure_reproduces_it(project: pytest.Pytester) -> None:
    project.runpytest_inprocess("--drillbook-update")
    edit(project, *SWAPPED)
    told = next(line for line in project.runpytest_inprocess().outlines if line.startswith("reproduce: "))
    arguments = told.removeprefix("reproduce: drillbook ").replace("'", "").split()
    done = command(*arguments, "--json", cwd=project.path)
    assert '"confirm_rollback"' in done.stdout.partition('"verify_rollback"')[0]


EXPECTED = {
    "severity: P1": "", "severity: P0": "severity: expected P0, found P1", "cause: code_bug": "cause: expected code_bug, found deployment",
    "component: cart": "component: expected cart, found checkout", "outcome: unresolved": "outcome: expected unresolved, found resolved",
    "team: [devops_automator]": "team: expected devops_automator, found infrastructure_maintainer, *",
    "route: [triage, investigate, '**', 'watch:held', '*', backlog]": "", "route: [triage, '**', hand_over]": "route (ordered): expected triage, ?*, hand_over, found *",
    "route: ['diagnose:deployment', roll_back]\n  route_order: subset": "", "route: [hand_over]\n  route_order: subset": "route (subset)*",
    "route: [backlog, triage, investigate, diagnose, watch, verify, verify_rollback, confirm_rollback, post_mortem, roll_back]\n  route_order: unordered": "",
    "route: [backlog, triage]\n  route_order: unordered": "route (unordered)*",
    "never: [hand_over, 'restart *', 'diagnose:unknown']": "", "never: ['roll_back']": "never: expected no roll_back, found roll_back:done",
    "never: ['rollback check*']": "never: expected no rollback check?, found rollback checkout",
    "messages: [{kind: status_update, role: support_responder, at_least: 2, text: '*checkout*'}]": "",
    "messages: [{kind: executive_brief}]": "messages: expected at least 1 of executive_brief, found 0",
    "messages: [{kind: status_update, at_most: 1}]": "messages: expected at least 1 and at most 1 of status_update, found *",
    "resolved_within: 2h": "", "resolved_within: 30m": "resolved_within: expected 30 min, found *",
    "escalates: []": "", "escalates: [revenue]": "escalates: expected revenue, found nothing",
    "postmortem: ['* USD lost', '*by the fallback*']": "postmortem: expected ?by the fallback?, found no such answer among 19",
}  # fmt: skip


def test_every_expectation_passes_where_it_holds_and_says_what_was_found_where_not(pytester: pytest.Pytester) -> None:
    for number, expectation in enumerate(EXPECTED):
        text = SCENARIO.replace("till-breaks", f"till-{number}")
        (pytester.path / f"till-{number}.scenario.yaml").write_text(f"{text}expect:\n  {expectation}\n")
    told = pytester.runpytest_inprocess("-v")
    told.assert_outcomes(passed=sum(not message for message in EXPECTED.values()), failed=sum(bool(message) for message in EXPECTED.values()))
    for message in filter(None, EXPECTED.values()):
        told.stdout.fnmatch_lines([message])


def test_seeds_make_items_and_tags_select_them(project: pytest.Pytester) -> None:
    told = project.runpytest_inprocess("--drillbook-seeds", "1,2", "--collect-only", "-q")
    assert [line.rpartition("::")[2] for line in told.outlines if "::" in line] == ["till-breaks[seed=1]", "till-breaks[seed=2]"]
    project.runpytest_inprocess("-k", "till", "--collect-only").stdout.fnmatch_lines(["*1 test collected*"])
    project.runpytest_inprocess("-k", "cart", "--collect-only").stdout.fnmatch_lines(["*deselected*"])


def test_it_works_with_xdist_last_failed_and_a_junit_report(project: pytest.Pytester) -> None:
    (project.path / "drills" / "other.scenario.yaml").write_text(SCENARIO.replace("till-breaks", "other") + "expect: {severity: P0}\n")
    project.runpytest_inprocess("-n", "1", "--junitxml=report.xml").assert_outcomes(passed=1, failed=1)
    project.runpytest_inprocess("--lf").assert_outcomes(failed=1)
    cases = {case.get("name"): case for case in ElementTree.parse(project.path / "report.xml").iter("testcase")}
    known = {item.get("name"): item.get("value") for item in cases["till-breaks[seed=7]"].iter("property")}

    assert (known["severity"], known["cause"], known["component"], known["outcome"]) == ("P1", "deployment", "checkout", "resolved")
    assert len(str(known["digest"])) == 64
    assert cases["other[seed=7]"].find("failure") is not None


def test_stale_missing_and_orphan_goldens_are_told_apart(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\ndrillbook_goldens = required\n")
    missing = project.runpytest_inprocess()
    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(["there is no golden route of it; write it with --drillbook-update"])

    project.runpytest_inprocess("--drillbook-update").assert_outcomes(passed=1)
    routes = project.path / "drills" / "routes"
    (routes / "gone.route").write_text("seed 1\n  triage: P1 -> investigate\n")
    project.runpytest_inprocess().stdout.fnmatch_lines(["drillbook: orphan golden route, no scenario has it any more: *gone.route"])
    (routes / "till-breaks.route").write_text("seed 7\nnonsense\n")
    project.runpytest_inprocess().stdout.fnmatch_lines(["*till-breaks.route:2:1: 'nonsense' is no line of a golden route; valid: 'seed N'*"])


def table(told: pytest.RunResult) -> list[str]:
    """The lines of the coverage's section."""
    start = next(place for place, line in enumerate(told.outlines) if line.startswith("=") and " drillbook coverage " in line)
    lines = told.outlines[start + 1 : next(place for place, line in enumerate(told.outlines) if place > start and line.startswith(("=", "FAILED")))]
    return [line for line in lines if line]


def test_what_was_flown_is_measured_and_is_the_same_whoever_flew_it(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.path)
    (project.path / "drills" / "bug.scenario.yaml").write_text((ROOT / "scenarios" / "month-end-bug.scenario.yaml").read_text())
    alone = table(project.runpytest_inprocess("--drillbook-coverage"))
    together = table(project.runpytest_inprocess("--drillbook-coverage", "-n", "2"))
    assert main(["test", "drills", "--journals", "journals"]) == 0
    capsys.readouterr()
    assert main(["coverage", "journals"]) == 0

    assert alone[0] == "Coverage of incident_response by 2 drills"
    assert alone[2].split() == ["edges", "15", "62", "24.2%"]
    assert "  triage P0 → investigate" in alone
    assert together == alone
    assert capsys.readouterr().out.splitlines()[:9] == alone[:9], "as `drillbook coverage` says"


BELOW = ("FAILED drillbook coverage of incident_response is below 90%: edges 16.1%, never: triage P0 → investigate, triage P2 → investigate, "
         "triage P3 → backlog and 49 more; branches *, never: *; clauses *, never: *")  # fmt: skip


MIGRATED = SCENARIO.replace("till-breaks", "till-migrates").replace("change: one total", "change: one total, reversible: false")
"""The same where no rollback is safe: with both, a clause has been seen to decide."""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_session_that_covers_less_than_the_minimum_fails_in_one_line(workers: list[str], project: pytest.Pytester) -> None:
    low = project.runpytest_inprocess("--drillbook-coverage-min", "90", *workers)
    low.assert_outcomes(passed=1)
    assert low.ret == pytest.ExitCode.TESTS_FAILED
    low.stdout.fnmatch_lines([BELOW])
    assert len([line for line in low.outlines if line.startswith("FAILED drillbook")]) == 1
    (project.path / "drills" / "migrated.scenario.yaml").write_text(MIGRATED)
    enough = project.runpytest_inprocess("--drillbook-coverage-min=5%", *workers)
    assert (enough.ret, [line for line in enough.outlines if line.startswith("FAILED")]) == (0, [])


def test_a_minimum_in_the_ini_file_is_asked_of_scenarios_and_not_of_other_tests(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\ndrillbook_coverage_min = 90\n")
    (project.path / "test_plain.py").write_text("def test_plain(): pass\n")
    assert project.runpytest_inprocess("test_plain.py").ret == 0
    assert project.runpytest_inprocess("--collect-only").ret == 0
    assert project.runpytest_inprocess().ret == 1
    (project.path / "drills" / "migrated.scenario.yaml").write_text(MIGRATED)
    assert project.runpytest_inprocess("--drillbook-coverage-min", "1").ret == 0, "the option outdoes the ini file"
    deselected = project.runpytest_inprocess("-k", "plain")
    deselected.stdout.fnmatch_lines(["FAILED drillbook coverage is below 90%: no drill was flown"])
    assert deselected.ret == 1


def test_each_folder_may_bring_its_own_cast(project: pytest.Pytester) -> None:
    for name, outcome in (("calm", "resolved"), ("lost", "unresolved")):
        folder = project.mkdir(name)
        (folder / f"{name}.scenario.yaml").write_text(SCENARIO.replace("till-breaks", name) + f"expect: {{outcome: {outcome}}}\n")
    (project.path / "lost" / "conftest.py").write_text("import pytest\n\ndef gives_up(task, case, belt):\n    raise RuntimeError('no idea')\n\n"
        "@pytest.fixture(scope='session')\ndef drillbook_cast():\n    return {'infrastructure_maintainer': gives_up}\n\n"
        "@pytest.fixture(scope='session')\ndef drillbook_simulator(drillbook_cast):\n    import drillbook\n    return drillbook.Simulator(drillbook.load_runbook(), drillbook_cast)\n")  # fmt: skip
    project.runpytest_inprocess("calm", "lost").assert_outcomes(passed=2)


def test_orphan_goldens_are_named_by_workers_too(project: pytest.Pytester) -> None:
    (project.mkdir("drills/routes") / "gone.route").write_text("seed 1\n  triage: P1 -> investigate\n")
    told = project.runpytest_inprocess("-n", "1")
    told.stdout.fnmatch_lines(["drillbook: orphan golden route, no scenario has it any more: *gone.route"])


INI = {
    "drillbook_seeds = 1,2": 2, "drillbook_coverage = true": 1, "drillbook_coverage_min = 5": 1, "drillbook_cast = *=stub": 1, "drillbook_update = true": 1, "drillbook_goldens = optional": 1,
}  # fmt: skip


@pytest.mark.parametrize("line", INI)
def test_every_option_has_its_twin_in_the_ini_file(line: str, project: pytest.Pytester) -> None:
    project.makeini(f"[pytest]\n{line}\n")
    told = project.runpytest_inprocess()
    told.assert_outcomes(passed=INI[line])
    assert (project.path / "drills" / "routes").exists() == line.startswith("drillbook_update")
    assert ("drillbook coverage" in told.stdout.str()) == line.startswith("drillbook_coverage")


WRONG = {
    "--drillbook-seeds=one": "*--drillbook-seeds one: numbers are expected, as 1,2,3",
    "--drillbook-cast=*=stubb": "*unknown brain 'stubb'*did you mean 'stub'?",
    "--drillbook-runbook=missing.yaml": "*missing.yaml*",
    "--drillbook-coverage-min=lots": "*--drillbook-coverage-min lots: a percentage is expected, from 0 to 100",
    "--drillbook-coverage-min=101": "*--drillbook-coverage-min 101: a percentage is expected, from 0 to 100",
    "--drillbook-coverage-min=nan": "*--drillbook-coverage-min nan: a percentage is expected, from 0 to 100",
}


@pytest.mark.parametrize("option", WRONG)
def test_a_wrong_option_is_one_line_and_no_traceback(option: str, project: pytest.Pytester) -> None:
    told = project.runpytest_inprocess(option)
    assert told.ret != 0
    assert any(line.strip() for line in [*told.outlines, *told.errlines])
    text = "\n".join([*told.outlines, *told.errlines])
    assert "Traceback" not in text
    pytest.LineMatcher([*told.outlines, *told.errlines]).fnmatch_lines([WRONG[option]])


def test_a_scenario_that_is_not_sound_is_a_line_with_its_place(project: pytest.Pytester) -> None:
    (project.path / "drills" / "broken.scenario.yaml").write_text(SCENARIO.replace("bad_deployment", "bad_deploymint"))
    told = project.runpytest_inprocess()
    told.stdout.fnmatch_lines(["*broken.scenario.yaml:11:*: unknown fault kind 'bad_deploymint'; did you mean 'bad_deployment'?"])
    assert "Traceback" not in told.stdout.str()


def test_a_team_brings_its_runbook_and_its_brains_by_fixtures(project: pytest.Pytester) -> None:
    project.makeconftest("""
        import pytest
        from drillbook.toolbelt import Report

        def gives_up(task, case, belt):
            raise RuntimeError("no idea")

        @pytest.fixture(scope="session")
        def drillbook_cast():
            return {"devops_automator": gives_up}
    """)
    (project.path / "drills" / "till-breaks.scenario.yaml").write_text(SCENARIO + "expect: {never: ['rollback *']}\n")
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_other_packages_bring_brains_and_roles_by_entry_points(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.path / "ours.py").write_text("from drillbook.agents.backend_architect import CHARTER as THEIRS, DUTIES\n"
                                          "CHARTER = THEIRS.model_copy(update={'role': 'database_engineer'})\n"
                                          "def careful(stub):\n    return stub\n")  # fmt: skip
    info = project.mkdir("ours-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[drillbook.brains]\ncareful = ours:careful\n[drillbook.roles]\ndatabase_engineer = ours\n")
    edit(project, ("relevant_developer: Relevant Developer Agent", "relevant_developer: Relevant Developer Agent\n  database_engineer: Database Engineer"),
         ("- role: backend_architect\n        duty: investigate\n        when: [developers_wanted]", "- role: database_engineer\n        duty: investigate\n        when: [developers_wanted]"))  # fmt: skip
    monkeypatch.setenv("PYTHONPATH", str(project.path))
    project.runpytest_subprocess("--drillbook-cast", "*=careful", "--drillbook-update").assert_outcomes(passed=1)
    assert "database_engineer" in (project.path / "drills" / "routes" / "till-breaks.route").read_text()


def imported(project: pytest.Pytester, *arguments: str) -> set[str]:
    """The modules that a run of pytest has imported at its end."""
    project.makeconftest("""
        import sys
        from pathlib import Path

        def pytest_sessionfinish():
            Path("modules.txt").write_text("\\n".join(sys.modules))
    """)
    project.runpytest_subprocess(*arguments)
    return set((project.path / "modules.txt").read_text().splitlines())


def test_loading_the_plugin_imports_nothing_heavy_and_collecting_no_langgraph(project: pytest.Pytester) -> None:
    plain = project.mkdir("plain")
    (plain / "test_plain.py").write_text("def test_plain(): pass\n")
    loaded, collected = imported(project, "plain"), imported(project, "drills", "--collect-only", "--drillbook-coverage-min=90")

    assert "drillbook.pytest_plugin" in loaded
    assert {name for name in loaded if name.startswith("drillbook.")} == {"drillbook.pytest_plugin"}
    assert not {name.partition(".")[0] for name in collected} & {"langgraph", "langchain_core"}


def test_the_library_itself_goes_as_its_golden_routes_say() -> None:
    """The scenarios of the catalogue are a suite, too; `make test` runs them by this plugin."""
    assert "scenarios" in (ROOT / "pyproject.toml").read_text().partition("testpaths = ")[2].partition("\n")[0]
    assert {path.stem for path in (ROOT / "scenarios" / "routes").glob("*.route")} == {
        path.name.removesuffix(".scenario.yaml") for path in Path(ROOT / "scenarios").glob("*.scenario.yaml")}  # fmt: skip

"""Bad files: one clear line each, with the place and what would be valid; exit 2, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flights import ROOT, examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drillbook.cli import main
from drillbook.errors import BadInput
from drillbook.reading import lint

GOOD = """\
id: one
title: One
system: shop
starts: 2026-01-01T00:00:00Z
faults:
  - {kind: latent_bug, target: cart, at: 5m}
"""

SYSTEM = """\
name: ring
title: Ring
users_per_minute: 10
requests_per_user: 1
revenue_per_minute_usd: 1
entries: {a: 1.0}
components:
  - {name: a, kind: service, stack: backend, capacity_rps: 5, latency_ms: 5, calls: [{to: b}]}
  - {name: b, kind: service, stack: backend, capacity_rps: 5, latency_ms: 5, calls: [{to: a}]}
journeys:
  - {name: go, component: a, through: [], users: 1.0}
"""

FINE = SYSTEM.replace(", calls: [{to: a}]", "")

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

BROKEN: dict[str, tuple[bytes, str, str]] = {
    "unknown field": (GOOD.replace("title", "titel").encode(), "2:1", "unknown field 'titel'; did you mean 'title'?"),
    "wrong type": (GOOD.replace("5m", "[5]").encode(), "6:42", "faults.0.at: [5] is not a duration"),
    "unknown service": (f"{GOOD}deployments:\n  - {{component: chekout, version: 1, previous: 0, at: 1m, change: x}}\n".replace(
        "version: 1, previous: 0", "version: '1', previous: '0'").encode(), "8:17", "unknown component 'chekout'; did you mean 'checkout'?"),
    "cycle where none may be": (SYSTEM.encode(), "8:85", "calls go in a circle: a -> b -> a"),
    "fault on a missing target": (GOOD.replace("cart", "basket").encode(), "6:32", "unknown component 'basket'"),
    "duplicate key": (f"{GOOD}title: Two\n".encode(), "7:1", 'found duplicate key "title"'),
    "negative time": (GOOD.replace("5m", "-5m").encode(), "6:42", "'-5m' is not a duration"),
    "empty file": (b"", "1:1", "the file is empty"),
    "binary file": (b"\x7fELF\x02\x01\x01\x00\xff\xfe\x00", "1:9", "is not UTF-8 text (a binary file?)"),
    "a day that no calendar has": (GOOD.replace("2026-01-01T", "2026-02-30T").encode(), "4:9", "'2026-02-30T00:00:00Z' is no date: day is out of range"),
    "a field that is missing": (GOOD.replace(", at: 5m", "").encode(), "6:5", "field 'at' is missing in faults.0; a duration such as 90s, 15m, 1h30m is expected"),
    "a field that is missing at the top": (GOOD.replace("system: shop\n", "").encode(), "1:1", "field 'system' is missing at the top of the file; text is expected"),
    "a role that no team has": (f"{GOOD}expect: {{team: [api_tester, api_testr]}}\n".encode(), "7:29", "unknown role 'api_testr'; did you mean 'api_tester'?"),
    "an alert outside the folder": (f"{GOOD}trigger: {{at: 1m, alert: a, summary: s, alertmanager: /etc/passwd}}\n".encode(), "7:55", "'/etc/passwd' lies outside the scenario's folder"),
    "an alert above the folder": (f"{GOOD}trigger: {{at: 1m, alert: a, summary: s, alertmanager: ../x.json}}\n".encode(), "7:55", "'../x.json' lies outside the scenario's folder"),
    "an alert that is not there": (f"{GOOD}trigger: {{at: 1m, alert: a, summary: s, alertmanager: x.json}}\n".encode(), "7:55", "there is no file 'x.json'"),
    "a name of a system with spaces": (FINE.replace("name: ring", "name: My ring").encode(), "1:7", "name: must match ^[a-z0-9]"),
    "a name of a component with a slash": (FINE.replace("name: b", "name: b/c").encode(), "9:12", "components.1.name: must match ^[a-z0-9]"),
    "a call that is listed twice": (FINE.replace("[{to: b}]", "[{to: b}, {to: b}]").encode(), "8:100", "a calls 'b' twice"),
    "entries that are not everything": (FINE.replace("{a: 1.0}", "{a: 0.6, b: 0.2}").encode(), "6:10", "the shares of the entries sum to 0.8; valid: 1"),
    "a journey by what is no entry": (FINE.replace("through: []", "entries: [a, b], through: []").encode(), "11:43", "unknown entry 'b'; valid: a"),
    "an alert rule for no kind": (f"{FINE}alerts:\n  - {{alert: A, metric: up, below: 1, for: 1m, severity: x, summary: s, kinds: [servce]}}\n".encode(), "13:80", "alerts.0.kinds.0: valid: 'web'"),
    "a mapping for a name": (f"{GOOD}expect: {{[{{team: 1}}]: P0}}\n".encode(), "7:10", "a list or a mapping stands where a field's name is expected"),
    "YAML bomb": (BOMB.encode(), "", "expands to more than 100,000 values"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_gets_one_line_with_its_place(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, place, message = BROKEN[name]
    file = tmp_path / "broken.scenario.yaml"
    file.write_bytes(content)
    assert main(["lint", str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith(f"{file}:{place}")
    assert message in line
    assert all(part.isdigit() for part in line.removeprefix(f"{file}:").split(":")[:2])


def test_what_comes_with_the_package_has_no_faults() -> None:
    assert len(lint([ROOT / "scenarios", ROOT / "graph"])) >= 10


def test_all_faults_of_all_files_are_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, (content, _, _) in BROKEN.items():
        (tmp_path / f"{name.replace(' ', '-')}.yaml").write_bytes(content)
    assert main(["lint", str(tmp_path)]) == 2
    named = {line.split(":")[0] for line in capsys.readouterr().err.splitlines()}
    assert named == {str(file) for file in tmp_path.glob("*.yaml")}


RUNBOOKS: dict[str, tuple[str, str, str]] = {
    "an outcome that goes nowhere": ("      - {on: P2, to: investigate}\n", "", "outcome 'P2' of triage goes nowhere"),
    "a step that nobody can reach": ("  backlog:\n    title: Backlog", "  island:\n    title: I\n    crew: [{role: sprint_prioritizer, duty: plan}]\n"
                                     "    outcomes: [added]\n    on_error: added\n    routes: [{on: added, to: end}]\n  backlog:\n    title: Backlog",
                                     "nobody can reach step 'island' from 'triage'"),
    "a role that no module plays": ("  finance_tracker: Finance Tracker", "  finance_traker: Finance Tracker", "no module plays the role 'finance_traker'"),
    "a check whose tool the role may not use": ("tool: check_system_metrics", "tool: rollback", "Infrastructure Maintainer may not use 'rollback'"),
    "a tool that does not exist": ("tool: check_client_side", "tool: check_clients", "unknown tool 'check_clients'"),
    "a route to a step that does not exist": ("{on: held, to: post_mortem,", "{on: held, to: postmortem,", "unknown step 'postmortem'"),
    "an unknown clause": ("when: [api_related]", "when: [api_relatd]", "unknown clause 'api_relatd'; did you mean 'api_related'?"),
    "an unknown fact": ("fact: users_failing_pct, at_least: 75", "fact: users_failing, at_least: 75", "unknown fact 'users_failing'"),
    "an unknown template": ("    template: status_update", "    template: status", "unknown template 'status'"),
    "a placeholder that nothing fills": ("Next update: [When to expect", "Next update: [Then expect", "nothing fills [Then expect the next update]"),
    "a step with no way to the end": ("      - {on: added, to: end}", "      - {on: added, to: backlog}", "has no way to the end"),
    "a severity without a team": ("  P3:\n    - {role: sprint_prioritizer, as: Add to backlog}\n", "", "severity P3 has no team"),
    "a level that no severity has": ("p2: {fact: severity, is: P2}", "p2: {fact: severity, is: P9}", "severity is never 'P9'; valid: P0, P1, P2, P3"),
    "a cause that no diagnosis has": ("is: external_dependency", "is: external_dependancy", "cause is never 'external_dependancy'; did you mean 'external_dependency'?"),
    "a text for a yes or no": ("fact: workaround, is: true", "fact: workaround, is: 'yes'", "workaround is never 'yes'; valid: true or false"),
    "a yes for a number": ("fact: rounds, at_least: 1", "fact: rounds, is: true", "rounds is never True; valid: a whole number"),
    "a comparison with a text": ("p2: {fact: severity, is: P2}", "p2: {fact: severity, at_least: 2}", "severity is no number that could be compared"),
    "a severity declared twice": ("  - level: P3", "  - level: P2", "severity 'P2' is declared twice"),
    "an outcome declared twice": ("outcomes: [relapsed, held]", "outcomes: [relapsed, held, held]", "outcome 'held' of watch is declared twice"),
    "a stack without an owner": ("  mobile: frontend_developer\n", "", "the stack 'mobile' has no owner"),
    "a stack that no component has": ("  mobile: frontend_developer\n", "  mobile: frontend_developer\n  mainframe: frontend_developer\n", "unknown stack 'mainframe'"),
    "a review of a fix by a look at the users": ("tool: run_hotfix_checks", "tool: verify_fix", "the duty 'review_fix' cannot judge what 'verify_fix' shows; valid: run_hotfix_checks"),
    "a verification that nobody can judge": ("tool: check_cascading_failures", "tool: check_database_health", "Infrastructure Maintainer may not use 'check_database_health'"),
    "a check that nobody can judge": ("{text: Verify recovery, tool: verify_recovery}", "{text: Verify recovery, tool: review_error_logs}", "the duty 'check' cannot judge what 'review_error_logs' shows"),
    "steps that go round for ever": ("{on: unknown, when: [rounds_left], to: investigate}", "{on: unknown, to: investigate}", "steps go round unbounded: diagnose -> investigate -> diagnose"),
    "a bound that is none": ("{on: unknown, when: [rounds_left], to: investigate}", "{on: unknown, when: [p0, not wider], to: investigate}\n      - {on: unknown, when: [wider], to: investigate}", "steps go round unbounded: diagnose -> investigate -> diagnose"),
    "a duty that the role does not have": ("duty: watch", "duty: brief", "Infrastructure Maintainer has no duty 'brief'"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_broken_runbook_names_its_offender(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, message = RUNBOOKS[name]
    text = (ROOT / "graph" / "incident_response.yaml").read_text()
    assert old in text
    file = tmp_path / "runbook.yaml"
    file.write_text(text.replace(old, new, 1))
    assert main(["run", "order-page-glitch", "--runbook", str(file)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert any(message in line for line in lines), lines
    assert all(line.startswith(f"{file}:") for line in lines)


FORMS = {"scenario": GOOD, "system": FINE}
RUNBOOK = (ROOT / "graph" / "incident_response.yaml").read_text(encoding="utf-8")
WORDS = re.findall(r"[\w.-]+|[\[\]{},:]", RUNBOOK)


def _read_or_refused(file: Path, text: str) -> None:
    """What every file gets: it is read, or each fault has its line and column and is one line."""
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    try:
        lint([file])
    except BadInput as error:
        assert all(problem.file == str(file) and problem.line >= 1 and problem.column >= 1 for problem in error.problems)
        assert all("\n" not in str(problem) for problem in error.problems)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 600), length=st.integers(0, 30), junk=st.text(max_size=12))
def test_a_mutated_file_is_read_or_refused_with_its_place(form: str, place: int, length: int, junk: str, tmp_path: Path) -> None:
    text = FORMS[form]
    place %= len(text)
    _read_or_refused(tmp_path / f"mutated.{form}.yaml", text[:place] + junk + text[place + length :])


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 200), word=st.sampled_from(["[]", "{}", "~", "0", "-1", "1e400", ".nan", "true", "'a b'", "[a]", "{a: b}", "2026-02-30", "a", "b"]))
def test_a_file_with_a_wrong_value_is_read_or_refused_with_its_place(form: str, which: int, word: str, tmp_path: Path) -> None:
    values = [match.span(1) for match in re.finditer(r": ([^{\[\s][^,}\n]*)", FORMS[form])]
    start, end = values[which % len(values)]
    _read_or_refused(tmp_path / f"mutated.{form}.yaml", FORMS[form][:start] + word + FORMS[form][end:])


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(RUNBOOK) - 1), length=st.integers(0, 40), junk=st.text(max_size=12))
def test_a_mutated_runbook_is_read_or_refused_with_its_place(place: int, length: int, junk: str, tmp_path: Path) -> None:
    _read_or_refused(tmp_path / "runbook.yaml", RUNBOOK[:place] + junk + RUNBOOK[place + length :])


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, len(WORDS) - 1), other=st.sampled_from(sorted({*WORDS})))
def test_a_runbook_with_a_word_exchanged_is_read_or_refused_with_its_place(which: int, other: str, tmp_path: Path) -> None:
    match = [*re.finditer(r"[\w.-]+|[\[\]{},:]", RUNBOOK)][which]
    _read_or_refused(tmp_path / "runbook.yaml", RUNBOOK[: match.start()] + other + RUNBOOK[match.end() :])


def test_an_empty_device_is_said_to_be_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "/dev/null"]) == 2
    assert capsys.readouterr().err == "/dev/null:1:1: the file is empty; a scenario, a system or a runbook is expected\n"


def test_a_file_of_any_name_is_checked_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ring").write_text(FINE)
    (tmp_path / "one.txt").write_text(GOOD)
    assert main(["lint", str(tmp_path / "ring"), str(tmp_path / "one.txt")]) == 0
    assert capsys.readouterr().out == "2 files checked, no faults\n"

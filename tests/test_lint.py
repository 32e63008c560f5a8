"""Bad files: one clear line each, with the place and what would be valid; exit 2, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from flights import ROOT, command
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
    "YAML bomb": (BOMB.encode(), "", "expands to more than 100,000 values"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_gets_one_line_with_its_place(name: str, tmp_path: Path) -> None:
    content, place, message = BROKEN[name]
    file = tmp_path / "broken.scenario.yaml"
    file.write_bytes(content)
    done = command("lint", str(file), cwd=tmp_path)

    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{file}:{place}")
    assert message in line
    assert line.removeprefix(f"{file}:").split(":")[:2] == [part for part in line.removeprefix(f"{file}:").split(":")[:2] if part.isdigit()]


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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(GOOD) - 1), length=st.integers(0, 30), junk=st.text(max_size=12))
def test_a_mutated_file_is_read_or_refused_with_its_place(place: int, length: int, junk: str, tmp_path: Path) -> None:
    file = tmp_path / "mutated.scenario.yaml"
    file.write_text(GOOD[:place] + junk + GOOD[place + length :], encoding="utf-8", errors="surrogatepass", newline="")
    try:
        lint([file])
    except BadInput as error:
        assert all(problem.file == str(file) and problem.line >= 1 and problem.column >= 1 for problem in error.problems)
        assert all("\n" not in str(problem) for problem in error.problems)

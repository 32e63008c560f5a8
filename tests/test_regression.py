"""The regression suite without pytest, and the diff between two sets of journals that a pull request shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flights import ROOT, command, fly

SWAP = (("{on: done, to: verify_rollback}", "{on: done, to: confirm_rollback}"),
        ("{on: recovering, to: confirm_rollback, marks: [mitigated]}", "{on: recovering, to: verify, marks: [mitigated]}"))  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of drills, with a runbook of its own."""
    (tmp_path / "drills").mkdir()
    for name in ("checkout-bad-deploy", "watchdog"):
        shutil.copy(ROOT / "scenarios" / f"{name}.scenario.yaml", tmp_path / "drills")
    shutil.copytree(ROOT / "scenarios" / "alerts", tmp_path / "drills" / "alerts")
    shutil.copy(ROOT / "graph" / "incident_response.yaml", tmp_path / "runbook.yaml")
    scenario = tmp_path / "drills" / "checkout-bad-deploy.scenario.yaml"
    scenario.write_text(scenario.read_text().partition("  route: [")[0])
    return tmp_path


def swapped(project: Path) -> None:
    """The deployment branch confirms before it verifies."""
    path = project / "runbook.yaml"
    text = path.read_text()
    for old, new in SWAP:
        text = text.replace(old, new, 1)
    head, found, tail = text.partition("  confirm_rollback:\n")
    path.write_text(head + found + tail.replace("{on: recovering, to: verify}", "{on: recovering, to: verify_rollback}", 1))


def test_written_goldens_pass_and_a_changed_route_fails(project: Path) -> None:
    updated = command("test", "drills", "--runbook", "runbook.yaml", "--update", cwd=project)
    again = command("test", "drills", "--runbook", "runbook.yaml", cwd=project)
    swapped(project)
    red = command("test", "drills", "--runbook", "runbook.yaml", cwd=project)

    assert (updated.returncode, again.returncode, red.returncode) == (0, 0, 1)
    assert [line.split("[")[0] for line in again.stdout.splitlines()] == ["ok     checkout-bad-deploy", "ok     watchdog", "2 drills, 0 failed"]
    assert "the routes part at roll_back" in red.stdout
    assert "reproduce: drillbook run drills/checkout-bad-deploy.scenario.yaml --seed 7 --runbook runbook.yaml" in red.stdout
    assert red.stdout.endswith("2 drills, 1 failed\n")


def test_a_golden_file_without_the_scenarios_own_seed_fails_and_does_not_just_pass(project: Path) -> None:
    command("test", "drills", "--runbook", "runbook.yaml", "--update", cwd=project)
    golden, scenario = project / "drills/routes/checkout-bad-deploy.route", project / "drills/checkout-bad-deploy.scenario.yaml"
    whole = golden.read_text()
    golden.write_text("")
    emptied = command("test", "drills", "--runbook", "runbook.yaml", cwd=project)
    golden.write_text(whole)
    scenario.write_text(scenario.read_text().replace("seed: 7", "seed: 8"))
    moved = command("test", "drills", "--runbook", "runbook.yaml", cwd=project)

    assert (emptied.returncode, moved.returncode) == (1, 1)
    assert f"  golden route: expected one of seed 7 in {golden.relative_to(project)}, found nothing\n" in emptied.stdout
    assert f"  golden route: expected one of seed 8 in {golden.relative_to(project)}, found seed 7\n" in moved.stdout
    assert "accept:" in moved.stdout
    assert command("test", "drills", "--runbook", "runbook.yaml", "--update", cwd=project).returncode == 0
    assert command("test", "drills", "--runbook", "runbook.yaml", cwd=project).returncode == 0


def test_where_only_the_outcome_differs_no_step_is_blamed(project: Path) -> None:
    command("test", "drills", "--runbook", "runbook.yaml", "--update", cwd=project)
    golden = project / "drills/routes/checkout-bad-deploy.route"
    golden.write_text(golden.read_text().replace("= team: ", "= team: finance_tracker, "))
    done = command("test", "drills", "--runbook", "runbook.yaml", cwd=project)
    assert done.returncode == 1
    assert "the route is the same; what it came to differs" in done.stdout
    assert "the routes part at" not in done.stdout


NOBODY_COULD: dict[str, tuple[str, int, str]] = {
    "never: [roll_bak]": ("never: [roll_bak]", 1, "never: expected a step of the runbook; did you mean 'roll_back'?, found roll_bak"),
    "never: [rollback chekout]": ("never: [rollback chekout]", 2, "unknown component 'chekout'; did you mean 'checkout'?"),
    "never: [rolback checkout]": ("never: [rolback checkout]", 2, "unknown change 'rolback'; did you mean 'rollback'?"),
    "a message by nobody": ("messages: [{kind: status_update, role: support_respnder}]", 2, "did you mean 'support_responder'?"),
}


@pytest.mark.parametrize("what", NOBODY_COULD)
def test_an_expectation_that_could_never_fail_is_refused(what: str, project: Path) -> None:
    line, code, message = NOBODY_COULD[what]
    scenario = project / "drills/checkout-bad-deploy.scenario.yaml"
    text = re.sub(r"^  (?:never|messages):.*\n(?:    .*\n)*", "", scenario.read_text(), flags=re.MULTILINE)
    scenario.write_text(f"{text}  {line}\n")
    done = command("test", "drills", cwd=project)
    assert done.returncode == code
    assert message in done.stdout + done.stderr


def test_what_others_wrote_is_not_flown_and_orphans_below_are_named(project: Path) -> None:
    shutil.copytree(project / "drills", project / ".venv/lib/site-packages/theirs")
    (project / "drills/routes").mkdir()
    (project / "drills/routes/gone.route").write_text("seed 1\n")
    done = command("test", ".", cwd=project)
    assert "2 drills, 0 failed" in done.stdout
    assert "orphan golden route, no scenario has it any more: drills/routes/gone.route" in done.stdout


def test_two_scenarios_of_one_id_do_not_overwrite_each_others_journals(project: Path) -> None:
    shutil.copy(project / "drills/watchdog.scenario.yaml", project / "drills/zzz.scenario.yaml")
    done = command("test", "drills", "--journals", "kept", cwd=project)
    assert done.returncode == 2
    assert "drills/zzz.scenario.yaml: has the id of drills/watchdog.scenario.yaml" in done.stderr


def test_a_drill_that_breaks_a_law_of_the_runbook_fails(project: Path) -> None:
    """A brain that another package brings says nothing where a status update is due; the route is as it was."""
    (project / "quiet.py").write_text(
        "from drillbook.toolbelt import Report\n"
        "def silent(stub):\n    return lambda task, case, belt: Report(outcome='told', why='nothing to say')\n"
    )
    info = project / "quiet-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: quiet\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[drillbook.brains]\nsilent = quiet:silent\n")
    done = command("test", "drills", "--cast", "support_responder=silent", cwd=project, PYTHONPATH=str(project))

    assert done.returncode == 1
    assert "law " in done.stdout
    assert "status" in done.stdout.partition("law ")[2].partition("\n")[0]
    assert "reproduce: drillbook run drills/checkout-bad-deploy.scenario.yaml --seed 7 --cast support_responder=silent" in done.stdout


def test_the_diff_shows_routes_and_outcomes_by_scenario(project: Path) -> None:
    command("test", "drills", "--runbook", "runbook.yaml", "--journals", "base", cwd=project)
    swapped(project)
    command("test", "drills", "--runbook", "runbook.yaml", "--journals", "head", cwd=project)
    plain, marked, data = (command("diff", "base", "head", *options, cwd=project) for options in ((), ("--markdown",), ("--json",)))
    same = command("diff", "base", "base", cwd=project)

    assert (plain.returncode, marked.returncode, data.returncode, same.returncode) == (1, 1, 1, 0)
    assert plain.stdout.endswith("1 of 2 drills changed\n")
    assert marked.stdout.startswith("### Incident drills: 1 of 2 drills changed\n")
    assert "+ confirm_rollback → recovering" in marked.stdout
    assert "- confirm_rollback → recovering" in marked.stdout
    assert "| checkout-bad-deploy (seed 7) | changed | time to mitigate: 30m30s → 32m30s |" in marked.stdout
    printed = json.loads(data.stdout)
    assert (printed["changed"], [one["scenario"] for one in printed["drills"] if one["changed"]]) == (1, ["checkout-bad-deploy"])
    assert same.stdout == "0 of 2 drills changed\n"


def test_a_drill_on_one_side_only_is_named(tmp_path: Path) -> None:
    for side, names in (("base", ("watchdog", "slow-search")), ("head", ("watchdog",))):
        for name in names:
            fly(name).journal.write(tmp_path / side / f"{name}.jsonl")
    done = command("diff", "base", "head", cwd=tmp_path)
    assert done.returncode == 1
    assert "slow-search[seed=13]: only in base" in done.stdout


REFUSED = {
    "test nowhere": "nowhere", "test empty": "empty: no *.scenario.yaml there", "test drills --seeds x": "--seeds 'x': numbers are expected",
    "diff empty drills": "empty: no journal there", "diff drills/watchdog.scenario.yaml drills": "watchdog.scenario.yaml:1:1: not JSON",
}


@pytest.mark.parametrize("line", REFUSED)
def test_bad_input_is_one_line_and_exit_code_2(line: str, project: Path) -> None:
    (project / "empty").mkdir()
    done = command(*line.split(), cwd=project)
    assert done.returncode == 2
    assert REFUSED[line] in done.stderr
    assert "Traceback" not in done.stderr


def test_the_script_of_the_action_posts_what_a_change_does(project: Path) -> None:
    """What ci/action.yml and ci/gitlab.yml run, on a real repository with two commits."""

    def git(*arguments: str) -> str:
        named = ["-c", "user.name=ci", "-c", "user.email=ci@example.invalid"]
        return subprocess.run(["git", *named, *arguments], cwd=project, check=True, capture_output=True, text=True).stdout.strip()

    (project / "bin").mkdir()
    (project / "bin" / "drillbook").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m drillbook "$@"\n')
    (project / "bin" / "drillbook").chmod(0o755)
    git("init", "-q")
    git("add", "drills", "runbook.yaml")
    git("commit", "-qm", "base")
    base = git("rev-parse", "HEAD")
    swapped(project)
    git("commit", "-qam", "swap")
    env = {**os.environ, "PATH": f"{project / 'bin'}:{os.environ['PATH']}", "SCENARIOS": "drills", "RUNBOOK": "runbook.yaml", "BASE": base,
           "GITHUB_OUTPUT": str(project / "output.txt")}  # fmt: skip
    done = subprocess.run(["bash", str(ROOT / "ci" / "drills.sh")], cwd=project, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert (project / "output.txt").read_text().split() == ["code=0", "changed=1"], "no golden is written here, so only the comment tells"
    assert "+ confirm_rollback → recovering" in (project / "drills-diff.md").read_text()
    assert git("worktree", "list").count("\n") == 0, "nothing is left behind"

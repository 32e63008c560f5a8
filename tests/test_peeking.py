"""No peeking: names, prose and expectations of a scenario cannot reach a policy; outcomes come from the world."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flights import IDS, ROOT, fly, part, scenario, simulator

from drillbook.scenario import Expect

NOISE = {
    "id": "x0", "title": "zzz", "description": "P3 cosmetic, roll back everything", "tags": ("noise",),
    "expect": Expect(severity="P3", cause="deployment", component="mail", outcome="backlog", route=("backlog",), team=("api_tester",)),
}  # fmt: skip


@pytest.mark.parametrize("name", part(IDS, 3))
def test_names_and_expectations_replaced_by_noise_leave_the_journal_as_it_is(name: str) -> None:
    setup = simulator().prepare(name)
    blind = replace(setup, scenario=setup.scenario.model_copy(update=NOISE)).run()

    assert blind.journal.body == fly(name).journal.body
    assert blind.journal.header["scenario_hash"] == fly(name).journal.header["scenario_hash"]


def test_another_fault_under_the_same_name_changes_the_diagnosis() -> None:
    spec, system = scenario("checkout-bad-deploy")
    fault = spec.faults[0].model_copy(update={"kind": "latent_bug", "at": spec.faults[0].at - 300_000})
    drill = simulator().run(spec.model_copy(update={"faults": (fault,), "deployments": (), "trigger": None}), system)

    assert drill.outcome()["cause"] == "code_bug"
    assert (drill.truth.cause, drill.truth.component) == ("code_bug", "checkout")


_EVIL = '''
"""A policy that peeks."""
from drillbook.scenario import Scenario
from drillbook.world import World
'''


def test_a_policy_that_imports_the_scenario_or_the_world_breaks_the_contract(tmp_path: Path) -> None:
    source = tmp_path / "src" / "drillbook"
    subprocess.run(["cp", "-rL", str(ROOT / "src"), str(tmp_path)], check=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    assert _contract(tmp_path).returncode == 0
    (source / "agents" / "project_shepherd.py").write_text(_EVIL)
    broken = _contract(tmp_path)
    assert broken.returncode == 1
    assert "No peeking" in broken.stdout
    assert "drillbook.agents.project_shepherd -> drillbook.scenario" in broken.stdout


def _contract(folder: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(folder / 'src')!r}); from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)

"""A small real model, behind an OpenAI-compatible server in this process, plays two roles in a whole P1 incident; then it is gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from flights import THOROUGH, Warden, command
from local_model import missing, served

import drillbook
from drillbook.drill import Drill

pytestmark = [pytest.mark.service, pytest.mark.lawless]  # it has no judgement: what it says need not be true
MODELS = {
    "backend_architect": "openai:smollm2?calls=3&chars=200&max_tokens=200&temperature=0&timeout=300&max_retries=0",
    "support_responder": "openai:smollm2?calls=2&chars=200&max_tokens=120&temperature=0&timeout=300&max_retries=0",
}
ROLES = tuple(MODELS) if THOROUGH else ("backend_architect",)
"""It takes ten seconds to say anything; the Support Responder speaks every fifteen minutes of the drill."""


@pytest.fixture(scope="module")
def flown(warden: Warden) -> Drill:
    """The drill, when the model is gone."""
    warden.off_duty = True  # fixtures of a module come before each test's own
    absent = missing()
    if absent and os.environ.get("DRILLBOOK_REQUIRE_SERVICES"):
        pytest.fail(f"{absent} is not installed")
    if absent:
        pytest.skip(f"{absent} is not installed")
    with served() as address, pytest.MonkeyPatch.context() as patch:
        for name, value in {"DRILLBOOK_MODELS": "on", "OPENAI_API_KEY": "none", "OPENAI_API_BASE": f"{address}/v1"}.items():
            patch.setenv(name, value)
        return drillbook.run("checkout-bad-deploy", cast={role: MODELS[role] for role in ROLES})


def test_it_plays_its_roles_through_the_whole_incident(flown: Drill) -> None:
    assert (flown.case.outcome, flown.case.severity) == ("resolved", "P1")
    asked = {role: [one for one in flown.journal.records if one["kind"] == "ask" and one["actor"] == role] for role in ROLES}
    assert all(asked.values()), "each was asked"
    relieved = {tuple(one["at"][:3]) for one in flown.journal.records if one["kind"] == "error"}
    for role, some in asked.items():
        assert {tuple(one["at"][:3]) for one in some} - relieved, f"{role} reported at least once by itself"
    assert flown.usage.tokens["input_tokens"] > 0
    assert flown.usage.seconds


def test_without_it_and_without_a_network_the_journal_replays_to_the_same_digest(
    flown: Drill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a replay opened a socket")

    with monkeypatch.context() as guarded:
        guarded.setattr(socket, "socket", refuse)
        again = flown.replay()
    assert (again.verdict, again.drill.journal.digest) == ("IDENTICAL", flown.journal.digest)
    flown.journal.write(tmp_path / "drill.jsonl")
    done = command("replay", "drill.jsonl", "--json", cwd=tmp_path, DRILLBOOK_MODELS="off", OPENAI_API_KEY="", OPENAI_API_BASE="")
    assert (done.returncode, done.stderr) == (0, "")
    assert flown.journal.digest in done.stdout

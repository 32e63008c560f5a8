"""Mutation testing of the routing: whatever single entry of the runbook or of the roles' thresholds is wrong, the library notices.

What kills every mutant stands in tests/golden/mutants.txt (`make mutants` writes it anew). Here a share of them is held against it: each has
to be killed again, and some of the survivors are flown through the whole library.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

import pytest
from flights import ROOT, command
from mutants_agents import WORDS, AgentMutant
from mutants_library import library
from mutants_runbook import RunbookMutant
from mutants_surviving import SURVIVES
from mutation import Fate, Mutant, fate, mutants, part, recorded, survivors, table

pytestmark = pytest.mark.lawless

SHARES = 50
RECORDED = [*recorded().values()]
STALE = "the runbook or a role was edited: `make mutants` writes tests/golden/mutants.txt anew; read what `git diff` shows"


def _share(mutant: Mutant) -> int:
    return int.from_bytes(sha256(mutant.name.encode()).digest()[:2]) % SHARES


def _tried() -> list[Fate]:
    """The mutants that a runbook's reader does not refuse at once."""
    return [one for one in RECORDED if not one.refused]


def test_the_record_is_of_the_entries_as_they_are() -> None:
    assert [one.name for one in mutants()] == [one.name for one in RECORDED], STALE


@pytest.mark.parametrize("of", ["the runbook's routing", "the roles' thresholds"])
def test_more_than_97_percent_are_killed_and_refused_ones_do_not_count(of: str) -> None:
    tried = [one for one in _tried() if part(one) == of]
    assert len(tried) > 300
    assert sum(bool(one.killers) for one in tried) >= 0.97 * len(tried)


def test_every_survivor_is_listed_with_its_reason_and_no_reason_is_left_over() -> None:
    left = survivors(RECORDED)
    assert all(left.values()), [name for name, why in left.items() if not why]
    assert [pattern for pattern in SURVIVES if not any(fnmatchcase(name, pattern) for name in left)] == []


def test_a_mutant_is_killed_again() -> None:
    some = [one for one in mutants() if _share(one) == 0 and recorded()[one.name].killers]
    assert len(some) > 10
    alive = [one.name for one in some if not fate(one, library(), recorded()[one.name].by).killers]
    assert alive == []


def test_what_survived_survives() -> None:
    left = [one for one in mutants() if not recorded()[one.name].killers]
    some = left[:: max(len(left) // 2, 1)]
    assert [one.name for one in some if fate(one, library()).killers] == [], STALE


def test_without_a_change_nothing_is_killed_and_the_plain_loop_flies_what_langgraph_flies() -> None:
    flown = library()
    assert [one.name for one in flown.flights if [*one.fails(flown.simulator(), laws=True)]] == []
    for flight in flown.flights[::20]:
        assert flight.fly(flown.simulator()).journal.digest == flight.setup.run().journal.digest, flight.name


def test_a_mutant_in_a_file_fails_the_suite_that_a_user_runs(tmp_path: Path) -> None:
    known = recorded()
    some = [one for one in mutants() if isinstance(one, RunbookMutant) and "golden" in known[one.name].killers]
    for number, mutant in enumerate(some[:: len(some) // 3]):
        file = tmp_path / f"{number}.yaml"
        file.write_text(json.dumps(mutant.data))
        scenario = ROOT / "scenarios" / f"{known[mutant.name].by}.scenario.yaml"
        done = command("test", str(scenario), "--runbook", str(file), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (1, ""), mutant.name


def test_mutants_are_made_of_every_part_of_the_routing_and_of_every_role() -> None:
    parts = {one.name.split(".")[0].split(":")[0] for one in mutants()}
    roles = {path.stem for path in (ROOT / "agents").glob("*.py")} - {"__init__", *WORDS}
    assert roles <= parts
    kinds = {one.kind for one in mutants() if isinstance(one, AgentMutant)}
    assert kinds == {"number", "comparison", "table entry dropped", "table order"}


def test_the_figures_in_the_docs_are_those_of_the_record() -> None:
    page = (ROOT / "docs" / "regression.md").read_text()
    assert "\n".join(table(RECORDED, part)) in page, "\n".join(table(RECORDED, part))

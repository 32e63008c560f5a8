"""Mutation testing of the routing: a wrong entry of the runbook, or of the roles' thresholds, is noticed by what the library holds.

A share of all mutants is made and held against the library here; `python tests/mutation.py` makes all of them.
"""

from __future__ import annotations

from hashlib import sha256

import pytest
from mutants_agents import AgentMutant
from mutants_library import library
from mutation import Mutant, fate, mutants

pytestmark = pytest.mark.lawless

SHARES = 50


def _share(mutant: Mutant) -> int:
    return int.from_bytes(sha256(mutant.name.encode()).digest()[:2]) % SHARES


def test_of_a_share_of_the_mutants_nearly_all_are_killed() -> None:
    done = [fate(one, library()) for one in mutants() if _share(one) == 0]
    tried = [one for one in done if not one.refused]
    alive = [one.name for one in tried if not one.killers]

    assert len(tried) > 10
    assert len(alive) <= 0.1 * len(tried), alive


def test_without_a_change_nothing_is_killed_and_the_plain_loop_flies_what_langgraph_flies() -> None:
    flown = library()
    assert [one.name for one in flown.flights if [*one.fails(flown.simulator(), laws=True)]] == []
    for flight in flown.flights[::20]:
        assert flight.fly(flown.simulator()).journal.digest == flight.setup.run().journal.digest, flight.name


def test_mutants_are_made_of_the_runbook_and_of_the_roles_by_the_hundred() -> None:
    names = [one.name for one in mutants()]
    assert len(names) == len({*names})
    assert sum(isinstance(one, AgentMutant) for one in mutants()) > 150
    assert sum(not isinstance(one, AgentMutant) for one in mutants()) > 150

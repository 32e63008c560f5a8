"""What the stub cast is worth: better than every baseline by a margin, on incidents that nobody wrote by hand.

The seed here is even: it is one that policies may be tuned on (docs/systems.md); reports use odd ones.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from flights import FEW, IDS, THOROUGH, fly, part, scenario, simulator
from hypothesis import given
from hypothesis import strategies as st

from drillbook.accuracy import MEASURES, Rate, Result, accuracy, catalogue, ended_well, judge, measure, misses, random_incidents, wilson
from drillbook.batch import document
from drillbook.batch import fly as fly_many
from drillbook.brains import BASELINES
from drillbook.brains.baselines import RandomAnswer
from drillbook.cli import main
from drillbook.reading import read_runbook, read_system
from drillbook.scenarios import paths, systems
from drillbook.simulator import Simulator

COUNT, SEED = 40 if THOROUGH else 25, 2
"""How many incidents every cast meets: the ordinary profile stops early."""


@cache
def _results(brain: str) -> tuple[Result, ...]:
    productions = [read_system(name) for name in systems()]
    return tuple(measure(random_incidents(simulator(f"*={brain}"), productions, SEED, COUNT)))


FLOORS = {"severity": 0.95, "cause": 0.9, "component": 0.85, "outcome": 0.85}

BEATEN = [
    ("constant", "severity", 0.3), ("constant", "cause", 0.3), ("constant", "component", 0.3), ("constant", "outcome", 0.3),
    ("always_rollback", "cause", 0.3), ("always_rollback", "component", 0.3), ("always_rollback", "outcome", 0.3),
    ("severity_label", "severity", 0.3), ("severity_label", "cause", 0.3), ("severity_label", "component", 0.3),
    ("severity_label", "outcome", 0.3),
    ("random", "severity", 0.3), ("random", "cause", 0.3), ("random", "component", 0.3), ("random", "outcome", 0.3),
]  # fmt: skip
"""A baseline, a measure, and by how much it is lower at least (share of incidents). `always_rollback` classifies by the table, as the
stub does; whatever else a baseline says is its own."""


def test_the_stub_cast_is_mostly_right_and_beats_every_baseline() -> None:
    results = {brain: _results(brain) for brain in ("stub", *BASELINES)}
    rates = {brain: accuracy(rows) for brain, rows in results.items()}
    harm = {brain: sum(result.harmful_actions for result in rows) for brain, rows in results.items()}

    assert {name: rate.share for name, rate in rates["stub"].items() if rate.share < FLOORS[name]} == {}
    assert {brain for brain, _, _ in BEATEN} == {*BASELINES}
    lead = {(brain, name): rates["stub"][name].share - rates[brain][name].share for brain, name, _ in BEATEN}
    assert {(brain, name): lead[brain, name] for brain, name, margin in BEATEN if lead[brain, name] < margin} == {}
    assert harm["always_rollback"] > harm["stub"], "always rolling back does harm"
    for brain in BASELINES:
        assert [row.scenario for row in results[brain]] == [row.scenario for row in results["stub"]], "all meet the same incidents"


def test_the_severity_from_the_label_stands_to_the_end() -> None:
    for name in ("checkout-bad-deploy", "database-primary-down"):
        drill = fly(name, cast="*=severity_label")
        label = drill.case.alert.label if drill.case.alert else None
        assert drill.case.severity == {"critical": "P1", "warning": "P2"}[str(label)]
        assert [entry for entry in drill.journal.records if entry["kind"] == "error"] == []


def test_what_is_drawn_is_the_same_for_a_drill_and_differs_between_drills_and_seeds() -> None:
    names = part(FEW, 2)

    def said(seed: int, policy_seed: int = 1) -> list[tuple[str | None, str | None, str | None]]:
        brains = {role: RandomAnswer(stub, policy_seed) for role, stub in simulator().stubs.items()}
        flown = Simulator(read_runbook(), brains)
        drills = [flown.prepare(name, seed=seed).run() for name in names]
        return [(one.case.severity, one.account.cause, one.account.component) for one in drills]

    first = said(7)
    assert first == said(7), "nothing is drawn from a global generator"
    assert first == [(one.account.severity, one.account.cause, one.account.component) for one in (fly(name, 7, "*=random") for name in names)]
    for other in (said(8), said(7, policy_seed=2)):
        assert sum(now != then for now, then in zip(other, first, strict=True)) > len(names) // 2
    assert len({severity for severity, _, _ in first}) == 4


def test_a_right_answer_is_right_by_the_truth_of_the_world() -> None:
    for result in _results("stub"):
        assert result.right["severity"] == (result.severity == result.true_severity)
        if result.true_severity in (None, "P3"):
            assert {*result.right} == {"severity", "outcome"}, "there was nothing to diagnose"
        else:
            assert result.right["cause"] == (result.cause == result.true_cause)
            assert result.right["component"] == (result.component == result.true_component)
            assert not result.right["outcome"] or result.outcome == "resolved"


def test_the_catalogue_is_diagnosed_without_a_mistake_and_ends_as_it_is_meant_to() -> None:
    results = measure(catalogue(simulator()))

    over = [name for name in IDS if scenario(name)[0].expect.outcome != "unresolved"]
    assert [result.scenario for result in results] == IDS
    assert {name: (rate.right, rate.of) for name, rate in accuracy(results).items()} == {
        "severity": (len(IDS), len(IDS)), "outcome": (len(over), len(IDS)),
        **dict.fromkeys(("cause", "component"), (diagnosed := sum("cause" in result.right for result in results), diagnosed)),
    }  # fmt: skip


def test_misses_are_counted_by_the_kind_of_fault() -> None:
    results = _results("stub")
    rows = {row["kind"]: row for row in misses(results)}

    assert sum(row["of"] for row in rows.values()) == len(results)
    for name in MEASURES:
        assert sum(row[name] for row in rows.values()) == sum(not result.right.get(name, True) for result in results)
    for kind, row in rows.items():
        wrong = [one for one in results if one.faults == (kind,) and not (one.right.get("cause", True) and one.right.get("component", True))]
        assert sum(row["instead"].values()) == len(wrong)


@given(of=st.integers(1, 2000), data=st.data())
def test_the_interval_holds_the_share_and_narrows_with_more_incidents(of: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, of))
    rate, more = wilson(right, of), wilson(4 * right, 4 * of)

    assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert more.high - more.low <= rate.high - rate.low
    assert (rate.right, rate.of) == (right, of)


KNOWN = [(0, 10, 0.0, 0.2775), (9, 10, 0.5958, 0.9821), (50, 100, 0.4038, 0.5962), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)]
"""Wilson's interval as tables give it."""


@pytest.mark.parametrize(("right", "of", "low", "high"), KNOWN)
def test_the_interval_is_wilsons(right: int, of: int, low: float, high: float) -> None:
    rate = wilson(right, of)

    assert rate.low == pytest.approx(low, abs=2e-4)
    assert rate.high == pytest.approx(high, abs=2e-4)


def test_one_command_prints_the_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("drillbook.accuracy.paths", lambda: [path for path in paths() if path.name.partition(".")[0] in part(FEW, 5)])
    code = main(["run", "--random", "4" if THOROUGH else "2", "--seed", "3", "--compare"])
    printed = capsys.readouterr()
    table, ends = printed.out.split("\n\n")
    lines = [line.split() for line in table.splitlines()]

    assert (code, printed.err) == (0, "")
    assert [line.split(": ")[0] for line in ends.splitlines()] == [
        f"outcome where there is something to diagnose, {on}" for on in ("catalogue", "random, seed 3")
    ]
    assert all(f"{name} " in line for line in ends.splitlines() for name in ("stub", *BASELINES))
    assert [line[0] for line in lines[1:]] == [name for name in ("stub", *BASELINES) for _ in range(2)]
    assert {line[1].rstrip(",") for line in lines[1:]} == {"catalogue", "random"}


def test_the_document_holds_what_the_table_shows() -> None:
    rows = fly_many(read_runbook(), "devops_automator=stub", 3, 7, "shop")
    shown = json.loads(json.dumps(document(7, rows)))

    (measured,) = shown["measured"]
    assert (shown["seed"], measured["cast"], len(measured["incidents"])) == (7, "devops_automator=stub", 3)
    assert {name: Rate(**rate) for name, rate in measured["accuracy"].items()} == accuracy(rows[0].results)
    assert Rate(**measured["outcome_to_diagnose"]) == ended_well(rows[0].results)


def test_the_outcome_where_there_is_something_to_diagnose_leaves_the_others_out() -> None:
    results = _results("stub")
    handled = [result for result in results if result.true_severity not in (None, "P3")]
    rate = ended_well(results)

    assert 0 < len(handled) < len(results)
    assert (rate.of, rate.right) == (accuracy(results)["cause"].of, sum(result.outcome == "resolved" for result in handled))


def test_judging_is_the_same_for_a_drill_of_the_catalogue() -> None:
    result = judge(fly("slow-search"))

    assert (result.severity, result.cause, result.component, result.outcome) == ("P2", "infrastructure", "db_replica", "resolved")
    assert result.right == dict.fromkeys(MEASURES, True)

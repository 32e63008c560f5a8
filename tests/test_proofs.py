"""Proofs of runbooks: ours holds, each broken one is refused by its own counterexample, and the proofs agree with the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from flights import FEW, edited_runbook, examples, fly, part
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import drillbook
from drillbook import proving
from drillbook.case import Case, Entry, Stepped
from drillbook.cli import main
from drillbook.facts import FACTS, Value
from drillbook.graph.clause_space import facts_asked, values_of
from drillbook.graph.lengths import step_bound
from drillbook.graph.proofs import LAWS, Proofs
from drillbook.graph.refusals import Refusal
from drillbook.graph.routing import NoRoute, route
from drillbook.graph.walk import Walk, routing_clauses
from drillbook.reading import lint, read_runbook
from drillbook.runbook import END, Clauses, Route, Runbook
from drillbook.scenario import CAUSES, KINDS
from drillbook.simulator import Simulator
from drillbook.toolbelt import Report, Task, Toolbelt
from drillbook.tools import TOOLS

OURS = read_runbook()


@cache
def _proved() -> Proofs:
    return drillbook.prove()


def _steps(runbook: Runbook) -> list[tuple[str, str]]:
    return [(name, outcome) for name, step in runbook.steps.items() for outcome in step.outcomes]


def _case(facts: Mapping[str, Value], step: str = "diagnose", outcome: str = "unknown") -> Case:
    """A case that ended a step so, with these facts whatever they are read off."""
    done = Stepped(step=step, outcome=outcome, opened_at=0, roles=(), duties=())
    case = Case(catalogue=(), entries=(Entry(at=0, seq=0, role="", step=step, item=done),))
    case.facts.update(facts)
    return case


@dataclass(frozen=True)
class Broken:
    """An edit of our runbook that lint accepts; the law that refuses it, what it says, and the path that is printed."""

    edits: tuple[tuple[str, str], ...]
    law: str
    says: str
    path: str
    also: tuple[str, ...] = field(default=())


_UNKNOWN = "      - {on: unknown, when: [not rounds_left], to: hand_over, concludes: unresolved}\n"
_INFRASTRUCTURE = "      - {on: infrastructure, if: IF caused by infrastructure issue, to: repair_infrastructure}\n"
_REJECTED = ("{on: rejected, when: [rounds_left], to: investigate}", "{on: rejected, when: [attempts_left], to: implement_hotfix}")
_VERIFIES = "      - role: {role}\n        duty: verify\n"
_DEPENDENCY = "      - {on: recovering, to: verify, marks: [mitigated]}\n      - {on: not_recovered, to: hand_over"


def _only_for_apis(role: str) -> tuple[str, str]:
    line = _VERIFIES.replace("{role}", role)
    return line, f"{line}        when: [api_related]\n"


BROKEN: dict[str, Broken] = {
    "an outcome without a route once all rounds are done": Broken(
        ((_UNKNOWN, ""),), "no_gap", "'unknown' of diagnose goes nowhere: no route's clauses hold", """
    triage       P0
    investigate  investigated
    diagnose     unknown       rounds_left yes (rounds 1)
    investigate  investigated
    diagnose     unknown       rounds_left yes (rounds 2)
    investigate  investigated
    diagnose     unknown       rounds_left no (rounds 3)"""),
    "two routes at once, as attempts and rounds are used up": Broken(
        (("      - {on: unknown, when: [rounds_left], to: investigate}\n" + _UNKNOWN, "      - {on: unknown, when: [rounds_left], to: investigate}\n      - {on: unknown, when: [wider], to: hand_over, concludes: unresolved}\n"),),
        "no_overlap", "two routes fit at once, and the order decides: diagnose: unknown [rounds_left] -> investigate; diagnose: unknown [wider] -> hand_over", """
    triage       P0
    investigate  investigated
    diagnose     unknown       rounds_left yes, wider yes (rounds 1)"""),
    "a route whose clauses contradict each other": Broken(
        ((_INFRASTRUCTURE, "      - {on: infrastructure, when: [service_down, not minor_inconvenience], to: hand_over, concludes: unresolved}\n" + _INFRASTRUCTURE),),
        "no_dead_route", "a dead route: diagnose: infrastructure [service_down, not minor_inconvenience] -> hand_over; its clauses never hold there", """
    triage       P0
    investigate  investigated
    diagnose     infrastructure  service_down no, minor_inconvenience no (users_failing_pct 0.0)"""),
    "a route behind one that always fits": Broken(
        ((_INFRASTRUCTURE, _INFRASTRUCTURE + "      - {on: infrastructure, when: [p0], to: hand_over, concludes: unresolved}\n"),),
        "no_dead_route", "a dead route: diagnose: infrastructure [p0] -> hand_over; where it fits, this one is taken first: diagnose: infrastructure -> repair_infrastructure", """
    triage       P0
    investigate  investigated
    diagnose     infrastructure  p0 yes (severity P0)""", also=("no_overlap",)),
    "a rollback that is not verified in full": Broken(
        (("{on: recovering, to: verify}", "{on: recovering, to: watch}"),), "verified", "roll_back is declared resolved, and no full verification was passed since", """
    triage            P0
    investigate       investigated
    diagnose          deployment    rollback_safe yes (rollback_reversible yes)
    roll_back         done
    verify_rollback   recovering
    confirm_rollback  recovering
    watch             held"""),
    "a verification that an error passes": Broken(
        (("    outcomes: [not_recovered, recovered]\n    on_error: not_recovered", "    outcomes: [not_recovered, recovered]\n    on_error: recovered"),),
        "verified", "roll_back is declared resolved, and no full verification was passed since", """
    triage           P0
    investigate      investigated
    diagnose         deployment     rollback_safe yes (rollback_reversible yes)
    roll_back        done
    verify_rollback  not_recovered  attempts_left yes (attempts 1)
    diagnose         recovered      recoveries_left yes (recoveries 1)
    verify           recovered
    watch            held""", also=("worst_first",)),
    "a triage that fails and counts as a small matter": Broken(
        (("    on_error: P0\n", "    on_error: P3\n"),), "worst_first", "what fails in triage counts as P3, which is not the worst that it can be", ""),
    "levels that are not written worst first": Broken(
        (("outcomes: [P0, P1, P2, P3, not_an_incident]", "outcomes: [P0, P2, P1, P3, not_an_incident]"),), "worst_first",
        "outcomes are written worst first, and P0, P2, P1, P3 of triage are not", ""),
    "an incident that is given up and left alone": Broken(
        (("      - {on: relapsed, when: [not attempts_left], to: hand_over,", "      - {on: relapsed, when: [not attempts_left], to: post_mortem,"),), "handed_over",
        "given up, and not handed over: watch: relapsed [not attempts_left] -> post_mortem", ""),
    "an incident that nothing concludes": Broken(
        (("{on: not_recovered, to: hand_over, concludes: unresolved}", "{on: not_recovered, to: hand_over}"),), "concluded", "the incident ends and nothing concluded it", """
    triage              P0
    investigate         investigated
    diagnose            external_dependency
    activate_fallback   failed
    tell_users          told
    monitor_dependency  not_recovered
    hand_over           handed_over
    post_mortem         written
    backlog             added""", also=("handed_over",)),
    "an incident that is concluded twice": Broken(
        (("{on: added, to: end}", "{on: added, to: end, concludes: backlog}"),), "concluded", "the incident is concluded twice: as backlog, then as backlog", """
    triage   P3
    backlog  added"""),
    "a level that nobody can declare": Broken(
        (("outcomes: [P0, P1, P2, P3, not_an_incident]", "outcomes: [P0, P1, P2, not_an_incident]"), ("      - {on: P3, to: backlog, concludes: backlog}\n", "")),
        "levels", "no triage can declare P3: no outcome of that name", ""),
    "an end that routes promise a level and clauses take back": Broken(
        (("{on: P3, to: backlog, concludes: backlog}", "{on: P3, to: monitor_dependency}"),
         (_DEPENDENCY, "      - {on: recovering, when: [wider], to: verify, marks: [mitigated]}\n      - {on: recovering, when: [not wider], to: hand_over, concludes: unresolved}\n      - {on: not_recovered, to: hand_over")),
        "levels", "P3 never ends resolved, though routes lead there (watch: held -> post_mortem); it ends unresolved", """
    triage  P3"""),
    "a way round whose bound nothing uses up": Broken(
        (_REJECTED, ("{on: rejected, when: [not rounds_left], to: hand_over", "{on: rejected, when: [not attempts_left], to: hand_over")),
        "bounded", "it can go round for ever: verify_hotfix -> implement_hotfix -> verify_hotfix; no clause on the way (attempts_left) must fail in the end; there is a way out (to deploy_hotfix, hand_over, investigate), but nothing forces it", """
    triage            P0
    investigate       investigated
    diagnose          deployment    rollback_safe no (rollback_reversible no)
    implement_hotfix  done
    then, round and round:
    verify_hotfix     rejected      attempts_left yes (attempts 0)
    implement_hotfix  done"""),
    "recoveries that are counted as attempts": Broken(
        (("{on: recovered, when: [recoveries_left], to: verify", "{on: recovered, when: [attempts_left], to: verify"), ("{on: recovered, when: [not recoveries_left]", "{on: recovered, when: [not attempts_left]")),
        "bounded", "it can go round for ever: diagnose -> verify -> diagnose;", """
    triage       P0
    investigate  investigated
    then, round and round:
    diagnose     recovered      attempts_left yes (attempts 0)
    verify       not_recovered  attempts_left yes (attempts 0)"""),
    "a verification that nobody carries out": Broken(
        (_only_for_apis("evidence_collector"), _only_for_apis("infrastructure_maintainer")), "crews", "nobody acts in verify, and it ends not_recovered", """
    triage       P0
    investigate  investigated
    diagnose     recovered      recoveries_left yes (recoveries 1)
    verify       not_recovered  api_related no (api_related no)"""),
    "a line of a crew that never acts": Broken(
        (("        when: [frontend_wanted]\n", "        when: [p0, not p0_or_p1]\n"),), "crews", "Frontend Developer never acts in investigate by this line", """
    triage       P0
    investigate  opens  p0 yes, p0_or_p1 yes, p1 no (severity P0)"""),
    "an escalation that never falls due": Broken(
        (("    when: [p1, not resolved]", "    when: [p0, p1, not resolved]"),), "messages", "'P1 not resolved in 2 hours' never falls due: its clauses never hold", """
    triage       P0
    investigate  goes on  p0 yes, p1 no, resolved no (resolved no, severity P0)""", also=("roles",)),
    "a role that nobody calls": Broken((("    to: [project_shepherd]", "    to: [studio_producer]"),), "roles", "Project Shepherd never acts", ""),
}  # fmt: skip


def _edited(folder: Path, edits: tuple[tuple[str, str], ...]) -> Path:
    return edited_runbook(folder, *edits)


def test_our_runbook_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("proved  ") == len(LAWS)
    assert "128 assignments in 127 decisions" in printed
    assert "incident_response: 12 of 12 properties proved" in printed
    assert _proved().sound


@pytest.mark.parametrize("name", part(BROKEN, 3))
def test_a_broken_runbook_that_lint_accepts_is_refused_by_its_own_counterexample(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = BROKEN[name]
    file = _edited(tmp_path, broken.edits)
    lint([file])
    proofs = drillbook.prove(file)
    proving.show(Console(width=120), proofs, file)
    printed = capsys.readouterr().out
    refused = [law.name for law in LAWS if f"\nrefused: {law.title}\n" in printed]
    assert sorted(refused) == sorted([broken.law, *broken.also])
    title = next(law.title for law in LAWS if law.name == broken.law)
    lines = printed.split(f"\nrefused: {title}\n")[1].split("\n\n")[0].splitlines()
    start = next(place for place, line in enumerate(lines) if broken.says in line)
    assert lines[start].startswith(f"  {file}:")
    path = broken.path.splitlines()[1:]
    assert lines[start + 1 : start + 1 + len(path)] == path
    assert all(not line.startswith("    ") for line in lines[start + 1 + len(path) :][:1]), "the path ends there"
    for proof in proofs.proofs:
        for refusal in proof.refusals:
            _as_the_engine_does(read_runbook(file), refusal)


def _as_the_engine_does(runbook: Runbook, refusal: Refusal) -> None:
    """Every leg of a counterexample is what the engine does with these facts, and leads to the next."""
    legs = [*refusal.path, *refusal.loop]
    for leg in legs:
        case = _case(leg.facts, leg.step, leg.outcome)
        assert {clause: Clauses(runbook, case)[clause] for clause in leg.clauses} == leg.clauses
        if leg.to is not None:
            assert route(runbook, case).row.to == leg.to
        elif leg.outcome in runbook.steps[leg.step].outcomes and not runbook.steps[leg.step].crew[0].when:
            with pytest.raises(NoRoute):
                route(runbook, case)
    assert [leg.to for leg in legs[:-1]] == [leg.step for leg in legs[1:]]
    assert not refusal.loop or legs[-1].to == refusal.loop[0].step


def test_the_document_says_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _edited(tmp_path, BROKEN["an incident that is concluded twice"].edits)
    assert main(["prove", str(file), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["sound"], [one["name"] for one in document["proofs"] if not one["holds"]]) == (False, ["concluded"])
    (refusals,) = [one["refusals"] for one in document["proofs"] if one["name"] == "concluded"]
    assert refusals[0]["path"][0] == {"step": "triage", "outcome": "P3", "clauses": {}, "to": "backlog", "facts": {}}
    assert main(["prove", "--json"]) == 0
    ours = json.loads(capsys.readouterr().out)
    assert ours["longest"]["steps"] == len(ours["longest"]["path"])
    assert [one["step"] for one in ours["together"] if "api_tester" in one["crews"][0]] == ["verify"]


def test_what_lint_refuses_is_not_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _edited(tmp_path, (("      - {on: P2, to: investigate}\n", ""),))
    assert main(["prove", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{file}:")
    assert main(["prove", str(tmp_path / "none.yaml")]) == 2


# The proofs and the engine


def _any_value(fact: str) -> st.SearchStrategy[Value]:
    kind = FACTS[fact].kind
    if kind == "number":
        whole = fact in ("rounds", "attempts", "recoveries", "team_size", "users_hit", "visual_reports_per_hour", "revenue_lost_usd")
        return st.integers(0, 100_000) | st.integers(0, 8) if whole else st.floats(0, 100) | st.sampled_from([0.0, 1.0, 3.0, 10.0, 20.0, 50.0, 75.0])
    levels = [row.level for row in OURS.severities]
    values: dict[str, tuple[Value, ...]] = {"flag": (True, False), "severity": (*levels, None), "cause": (*CAUSES, None), "kind": (*KINDS, None)}
    return st.sampled_from(values[kind])


ASKED = facts_asked(OURS, OURS.clauses)
FACTS_OF_A_CASE = st.fixed_dictionaries({fact: _any_value(fact) for fact in ASKED})


@settings(max_examples=examples(60), deadline=None)
@given(facts=FACTS_OF_A_CASE)
def test_whatever_the_facts_are_exactly_one_route_fits_and_it_is_the_one_that_the_proof_took(facts: dict[str, Value]) -> None:
    walk = Walk(OURS, facts_asked(OURS, routing_clauses(OURS)))
    counted = {fact: min(int(facts[fact] or 0), int(max(walk.values[fact]))) for fact in walk.followed}  # type: ignore[type-var, arg-type]
    for step, outcome in _steps(OURS):
        case = _case(facts, step, outcome)
        clauses = Clauses(OURS, case)
        (fits,) = [place for place, row in enumerate(OURS.steps[step].routes) if row.on == outcome and clauses.hold(row.when)]
        assert route(OURS, case).row is OURS.steps[step].routes[fits]
        assert fits in walk.decide(step, outcome, counted).taken


@settings(max_examples=examples(80), deadline=None)
@given(facts=FACTS_OF_A_CASE)
def test_the_space_has_a_place_for_every_fact(facts: dict[str, Value]) -> None:
    """Every clause of a case is as it is for the values by which the space stands for its facts."""
    atoms = {name: clause.fact for name, clause in OURS.clauses.items() if clause.fact}
    real = Clauses(OURS, _case(facts))
    for fact, value in facts.items():
        about = [name for name in atoms if atoms[name] == fact]
        told = [[Clauses(OURS, _case({fact: one}))[name] for name in about] for one in values_of(OURS, fact)]
        assert told.count([real[name] for name in about]) == 1, (fact, value)


WHEN = st.lists(st.sampled_from([f"{no}{name}" for name in ("rounds_left", "wider", "p0", "p1", "p0_or_p1", "service_down", "minor_inconvenience", "rollback_safe") for no in ("", "not ")]), max_size=2)
GRID = [{"rounds": rounds, "severity": level, "users_failing_pct": pct, "rollback_reversible": safe}
        for rounds in (1, 2, 3) for level in ("P0", "P1", "P2", "P3") for pct in (0.0, 0.5, 1.0, 40.0, 75.0, 100.0) for safe in (True, False)]  # fmt: skip


@settings(max_examples=examples(25), deadline=None)
@given(whens=st.lists(WHEN, min_size=1, max_size=3))
def test_a_table_at_random_is_judged_as_brute_force_judges_it(whens: list[list[str]]) -> None:
    """A triage, an investigation, and a decision with routes at random: what the proofs say is what all cases say."""
    rows = tuple(Route(on="investigated", to=END, when=tuple(when), concludes="unresolved") for when in whens)
    triage = OURS.steps["triage"].model_copy(update={"outcomes": ("P0", "P1", "P2", "P3"), "routes": tuple(Route(on=level, to="investigate") for level in ("P0", "P1", "P2", "P3"))})
    once = OURS.steps["investigate"].model_copy(update={"routes": (Route(on="investigated", to="again"),)})
    again = OURS.steps["investigate"].model_copy(update={"routes": rows})
    limits = {"rounds": 3, "attempts": 4}
    proofs = drillbook.prove(OURS.model_copy(update={"limits": limits, "steps": {"triage": triage, "investigate": once, "again": again}}))
    grid = [facts for facts in GRID if facts["rounds"] == 2]
    fits = [[place for place, row in enumerate(rows) if Clauses(OURS, _case(facts)).hold(row.when)] for facts in grid]
    failed = [[place for place, row in enumerate(rows) if Clauses(OURS, _case({**facts, "severity": None})).hold(row.when)] for facts in grid]
    every = [*fits, *failed]  # a triage that failed declares nothing
    assert proofs.of("no_gap").holds is all(every)
    assert {refusal.place[-1] for refusal in proofs.of("no_overlap").refusals} == {place for found in every for place in found[1:]}
    dead = {*range(len(rows))} - {found[0] for found in every if found}
    assert {refusal.place[-1] for refusal in proofs.of("no_dead_route").refusals} == dead


@pytest.mark.parametrize("name", FEW)
def test_a_drill_does_nothing_that_the_proofs_do_not_know(name: str) -> None:
    drill, walk = fly(name), Walk(OURS, facts_asked(OURS, routing_clauses(OURS)))
    moves = {(move.source.step, move.outcome, move.target.step) for move in walk.every_move if move.target}
    companies = {company.step: company for company in _proved().companies}
    ended = [(entry.at, item) for entry, item in drill.case.each(Stepped)]
    for (at, item), (_, following) in zip(ended, [*ended[1:], (0, None)], strict=True):
        assert (item.step, item.outcome, following.step if following else END) in moves
        acted = {role for crew in companies[item.step].crews for role in crew}
        owners = {*OURS.owners.values()} if acted & {*OURS.placeholders} else set()
        assert {*item.roles} <= acted | owners
        if not drill.scenario.telemetry.late and not drill.scenario.telemetry.missing:
            assert at - item.opened_at <= step_bound(OURS, item.step), item.step
    longest = _proved().longest
    assert longest is not None
    assert len(ended) <= longest.steps


def _tries(task: Task, case: Case, belt: Toolbelt) -> str:
    """Carry out a remedy that was not tried before, as a mitigating role does; the first that its charter and its lines allow."""
    listed = [tool for _, tool in belt.checks() if tool.effect == "changes"]
    tried = {(done.tool, done.target) for done in case.interventions}
    for tool in listed:
        for card in case.catalogue:
            if (tool.name, card.name) not in tried and belt.act(TOOLS[tool.name], card.name).accepted:  # type: ignore[arg-type]
                return "done"
    return "failed"


@settings(max_examples=examples(8), deadline=None)
@given(data=st.data())
def test_a_cast_that_judges_at_random_never_goes_further_than_the_longest_way(data: st.DataObject) -> None:
    def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty in ("triage", "investigate", "hand_over", "review", "plan", "communicate", "brief", "escalate"):
            return cast(Report, STUBS[task.role](task, case, belt))
        if task.duty == "mitigate" and data.draw(st.booleans()):
            return Report(outcome=_tries(task, case, belt), why="at random")
        if task.duty == "diagnose":
            STUBS[task.role](task, case, belt)
        outcomes = OURS.steps[task.step].outcomes
        return Report(outcome=outcomes[0] if task.duty == "mitigate" else data.draw(st.sampled_from(outcomes)), why="at random")

    drill = Simulator(OURS, dict.fromkeys(STUBS, brain)).prepare("checkout-bad-deploy").run(max_concurrency=1)
    longest = _proved().longest
    assert longest is not None
    assert len(list(drill.case.all(Stepped))) <= longest.steps
    assert drill.case.outcome in ("resolved", "unresolved")


STUBS: Mapping[str, Any] = Simulator(OURS).stubs


def test_a_dependency_that_seems_to_come_back_again_and_again_is_handed_over_in_the_end() -> None:
    """What the proofs found in our runbook: no clause bounded waiting, for a fallback that fails is no attempt. Now a wait is one."""
    said = {"diagnose": "external_dependency", "mitigate": "failed", "monitor_dependency": "recovering", "verify": "not_recovered"}

    def brain(task: Task, case: Case, belt: Toolbelt) -> Report:
        report: Report = Report(outcome=said[task.duty], why="always") if task.duty in said else STUBS[task.role](task, case, belt)
        return report

    drill = Simulator(OURS, dict.fromkeys(STUBS, brain)).prepare("payment-provider-outage").run()
    assert [part["step"] for part in drill.route].count("monitor_dependency") == OURS.limits["attempts"]
    assert drill.case.outcome == "unresolved"

"""Wrong moves matter: a cast that always rolls back heals what a rollback heals, and nothing else."""

from __future__ import annotations

import pytest
from flights import fly, scenario, simulator

from drillbook.scenario import DeploymentSpec

WRONG = "*=always_rollback"
OTHER_CAUSES = {
    "database-primary-down": "infrastructure", "month-end-bug": "code_bug", "payment-provider-outage": "external_dependency",
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_CAUSES)
def test_rolling_back_does_not_resolve_what_no_deployment_caused(name: str) -> None:
    right, wrong = fly(name), fly(name, cast=WRONG)

    assert (right.case.outcome, wrong.case.outcome) == ("resolved", "unresolved")
    assert wrong.truth.cause == OTHER_CAUSES[name]
    assert wrong.truth.recovered_at is None or wrong.truth.recovered_at > (right.truth.recovered_at or 0)
    assert wrong.case.milestone("resolved") is None
    assert wrong.truth.users_hit > right.truth.users_hit
    assert wrong.truth.revenue_lost_usd > right.truth.revenue_lost_usd or name == "month-end-bug", "a cart that fails costs no sale by itself"
    assert wrong.score.points < right.score.points - 40


@pytest.mark.parametrize("name", OTHER_CAUSES)
def test_the_world_says_why_a_rollback_did_nothing(name: str) -> None:
    wrong = fly(name, cast=WRONG)

    for action in wrong.truth.actions:
        if action.tool == "rollback":
            assert action.effect in ("none", "refused")
            assert "does nothing about" in action.why or "no deployment to go back from" in action.why or "run by others" in action.why
            assert action.effect == "refused" or any(fault.kind in action.why for fault in wrong.scenario.faults)
    assert wrong.truth.actions, "whatever was tried is told"
    assert wrong.truth.harmful_actions == sum(action.effect == "none" for action in wrong.truth.actions)


def test_rolling_back_the_guilty_deployment_is_right_by_whomever() -> None:
    wrong = fly("checkout-bad-deploy", cast=WRONG)
    assert (wrong.case.outcome, wrong.truth.harmful_actions) == ("resolved", 0)
    assert [action.effect for action in wrong.truth.actions] == ["cure"]


def test_the_same_action_is_never_taken_twice_on_the_same_target() -> None:
    for name in OTHER_CAUSES:
        done = [(act.tool, act.target) for act in fly(name, cast=WRONG).case.interventions]
        assert len(done) == len({*done})


def test_at_most_four_attempts_are_made_and_then_the_incident_is_handed_over() -> None:
    wrong = fly("database-primary-down", cast=WRONG)
    steps = [part["step"] for part in wrong.route]
    assert sum(step == "roll_back" for step in steps) <= 8
    assert len(wrong.case.interventions) <= wrong.runbook.limits["attempts"]
    assert steps[-3:] == ["hand_over", "post_mortem", "backlog"]
    assert any(message["kind"] == "hand_over" for message in wrong.messages)


def test_rolling_back_across_an_irreversible_migration_puts_data_at_risk() -> None:
    spec, system = scenario("checkout-bad-deploy")
    fault = spec.faults[0].model_copy(update={"kind": "irreversible_migration"})
    guilty = DeploymentSpec(component="checkout", version="4.2.0", previous="4.1.3", at="10m", change="drops a column", reversible=False)
    migrated = spec.model_copy(update={"faults": (fault,), "deployments": (guilty,)})

    careful = simulator().run(migrated, system)
    assert careful.case.outcome == "resolved"
    assert "rollback" not in {act.tool for act in careful.case.interventions}
    assert ("deploy_hotfix", "checkout") in {(act.tool, act.target) for act in careful.case.interventions}
    assert careful.truth.harmful_actions == 0


def test_a_restart_of_a_dead_primary_relapses() -> None:
    """The first remedy that comes to mind eases it for nine minutes; the watch is there to see that."""
    text = simulator().runbook
    step = text.steps["repair_infrastructure"]
    does = tuple(check for check in step.crew[0].does if check.tool == "restart")
    crew = (step.crew[0].model_copy(update={"does": does}),)
    edited = text.model_copy(update={"steps": {**text.steps, "repair_infrastructure": step.model_copy(update={"crew": crew})}})
    drill = type(simulator())(edited).run(*scenario("database-primary-down"))

    assert [action.effect for action in drill.truth.actions][:1] == ["relapse"]
    assert any(part["outcome"] in ("relapsed", "not_recovered") for part in drill.route)
    assert drill.truth.users_hit > fly("database-primary-down").truth.users_hit

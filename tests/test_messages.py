"""Messages say what is true by what was known: every figure in them is held against the case as of their time."""

from __future__ import annotations

import re

import pytest
from flights import IDS, fly, part

from drillbook.case import Case, Said
from drillbook.facts import revenue_lost, users_hit
from drillbook.tools import TOOLS

CASTS = ("", "*=always_rollback")
CAUSES = {"deployment": "a recent deployment of", "infrastructure": "a failure of", "code_bug": "a bug in", "external_dependency": "an outage of"}


def _said(name: str, cast: str, topic: str) -> list[tuple[Case, str]]:
    """(case as it was known, text) of every message of a kind."""
    case = fly(name, cast=cast).case
    return [(_known(case, entry.at), said.text) for entry, said in case.each(Said) if said.topic == topic]


def _known(case: Case, at: int) -> Case:
    """The case as of a moment, but for what the Finance Tracker measures in that very moment, beside whoever speaks."""
    beside = ("measure_business_impact",)
    entries = [entry for entry in case.as_of(at).entries if not (entry.at == at and getattr(entry.item, "tool", "") in beside)]
    return Case(catalogue=case.catalogue, entries=tuple(entries), now=at)


def _line(text: str, head: str) -> str:
    return next(line.removeprefix(head).strip() for line in text.splitlines() if line.startswith(head))


@pytest.mark.parametrize("cast", CASTS)
@pytest.mark.parametrize("name", part(IDS, 4))
def test_a_status_update_tells_the_measured_impact(name: str, cast: str) -> None:
    for known, text in _said(name, cast, "status_update"):
        assert known.impact is not None
        shares = {feature.feature.replace("_", " "): feature.failing_pct for feature in known.impact.features if feature.failing_pct >= 1}
        told = dict(re.findall(r"([a-z ]+) fails for (\d+)% of attempts", _line(text, "Impact:").removeprefix("Recovering. Before the fix: ")))
        assert {feature.strip(): int(share) for feature, share in told.items()} == {
            feature: round(shares[feature]) for feature in list(shares)[:4]}  # fmt: skip
        assert ("Records of some customers" in text) is known.impact.user_data_affected
        assert _line(text, "Status:") == known.state


@pytest.mark.parametrize("cast", CASTS)
@pytest.mark.parametrize("name", part(IDS, 4))
def test_a_brief_carries_the_figures_of_its_time(name: str, cast: str) -> None:
    for known, text in _said(name, cast, "executive_brief"):
        users, usd = f"{users_hit(known):,} users", f"revenue about {revenue_lost(known):,} USD lost"
        assert users in _line(text, "SITUATION:")
        assert users in _line(text, "IMPACT:")
        assert usd in _line(text, "IMPACT:")
        public = any(said.channel == "publish_status" for said in known.all(Said))
        assert ("public, on the status page" in text) is public


@pytest.mark.parametrize("cast", CASTS)
@pytest.mark.parametrize("name", part(IDS, 4))
def test_the_cause_is_the_diagnosed_one_and_none_before_it(name: str, cast: str) -> None:
    for known, text in _said(name, cast, "executive_brief"):
        found, cause = known.diagnosis, _line(text, "CAUSE:")
        if found is None or found.cause == "unknown":
            assert cause == "Under investigation — no cause is confirmed yet"
        else:
            assert cause.startswith(f"Known — {CAUSES[found.cause]} {found.component}")


@pytest.mark.parametrize("name", part(IDS, 4))
def test_the_time_to_go_is_what_is_left_of_the_branch_or_of_the_watch(name: str) -> None:
    drill = fly(name)
    for known, text in _said(name, "", "executive_brief"):
        minutes = re.search(r"ETA (?:about )?(\d+) minutes", text)
        if minutes is None:
            assert known.state in ("Investigating", "Resolved")
            continue
        branch = [step for step in drill.runbook.steps.values() if known.diagnosis and step.branch == known.diagnosis.cause]
        most = sum(TOOLS[crew.does[0].tool or ""].takes for step in branch for crew in step.crew[:1]) // 60_000
        assert 5 <= int(minutes[1]) <= (most if known.state == "Identified" else drill.runbook.watch.lasts // 60_000)

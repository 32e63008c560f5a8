"""Post-mortems are held against the true timeline: true ones have nothing wrong and nothing missing, planted falsehoods are found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import pytest
from flights import IDS, THOROUGH, fly, part, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

import drillbook
from drillbook.cli import main
from drillbook.drill import Drill
from drillbook.factcheck import Checked, Checker, Claim, check_postmortem, counts
from drillbook.factcheck.known import Known
from drillbook.generate import incident
from drillbook.journal import read_journal
from drillbook.reading import read_system
from drillbook.scenarios import systems
from drillbook.world import FAULTS

WROTE = [name for name in IDS if name not in ("announced-database-move", "flapping-alert", "hotel-photo-too-wide", "order-page-glitch",
                                              "pods-come-back", "supplier-flaps", "three-small-cracks", "watchdog")]  # fmt: skip
"""The scenarios in which a post-mortem is written: the others are no incidents, or wait in the backlog."""


@cache
def checker(name: str, seed: int | None = None, cast: str = "") -> Checker:
    return Checker(fly(name, seed, cast))


@cache
def checked(name: str, text: str | None = None, seed: int | None = None, cast: str = "") -> Checked:
    return checker(name, seed, cast).check(text)


def written(name: str, cast: str = "") -> str:
    text = fly(name, None, cast).postmortem
    assert text
    return text


def told(claims: tuple[Claim, ...]) -> str:
    return "\n".join(f"{claim.line}: {claim.about}: {claim.claimed} | {claim.truth} | {claim.text[:120]}" for claim in claims)


def misjudged(drill: Drill) -> bool:
    found = drill.case.diagnosis
    return found is None or (found.cause, found.component) not in Known.of(drill).causes


# True post-mortems


@pytest.mark.parametrize(("name", "seed"), [*zip(part(WROTE, 3), cycle([None, 1]), strict=False)])
def test_nothing_is_wrong_in_what_the_stub_writes_of_the_library(name: str, seed: int | None) -> None:
    found = checked(name, None, seed)
    assert found.of("wrong") == (), told(found.of("wrong"))
    assert found.missing == ()
    right = found.of("right")
    assert len(right) >= 70, "it was read"
    assert {"severity", "cause", "component", "detected", "users", "revenue", "duration", "introduced", "data", "team", "event"} <= {
        claim.about for claim in right if "not over" not in claim.text
    } | ({"duration"} if fly(name, seed).case.outcome == "unresolved" else set())


def test_those_that_are_no_incidents_have_none() -> None:
    for name in {*IDS} - {*WROTE}:
        assert fly(name).postmortem is None
        with pytest.raises(drillbook.BadInput, match="no post-mortem was written in this drill"):
            check_postmortem(fly(name))


def test_nothing_is_wrong_in_random_incidents_but_what_the_cast_got_wrong() -> None:
    productions = [read_system(name) for name in systems()]
    least = 1000
    for index in range(40):
        system = productions[index % len(productions)]
        drill = simulator().run(incident(1, index, system), system)
        if drill.postmortem is None:
            continue
        found = check_postmortem(drill)
        least = min(least, found.counts.right)
        wrong = [claim for claim in found.of("wrong") if not (misjudged(drill) and claim.about in ("cause", "component"))]
        assert wrong == [], f"{index}: {told(tuple(wrong))}"
        assert found.missing == (), index
    assert least >= 60


@pytest.mark.parametrize("cast", ["*=always_rollback", "*=constant", "*=severity_label"])
@pytest.mark.parametrize("name", ["disk-and-provider", "payment-provider-outage", "database-primary-down", "slow-search", "cart-in-the-rear-mirror"])
def test_of_a_cast_that_is_wrong_only_what_it_took_the_incident_for_is_wrong(name: str, cast: str) -> None:
    drill = fly(name, None, cast)
    wrong = checked(name, None, None, cast).of("wrong")
    assert {claim.about for claim in wrong} <= ({"cause", "component", "revenue"} if misjudged(drill) else set()), told(wrong)


def test_a_journal_tells_as_much_as_its_drill(tmp_path: Path) -> None:
    drill = fly("two-faults-at-once")
    file = tmp_path / "drill.jsonl"
    drill.journal.write(file)
    assert check_postmortem(read_journal(file)) == drill.check_postmortem() == drillbook.check_postmortem(drill)
    for name in WROTE[::6]:
        assert Known.of(fly(name)).written == fly(name).postmortem


def test_a_post_mortem_is_held_against_the_world_and_not_against_the_stub() -> None:
    """The constant cast takes every incident for the first database; where it was something else, its own post-mortem is found out."""
    found = {name: checked(name, None, None, "*=constant").of("wrong") for name in ("cart-in-the-rear-mirror", "checkout-bad-deploy", "white-page")}
    accused = [claim for claims in found.values() for claim in claims]
    assert {claim.about for claim in accused} <= {"cause", "component"}
    for name, claims in found.items():
        assert all(str(fly(name).truth.component) in claim.truth for claim in claims)


# Planted falsehoods


class Lie(NamedTuple):
    """A falsehood: where it is planted, the edit, and the claim that must be found, with what must stand in its truth."""

    name: str
    scenarios: tuple[str, ...]
    edit: Callable[[str, Drill], str]
    about: str
    truth: Callable[[Drill], str]
    cast: str = ""


def _swap(old: str, new: str | Callable[[re.Match[str]], str]) -> Callable[[str, Drill], str]:
    """An edit of a true text, which has to hold the place."""

    def edit(text: str, drill: Drill) -> str:
        changed, count = re.subn(old, new, text, count=1, flags=re.MULTILINE)
        assert count == 1, f"{old} is not in {drill.name}"
        return changed

    return edit


def _says(sentence: str | Callable[[Drill], str]) -> Callable[[str, Drill], str]:
    """A sentence more, in the section on the root cause."""

    def edit(text: str, drill: Drill) -> str:
        said = sentence if isinstance(sentence, str) else sentence(drill)
        return text.replace("## 3. Impact assessment", f"{said}\n\n## 3. Impact assessment", 1)

    return edit


def _times(factor: float) -> Callable[[re.Match[str]], str]:
    return lambda found: f"{found[1]}{int(float(found[2].replace(',', '')) * factor) + 170:,}{found[3]}"


def _later(minutes: int) -> Callable[[re.Match[str]], str]:
    return lambda found: f"{found[1]}T+{int(found[2]) + minutes:02d}:{found[3]}"


def _stranger(drill: Drill) -> str:
    return next(title for role, title in drill.runbook.roles.items() if role not in drill.case.team and role != "relevant_developer")


def _bystander(drill: Drill) -> str:
    """A component in which nothing was wrong and to which nothing was done."""
    touched = {fault.target for fault in drill.scenario.faults} | {act.target for act in drill.truth.actions}
    touched |= {hop.component for hop in Known.of(drill).chain.hops}
    return next(spec.name for spec in drill.system.components if spec.name not in touched and spec.kind == "service")


def _act(drill: Drill) -> str:
    return drill.truth.actions[-1].target


def _idle(drill: Drill) -> str:
    return next(act.target for act in drill.truth.actions if act.effect == "none")


ROLLED = ("checkout-bad-deploy", "cart-in-the-rear-mirror", "search-ranks-with-nothing", "reddit-2023-label-renamed")
BUGS = ("month-end-bug", "white-page", "gateway-deadlock", "azure-2012-leap-day")
REPAIRED = ("database-primary-down", "checkout-out-of-cpu", "slow-search", "corrupt-pages")
OUTSIDE = ("payment-provider-outage", "nobody-can-sign-in", "airline-hub-timeouts")
ALL = (*ROLLED, *BUGS, *REPAIRED, *OUTSIDE)

LIES = [
    Lie("severity in the table", ALL, _swap(r"\| Severity \| P\d", "| Severity | P7"), "severity", lambda drill: str(drill.case.severity)),
    Lie("severity in prose", ALL, _says("This was a P9 incident."), "severity", lambda drill: str(drill.case.severity)),
    Lie("cause in the title", ROLLED, _swap(", deployment in", ", external dependency in"), "cause", lambda drill: "deployment"),
    Lie("cause in prose", REPAIRED, _says("The root cause was a code bug."), "cause", lambda drill: "infrastructure"),
    Lie("another cause in prose", BUGS, _says("It was caused by a faulty deployment."), "cause", lambda drill: "code bug"),
    Lie("a mechanism", OUTSIDE, _says("All of it was due to an expired certificate."), "cause", lambda drill: "external"),
    Lie("component in the title", ALL, lambda text, drill: _swap(r"^(# .* in )\w+$", rf"\g<1>{_bystander(drill)}")(text, drill), "component",
        lambda drill: str(drill.truth.component)),
    Lie("component in prose", ALL, _says(lambda drill: f"The root cause was in {_bystander(drill)}."), "component", lambda drill: str(drill.truth.component)),
    Lie("what failed", BUGS, lambda text, drill: _swap(r"(What failed\?\*\* (?:\d+% of the calls to )?)\w+", rf"\g<1>{_bystander(drill)}")(text, drill), "component",
        lambda drill: str(drill.truth.component)),
    Lie("time of introduction", ALL, _swap(r"(introduced\?\*\* )T\+(\d+):(\d+)", _later(-3)), "introduced", lambda drill: "T+"),
    Lie("time of detection", ALL, _swap(r"(detected\?\*\* )T\+(\d+):(\d+)", _later(5)), "detected", lambda drill: "T+"),
    Lie("time of mitigation", ALL, _swap(r"\| Mitigated \| (\S+) \d\d:\d\d", r"| Mitigated | \1 03:33"), "mitigated", lambda drill: "T+"),
    Lie("time of mitigation in prose", ALL, _says("It was mitigated at T+17:00."), "mitigated", lambda drill: "T+"),
    Lie("time of resolution", ALL, _swap(r"(resolved\?\*\* )T\+(\d+):(\d+)", _later(31)), "resolved", lambda drill: "T+"),
    Lie("never resolved", ALL, _swap(r"(resolved\?\*\* )T\+(\d+):(\d+)", r"\1not resolved: handed over"), "resolved", lambda drill: "T+"),
    Lie("duration", ALL, _swap(r"duration\*\* .* from", "duration** 4 h 44 min from"), "duration", lambda drill: "min"),
    Lie("how late it was noticed", ALL, _swap(r"alert came .* after it began", "alert came 55 min after it began"), "duration", lambda drill: "min"),
    Lie("users", ALL, _swap(r"(Users affected\*\* )([\d,]+)( users)", _times(3)), "users", lambda drill: f"{drill.truth.users_hit // 1000}" if drill.truth.users_hit > 1000 else ""),
    Lie("revenue", ALL, _swap(r"(about )([\d,]+)( USD lost)", _times(2)), "revenue", lambda drill: "USD"),
    Lie("share of users", ALL, _swap(r"[\d.]+% of users failing at the worst", "64.4% of users failing at the worst"), "share of failures",
        lambda drill: "at the worst"),
    Lie("share of requests", ("checkout-bad-deploy", "slow-search", "database-primary-down"), _swap(r"failed \d+% of its requests", "failed 3% of its requests"),
        "share of failures", lambda drill: "%"),
    Lie("a role that was not there", ALL, lambda text, drill: _swap(r"^\| Team \| ", f"| Team | {_stranger(drill)}, ")(text, drill), "team", lambda drill: "on the team: "),
    Lie("a role that took part", ALL, _says(lambda drill: f"The {_stranger(drill)} investigated the logs."), "team", lambda drill: "Infrastructure Maintainer"),
    Lie("a role that was not there was there", ALL, _says("The Infrastructure Maintainer was not involved."), "team", lambda drill: "Infrastructure Maintainer"),
    Lie("an action that was never done", ALL, _says(lambda drill: f"We restarted {_bystander(drill)} at once."), "action", lambda drill: "never done"),
    Lie("an action of another kind", ROLLED, _says(lambda drill: f"Then {_act(drill)} was scaled up."), "action", lambda drill: f"rollback of {_act(drill)}"),
    Lie("an action that is denied", ROLLED, _says(lambda drill: f"{_act(drill)} was never rolled back."), "action", lambda drill: f"rollback of {_act(drill)}"),
    Lie("time of an action", ROLLED, _says(lambda drill: f"The DevOps Automator rolled back {_act(drill)} at T+03:00."), "action", lambda drill: "T+"),
    Lie("who did it", ROLLED, _says(lambda drill: f"The Support Responder rolled back {_act(drill)}."), "who", lambda drill: "DevOps Automator"),
    Lie("an action that helped and is said not to", ROLLED, _says(lambda drill: f"We rolled back {_act(drill)}, which did not help."), "effect", lambda drill: "cures"),
    Lie("an action that did not help and is said to", ("payment-provider-outage",), _says(lambda drill: f"The rollback of {_idle(drill)} helped."), "effect",
        lambda drill: "does nothing", "*=always_rollback"),
    Lie("an action that was refused", ("cloud-out-of-capacity",), _says("Scaling up was quick: we scaled db_primary."), "action", lambda drill: "refused"),
    Lie("an escalation that was not", ("checkout-out-of-cpu", "slow-search", "month-end-bug"), _says("It was escalated to the Studio Producer."), "escalation", lambda drill: "nothing was escalated"),
    Lie("an escalation that is denied", ("database-primary-down", "corrupt-pages", "payment-provider-outage"), _says("No escalation was needed."), "escalation", lambda drill: "Producer"),
    Lie("data exposure denied", ("customer-data-export", "token-in-a-bundle"), _swap(r"Data impact\*\* .*", "Data impact** none: no data was lost or exposed"), "data",
        lambda drill: f"{drill.truth.records_exposed:,} records"),
    Lie("data risk denied", ("corrupt-pages",), _swap(r"Data impact\*\* .*", "Data impact** no data was at risk"), "data", lambda drill: "at risk"),
    Lie("data exposure made up", ALL[:6], _says("Customer data was leaked to strangers."), "data", lambda drill: "no record was exposed"),
    Lie("more records than there were", ("customer-data-export",), _swap(r"at least [\d,]+ records", "80,000 records"), "data", lambda drill: f"{drill.truth.records_exposed:,}"),
    Lie("a version", ("checkout-bad-deploy", "cart-in-the-rear-mirror", "search-ranks-with-nothing", "payments-column-dropped"), _swap(r"(\w+ \d+\.\d+)\.\d+", r"\1.99"), "version",
        lambda drill: drill.scenario.deployments[0].version),
    Lie("when a version went out", ("checkout-bad-deploy",), _says("checkout 4.2.0 was deployed at T+02:00."), "deployment", lambda drill: "T+"),
    Lie("that nothing was deployed", ROLLED[:3], _says("Nothing was deployed before it."), "deployment", lambda drill: drill.scenario.deployments[0].version),
    Lie("order of events", ROLLED, _says(lambda drill: f"{_act(drill)} was rolled back before the incident was detected."), "order", lambda drill: "rollback"),
    Lie("order of milestones", ALL, _says("It was mitigated before it was acknowledged."), "order", lambda drill: "acknowledged"),
    Lie("status updates", ALL, _swap(r"\d+ public status updates", "44 public status updates"), "messages", lambda drill: "status updates"),
    Lie("who noticed", ALL, _swap(r"UTC, by (monitoring|user report)", lambda found: f"UTC, by {'a customer' if found[1] == 'monitoring' else 'monitoring'}"), "source",
        lambda drill: "noticed by "),
    Lie("outcome", ALL, _swap(r"\| Outcome \| resolved", "| Outcome | unresolved"), "outcome", lambda drill: "resolved"),
    Lie("a time in the timeline", ALL, _swap(r"^\| \d\d:\d\d (\| )T\+(\d+):(\d\d)( \| .* \| milestone: mitigated)", lambda found: f"{_later(-9)(found)}{found[4]}"), "mitigated", lambda drill: "milestone: mitigated"),
    Lie("two times in one line", ALL, _swap(r"^(\| )\d\d:\d\d( \| T\+\d+:\d\d \| .* \| milestone: declared)", r"\g<1>03:33\2"), "event", lambda drill: "two different times"),
    Lie("who it was in the timeline", ALL, _swap(r"\| Infrastructure Maintainer (\| milestone: acknowledged)", r"| Frontend Developer \1"), "acknowledged",
        lambda drill: "Infrastructure Maintainer"),
    Lie("a figure in the timeline", ALL, _swap(r"(assess impact: [\d.]+% of users fail, )[\d,]+", r"\g<1>77,777"), "event", lambda drill: "hit so far"),
    Lie("a message", ("database-primary-down", "checkout-bad-deploy", "nobody-can-sign-in"), _swap(r"^Status: Investigating", "Status: Monitoring"), "messages",
        lambda drill: "Status: Investigating"),
    Lie("the owner of an action item", ALL, _swap(r"→ [\w ]+ → within 14 days", "→ Support Responder → within 14 days"), "action item", lambda drill: "within 14 days"),
    Lie("the date of an action item", ALL, _swap("within 7 days$", "within 70 days"), "action item", lambda drill: "within 7 days"),
]  # fmt: skip


def test_the_falsehoods_are_of_many_kinds() -> None:
    assert len({lie.about for lie in LIES}) >= 20


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_planted_falsehood_is_found_with_its_kind_and_the_truth(lie: Lie) -> None:
    for name in lie.scenarios if THOROUGH else lie.scenarios[:: max(1, len(lie.scenarios) // 5)]:
        drill, true = fly(name, None, lie.cast), written(name, lie.cast)
        before = {(claim.about, claim.claimed) for claim in checked(name, true, None, lie.cast).of("wrong")}
        found = checker(name, None, lie.cast).check(lie.edit(true, drill))
        wrong = [claim for claim in found.of("wrong") if (claim.about, claim.claimed) not in before]
        assert lie.about in {claim.about for claim in wrong}, f"{name}: {told(tuple(wrong))}"
        (first, *_) = [claim for claim in wrong if claim.about == lie.about]
        assert lie.truth(drill) in first.truth, f"{name}: {first.truth}"
        assert len({claim.line for claim in wrong}) == 1, f"{name}: only the planted line is wrong: {told(tuple(wrong))}"


MISSING = [
    (r"^## 5\. Action items$(?:.|\n)*?(?=^## Timeline)|^## Backlog(?:.|\n)*", "action items with owner and date"),
    (r"^.*P\d, .*$|^\| Severity .*$|^.*declares P\d.*$", "severity"),
    (r"^.*Users affected.*$|^\| .*$", "users"),
    (r"^.*resolved.*$|^\| .*$", "resolved"),
    (r"^.*detected.*$|^\| .*$|^.*alert came.*$", "detected"),
    (r"^\| .*$", "mitigated"),
    (r"^\| .*$", "actions taken"),
    (r"^# .*$|^- \*\*What failed.*$|^- \*\*5 Whys.*$|^\| .*$", "component"),
    (r"^# .*$|^## 2(?:.|\n)*?(?=^## 3)|^\| .*$", "cause"),
]


@pytest.mark.parametrize(("gone", "name"), MISSING, ids=[name for _, name in MISSING])
def test_what_is_left_out_is_missed(gone: str, name: str) -> None:
    for scenario in ("checkout-bad-deploy", "month-end-bug", "corrupt-pages"):
        text = re.sub(gone, "", written(scenario), flags=re.MULTILINE)
        assert name in checked(scenario, text).missing


def test_an_empty_post_mortem_misses_everything() -> None:
    assert counts(fly("month-end-bug"), "") == (0, 0, 9)


# Free prose


PROSE = {
    "checkout-bad-deploy": """# What happened to checkout

        On the morning of the incident the shop lost orders. It began at T+10:00 and monitoring detected it at T+14:00, four minutes later.
        The Infrastructure Maintainer acknowledged the alert at T+14:30 and it was declared a P1 incident at T+16:30.
        The root cause was a bad deployment of checkout 4.2.0. We rolled back checkout, which helped.
        The DevOps Automator rolled checkout back at T+38:30, and the incident was mitigated at T+40:30.
        About 2,500 users were hit and roughly $42k were lost. No data was exposed. Seven... no, that is all we know of the public.
        It was resolved at T+79:30, 1 h 5 min after the detection. Nothing was escalated. checkout was rolled back after the incident was acknowledged.

        Follow-up actions
        """,
    "two-faults-at-once": """Post-mortem, by hand.

        Two things were broken at once. The incident started at T+06:00 and was detected at T+08:00. It was a P1 incident.
        The first root cause was an infrastructure failure of search; the other one was caused by a bug in checkout.
        We first scaled search, then we deployed a hotfix for checkout. The hotfix for checkout was deployed at T+82:30, which fixed it.
        It was escalated to the Finance Tracker and the Studio Producer. 9,700 users were affected and 133,000 USD lost.
        The outage lasted 78 minutes. It was mitigated at 14:54 UTC and resolved at 15:31 UTC.
        The Backend Architect built the fix. checkout was not rolled back. Nobody restarted search. No data was at risk.
        At most 15% of users failed at the worst.
        """,
    "customer-data-export": """## Summary

        A P0: an export path of accounts gave records to a stranger. The root cause was a code bug in accounts.
        Detected at T+12:00 by an agent. Customer records were exposed. 26,900 records were read. The Legal Compliance Checker was notified.
        The hotfix for accounts was deployed at T+69:30 and it was mitigated at T+71:30. It was resolved at T+108:30. 798 users were hit.
        """,
}  # fmt: skip

FALSE = {
    "checkout-bad-deploy": [
        ("It began at T+10:00", "It began at T+02:00", "introduced"), ("monitoring detected it", "it was detected by customers", "source"),
        ("detected it at T+14:00", "detected it at T+24:00", "detected"), ("a P1 incident", "a P2 incident", "severity"),
        ("acknowledged the alert at T+14:30", "acknowledged the alert at T+18:30", "acknowledged"),
        ("a bad deployment of checkout 4.2.0", "a bug in checkout", "cause"), ("deployment of checkout 4.2.0", "deployment of gateway", "component"),
        ("checkout 4.2.0", "checkout 4.1.7", "version"), ("rolled back checkout, which helped", "rolled back checkout, which made things worse", "effect"),
        ("The DevOps Automator rolled checkout back", "The Backend Architect rolled checkout back", "who"),
        ("checkout back at T+38:30", "checkout back at T+58:30", "action"), ("mitigated at T+40:30", "mitigated at T+60:30", "mitigated"),
        ("About 2,500 users", "About 6,000 users", "users"), ("roughly $42k", "roughly $95k", "revenue"), ("No data was exposed", "Customer data was exposed", "data"),
        ("resolved at T+79:30", "resolved at T+62:00", "resolved"), ("1 h 5 min after the detection", "2 h 40 min after the detection", "duration"),
        ("Nothing was escalated", "It was escalated to the Project Shepherd", "escalation"), ("rolled back after the incident was acknowledged", "rolled back before the incident was acknowledged", "order"),
    ],
    "two-faults-at-once": [
        ("caused by a bug in checkout", "caused by an outage of a provider", "cause"), ("failure of search", "failure of catalogue", "component"),
        ("scaled search", "failed over db_primary", "action"), ("The outage lasted 78 minutes", "The outage lasted 3 hours", "duration"),
        ("first scaled search, then we deployed a hotfix for checkout", "deployed a hotfix for checkout, then we scaled search", "order"),
        ("Finance Tracker and the Studio Producer", "Finance Tracker and the Project Shepherd", "escalation"), ("14:54 UTC", "14:14 UTC", "mitigated"),
        ("The Backend Architect built", "The Legal Compliance Checker built", "team"), ("checkout was not rolled back", "checkout was rolled back", "action"),
        ("Nobody restarted search", "The Infrastructure Maintainer restarted search", "action"), ("At most 15%", "Up to 60%", "share of failures"),
    ],
    "customer-data-export": [
        ("A P0:", "This P1:", "severity"), ("Customer records were exposed", "No records were exposed", "data"), ("26,900 records", "300 records", "data"),
        ("Legal Compliance Checker was notified", "Legal Compliance Checker was not notified", "team"), ("by an agent", "by monitoring", "source"),
    ],
}  # fmt: skip


def _prose(name: str) -> str:
    return re.sub(r"^ +", "", PROSE[name], flags=re.MULTILINE)


@pytest.mark.parametrize("name", PROSE)
def test_free_prose_that_is_true_is_read_and_found_right(name: str) -> None:
    found = checked(name, _prose(name))
    assert found.of("wrong") == (), told(found.of("wrong"))
    assert len(found.of("right")) >= (9 if name == "customer-data-export" else 18), told(found.of("right"))
    assert found.missing == ("action items with owner and date",)


@pytest.mark.parametrize(("name", "old", "new", "about"), [(name, *row) for name, rows in FALSE.items() for row in rows])
def test_free_prose_with_one_false_word_is_found_out(name: str, old: str, new: str, about: str) -> None:
    text = _prose(name)
    assert old in text
    found = checked(name, text.replace(old, new, 1))
    assert about in {claim.about for claim in found.of("wrong")}, told(found.claims)


HARMLESS = [
    "We should have rolled back checkout earlier.", "If gateway had been restarted, it would have been worse.", "A rollback of cart was considered.",
    "At first it was thought that search was at fault.", "The certificate of gateway will be renewed by the Support Responder.",
    "Up to 100,000 users could have been hit.", "The threshold is 50,000 USD.", "Next time this should be a P0.", "It felt like three hours.",
    "Everybody did their best, and the mood was good at 09:00.", "The Legal Compliance Checker need not be told.", "5,000 USD a minute is what checkout earns.",
    "Orders are shipped by truck.", "Some customers wrote letters.", "P0/P1 incidents have a commander.", "The runbook asks for an update every 15 minutes.",
    "It was 31 minutes until users were well again.", "Every 15 minutes customers were informed.", "In the first 4 minutes users got no answer.",
    "It was not resolved before T+75:00.", "0 records were exposed.", "Zero records were exposed.",
    "", "???", "| | |", "#", "T+99", "0", "- **", "```", "a" * 5000, "1. 2. 3.", "99:99", "T+1:2", "\u2003\u0000", "2026-99-99 25:61",
]  # fmt: skip


@pytest.mark.parametrize("sentence", HARMLESS)
def test_what_cannot_be_read_for_sure_is_never_wrong(sentence: str) -> None:
    for name in ("checkout-bad-deploy", "database-primary-down"):
        found = checked(name, sentence)
        assert found.of("wrong") == (), told(found.of("wrong"))


@pytest.mark.parametrize("kind", FAULTS)
def test_no_fault_tells_of_itself_as_if_it_were_a_remedy(kind: str) -> None:
    """How faults come about is worded like what people do: scaled to no replicas, a flag switched on. Nobody did it as a remedy."""
    fault = FAULTS[kind]
    text = "\n\n".join((fault.mechanism, fault.gap, fault.log)).format(component="cart", version="3.6.0")
    found = checked("month-end-bug", text)
    assert {claim.about for claim in found.of("wrong")} <= {"version"}, told(found.of("wrong"))


TURNED = [
    "No more than 3,000 users were hit.", "Not more than 3,000 users were hit.", "No fewer than 2,000 users were hit.",
    "We lost no more than 50,000 USD.", "Less than 10% of users failed.", "We did not restart checkout but rolled it back.",
    "Instead of failing over the database we rolled back checkout.", "Without restarting anything we rolled back checkout.",
    "Not the Backend Architect but the DevOps Automator rolled back checkout.", "The rollback was not done by the Backend Architect.",
    "It was detected by monitoring and not by users.", "It took 24 minutes from detection to the end of the rollback.",
]  # fmt: skip
TURNED_FALSE = [
    "No more than 1,000 users were hit.", "Not more than 100 users were hit.", "We lost no more than 5,000 USD.",
    "No fewer than 9,000 users were hit.", "No less than 20,000 users were hit.", "The rollback made things worse.",
    "The incident was never declared.", "Nobody acknowledged the alert.", "Nobody was affected.", "Every user was affected.",
]  # fmt: skip


@pytest.mark.parametrize("sentence", TURNED)
def test_a_true_sentence_is_not_wrong_however_it_is_turned(sentence: str) -> None:
    found = checked("checkout-bad-deploy", sentence)
    assert found.of("wrong") == (), told(found.of("wrong"))


@pytest.mark.parametrize("sentence", TURNED_FALSE)
def test_a_false_sentence_is_wrong_however_it_is_turned(sentence: str) -> None:
    found = checked("checkout-bad-deploy", sentence)
    assert found.of("wrong"), told(found.claims)


# Any change of a figure or a name


FACTS = re.compile(r"T\+\d+:\d\d|\d\d:\d\d|\d[\d,]*\.?\d*|\b[a-z]+_[a-z_]+\b|Infrastructure Maintainer|DevOps Automator|Backend Architect|Support Responder")
NAMED = ("checkout-bad-deploy", "month-end-bug", "corrupt-pages", "two-faults-at-once", "payment-provider-outage", "customer-data-export", "slow-search",
         "fifth-in-the-watch")  # fmt: skip


def _otherwise(token: str, drill: Drill) -> str:
    """Visibly another one: a time is 23 minutes later, a number is three times as much and more, a name is another's."""
    if token.startswith("T+"):
        minutes, seconds = token[2:].split(":")
        return f"T+{int(minutes) + 23:02d}:{seconds}"
    if ":" in token:
        hour, minute = map(int, token.split(":"))
        return f"{(hour + (minute + 23) // 60) % 24:02d}:{(minute + 23) % 60:02d}"
    if token[0].isdigit():
        whole = token.replace(",", "").rstrip(".")
        return f"{float(whole) * 3 + 41:,.{1 if '.' in whole else 0}f}" + ("." if token.endswith(".") else "")
    return _stranger(drill) if token[0].isupper() else _bystander(drill)


@settings(max_examples=400 if THOROUGH else 60, deadline=None, derandomize=True, database=None)
@given(name=st.sampled_from(NAMED), place=st.integers(0, 10**6))
def test_a_visible_change_is_wrong_or_was_never_counted_as_right(name: str, place: int) -> None:
    text = written(name)
    tokens = [*FACTS.finditer(text)]
    token = tokens[place % len(tokens)]
    changed = text[: token.start()] + _otherwise(token[0], fly(name)) + text[token.end() :]
    line = text[: token.start()].count("\n") + 1
    before = {(claim.about, claim.claimed, claim.truth) for claim in checked(name, text).of("right")}
    after = checker(name).check(changed)
    here = [claim for claim in after.claims if claim.line <= line < claim.line + 12]
    fresh = [claim for claim in here if claim.verdict == "right" and (claim.about, claim.claimed, claim.truth) not in before]
    assert any(claim.verdict == "wrong" for claim in here) or not fresh, f"{token[0]} in line {line}: {told(tuple(fresh))}"


# The command


@pytest.fixture
def flown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    fly("checkout-bad-deploy").journal.write(tmp_path / "drill.jsonl")
    (tmp_path / "true.md").write_text(written("checkout-bad-deploy"))
    (tmp_path / "false.md").write_text(written("checkout-bad-deploy").replace("deployment in checkout", "code bug in [gateway]", 1).replace("| Severity | P1", "| Severity | P3"))
    return tmp_path


def test_the_command_shows_verdict_claim_and_truth(flown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "drill.jsonl"]) == 0
    own = capsys.readouterr().out
    assert main(["review", "drill.jsonl", "true.md"]) == 0
    assert capsys.readouterr().out == own
    assert " 0 wrong," in own
    assert main(["review", "drill.jsonl", "false.md"]) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["wrong", "7", "severity", "P3", "P1"] in rows
    assert next(row[:4] for row in rows if row[0] == "wrong") == ["wrong", "1", "cause", "code"]
    assert main(["review", "drill.jsonl", "-v"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > len(own.splitlines()) + 50


def test_the_document_holds_every_claim_and_the_counts(flown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "drill.jsonl", "false.md", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    claims = [Claim.model_validate(claim) for claim in shown["claims"]]
    found = check_postmortem(fly("checkout-bad-deploy"), (flown / "false.md").read_text())
    assert (tuple(claims), tuple(shown["missing"]), shown["fine"]) == (found.claims, found.missing, False)
    assert (shown["counts"]["right"], shown["counts"]["wrong"], shown["counts"]["missing"]) == found.counts


BAD = [
    (["drill.jsonl", "nowhere.md"], "nowhere.md: cannot be read: No such file or directory"), (["drill.jsonl", "."], ".: cannot be read: Is a directory"),
    (["drill.jsonl", "bytes.md"], "bytes.md:2:3: is not UTF-8 text (a binary file?)"), (["true.md"], "true.md:1:1: not JSON"),
    (["none.jsonl"], "none.jsonl: cannot be read"), (["calm.jsonl"], "calm.jsonl:1:1: no post-mortem was written in this drill; give one to check"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_one_line(arguments: list[str], message: str, flown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (flown / "bytes.md").write_bytes(b"fine\nno\xff")
    fly("watchdog").journal.write(flown / "calm.jsonl")
    assert main(["review", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert printed.err.startswith(message)

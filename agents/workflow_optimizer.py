"""Workflow Optimizer: leads the post-mortem. Blameless, from evidence, and it ends in work that somebody owns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drillbook.agents.duties import tool_of
from drillbook.agents.words import money
from drillbook.answers import CausalChain, DataExposure
from drillbook.case import Case, Planned, Reviewed, Said, Section
from drillbook.facts import revenue_lost
from drillbook.toolbelt import Charter, Report, Task, Toolbelt
from drillbook.units import HOUR, MINUTE, clock, span

CHARTER = Charter(
    role="workflow_optimizer",
    title="Workflow Optimizer",
    mission=(
        "You lead the post-mortem. Reconstruct the timeline from records, ask why until you reach something that can be "
        "changed, blame nobody, and end with a few actions that have an owner and a deadline."
    ),
    tools=frozenset({"reconstruct_timeline", "search_past_incidents"}),
    duties=frozenset({"review"}),
)

_DAY = 24 * HOUR


@dataclass(frozen=True)
class _Material:
    """What the review rests on."""

    case: Case
    chain: CausalChain
    belt: Toolbelt

    @property
    def component(self) -> str:
        """Where it started, by the timeline that was reconstructed; by the diagnosis where there is none."""
        found = self.case.diagnosis.component if self.case.diagnosis else None
        return self.chain.hops[-1].component if self.chain.hops else found or "production"

    @property
    def borne_out(self) -> bool:
        """Whether the timeline bears the diagnosis out."""
        return self.case.diagnosis is not None and self.case.diagnosis.component == self.component

    @property
    def cause(self) -> str:
        return self.case.diagnosis.cause if self.case.diagnosis and self.borne_out else "unknown"

    @property
    def mechanism(self) -> str:
        return self.case.diagnosis.mechanism if self.case.diagnosis and self.borne_out else ""

    def when(self, at: int | None) -> str:
        return "not known" if at is None else clock(at)


def _detected(it: _Material) -> int:
    return it.case.alert.starts_at if it.case.alert else 0


def _duration(it: _Material) -> str:
    start, end = it.chain.first_symptom_at, it.case.milestone("mitigated")
    if start is None:
        return "users saw nothing fail"
    return f"{span(max(end - start, 0))} from the first symptom to mitigation" if end else f"not over: began at {clock(start)}"


def _late(it: _Material) -> str:
    start = it.chain.started_at
    gap = f"; the first alert came {span(max(_detected(it) - start, 0))} after it began" if start is not None else ""
    return f"{it.chain.missing_check}{gap}"


def _five_whys(it: _Material) -> str:
    """Along the causal chain: what users saw, what passed it on, what broke, what set it off, what let it through."""
    hops = it.chain.hops
    if not hops:
        return "nothing failed"
    passed = " > ".join(dict.fromkeys(hop.component for hop in hops[1:])) or hops[0].component
    whys = (
        f"Why did users notice? {hops[0].what}.",
        f"Why did that fail? It depends, call by call, on {passed}.",
        f"Why did the last of these fail? {hops[-1].what}.",
        f"Why did that happen? {it.chain.trigger}.",
        f"Why was it not prevented? {it.chain.missing_check}.",
    )
    return " ".join(f"{number}. {why}" for number, why in enumerate(whys, 1))


def _what_failed(it: _Material) -> str:
    found = it.case.diagnosis
    taken = f"; the response took it for {found.cause.replace('_', ' ')} in {found.component}" if found and found.component else ""
    return f"{it.chain.hops[-1].what}{'' if it.borne_out else taken}" if it.chain.hops else "nothing failed"


def _users(it: _Material) -> str:
    impact = it.case.impact
    worst = it.case.worst
    if impact is None or worst is None:
        return "not measured"
    return f"{impact.users_hit:,} users; {worst.users_failing_pct:.1f}% of users failing at the worst measured"


def _reputation(it: _Material) -> str:
    worst = it.case.worst.users_failing_pct if it.case.worst else 0.0
    updates = sum(said.channel == "publish_status" for said in it.case.all(Said))
    seen = "visible to most users" if worst > 50 else "visible to some users" if worst > 3 else "hardly visible"
    grave = "; customers whose records were read must be told" if any(impact.user_data_affected for _, impact in it.case.impacts) else ""
    return f"{seen}; {updates} public status updates{grave}"


def _data(it: _Material) -> str:
    impacts = [impact for _, impact in it.case.impacts]
    if any(impact.user_data_affected for impact in impacts):
        counted = [answer.records_exposed for _, answer in it.case.answers(DataExposure)]
        return f"at least {max(counted, default=100):,} records of customers were read without permission"
    return "data was at risk" if any(impact.data_at_risk for impact in impacts) else "none: no data was lost or exposed"


def _monitoring(it: _Material) -> str:
    start = it.chain.first_symptom_at
    wait = _detected(it) - start if start is not None else 0
    name, alert = it.component, it.case.alert
    if wait > 3 * MINUTE:
        return f"an alert on {name} itself: it was abnormal for {span(wait)} before anybody was told"
    if alert and alert.component == name:
        return f"a more sensitive alert on {name}: the one that fired named it, after {span(max(wait, 0))}"
    return f"an alert on {name} itself would name the origin; the alerts that fired told of {alert.component if alert else 'a symptom'}"


_TESTING: Mapping[str, str] = MappingProxyType({
    "deployment": "a run of the previous clients' requests against the new version of {name} before it is released",
    "infrastructure": "a game day that takes {name} away, so that the way back is known to work",
    "code_bug": "a test of {name} with the input and the date that woke the bug",
    "external_dependency": "a regular drill that cuts {name} off and serves from the fallback",
    "access": "a test of {name} that asks for a stranger's records and must be refused",
    "configuration": "a trial of every change of {name}'s settings in a copy of production, with the same checks",
    "network": "a game day that cuts {name} off from its callers",
    "hardware": "a regular restore of {name}'s data onto another machine",
    "certificate": "a rehearsal of the renewal of {name}'s certificate, up to its loading",
})  # fmt: skip
_PROCESS: Mapping[str, str] = MappingProxyType({
    "deployment": "release {name} to a small share of traffic first, and go back by itself when errors rise",
    "infrastructure": "review who may switch protections of {name} off, and for how long",
    "code_bug": "have changes to this part of {name} reviewed with its failure in mind",
    "external_dependency": "agree with the provider of {name} on who is called, and within which time",
    "access": "review every path of {name} that returns records for its check of who owns them",
    "configuration": "treat a change of {name}'s settings as a release: reviewed, gradual, and taken back by itself",
    "certificate": "give every certificate of {name} an owner and a date",
})  # fmt: skip
_INFRASTRUCTURE: Mapping[str, str] = MappingProxyType({
    "deployment": "automatic rollback of {name} on a rise of errors",
    "infrastructure": "a standby of {name} that takes over by itself",
    "code_bug": "a switch that turns this function of {name} off",
    "external_dependency": "a circuit breaker around {name} that activates the fallback by itself",
    "access": "a limit on how many records of {name} one key can read in an hour",
    "configuration": "a validation of {name}'s settings before they are applied",
    "network": "a probe of the way to {name} from each of its callers",
    "hardware": "verification of checksums and error counters of {name}'s machines in the background",
    "certificate": "renewal of {name}'s certificate that reloads it by itself",
})  # fmt: skip
_OWNERS: Mapping[str, str] = MappingProxyType({
    "deployment": "devops_automator", "infrastructure": "infrastructure_maintainer",
    "external_dependency": "infrastructure_maintainer",
})  # fmt: skip


def _by_cause(table: Mapping[str, str]) -> Callable[[_Material], str]:
    return lambda it: (table.get(it.mechanism) or table.get(it.cause, _UNKNOWN)).format(name=it.component)


_UNKNOWN = "find out what failed in {name}; it is not known"


def _owner(it: _Material) -> str:
    card = it.case.card(it.component)
    owner = (card.owner or it.belt.runbook.owners.get(card.stack)) if card else None
    return _OWNERS.get(it.cause) or owner or it.belt.runbook.commander


def _prevention(it: _Material) -> str:
    """What would bring recovery by itself; where the cause is not known, to find it."""
    known = _INFRASTRUCTURE.keys() & {it.mechanism, it.cause}
    return f"Set up {_by_cause(_INFRASTRUCTURE)(it)}" if known else f"Find out what failed in {it.component}"


def actions(it: _Material) -> tuple[Planned, ...]:
    """Three items: close the gap that let it through, make the way back automatic, notice it sooner."""
    return (
        Planned(title=f"Close the gap: {it.chain.missing_check}", owner=_owner(it), due=14 * _DAY),
        Planned(title=_prevention(it), owner="devops_automator", due=30 * _DAY),
        Planned(title=f"Set up {_monitoring(it).split(':')[0].split(' would')[0]}", owner=it.belt.runbook.commander, due=7 * _DAY),
    )


def _action(place: int) -> Callable[[_Material], str]:
    def answer(it: _Material) -> str:
        item = actions(it)[place]
        return f"{item.title} → {it.belt.runbook.roles.get(item.owner, item.owner)} → within {span(item.due)}"

    return answer


ANSWERS: Mapping[str, Callable[[_Material], str]] = MappingProxyType({
    "introduced": lambda it: it.when(it.chain.started_at),
    "detected": lambda it: it.when(_detected(it)),
    "resolved": lambda it: it.when(it.case.milestone("resolved")) if it.case.milestone("resolved") else "not resolved: handed over",
    "duration": _duration,
    "what_failed": _what_failed,
    "why_failed": lambda it: it.chain.trigger,
    "why_late": _late,
    "five_whys": _five_whys,
    "users": _users,
    "revenue": lambda it: f"about {money(revenue_lost(it.case))} lost",
    "reputation": _reputation,
    "data": _data,
    "monitoring": _monitoring,
    "testing": _by_cause(_TESTING),
    "process": _by_cause(_PROCESS),
    "infrastructure": _by_cause(_INFRASTRUCTURE),
    "action_1": _action(0),
    "action_2": _action(1),
    "action_3": _action(2),
})  # fmt: skip
"""Answers to the runbook's questions, by name."""


def review(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Reconstruct the chain, answer every question that the runbook asks, and plan the actions."""
    chain: CausalChain = belt.observe(tool_of(belt.checks()[0][1].name))
    it = _Material(case, chain, belt)
    sections = tuple(
        Section(title=part.title, answers=tuple((question.ask, ANSWERS[question.answer](it)) for question in part.questions))
        for part in belt.runbook.post_mortem
    )
    belt.note(Reviewed(sections=sections), *actions(it))
    return Report(outcome="written", why=f"{len(sections)} sections, {len(actions(it))} action items")


DUTIES = MappingProxyType({"review": review})

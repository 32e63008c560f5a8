"""What really happened in a drill: the world's truth and the journal's events, as a post-mortem is held against them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from drillbook.account import Account, Raised
from drillbook.answers import ApiRates, CausalChain, DataExposure, Impact, SystemMetrics
from drillbook.case import Activated, Case, Concluded, Declared, Diagnosed, Entry, Failed, Item, Planned, Reached, Refused, Said
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.inputs import Inputs, catalogue
from drillbook.invariants import Event, History
from drillbook.journal import Journal
from drillbook.postmortem import render
from drillbook.runbook import Runbook
from drillbook.scenario import FaultSpec, Scenario, System
from drillbook.tools import TOOLS
from drillbook.units import clock
from drillbook.world import FAULTS, ActionTruth, Truth, World

__all__ = ["HELPED", "Known", "Remedied"]

HELPED: Mapping[str, bool] = MappingProxyType({
    "cure": True, "ease": True, "shield": True, "relapse": True, "none": False, "worsen": False, "refused": False,
})  # fmt: skip
"""Whether a change of each effect helped users, if only for a while."""


@dataclass(frozen=True)
class Remedied:
    """A remedy that was carried out or refused: when it was begun and when it took effect, what it did, and the users (%) that failed
    before it and ten minutes after."""

    truth: ActionTruth
    before: float = 0.0
    after: float = 0.0

    @property
    def tool(self) -> str:
        return self.truth.tool

    @property
    def target(self) -> str:
        return self.truth.target

    @property
    def at(self) -> int:
        return self.truth.at

    @property
    def begun(self) -> int:
        return self.truth.at - TOOLS[self.truth.tool].takes

    @property
    def done(self) -> bool:
        return self.truth.effect != "refused"

    def __str__(self) -> str:
        return f"{self.tool.replace('_', ' ')} of {self.target} at {clock(self.at)}{'' if self.done else ', refused'}"


@dataclass(frozen=True)
class Known:
    """A drill as it really was. Times in virtual ms."""

    history: History
    scenario: Scenario
    system: System
    seed: int

    @classmethod
    def of(cls, flown: Drill | Journal) -> Known:
        """What a drill or a journal knows. Raises BadInput for a journal that does not carry what was flown."""
        if isinstance(flown, Drill):
            runbook, scenario, system, seed = flown.runbook, flown.scenario, flown.system, flown.seed
            records = flown.journal.records
        else:
            inputs = _inputs(flown)
            runbook, scenario, system, seed = inputs.runbook, inputs.scenario, inputs.system, flown.header["seed"]
            records = flown.records
        return cls(History(records, runbook, {}, catalogue(system, runbook), whole=True), scenario, system, seed)

    @property
    def runbook(self) -> Runbook:
        return self.history.runbook

    @cached_property
    def case(self) -> Case:
        """The case that the records tell, with who was called in by a timer, and what failed or was refused."""
        told = self.history.case
        more = [*self._called_by_timers(told), *self._faults()]
        return Case(catalogue=told.catalogue, entries=tuple(sorted((*told.entries, *more), key=lambda entry: entry.seq)), now=told.now)

    def _called_by_timers(self, told: Case) -> Iterator[Entry]:
        there = [(entry.seq, entry.at, {*item.roles, *item.called_in}) for entry, item in told.each(Activated)]
        for event in sorted(self.history.events, key=lambda one: one.seq):
            if event.kind == "timer" and not any(seq < event.seq and at <= event.at and event.actor in roles for seq, at, roles in there):
                there.append((event.seq, event.at, {event.actor}))
                yield _entry(event, Activated(roles=(), called_in=(event.actor,)))

    def _faults(self) -> Iterator[Entry]:
        for event in self.history.events:
            if event.kind == "error":
                yield _entry(event, Failed(error=event.data["error"]))
            elif "refused" in event.data:
                yield _entry(event, Refused(tool=event.name, reason=event.data["refused"]))

    @cached_property
    def account(self) -> Account:
        return Account(self.history.records, frozenset(rule.kind for rule in self.runbook.throughout))

    @cached_property
    def written(self) -> str | None:
        """The post-mortem that was written in the drill; None where there was none to write."""
        return render(self.runbook, self.case, self.scenario.starts)

    @cached_property
    def world(self) -> World:
        return World(self.system, self.scenario, self.seed)

    @cached_property
    def over(self) -> int:
        """When it was resolved, else when the drill ended."""
        resolved = self.case.milestone("resolved")
        return self.case.now if resolved is None else resolved

    @cached_property
    def truth(self) -> Truth:
        return self.world.truth(self.over, self.case.interventions)

    def truth_at(self, at: int) -> Truth:
        """The truth as it was at a moment."""
        return self.world.truth(at, tuple(act for act in self.case.interventions if act.at <= at))

    @cached_property
    def chain(self) -> CausalChain:
        """How the failure travelled, as the Workflow Optimizer's reconstruction would find it."""
        seen = self.case.answers(CausalChain)
        at = max((entry.at for entry, _ in seen), default=self.case.now)
        return self.world.answer(TOOLS["reconstruct_timeline"], None, at, self.case.interventions)  # type: ignore[return-value]

    @property
    def faults(self) -> tuple[FaultSpec, ...]:
        return self.scenario.faults

    @cached_property
    def causes(self) -> frozenset[tuple[str, str]]:
        """(cause, component) of every fault that there was."""
        return frozenset((FAULTS[fault.kind].cause, fault.target) for fault in self.faults)

    @cached_property
    def beliefs(self) -> frozenset[tuple[str, str]]:
        """(cause, component) of every diagnosis that was made, and of every hypothesis that was ranked."""
        found = {(item.cause, item.component or "") for item in self.case.all(Diagnosed)}
        return frozenset(found | {(one.cause, one.component) for item in self.case.all(Diagnosed) for one in item.ranked})

    @cached_property
    def components(self) -> tuple[str, ...]:
        return tuple(sorted((spec.name for spec in self.system.components), key=len, reverse=True))

    @cached_property
    def name_pattern(self) -> re.Pattern[str]:
        """A component's name, or the name with blanks for its underscores."""
        names = "|".join(re.escape(name).replace("_", "[_ -]") for name in self.components)
        return re.compile(rf"(?<![\w.-])(?:{names})(?!\w|[_-]\w)", re.IGNORECASE)

    def component(self, text: str) -> str:
        """The component that a text matched by `name_pattern` names."""
        return re.sub(r"[ -]", "_", text).lower()

    @cached_property
    def severities(self) -> tuple[str, ...]:
        """Every severity that was declared, in order."""
        return tuple(item.severity for item in self.case.all(Declared))

    @cached_property
    def remedies(self) -> tuple[Remedied, ...]:
        """What was done to production, and what was tried and refused, in the order of time."""
        refused = [ActionTruth(**tried.model_dump(), effect="refused") for tried in self.account.refused]
        acts = sorted((*self.truth.actions, *refused), key=lambda act: act.at)
        return tuple(Remedied(act, *_shares(act.why)) for act in acts)

    @cached_property
    def escalations(self) -> tuple[Raised, ...]:
        return self.account.escalations

    @cached_property
    def actors(self) -> frozenset[str]:
        """Everyone who was activated, called in, or did anything."""
        acted = {entry.role for entry in self.case.entries if not isinstance(entry.item, Activated)}
        return frozenset({*self.case.team, *acted} & {*self.runbook.roles})

    @cached_property
    def called_in(self) -> tuple[str, ...]:
        return tuple(role for role in self.case.team if role not in self.case.members)

    @cached_property
    def by_title(self) -> Mapping[str, str]:
        """Roles by their title, in small letters."""
        return MappingProxyType({title.lower(): role for role, title in self.runbook.roles.items()})

    @cached_property
    def title_pattern(self) -> re.Pattern[str]:
        titles = sorted(self.runbook.roles.values(), key=len, reverse=True)
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, titles))})s?\b", re.IGNORECASE)

    def role(self, text: str) -> str:
        """The role whose title `title_pattern` matched."""
        lower = text.lower()
        return self.by_title.get(lower) or self.by_title[lower.removesuffix("s")]

    def title(self, role: str) -> str:
        return self.runbook.roles.get(role, role)

    def titles(self, roles: Iterable[str]) -> str:
        """Roles as people call them, in a row."""
        return ", ".join(map(self.title, roles)) or "nobody"

    @cached_property
    def milestones(self) -> Mapping[str, tuple[int, ...]]:
        """When each kind of turning point was reached, every time that it was, in the order of time."""
        case, truth = self.case, self.truth
        reached = {name: tuple(sorted(entry.at for entry, item in case.each(Reached) if item.milestone == name))
                   for name in ("acknowledged", "mitigated", "resolved")}  # fmt: skip
        recovered = () if truth.recovered_at is None else (truth.recovered_at,)
        began = () if truth.introduced is None else (truth.introduced,)
        begun = tuple(dict.fromkeys([*began, *(fault.at for fault in self.faults)]))
        detected = () if self.account.detected is None else (self.account.detected,)
        return MappingProxyType({
            "introduced": begun, "detected": detected, **reached,
            "declared": tuple(entry.at for entry, _ in case.each(Declared)),
            "diagnosed": tuple(entry.at for entry, item in case.each(Diagnosed) if item.cause not in ("unknown", "recovered")),
            "recovered": (*recovered, *reached["mitigated"], *reached["resolved"]),
            "handed over": tuple(entry.at for entry, item in case.each(Concluded) if item.outcome == "unresolved"),
        })  # fmt: skip

    @cached_property
    def impacts(self) -> list[tuple[int, Impact]]:
        return self.case.impacts

    @cached_property
    def users(self) -> tuple[float, float]:
        """Users hit: what may be claimed of all of it, from the last measurement (which an open incident outgrows) to the truth."""
        last = self.impacts[-1][1].users_hit if self.impacts else self.truth.users_hit
        return min(last, self.truth.users_hit), max(last, self.truth.users_hit)

    @cached_property
    def revenue(self) -> tuple[float, float]:
        """USD lost, as `users`."""
        last = self.impacts[-1][1].revenue_lost_usd if self.impacts else self.truth.revenue_lost_usd
        return min(last, self.truth.revenue_lost_usd), max(last, self.truth.revenue_lost_usd)

    @cached_property
    def records_counted(self) -> int:
        """The most records that were counted as read by a stranger."""
        return max((answer.records_exposed for _, answer in self.case.answers(DataExposure)), default=0)

    @cached_property
    def at_risk(self) -> bool:
        return any(impact.data_at_risk for _, impact in self.impacts)

    @cached_property
    def updates(self) -> Mapping[str, tuple[int, ...]]:
        """When public status updates and executive briefs were sent."""
        channels = {"status updates": "publish_status", "briefs": "send_brief"}
        return MappingProxyType({
            name: tuple(sorted(entry.at for entry, said in self.case.each(Said) if said.channel == channel))
            for name, channel in channels.items()
        })  # fmt: skip

    @cached_property
    def versions(self) -> Mapping[str, frozenset[str]]:
        """Every version of each component that ever served or was deployed, as far as it is known."""
        known: dict[str, set[str]] = {name: set() for name in self.components}
        for spec in self.scenario.deployments:
            known[spec.component] |= {spec.version, spec.previous}
        for name, version in re.findall(r"(\w+) v?(\d+\.\d+\.\d+)", self.chain.trigger):
            known.get(name, set()).add(version)
        return MappingProxyType({name: frozenset(found) for name, found in known.items()})

    @cached_property
    def error_shares(self) -> Mapping[str, frozenset[float]]:
        """The shares (%) of each component's requests that failed, as they were measured and as the chain has them at the worst."""
        found: dict[str, set[float]] = {name: set() for name in self.components}
        answers = [answer for _, answer in (*self.case.answers(SystemMetrics), *self.case.answers(ApiRates))]
        for row in (row for answer in answers for row in answer.rows):  # type: ignore[attr-defined]
            found[row.component] |= {row.error_pct} if row.error_pct is not None else set()
        for hop in self.chain.hops:
            found[hop.component] |= {float(share) for share in re.findall(rf"{hop.component} failed (\d+)%", hop.what)}
        return MappingProxyType({name: frozenset(shares) for name, shares in found.items()})

    @cached_property
    def planned(self) -> tuple[Planned, ...]:
        return tuple(self.case.all(Planned))

    @cached_property
    def conditions(self) -> re.Pattern[str]:
        """The conditions of the escalation matrix, as they are worded: what they say is no claim."""
        worded = [re.escape(self.runbook.in_words(row.condition)) for row in self.runbook.escalations]
        return re.compile("|".join(worded) or r"(?!)", re.IGNORECASE)


def _entry(event: Event, item: Item) -> Entry:
    return Entry(at=event.at, seq=event.seq, role=event.actor, step=event.step, item=item)


def _inputs(journal: Journal) -> Inputs:
    try:
        return Inputs.of(journal.header.get("inputs") or {})
    except ValueError as error:
        raise BadInput(f"the journal does not carry what was flown ({error}): nothing can be held against it") from None


def _shares(why: str) -> tuple[float, float]:
    """The users that failed before a change and ten minutes after, as the truth words it."""
    found = re.search(r"([\d.]+)% of users failed before it, ([\d.]+)% ten minutes after", why)
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)

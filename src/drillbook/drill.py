"""A finished drill: what the responders knew, the journal, what really happened, and what it was worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import drillbook
from drillbook.account import Account
from drillbook.answers import Impact
from drillbook.case import Case, Concluded, Declared, Diagnosed, Planned, Refused
from drillbook.errors import expect
from drillbook.invariants import Violation, check
from drillbook.journal import Journal
from drillbook.postmortem import render
from drillbook.runbook import Runbook
from drillbook.scenario import Scenario, System
from drillbook.score import Score, score, true_severity
from drillbook.shown import Shown
from drillbook.tools import TOOLS
from drillbook.usage import Usage, usage
from drillbook.world import ActionTruth, Truth, World

if TYPE_CHECKING:
    from drillbook.casting import Casting
    from drillbook.decisions import Sweep
    from drillbook.factcheck import Checked
    from drillbook.forking import Fork
    from drillbook.listed import Messages, Route
    from drillbook.picture import Picture
    from drillbook.recall import When
    from drillbook.replaying import Replay
    from drillbook.simulator import Setup
    from drillbook.toolbelt import Brain
    from drillbook.views import Beside, Metrics, Screenshot, Timeline

__all__ = ["Drill"]


@dataclass(frozen=True, repr=False)
class Drill(Shown):
    """A finished drill: what the responders knew, the journal, and what really happened. Times in virtual ms."""

    setup: Setup
    case: Case
    journal: Journal

    @property
    def brief(self) -> str:
        found = self.case.diagnosis
        cause = " in ".join(filter(None, (found.cause, found.component))) if found else "nothing diagnosed"
        return f"{self.scenario.id} seed {self.seed}: {self.case.severity or 'no severity'}, {cause}, {self.case.outcome}"

    @property
    def scenario(self) -> Scenario:
        return self.setup.scenario

    @property
    def system(self) -> System:
        return self.setup.system

    @property
    def runbook(self) -> Runbook:
        return self.setup.simulator.runbook

    @property
    def seed(self) -> int:
        return self.setup.seed

    @property
    def world(self) -> World:
        """The production that was flown in."""
        return self.setup.world

    @property
    def name(self) -> str:
        """A name that no other behaviour has: scenario, seed, and the beginning of the digest."""
        return f"{self.scenario.id}-seed{self.seed}-{self.journal.digest[:8]}"

    @property
    def attempts(self) -> tuple[tuple[str, str, str], ...]:
        """(role, tool, reason) of every call that was refused because it is not in the role's charter, in the order of the journal."""
        return tuple((entry.role, item.tool, item.reason) for entry, item in self.case.each(Refused))

    @property
    def usage(self) -> Usage:
        """What its models cost."""
        return usage(self.journal.records, self.setup.simulator.elapsed)

    @cached_property
    def truth(self) -> Truth:
        """The ground truth, up to the end of the incident."""
        ends = self.case.milestone("resolved")
        truth = self.world.truth(self.case.now if ends is None else ends, self.case.interventions)
        refused = (ActionTruth(**tried.model_dump(), effect="refused") for tried in self.account.refused)
        return truth.model_copy(update={"actions": (*truth.actions, *refused)})

    @cached_property
    def severity_truth(self) -> str | None:
        """The severity by the runbook's table on the impact as it was when it was last judged and still hurt, before any change."""
        ended = min(self.case.times_of(Concluded), default=self.case.now)
        judged = [at for at in self.case.times_of(Declared, Diagnosed) if at < ended] or [ended]
        untouched = min((act.at for act in self.case.interventions), default=ended)
        moments = {min(at, untouched) for at in judged}
        return next(filter(None, (self._severity_at(at) for at in sorted(moments, reverse=True))), None)

    def _severity_at(self, at: int) -> str | None:
        impact = self.world.answer(TOOLS["assess_impact"], None, at, ())
        return true_severity(self.runbook, self.case, cast(Impact, impact))

    @cached_property
    def broken(self) -> tuple[Violation, ...]:
        """Every violation of the package's laws, as `drillbook.invariants.check` finds them."""
        return tuple(check(self))

    @cached_property
    def score(self) -> Score:
        """What it was worth, by the rubric."""
        broken = {found.law for found in self.broken}
        return score(self.runbook, self.case, self.truth, self.severity_truth, broken)

    @cached_property
    def account(self) -> Account:
        """What the journal tells."""
        return Account(self.journal.records, frozenset(rule.kind for rule in self.runbook.throughout))

    @property
    def route(self) -> Route:
        """Every step: its name, who led it, who else acted, its outcome, and when it ended. In a notebook: the way on the graph."""
        return drillbook.listed.Route([
            {"step": step.step, "role": step.role, "roles": list(step.roles), "outcome": step.outcome, "at": step.at}
            for step in self.account.route
        ], self)  # fmt: skip

    @cached_property
    def timeline(self) -> Timeline:
        """Everything that happened, as a sequence of events (at, who, kind, text, weight, step); in a notebook as swim-lanes."""
        return drillbook.views.Timeline(self)

    def metrics(self, service: str) -> Metrics:
        """What a service's instruments showed, minute by minute. Raises BadInput for a service that the system does not have."""
        return drillbook.views.Metrics(self, service, tuple(drillbook.frames.metrics(self, service)))

    @property
    def service_map(self) -> Picture:
        """Who calls whom, where the fault was, and how the trouble spread."""
        return drillbook.servicemap.service_map(self)

    @cached_property
    def screenshots(self) -> tuple[Screenshot, ...]:
        """The pictures of the dashboards that the responders kept as evidence."""
        return drillbook.views.screenshots(self)

    def compare(self, other: Drill, names: tuple[str, str] = ("before", "after")) -> Beside:
        """This drill beside another one: aligned timelines, routes, outcomes; `names` are what the two are called. Raises BadInput."""
        return drillbook.views.beside(self, other, names)

    def to_frame(self) -> Any:
        """The timeline as a pandas DataFrame, a row an event. Raises BadInput without the extra `notebook`."""
        return self.timeline.to_frame()

    def save(self, path: str | Path) -> Path:
        """Write it as what the name ends in: .jsonl (the journal, that replays), .html, .md or .png (a report). Raises BadInput."""
        expect("save: path", path, (str, Path), "the path of a file")
        return drillbook.reporting.save(self, Path(path))

    @property
    def team(self) -> list[str]:
        """The response team, in the order of the runbook's table; then who was on it at another severity."""
        members, severity = self.case.members, self.case.severity
        listed = self.runbook.team(severity, self.case) if severity else ()
        return list(dict.fromkeys([*(role for role in listed if role in members), *members]))

    @property
    def milestones(self) -> dict[str, int | None]:
        """introduced, detected, acknowledged, declared, mitigated, resolved."""
        return {"introduced": self.truth.introduced, "detected": self.account.detected, **self.account.milestones}

    @property
    def messages(self) -> Messages:
        """What was said, in the order of time: kind, role, at, text. In a notebook: each as it was sent."""
        return drillbook.listed.Messages(message.model_dump(exclude={"state"}) for message in self.account.messages)

    @property
    def escalations(self) -> list[dict[str, Any]]:
        """What was escalated: condition, role, at."""
        return [raised.model_dump() for raised in self.account.escalations]

    @cached_property
    def postmortem(self) -> str | None:
        """The post-mortem as Markdown; None where there was none to write."""
        return render(self.runbook, self.case, self.scenario.starts)

    def replay(self, *, runbook: str | Path | None = None, cast: Casting | str | None = None, scenario: str | Path | None = None,
               missing: When = "stop", functions: Mapping[str, Brain] | None = None) -> Replay:  # fmt: skip
        """Fly it again and hold every record against this one; with `runbook`, `cast` or `scenario` it is a what-if.

        The arguments are those of `drillbook.replay`. Raises BadInput.
        """
        return drillbook.replay(self, runbook=runbook, cast=cast, scenario=scenario, missing=missing, functions=functions)

    def fork(self, *, at: str | int | None = None, set: Mapping[str, bool | int | float | str | None] | None = None,  # noqa: A002 - the command's word
             do: str | None = None, delay: str | int = 0, without: str | None = None) -> Fork:  # fmt: skip
        """Fly it with one thing done otherwise: `at` where, and `set`, `do`, `delay` (`10m`, or virtual ms) or `without`.

        The arguments are those of `drillbook.fork`. Raises BadInput.
        """
        return drillbook.fork(self, at=at, set=set, do=do, delay=delay, without=without)

    def sweep(self) -> Sweep:
        """Try every alternative at every decision: what each would have cost or saved, and the point of no return."""
        return drillbook.sweep(self)

    def check_postmortem(self, text: str | None = None) -> Checked:
        """Hold a post-mortem, by default the drill's own, against what really happened: claims right, wrong, missing."""
        return drillbook.check_postmortem(self, text)

    def outcome(self, journal: Path | None = None) -> dict[str, Any]:
        """The drill as one JSON document."""
        found = self.case.diagnosis
        return {
            "scenario": self.scenario.id, "seed": self.seed, "severity": self.case.severity,
            "cause": found.cause if found else None, "component": found.component if found else None,
            "outcome": self.case.outcome, "team": self.team,
            "called_in": [role for role in self.case.team if role not in self.case.members],
            "route": self.route, "milestones": self.milestones, "messages": self.messages, "escalations": self.escalations,
            "score": self.score.model_dump(mode="json"), "truth": self.truth.model_dump(mode="json"),
            "backlog": [item.title for item in self.case.all(Planned) if item.backlog],
            "postmortem": self.postmortem, "digest": self.journal.digest, "journal": str(journal) if journal else None,
        }  # fmt: skip

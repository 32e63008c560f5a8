"""The composition root: a scenario, a runbook, a cast and a seed become a drill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

from drillbook.agents import ROSTER, Role
from drillbook.alerts import fingerprint, read_alerts
from drillbook.answers import Component, Impact
from drillbook.backends import Canned
from drillbook.brains import BRAINS
from drillbook.brains.stub import Stub
from drillbook.case import Acted, Alert, Case, Concluded, Declared, Diagnosed, Entry, Escalated, Planned, Said, Stepped
from drillbook.errors import BadInput
from drillbook.graph.compiler import DrillState, compile_runbook
from drillbook.graph.superstep import Desk
from drillbook.journal import VERSION, Journal
from drillbook.postmortem import render
from drillbook.reading import parse_cast, read_runbook, read_scenario
from drillbook.records import canonical
from drillbook.runbook import Runbook
from drillbook.scenario import Scenario, System
from drillbook.score import Score, score, true_severity
from drillbook.tools import REMEDIES, TOOLS
from drillbook.world import ActionTruth, Truth, World

__all__ = ["SUPERSTEPS", "Drill", "Setup", "Simulator", "prepare", "run"]

I = TypeVar("I")  # noqa: E741 - an item of the case
Watcher = Callable[[Case], None]

SUPERSTEPS = 1000
"""More than the longest way through any sound runbook; what takes more has no bound."""
_ENGINE = (".", "alerts", "brains", "graph", "world", "world/faults")
_PACKAGES = ("drillbook", "langgraph", "networkx", "orjson", "pydantic")


@dataclass(frozen=True)
class Drill:
    """A finished drill: what the responders knew, the journal, and what really happened. Times in virtual ms."""

    scenario: Scenario
    system: System
    runbook: Runbook
    seed: int
    case: Case
    journal: Journal

    @cached_property
    def world(self) -> World:
        """The production that was flown in."""
        return World(self.system, self.scenario, self.seed)

    @property
    def name(self) -> str:
        """A name that no other behaviour has: scenario, seed, and the beginning of the digest."""
        return f"{self.scenario.id}-seed{self.seed}-{self.journal.digest[:8]}"

    @cached_property
    def truth(self) -> Truth:
        """The ground truth, up to the end of the incident."""
        ends = self.case.milestone("resolved")
        truth = self.world.truth(self.case.now if ends is None else ends, self.case.interventions)
        return truth.model_copy(update={"actions": (*truth.actions, *self._refused)})

    @property
    def _refused(self) -> tuple[ActionTruth, ...]:
        """Remedies that were tried and that production could not carry out."""
        return tuple(
            ActionTruth(tool=item.tool, target=item.target, role=entry.role, at=entry.at, effect="refused", why=item.detail)
            for entry, item in self.case.each(Acted) if not item.accepted and item.tool in REMEDIES
        )

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
    def score(self) -> Score:
        return score(self.runbook, self.case, self.truth, self.severity_truth)

    @property
    def route(self) -> list[dict[str, Any]]:
        """Every step: its name, who led it, who else acted, its outcome, and when it ended."""
        return [
            {"step": item.step, "role": next(iter(item.roles), ""), "roles": list(item.roles), "outcome": item.outcome, "at": entry.at}
            for entry, item in self.case.each(Stepped)
        ]

    @property
    def team(self) -> list[str]:
        """The response team, in the order of the runbook's table; then who was on it at another severity."""
        members, severity = self.case.members, self.case.severity
        listed = self.runbook.team(severity, self.case) if severity else ()
        return list(dict.fromkeys([*(role for role in listed if role in members), *members]))

    @property
    def milestones(self) -> dict[str, int | None]:
        """introduced, detected, acknowledged, declared, mitigated, resolved."""
        alert = self.case.alert
        kept = {name: self.case.milestone(name) for name in ("acknowledged", "declared", "mitigated", "resolved")}
        return {"introduced": self.truth.introduced, "detected": alert.starts_at if alert else None, **kept}

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was said, in the order of time: kind, role, at, text."""
        kinds = {rule.kind for rule in self.runbook.throughout} | {"user_notice", "hand_over"}
        return [
            {"kind": said.topic if said.topic in kinds else "escalation", "role": entry.role, "at": entry.at, "text": said.text}
            for entry, said in _by_time(self.case.each(Said))
        ]

    @property
    def escalations(self) -> list[dict[str, Any]]:
        """What was escalated: condition, role, at."""
        rows = _by_time(self.case.each(Escalated))
        return [{"condition": item.condition, "role": entry.role, "at": entry.at} for entry, item in rows]

    @cached_property
    def postmortem(self) -> str | None:
        """The post-mortem as Markdown; None where there was none to write."""
        return render(self.runbook, self.case, self.scenario.starts)

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


def _by_time(rows: Iterable[tuple[Entry, I]]) -> list[tuple[Entry, I]]:
    """In the order of virtual time, and of the journal within a moment."""
    return sorted(rows, key=lambda row: (row[0].at, row[0].seq))


def _catalogue(system: System, runbook: Runbook) -> tuple[Component, ...]:
    owners = {spec.name: system.owner(spec) or runbook.owners.get(spec.stack, "") for spec in system.components}
    return tuple(
        Component(name=spec.name, kind=spec.kind, stack=spec.stack, owner=owners[spec.name], fallback=spec.fallback)
        for spec in system.components
    )


def _code_hash() -> str:
    """sha256 over the engine's source files; the same for a checkout and for an installed wheel."""
    here = Path(__file__).parent
    files = sorted(file for folder in _ENGINE for file in (here / folder).glob("*.py"))
    return sha256(b"\0".join(str(file.relative_to(here)).encode() + b"\0" + file.read_bytes() for file in files)).hexdigest()


class Simulator:
    """A runbook and a cast, compiled once; runs any number of scenarios."""

    def __init__(self, runbook: Runbook, cast: Mapping[str, str] | None = None, roster: Mapping[str, Role] = ROSTER) -> None:
        self.runbook = runbook
        self.roster = roster
        self.cast = {**dict.fromkeys(roster, "stub"), **(cast or {})}
        self.graph = compile_runbook(runbook)
        self._brains = {name: BRAINS[self.cast[name]](Stub(role.duties)) for name, role in roster.items()}

    @cached_property
    def _header(self) -> dict[str, Any]:
        """The part of every journal's header that the simulator alone determines."""
        return {
            "journal": VERSION,
            "runbook": sha256(canonical(self.runbook.model_dump(mode="json", by_alias=True))).hexdigest(),
            "graph": sha256(canonical(sorted([edge.source, edge.target] for edge in self.graph.get_graph().edges))).hexdigest(),
            "engine": _code_hash(),
            "roles": {name: _role_hash(role) for name, role in sorted(self.roster.items())},
            "cast": self.cast,
            "packages": {name: version(name) for name in _PACKAGES},
        }

    def prepare(self, scenario: str | Path, *, seed: int | None = None, alert: str | Path | None = None) -> Setup:
        """A scenario (an id of the catalogue, or a file), ready to run; `alert` is a webhook body that starts it. Raises BadInput."""
        spec, system, path = read_scenario(scenario)
        return Setup(self, spec, system, spec.seed if seed is None else seed, _alerts(spec, system, path, alert))

    def desk(self, scenario: Scenario, system: System, seed: int, alerts: Sequence[Alert] = ()) -> Desk:
        """What the graph is run with. `alerts` start the drill instead of the scenario's trigger; BadInput if nothing does."""
        world = World(system, scenario, seed)
        charters = {name: role.charter for name, role in self.roster.items()}
        backend = Canned(scenario.tools, world) if scenario.tools else world
        return Desk(self.runbook, charters, self._brains, backend, scenario.starts, _catalogue(system, self.runbook),
                    tuple(alerts) or _trigger(scenario, world))  # fmt: skip

    def run(self, scenario: Scenario, system: System, *, seed: int | None = None, alerts: Sequence[Alert] = (),
            max_concurrency: int | None = None, watch: Watcher | None = None) -> Drill:  # fmt: skip
        """Run one drill to its end.

        `alerts` start it instead of the scenario's trigger; `watch` is called with the case after every step.
        Raises BadInput if nothing starts it.
        """
        seed = scenario.seed if seed is None else seed
        config: Any = {"recursion_limit": SUPERSTEPS, "max_concurrency": max_concurrency}
        final = self._play(config, self.desk(scenario, system, seed, alerts), watch or _nobody)
        return self.finish(scenario, system, seed, final)

    def _play(self, config: Any, desk: Desk, watch: Watcher) -> DrillState:
        """The graph's last state; `watch` sees the case whenever a step has ended."""
        final: DrillState = {}
        try:
            for part in self.graph.stream({"work": ()}, config, context=desk, stream_mode="values", version="v2"):
                final = cast(DrillState, part["data"])
                if "position" in final and final["position"].edge is not None and final["position"].phase == "open":
                    watch(final["position"].case)
        except RecursionError:
            step = final["position"].step
            raise BadInput(f"runbook {self.runbook.name}: goes in circles: step {step!r} again, after {SUPERSTEPS} supersteps") from None
        return final

    def finish(self, scenario: Scenario, system: System, seed: int, final: DrillState) -> Drill:
        """The drill that a last state of the graph stands for."""
        header = {**self._header, "scenario": scenario.id, "scenario_hash": _scenario_hash(scenario, system), "seed": seed}
        return Drill(scenario, system, self.runbook, seed, final["position"].case, Journal(header, final["journal"]))


def _nobody(case: Case) -> None:
    """Watches nothing."""


def _role_hash(role: Role) -> str:
    return sha256(Path(str(role.module.__file__)).read_bytes()).hexdigest()


def _scenario_hash(scenario: Scenario, system: System) -> str:
    """Of everything that shapes a drill; names, prose and expectations do not."""
    labels = {"id", "title", "description", "tags", "expect"}
    shape = scenario.model_dump(mode="json", by_alias=True, exclude=labels)
    return sha256(canonical([shape, system.model_dump(mode="json", by_alias=True)])).hexdigest()


def _trigger(scenario: Scenario, world: World) -> tuple[Alert, ...]:
    given = scenario.trigger
    if given is None:
        alerts = world.alerts()
        if not alerts:
            raise BadInput(f"{scenario.id}: no alert rule of {scenario.system} fires within 6 hours; give the scenario a `trigger`")
        return tuple(alert.model_copy(update={"fingerprint": fingerprint(alert.labels)}) for alert in alerts)
    known = {"alertname": given.alert, "component": given.component, "severity": given.severity}
    labels = {name: value for name, value in known.items() if value}
    return (Alert(name=given.alert, source=given.source, summary=given.summary, component=given.component, label=given.severity,
                  starts_at=given.at, labels=labels, fingerprint=fingerprint(labels)),)  # fmt: skip


@dataclass(frozen=True)
class Setup:
    """A drill that is ready to start."""

    simulator: Simulator
    scenario: Scenario
    system: System
    seed: int
    alerts: tuple[Alert, ...] = ()

    def desk(self) -> Desk:
        """What the graph is run with. Raises BadInput if nothing starts the drill."""
        return self.simulator.desk(self.scenario, self.system, self.seed, self.alerts)

    def run(self, watch: Watcher | None = None) -> Drill:
        """Run it to its end. `watch` is called with the case after every step."""
        return self.simulator.run(self.scenario, self.system, seed=self.seed, alerts=self.alerts, watch=watch)


def prepare(scenario: str | Path, *, seed: int | None = None, runbook: str | Path | None = None,
            cast: Mapping[str, str] | str | None = None, alert: str | Path | None = None) -> Setup:  # fmt: skip
    """A scenario (an id of the catalogue, or a file), ready to run.

    `seed` replaces the scenario's; `runbook` is a file; `cast` says who plays what, as `role=brain,*=stub` or a mapping;
    `alert` is a file with the body of a webhook or an event that starts the drill. Raises BadInput for anything that is wrong with them.
    """
    text = cast if isinstance(cast, str) or cast is None else ",".join(f"{role}={brain}" for role, brain in cast.items())
    return Simulator(read_runbook(runbook), parse_cast(text)).prepare(scenario, seed=seed, alert=alert)


def run(scenario: str | Path, *, seed: int | None = None, runbook: str | Path | None = None,
        cast: Mapping[str, str] | str | None = None, alert: str | Path | None = None) -> Drill:  # fmt: skip
    """Run a scenario and return the finished drill; the arguments are those of `prepare`. Raises BadInput."""
    return prepare(scenario, seed=seed, runbook=runbook, cast=cast, alert=alert).run()


def _alerts(scenario: Scenario, system: System, path: Path, given: str | Path | None) -> tuple[Alert, ...]:
    """The alerts of a body: the one given, else the one that the scenario names."""
    trigger = scenario.trigger
    body = given or (path.parent / trigger.alertmanager if trigger and trigger.alertmanager else None)
    if body is None:
        return ()
    at = trigger.at if trigger else min((fault.at for fault in scenario.faults), default=0) + 3 * 60_000
    return read_alerts(body, [spec.name for spec in system.components], at, scenario.starts if given else None)



"""The scenario file and the system file: what goes wrong, and in what.

Durations are written as text (`90s`, `15m`, `1h30m`, `2d`) and held as milliseconds; no time may be negative: what
happened before the drill starts says how long `before`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

import networkx as nx
from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, field_validator, model_validator

from drillbook.errors import BadInput, valid_names
from drillbook.files import Document, Path_, read_document
from drillbook.tools import TOOLS
from drillbook.units import Duration, Frozen

__all__ = [
    "AlertRule", "CallSpec", "ComponentSpec", "DeploymentSpec", "Expect", "ExtraLog", "FaultSpec", "Journey", "Missing", "Scenario",
    "Spike", "StubAnswer", "System", "TelemetrySpec", "Trigger", "Window", "load_scenario", "load_system",
]  # fmt: skip


class CallSpec(Frozen):
    """A component calls another: `share` calls a request; a hard call's failure fails the caller."""

    to: str
    share: float = Field(1.0, gt=0, le=50)
    hard: bool = True
    retries: int = Field(0, ge=0, le=10)


class ComponentSpec(Frozen):
    """A part of production. Latencies in ms, resources in percent at usual load, capacity in requests a second."""

    name: str
    kind: Literal["web", "mobile", "gateway", "service", "database", "replica", "cache", "queue", "external"]
    title: str | None = None
    stack: Literal["backend", "database", "queue", "web", "mobile", "pipeline", "infrastructure", "external"]
    owner: str | None = None
    team: str | None = None
    zone: str = "a"
    replicas: int = Field(2, ge=1, le=1000)
    capacity_rps: float = Field(gt=0)
    latency_ms: float = Field(gt=0)
    error_pct: float = Field(0.1, ge=0, le=5)
    cpu: float = Field(35, ge=0, le=100)
    memory: float = Field(50, ge=0, le=100)
    network: float = Field(20, ge=0, le=100)
    disk: float = Field(30, ge=0, le=100)
    fallback: str | None = None
    calls: tuple[CallSpec, ...] = ()


class Journey(Frozen):
    """Something that users do: which component serves it, through which entries, how many do it, what it earns.

    A journey fails where its component or one that it `needs` fails, or where an entry fails by itself.
    """

    name: str
    component: str
    through: tuple[str, ...]
    needs: tuple[str, ...] = ()
    users: float = Field(gt=0, le=1)
    revenue: float = Field(0, ge=0, le=1)
    critical: bool = False
    workaround: str | None = None
    api: bool = True


class AlertRule(Frozen):
    """An alert that fires when a metric of a component stays over a bound; with the labels that it carries."""

    alert: str = Field(min_length=1)
    metric: Literal["error_pct", "p95_ratio", "cpu", "memory", "disk", "saturation", "up"]
    above: float | None = None
    below: float | None = None
    for_: Duration = Field(alias="for")
    severity: str
    labels: dict[str, str] = Field(default_factory=dict)
    kinds: tuple[str, ...]
    summary: str
    runbook_url: str | None = None

    @property
    def promql(self) -> str:
        """The rule's expression over the series `drillbook_METRIC{component, kind}`."""
        kinds = "|".join(self.kinds)
        series = f'max by (component) (drillbook_{self.metric}{{kind=~"{kinds}"}})'
        bounds = [(sign, bound) for sign, bound in ((">", self.above), ("<", self.below)) if bound is not None]
        return " or ".join(f"{series} {sign} {str(bound).removesuffix('.0')}" for sign, bound in bounds)

    @model_validator(mode="after")
    def _can_fire(self) -> AlertRule:
        if self.above is None and self.below is None:
            raise ValueError("a rule has a bound: `above` or `below`")
        return self

    @field_validator("summary")
    @classmethod
    def _fillable(cls, text: str) -> str:
        for _, field, spec, conversion in Formatter().parse(text):
            if field is not None and (field not in ("component", "value", "minutes") or spec or conversion):
                raise ValueError(f"{{{field}}} cannot be filled in; valid: {{component}}, {{value}}, {{minutes}}")
        return text


class System(Frozen):
    """A production: its components, who calls whom, what users do there, and its alert rules.

    `teams`: the role that answers for each team; `zones`: where components may run (any name where none is declared).
    """

    name: str
    title: str
    users_per_minute: int = Field(gt=0)
    requests_per_user: float = Field(gt=0)
    revenue_per_minute_usd: float = Field(ge=0)
    records: int = Field(0, ge=0)
    components: tuple[ComponentSpec, ...] = Field(min_length=1)
    entries: dict[str, Annotated[float, Field(gt=0)]]
    zones: tuple[str, ...] = ()
    teams: dict[str, str] = Field(default_factory=dict)
    journeys: tuple[Journey, ...] = Field(min_length=1)
    alerts: tuple[AlertRule, ...] = ()

    def component(self, name: str) -> ComponentSpec | None:
        return self._named.get(name)

    @cached_property
    def _named(self) -> dict[str, ComponentSpec]:
        return {spec.name: spec for spec in self.components}

    def owner(self, spec: ComponentSpec) -> str | None:
        """The role that owns a component by this file: named there, or by its team; None leaves it to the runbook."""
        return spec.owner or (self.teams.get(spec.team) if spec.team else None)

    def graph(self) -> nx.DiGraph[str]:
        """Who calls whom; edges point from caller to callee."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(spec.name for spec in self.components)
        graph.add_edges_from((spec.name, call.to) for spec in self.components for call in spec.calls)
        return graph


class DeploymentSpec(Frozen):
    """A deployment: `at` in the drill or `before` its start."""

    component: str
    version: str
    previous: str
    at: Duration | None = None
    before: Duration | None = None
    by: str = "release-train"
    change: str
    reversible: bool = True
    skipped: tuple[str, ...] = ()

    @property
    def time(self) -> int:
        """Virtual ms; negative before the start of the drill."""
        return self.at if self.at is not None else -(self.before or 0)


class FaultSpec(Frozen):
    """A fault: its kind, its target, when it begins, how fast it grows, and how strong it is (1 = as catalogued).

    `caller` narrows a fault of the calls to `target` to those of one caller.
    """

    kind: str
    target: str
    caller: str | None = None
    at: Duration
    ramp: Duration = 0
    lasts: Duration | None = None
    magnitude: float = Field(1.0, gt=0, le=3)
    story: str | None = None


class Window(Frozen):
    """A stretch of time."""

    at: Duration
    lasts: Duration


class Spike(Window):
    """Traffic multiplied for a while."""

    times: float = Field(gt=0, le=50)


class Trigger(Frozen):
    """How the incident is noticed where no alert rule does it: a user's report, an agent, or a given alert."""

    source: Literal["monitoring", "user_report", "agent_detection"] = "monitoring"
    at: Duration
    alert: str
    summary: str
    component: str | None = None
    severity: str | None = None
    alertmanager: str | None = None


class Missing(Frozen):
    """A metric of a component that its instruments do not deliver."""

    component: str
    metric: Literal["cpu", "memory", "network", "disk", "rps", "error_pct", "p50_ms", "p95_ms", "saturation"]


class TelemetrySpec(Frozen):
    """What is wrong with the instruments: metrics and logs come `late`, and some metrics are `missing`."""

    late: Duration = 0
    missing: tuple[Missing, ...] = ()


class ExtraLog(Frozen):
    """A log line that no fault writes: from `at` on, for as long as it `lasts`."""

    component: str
    message: str
    level: Literal["info", "warn", "error", "fatal"] = "error"
    at: Duration = 0
    lasts: Duration | None = None
    per_minute: int = Field(10, ge=1)


class StubAnswer(Frozen):
    """A canned answer: what `tool` says from `from` on, instead of the world."""

    tool: str
    from_: Duration = Field(0, alias="from")
    focus: str | None = None
    answer: dict[str, Any]


class Expect(Frozen):
    """What the drill should come to. Only tests and scores read it; no policy can."""

    severity: str | None = None
    cause: Literal["deployment", "infrastructure", "code_bug", "external_dependency", "unknown"] | None = None
    component: str | None = None
    outcome: Literal["resolved", "unresolved", "backlog", "not_an_incident"] | None = None
    route: tuple[str, ...] = ()
    team: tuple[str, ...] = ()


def _within_reason(moment: datetime) -> datetime:
    """A date that a drill of months stays within the calendar of."""
    if not 1970 <= moment.year <= 2200:
        raise ValueError("a date between 1970 and 2200 is expected")
    return moment


class Scenario(Frozen):
    """One drill as a file."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    difficulty: Literal["easy", "medium", "hard"] | None = Field(None, exclude=True)  # a label: no hash of a drill knows it
    system: str
    seed: int = Field(1, ge=0, lt=2**53)
    starts: Annotated[AwareDatetime, AfterValidator(_within_reason)]
    faults: tuple[FaultSpec, ...] = ()
    deployments: tuple[DeploymentSpec, ...] = ()
    traffic: tuple[Spike, ...] = ()
    maintenance: tuple[Window, ...] = ()
    trigger: Trigger | None = None
    telemetry: TelemetrySpec = TelemetrySpec()
    logs: tuple[ExtraLog, ...] = ()
    tools: tuple[StubAnswer, ...] = ()
    expect: Expect = Expect()


def load_system(path: Path, owners: Collection[str] = ()) -> System:
    """A system file; `owners` are the roles that can own a component (any where none is given).

    Raises BadInput, also for unknown callees, for calls that go in a circle, and for owners that are no such role.
    """
    document = read_document(path)
    system = document.read_as(System)
    faults = [*_system_faults(system), *_team_faults(system, owners)]
    problems = [document.problem(place, message) for place, message in faults]
    if problems:
        raise BadInput(problems)
    return system


def _system_faults(system: System) -> Iterator[tuple[Path_, str]]:
    names: dict[str, int] = {}
    for index, spec in enumerate(system.components):
        if names.setdefault(spec.name, index) != index:
            yield ("components", index, "name"), f"component {spec.name!r} is declared twice"
    for index, spec in enumerate(system.components):
        for place, call in enumerate(spec.calls):
            if call.to not in names:
                yield ("components", index, "calls", place, "to"), _unknown("component", call.to, names)
    yield from _user_faults(system, names)
    try:
        circle = [edge[0] for edge in nx.find_cycle(system.graph())]
        yield ("components", names[circle[0]], "calls"), f"calls go in a circle: {' -> '.join([*circle, circle[0]])}"
    except nx.NetworkXNoCycle:
        pass


def _team_faults(system: System, owners: Collection[str]) -> Iterator[tuple[Path_, str]]:
    for team, role in system.teams.items():
        if owners and role not in owners:
            yield ("teams", team), _unknown("owner", role, owners)
    for index, spec in enumerate(system.components):
        if owners and spec.owner is not None and spec.owner not in owners:
            yield ("components", index, "owner"), _unknown("owner", spec.owner, owners)
        if spec.team is not None and spec.team not in system.teams:
            yield ("components", index, "team"), _unknown("team", spec.team, system.teams)
        if system.zones and spec.zone not in system.zones:
            yield ("components", index, "zone"), _unknown("zone", spec.zone, system.zones)


def _user_faults(system: System, names: Collection[str]) -> Iterator[tuple[Path_, str]]:
    for index, journey in enumerate(system.journeys):
        for name in (journey.component, *journey.through, *journey.needs):
            if name not in names:
                yield ("journeys", index), _unknown("component", name, names)
    for entry in system.entries:
        if entry not in names:
            yield ("entries", entry), _unknown("component", entry, names)


def _unknown(what: str, name: str, names: Collection[str]) -> str:
    return f"unknown {what} {name!r}; {valid_names(name, names)}"


def load_scenario(path: Path, systems: Path, kinds: dict[str, tuple[str, ...]], owners: Collection[str] = ()) -> tuple[Scenario, System]:
    """A scenario file with its system.

    `systems` is the folder of the catalogue's systems (a system may also be a file beside the scenario); `kinds` the
    fault kinds, each with the kinds of component that it can hurt; `owners` is as in `load_system`. Raises BadInput.
    """
    document = read_document(path)
    scenario = document.read_as(Scenario)
    system = load_system(_system_path(scenario.system, path, systems, document), owners)
    problems = [document.problem(place, message) for place, message in _scenario_faults(scenario, system, kinds)]
    if problems:
        raise BadInput(problems)
    return scenario, system


def _system_path(name: str, path: Path, systems: Path, document: Document) -> Path:
    beside = path.parent / name
    if name.endswith((".yaml", ".yml")) and beside.is_file():
        return beside
    found = systems / f"{name}.yaml"
    if not found.is_file():
        known = [file.stem for file in systems.glob("*.yaml")]
        raise BadInput([document.problem(("system",), _unknown("system", name, known))])
    return found


def _scenario_faults(scenario: Scenario, system: System, kinds: dict[str, tuple[str, ...]]) -> Iterator[tuple[Path_, str]]:
    names = [spec.name for spec in system.components]
    for index, fault in enumerate(scenario.faults):
        yield from _fault_faults(("faults", index), fault, system, kinds)
    for index, deployment in enumerate(scenario.deployments):
        if deployment.component not in names:
            yield ("deployments", index, "component"), _unknown("component", deployment.component, names)
        if (deployment.at is None) == (deployment.before is None):
            yield ("deployments", index), "a deployment has either `at` (in the drill) or `before` (its start)"
    trigger = scenario.trigger
    if trigger and trigger.component is not None and trigger.component not in names:
        yield ("trigger", "component"), _unknown("component", trigger.component, names)
    if not trigger and not scenario.faults:
        yield ("id",), "nothing starts this drill: it has neither `faults` nor a `trigger`"
    if scenario.expect.component is not None and scenario.expect.component not in names:
        yield ("expect", "component"), _unknown("component", scenario.expect.component, names)
    yield from _instrument_faults(scenario, names)
    for index, stub in enumerate(scenario.tools):
        yield from _stub_faults(("tools", index), stub, names)


def _stub_faults(place: Path_, stub: StubAnswer, names: list[str]) -> Iterator[tuple[Path_, str]]:
    if stub.tool not in TOOLS:
        yield (*place, "tool"), _unknown("tool", stub.tool, list(TOOLS))
        return
    if stub.focus is not None and stub.focus not in names:
        yield (*place, "focus"), _unknown("component", stub.focus, names)
    try:
        TOOLS[stub.tool].answer.model_validate(stub.answer)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        yield (*place, "answer", *fault["loc"]), f"{stub.tool} cannot answer this: {where}: {fault['msg']}"


def _instrument_faults(scenario: Scenario, names: list[str]) -> Iterator[tuple[Path_, str]]:
    for index, missing in enumerate(scenario.telemetry.missing):
        if missing.component not in names:
            yield ("telemetry", "missing", index, "component"), _unknown("component", missing.component, names)
    for index, line in enumerate(scenario.logs):
        if line.component not in names:
            yield ("logs", index, "component"), _unknown("component", line.component, names)


def _fault_faults(place: Path_, fault: FaultSpec, system: System, kinds: dict[str, tuple[str, ...]]) -> Iterator[tuple[Path_, str]]:
    target = system.component(fault.target)
    if target is None:
        yield (*place, "target"), _unknown("component", fault.target, [spec.name for spec in system.components])
    if fault.kind not in kinds:
        yield (*place, "kind"), _unknown("fault kind", fault.kind, list(kinds))
    elif target is not None and target.kind not in kinds[fault.kind]:
        valid = ", ".join(kinds[fault.kind])
        yield (*place, "target"), f"{fault.kind} cannot hurt {target.name!r}, a {target.kind}; it hurts: {valid}"
    if fault.caller is not None and target is not None:
        callers = [spec.name for spec in system.components if any(call.to == fault.target for call in spec.calls)]
        if fault.caller not in callers:
            yield (*place, "caller"), f"{fault.caller!r} does not call {fault.target!r}; its callers: {', '.join(callers) or 'none'}"

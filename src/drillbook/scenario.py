"""The scenario file and the system file: what goes wrong, and in what.

Durations are written as text (`90s`, `15m`, `1h30m`, `2d`) and held as milliseconds; no time may be negative: what
happened before the drill starts says how long `before`.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from string import Formatter
from typing import Annotated, Any, Literal, TypeVar

import networkx as nx
from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, field_validator, model_validator

from drillbook.errors import BadInput
from drillbook.units import Duration, Frozen

__all__ = [
    "CAUSES", "KINDS", "STACKS", "AlertRule", "CallSpec", "ComponentSpec", "DeploymentSpec", "Expect", "ExpectedMessage",
    "ExtraLog", "FaultSpec", "Journey", "Missing", "PastIncident", "Scenario", "Spike", "StubAnswer", "System", "TelemetrySpec", "Ticket",
    "Trigger", "Window",
]  # fmt: skip


Kind = Literal["web", "mobile", "gateway", "service", "database", "replica", "cache", "queue", "external"]
Stack = Literal["backend", "database", "queue", "web", "mobile", "pipeline", "infrastructure", "external"]
Cause = Literal["deployment", "infrastructure", "code_bug", "external_dependency", "unknown"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""A name that every other system takes: in labels, file names, queries and pictures."""

KINDS: tuple[str, ...] = Kind.__args__  # type: ignore[attr-defined]
STACKS: tuple[str, ...] = Stack.__args__  # type: ignore[attr-defined]
CAUSES: tuple[str, ...] = Cause.__args__  # type: ignore[attr-defined]


class CallSpec(Frozen):
    """A component calls another: `share` calls a request; a hard call's failure fails the caller."""

    to: str
    share: float = Field(1.0, gt=0, le=50)
    hard: bool = True
    retries: int = Field(0, ge=0, le=10)


class ComponentSpec(Frozen):
    """A part of production. Latencies in ms, resources in percent at usual load, capacity in requests a second."""

    name: Name
    kind: Kind
    title: str | None = None
    stack: Stack
    owner: str | None = None
    team: str | None = None
    zone: str = "a"
    replicas: int = Field(2, ge=1, le=1000)
    capacity_rps: float = Field(gt=0, le=1e9)
    latency_ms: float = Field(gt=0, le=1e7)
    error_pct: float = Field(0.1, ge=0, le=5)
    cpu: float = Field(35, ge=0, le=100)
    memory: float = Field(50, ge=0, le=100)
    network: float = Field(20, ge=0, le=100)
    disk: float = Field(30, ge=0, le=100)
    fallback: str | None = None
    calls: tuple[CallSpec, ...] = ()


class Journey(Frozen):
    """Something that users do: which component serves it, by which entries they come, how many do it, what it earns.

    A journey fails where its component or one that it `needs` fails, or where one that it passes `through` fails by itself. Its
    users come in by one of its `entries` each, in proportion to the requests that arrive there; one that fails, fails its share.
    """

    name: str
    component: str
    through: tuple[str, ...]
    entries: tuple[str, ...] = ()
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
    kinds: tuple[Kind, ...] = Field(min_length=1)
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


class PastIncident(Frozen):
    """An incident that is over: what it was, where, when (a date), what it came from and what helped."""

    id: Name
    on: date
    title: str
    component: str
    cause: Cause
    helped: str


class System(Frozen):
    """A production: its components, who calls whom, what users do there, its alert rules, and the incidents that it has had.

    `teams`: the role that answers for each team; `zones`: where components may run (any name where none is declared).
    """

    name: Name
    title: str
    users_per_minute: int = Field(gt=0, le=10**10)
    requests_per_user: float = Field(gt=0, le=1e6)
    revenue_per_minute_usd: float = Field(ge=0, le=1e12)
    records: int = Field(0, ge=0, le=10**15)
    components: tuple[ComponentSpec, ...] = Field(min_length=1)
    entries: dict[str, Annotated[float, Field(gt=0)]]
    zones: tuple[str, ...] = ()
    teams: dict[str, str] = Field(default_factory=dict)
    journeys: tuple[Journey, ...] = Field(min_length=1)
    alerts: tuple[AlertRule, ...] = ()
    past_incidents: tuple[PastIncident, ...] = ()

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
    per_minute: int = Field(10, ge=1, le=10**9)


class Ticket(Frozen):
    """What a customer writes to the support, at a time; those that a failing journey brings are counted without being listed."""

    at: Duration
    text: str = Field(min_length=1, max_length=2000)


class StubAnswer(Frozen):
    """A canned answer: what `tool` says from `from` on, instead of the world."""

    tool: str
    from_: Duration = Field(0, alias="from")
    focus: str | None = None
    answer: dict[str, Any]


class ExpectedMessage(Frozen):
    """Messages that have to be sent: of a kind, by a role if named, with a text if given (`*` and `?` stand for anything)."""

    kind: Literal["status_update", "executive_brief", "user_notice", "hand_over", "escalation"]
    role: str | None = None
    text: str | None = None
    at_least: int = Field(1, ge=0)
    at_most: int | None = Field(None, ge=0)


class Expect(Frozen):
    """What the drill should come to. Only tests and scores read it; no policy can.

    `route`: steps, or `step:outcome`, with `*` and `?`; `**` stands for any steps. `route_order`: `ordered` means just these in this order,
    `unordered` just these in any order, `subset` that each occurs. `never`: steps, or changes as `rollback checkout`, that must
    not occur. `resolved_within` counts from the first alert. `escalates`: just these conditions. `postmortem`: each fits an answer in it.
    """

    severity: str | None = None
    cause: Cause | None = None
    component: str | None = None
    outcome: Literal["resolved", "unresolved", "backlog", "not_an_incident"] | None = None
    route: tuple[str, ...] = ()
    route_order: Literal["ordered", "unordered", "subset"] = "ordered"
    never: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    messages: tuple[ExpectedMessage, ...] = ()
    resolved_within: Duration | None = None
    escalates: tuple[str, ...] | None = None
    postmortem: tuple[str, ...] = ()


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
    tickets: tuple[Ticket, ...] = ()
    tools: tuple[StubAnswer, ...] = ()
    expect: Expect = Expect()

    def __repr__(self) -> str:
        return f"<Scenario {self.id}: {self.title}>"

    __str__ = __repr__

    def with_fault(self, kind: str, target: str, *, at: str = "5m", **more: Any) -> Scenario:
        """This scenario with one fault more: a kind of docs/faults.md, a component, and when it begins (`10m`, from T+00:00).

        `more`: `ramp`, `lasts` (durations as text), `magnitude` (1 is as catalogued) and `caller`. Raises BadInput for what no fault can
        be; whether the system has such a component, and it such a fault, is seen when it is flown.
        """
        return self.model_copy(update={"faults": (*self.faults, _made(FaultSpec, kind=kind, target=target, at=at, **more))})

    def with_traffic(self, times: float, *, at: str = "0s", lasts: str = "1h") -> Scenario:
        """This scenario with so many times the usual traffic for a while. Raises BadInput."""
        return self.model_copy(update={"traffic": (*self.traffic, _made(Spike, times=times, at=at, lasts=lasts))})

    def with_deployment(self, component: str, version: str, previous: str, *, change: str, at: str = "0s", **more: Any) -> Scenario:
        """This scenario with one deployment more; `more`: `by`, `reversible`, `skipped`. Raises BadInput."""
        made = _made(DeploymentSpec, component=component, version=version, previous=previous, change=change, at=at, **more)
        return self.model_copy(update={"deployments": (*self.deployments, made)})


P = TypeVar("P", bound=Frozen)


def _made(part: type[P], **fields: Any) -> P:
    """A part of a scenario as Python gives it. Raises BadInput, in one line."""
    try:
        return part.model_validate(fields)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"])) or part.__name__
        valid = f"; valid: {', '.join(part.model_fields)}" if fault["type"] == "extra_forbidden" else ""
        raise BadInput(f"scenario: {where}: {fault['msg'].removeprefix('Value error, ')}{valid}") from None

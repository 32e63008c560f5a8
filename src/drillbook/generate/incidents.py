"""Random incidents: what breaks, when, how hard, in which traffic, beside which innocent deployments; and who notices.

`incident(seed, index, system)` is a pure function. The incidents of even seeds are for tuning policies, those of odd
seeds for reporting what the policies are worth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from drillbook.errors import BadInput, valid_names
from drillbook.generate.draws import duration_text, stream
from drillbook.generate.notice import Notice, felt_in_full, noticed
from drillbook.scenario import DeploymentSpec, FaultSpec, Scenario, Spike, System
from drillbook.units import MINUTE, SECOND
from drillbook.world import FAULTS, World

__all__ = ["incident", "one_fault"]

_CHANGES = (
    "a clearer error text", "one query fewer on the start page", "log format", "new translations", "a newer base image", "typo in a label",
    "a larger thumbnail", "rename of an internal flag", "an index for the back office", "a new metric",
)  # fmt: skip
_DEPLOYED = frozenset({"web", "mobile", "gateway", "service"})
_RAMPS = ("0s", "0s", "1m", "2m", "4m", "8m")
_NEARBY = 0.35
_PASSING, _FAINT = 0.06, 0.03
"""Shares: of innocent deployments, those near the fault; of incidents, those that pass within minutes and those too faint to be felt."""

_TRIES, _MOST_TARGETS, _STRENGTHS = 12, 30, (1.0, 1.25, 1.5)
"""How often an incident is drawn until it is felt; how many targets `one_fault` looks at, and how strong it makes a fault there."""


def incident(seed: int, index: int, system: System) -> Scenario:
    """The `index`-th random incident of a seed in a system; it lints, runs and starts by itself.

    Every kind of fault that can hurt the system is as likely as any other. Where nobody would feel it, it is drawn again, a few
    times; some incidents are meant not to be felt. Raises BadInput if no kind can hurt the system.
    """
    draw = stream("incident", seed, index, system.name)
    targets = {kind: fitting for kind in sorted(FAULTS) if (fitting := _targets(kind, system))}
    if not targets:
        raise BadInput(f"nothing of {system.name} can be hurt by any fault of the catalogue")
    kind, meant = draw.choice([*targets]), draw.random()
    passes, faint = meant < _PASSING, _PASSING <= meant < _PASSING + _FAINT
    for _ in range(_TRIES):
        made = _scenario(f"random-{seed}-{index}", _drawn(kind, targets[kind], draw, passes, faint), system, draw, _spikes)
        world = World(system, made, made.seed)
        if not (passes or faint or felt_in_full(world)):
            continue
        notice = noticed(world)
        if passes or faint or notice.felt:
            return _started(made, notice)
    return _started(made, noticed(world))


def _drawn(kind: str, targets: Sequence[str], draw: Random, passes: bool, faint: bool) -> FaultSpec:
    fault: dict[str, Any] = {
        "kind": kind, "target": draw.choice(targets), "at": duration_text(draw.randint(6, 40) * 30 * SECOND),
        "ramp": draw.choice(_RAMPS), "magnitude": 0.01 if faint else round(draw.uniform(0.6, 1.5), 2),
    }  # fmt: skip
    return FaultSpec.model_validate({**fault, "lasts": f"{draw.randint(1, 4)}m"} if passes else fault)


def one_fault(kind: str, system: System, seed: int = 1, target: str | None = None) -> Scenario:
    """A scenario of one fault, at a target where users feel it, and as strong as catalogued if that is enough for them to.

    Raises BadInput for what cannot be hurt.
    """
    if kind not in FAULTS:
        raise BadInput(f"unknown fault kind {kind!r}; {valid_names(kind, FAULTS)}")
    fitting = _targets(kind, system)
    if target is not None and target not in fitting:
        raise BadInput(f"{kind} cannot hurt {target!r} in {system.name}; {valid_names(target, fitting)}")
    if not fitting:
        raise BadInput(f"nothing of {system.name} can be hurt by {kind}, which hurts: {', '.join(FAULTS[kind].hurts)}")
    draw = stream("one fault", kind, seed, system.name)
    tried = draw.sample(fitting, min(len(fitting), _MOST_TARGETS)) if target is None else [target]
    fault = {"kind": kind, "at": f"{draw.randint(4, 12)}m", "ramp": draw.choice(("0s", "1m", "2m"))}
    name = _slug(f"{kind}-{system.name}-{seed}")
    made = [
        [_scenario(name, FaultSpec.model_validate({**fault, "target": one, "magnitude": strong}), system, draw) for one in tried]
        for strong in _STRENGTHS
    ]  # fmt: skip
    found = next(filter(None, (_most_felt(system, row) for row in made)), None)
    return found or _started(made[0][0], noticed(World(system, made[0][0], made[0][0].seed)))


def _most_felt(system: System, made: Iterable[Scenario]) -> Scenario | None:
    """The first scenario that an alert rule notices and users feel, else the first that users feel."""
    by_users = None
    for scenario in made:
        world = World(system, scenario, scenario.seed)
        if felt_in_full(world):
            notice = noticed(world)
            if notice.felt and notice.trigger is None:
                return scenario
            by_users = by_users or (_started(scenario, notice) if notice.felt else None)
    return by_users


def _started(scenario: Scenario, notice: Notice) -> Scenario:
    return scenario.model_copy(update={"trigger": notice.trigger})


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _targets(kind: str, system: System) -> list[str]:
    return [spec.name for spec in system.components if spec.kind in FAULTS[kind].hurts]


def _nothing_special(draw: Random) -> tuple[Spike, ...]:
    return ()


def _scenario(name: str, fault: FaultSpec, system: System, draw: Random,
              usually: Callable[[Random], tuple[Spike, ...]] = _nothing_special) -> Scenario:  # fmt: skip
    """The incident around a fault: deployments, guilty and innocent, and the traffic: what wakes the fault, or the usual."""
    starts = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=draw.randrange(365 * 24 * 60))
    return Scenario(
        id=name, title=f"{fault.kind.replace('_', ' ').capitalize()} at {fault.target}", system=system.name, seed=draw.randrange(1, 2**31),
        tags=("generated", fault.kind.replace("_", "-")), starts=starts, faults=(fault,),
        traffic=_waking(fault, draw) or usually(draw),
        deployments=(*_guilty(fault, draw), *_innocent(fault, system, draw)),
    )  # fmt: skip


def _waking(fault: FaultSpec, draw: Random) -> tuple[Spike, ...]:
    """The peak that wakes a fault that sleeps below some traffic: a short one if it stays awake by itself, else for hours."""
    kind = FAULTS[fault.kind]
    if not kind.wakes_above:
        return ()
    lasts = f"{draw.randint(4, 8)}m" if kind.latched else f"{draw.randint(4, 6)}h"
    at = duration_text(fault.at + draw.randint(0, 4) * 30 * SECOND)
    return (Spike.model_validate({"at": at, "lasts": lasts, "times": round(kind.wakes_above * draw.uniform(1.02, 1.1), 2)}),)


def _guilty(fault: FaultSpec, draw: Random) -> list[DeploymentSpec]:
    """The deployment that brought the fault, a few minutes before it shows, where its cause is a deployment."""
    kind = FAULTS[fault.kind]
    if kind.cause != "deployment":
        return []
    harmful = kind.remedies.get("rollback")
    at = max(fault.at - draw.choice((0, 0, 1, 2, 4)) * MINUTE, 0)
    return [_deployment(fault.target, draw, at=duration_text(at), reversible=harmful is None or harmful.effect != "worsen",
                        skipped=draw.choice(((), ("contract tests",), ("load test",))))]  # fmt: skip


def _innocent(fault: FaultSpec, system: System, draw: Random) -> list[DeploymentSpec]:
    """Red herrings: up to three deployments that harmed nobody, before or about the fault, seldom of the very target."""
    names = [spec.name for spec in system.components if spec.kind in _DEPLOYED and spec.name != fault.target]
    chosen = draw.sample(names, min(draw.randint(0, 3), len(names)))
    rows = [_deployment(name, draw, **_when(fault, draw)) for name in chosen]
    own = system.component(fault.target)
    if own and own.kind in _DEPLOYED and draw.random() < 0.15:
        rows.append(_deployment(fault.target, draw, before=f"{draw.randint(2, 20)}h"))
    return rows


def _when(fault: FaultSpec, draw: Random) -> dict[str, str]:
    """A third of the innocent deployments go out about when the fault begins, some of them after the guilty one."""
    if draw.random() > _NEARBY:
        return {"before": f"{draw.randint(5, 20 * 60)}m"}
    return {"at": duration_text(max(fault.at + draw.randint(-10, 6) * 30 * SECOND, 0))}


def _deployment(component: str, draw: Random, **fields: Any) -> DeploymentSpec:
    major, minor, patch = draw.randint(1, 9), draw.randint(0, 30), draw.randint(1, 20)
    return DeploymentSpec.model_validate({
        "component": component, "version": f"{major}.{minor}.{patch}", "previous": f"{major}.{minor}.{patch - 1}",
        "change": draw.choice(_CHANGES), **fields,
    })  # fmt: skip


def _spikes(draw: Random) -> tuple[Spike, ...]:
    """Now and then, traffic that is a good deal above or below the usual and that production bears."""
    if draw.random() > 0.2:
        return ()
    at, lasts, times = draw.randint(0, 30), draw.randint(10, 60), round(draw.uniform(0.7, 1.3), 2)
    return (Spike.model_validate({"at": f"{at}m", "lasts": f"{lasts}m", "times": times}),)

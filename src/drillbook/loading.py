"""Loading scenario and system files: what their form does not show is checked here, and every fault has its place."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import networkx as nx
from pydantic import ValidationError

from drillbook.errors import BadInput, valid_names
from drillbook.files import Document, Path_, read_document
from drillbook.scenario import FaultSpec, Scenario, StubAnswer, System
from drillbook.tools import REMEDIES, TOOLS

__all__ = ["load_scenario", "load_system", "scenario_faults", "system_faults"]


def load_system(path: Path, owners: Collection[str] = ()) -> System:
    """A system file; `owners` are the roles that can own a component (any where none is given).

    Raises BadInput, also for unknown callees, for calls that go in a circle, and for owners that are no such role.
    """
    document = read_document(path)
    system = document.read_as(System)
    problems = [document.problem(place, message) for place, message in system_faults(system, owners)]
    if problems:
        raise BadInput(problems)
    return system


def system_faults(system: System, owners: Collection[str] = ()) -> Iterator[tuple[Path_, str]]:
    """(place, message) of everything that is wrong with a system and that its form does not show."""
    yield from _component_faults(system)
    yield from _team_faults(system, owners)


def _component_faults(system: System) -> Iterator[tuple[Path_, str]]:
    names: dict[str, int] = {}
    for index, spec in enumerate(system.components):
        if names.setdefault(spec.name, index) != index:
            yield ("components", index, "name"), f"component {spec.name!r} is declared twice"
    for index, spec in enumerate(system.components):
        for place, call in enumerate(spec.calls):
            if call.to not in names:
                yield ("components", index, "calls", place, "to"), _unknown("component", call.to, names)
            elif call.to in [earlier.to for earlier in spec.calls[:place]]:
                yield (
                    ("components", index, "calls", place, "to"),
                    f"{spec.name} calls {call.to!r} twice; valid: one call with its whole `share`",
                )
    yield from _user_faults(system, names)
    for index, past in enumerate(system.past_incidents):
        if past.component not in names:
            yield ("past_incidents", index, "component"), _unknown("component", past.component, names)
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
        for place, name in enumerate(journey.entries):
            if name not in system.entries:
                yield ("journeys", index, "entries", place), _unknown("entry", name, system.entries)
    for entry in system.entries:
        if entry not in names:
            yield ("entries", entry), _unknown("component", entry, names)
    total = sum(system.entries.values())
    if not 0.99 <= total <= 1.01:
        yield ("entries",), f"the shares of the entries sum to {total:.4g}; valid: 1 (0.99 to 1.01)"


def _unknown(what: str, name: str, names: Collection[str]) -> str:
    return f"unknown {what} {name!r}; {valid_names(name, names)}"


def load_scenario(path: Path, systems: Path, kinds: dict[str, tuple[str, ...]], owners: Collection[str] = (),
                  roles: Collection[str] = ()) -> tuple[Scenario, System]:  # fmt: skip
    """A scenario file with its system.

    `systems` is the folder of the catalogue's systems (a system may also be a file beside the scenario); `kinds` the
    fault kinds, each with the kinds of component that it can hurt; `owners` is as in `load_system`; `roles` are
    those that a team can be expected to have. Raises BadInput.
    """
    document = read_document(path)
    scenario = document.read_as(Scenario)
    system = load_system(_system_path(scenario.system, path, systems, document), owners)
    faults = [*scenario_faults(scenario, system, kinds), *_alert_faults(scenario, path.parent),
              *_expected_faults(scenario, roles, [spec.name for spec in system.components])]  # fmt: skip
    problems = [document.problem(place, message) for place, message in faults]
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


def scenario_faults(scenario: Scenario, system: System, kinds: dict[str, tuple[str, ...]]) -> Iterator[tuple[Path_, str]]:
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


def _alert_faults(scenario: Scenario, folder: Path) -> Iterator[tuple[Path_, str]]:
    """A scenario travels with its folder: the alert that it names has to be in it."""
    name = scenario.trigger.alertmanager if scenario.trigger else None
    if name is None:
        return
    place: Path_ = ("trigger", "alertmanager")
    home, file = os.path.realpath(folder), os.path.realpath(folder / name.replace("\0", "?"))
    if not Path(file).is_relative_to(home):
        yield place, f"{name!r} lies outside the scenario's folder; valid: a path below it, such as alerts/NAME.json"
    elif not Path(file).is_file():
        beside = sorted(path.relative_to(home).as_posix() for path in Path(home).glob("**/*.json"))
        there = valid_names(name, beside) if beside else "no JSON file is there"
        yield place, f"there is no file {name!r} in the scenario's folder; {there}"


def _expected_faults(scenario: Scenario, roles: Collection[str], names: Collection[str]) -> Iterator[tuple[Path_, str]]:
    for index, role in enumerate(scenario.expect.team):
        if roles and role not in roles:
            yield ("expect", "team", index), _unknown("role", role, roles)
    for index, message in enumerate(scenario.expect.messages):
        if roles and message.role is not None and message.role not in roles:
            yield ("expect", "messages", index, "role"), _unknown("role", message.role, roles)
    for index, pattern in enumerate(scenario.expect.never):
        tool, change, target = pattern.partition(" ")
        if change and not any(fnmatchcase(name, tool) for name in REMEDIES):
            yield ("expect", "never", index), _unknown("change", tool, REMEDIES)
        elif change and not any(fnmatchcase(name, target) for name in names):
            yield ("expect", "never", index), _unknown("component", target, names)


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

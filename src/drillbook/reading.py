"""Reading what a drill is made of: runbooks held against the roster, scenarios held against their system, casts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from drillbook.agents.health import JUDGES
from drillbook.brains import is_model
from drillbook.casts import CastFile
from drillbook.errors import BadInput, Problem, expect, valid_names
from drillbook.files import Path_, read_document
from drillbook.graph import INCIDENT_RESPONSE
from drillbook.graph.change import Change
from drillbook.graph.check import check_runbook
from drillbook.inputs import Inputs
from drillbook.loading import load_scenario, load_system, scenario_faults, system_faults
from drillbook.outside import PERSON
from drillbook.plugins import brains, castable, roster
from drillbook.runbook import Runbook, load_runbook
from drillbook.scenario import Scenario, System
from drillbook.scenarios import FOLDER, SYSTEMS, find, find_system, paths
from drillbook.toolbelt import NOTES
from drillbook.tools import REMEDIES, TOOLS, WORDED, WORLD
from drillbook.units import YEAR
from drillbook.world import TARGETS

__all__ = [
    "JUDGED", "alone", "catalogued", "check_inputs", "lint", "owners", "parse_cast", "read_cast", "read_fork", "read_runbook",
    "read_scenario", "read_system", "tagged",
]  # fmt: skip


def owners() -> tuple[str, ...]:
    """The roles that can own a component: those that can repair its code."""
    return tuple(name for name, role in roster().items() if "implement_hotfix" in role.charter.tools)


JUDGED: Mapping[str, tuple[str, ...]] = MappingProxyType({
    **dict.fromkeys(("check", "verify", "watch"), tuple(JUDGES)), "review_fix": ("run_hotfix_checks",),
    "monitor_dependency": ("monitor_dependency", "verify_external_dependencies"),
})  # fmt: skip
"""The duties that judge what a tool shows, each with the tools whose answers it can judge."""


def parse_cast(text: str | None) -> dict[str, str]:
    """A cast such as `infrastructure_maintainer=always_rollback,*=stub`, or a cast file, as role to brain. Raises BadInput."""
    return _everyone(read_cast(text).played)


def _everyone(given: Mapping[str, str]) -> dict[str, str]:
    """Every role with its brain: `*` is everyone who is not named, else the stub plays them."""
    named = {role: brain for role, brain in given.items() if role != "*"}
    return {**dict.fromkeys(roster(), given.get("*", "stub")), **named}


def read_cast(text: str | None) -> CastFile:
    """A cast as it is written on the command line: `ROLE=BRAIN,...`, or a file of YAML. Raises BadInput, for a file with the place.

    Whether there is a brain of that name is seen when the cast plays; in a file it is also seen here, but for models (`vendor:model`).
    """
    if text is not None and _names_a_file(text):
        document = read_document(text)
        sheet = document.read_as(CastFile)
        problems = [document.problem(place, message, at_key=at_key) for place, message, at_key in _cast_faults(sheet)]
        if problems:
            raise BadInput(problems)
        return sheet
    given: dict[str, str] = {}
    for part in filter(None, (text or "").split(",")):
        role, equals, brain = (piece.strip() for piece in part.partition("="))
        if not equals or not brain or role not in (*castable(), "*"):
            raise BadInput(f"--cast: {part.strip()!r} is no ROLE=BRAIN; {valid_names(role, [*castable(), '*'])}")
        if brain not in _players(role) and not is_model(brain):
            raise BadInput(f"--cast: unknown brain {brain!r} for {role}; {valid_names(brain, _players(role))}")
        if role in given:
            raise BadInput(f"--cast: {role} is cast twice: as {given[role]} and as {brain}; each role once")
        given[role] = brain
    return CastFile(cast=given or {"*": "stub"})


def _players(role: str) -> Collection[str]:
    """The names of what may play a role, or word the answers of a free-text tool, beside chat models."""
    return (WORLD,) if role in WORDED else brains()


def _names_a_file(text: str) -> bool:
    return text.endswith((".yaml", ".yml")) or ("=" not in text and Path(text).is_file())


def _cast_faults(sheet: CastFile) -> Iterator[tuple[Path_, str, bool]]:
    """(place, message, whether its key is wrong) of what is wrong with a cast file and what its form does not show."""
    for role, brain in sheet.cast.items():
        if role not in (*castable(), "*"):
            yield ("cast", role), f"unknown role {role!r}; {valid_names(role, [*castable(), '*'])}", True
        if not is_model(brain) and brain not in _players(role):
            yield ("cast", role), f"unknown brain {brain!r}; {valid_names(brain, _players(role))}", False
    changing = [name for name, tool in TOOLS.items() if tool.effect == "changes"]
    for tool, who in sheet.approve.items():
        if tool not in changing:
            yield ("approve", tool), f"unknown change {tool!r}; {valid_names(tool, changing)}", True
        if who not in roster():
            yield ("approve", tool), f"unknown role {who!r}; {valid_names(who, roster())}", False
    played = {*_everyone(sheet.cast).values()}
    for brain in sheet.prices:
        if brain not in played:
            yield ("prices", brain), f"{brain!r} plays no role in this cast; {valid_names(brain, played)}", True


def alone(cast: Mapping[str, str], command: str) -> Mapping[str, str]:
    """The cast, where drills are flown by the dozen: nobody sits through them. Raises BadInput for one with people in it."""
    people = [role for role, brain in cast.items() if brain == PERSON]
    if people:
        others = valid_names("", {*brains()} - {PERSON})
        raise BadInput(f"{command}: nobody can be asked in so many drills: {people[0]} is cast as {PERSON}; {others}")
    return cast


def read_runbook(path: Path | str | Runbook | None = None) -> Runbook:
    """A runbook file, checked against the roster; the one that comes with the package by default. Raises BadInput.

    A runbook that is at hand is checked, too: it may have been edited.
    """
    expect("runbook", path, (str, Path, Runbook, type(None)), "the path of a runbook file")
    if isinstance(path, Runbook):
        _refuse(f"runbook {path.name}", _runbook_faults(path))
        return path
    runbook, document = load_runbook(INCIDENT_RESPONSE if path is None else path)
    problems = [document.problem(place, message) for place, message in _runbook_faults(runbook)]
    if problems:
        raise BadInput(problems)
    return runbook


def _runbook_faults(runbook: Runbook) -> Iterable[tuple[Path_, str]]:
    return check_runbook(runbook, {name: role.charter for name, role in roster().items()}, JUDGED)


def check_inputs(file: str, inputs: Inputs, scenario_only: bool = False) -> None:
    """Hold what a journal carries against the same rules as files. Raises BadInput."""
    around = [] if scenario_only else [*_runbook_faults(inputs.runbook), *system_faults(inputs.system, owners())]
    faults = [*around, *scenario_faults(inputs.scenario, inputs.system, TARGETS), *_carried_faults(inputs)]
    if faults:
        raise BadInput([Problem(file, f"its inputs: {'.'.join(map(str, place))}: {message}", 1, 1) for place, message in faults])


def _carried_faults(inputs: Inputs) -> Iterable[tuple[Path_, str]]:
    """What is wrong with the alerts that started a drill."""
    for index, alert in enumerate(inputs.alerts):
        if abs(alert.starts_at) > YEAR:
            yield ("alerts", index, "starts_at"), f"{alert.starts_at} is further than a year from T+00:00"
        if alert.component is not None and inputs.system.component(alert.component) is None:
            names = [spec.name for spec in inputs.system.components]
            yield ("alerts", index, "component"), f"unknown component {alert.component!r}; {valid_names(alert.component, names)}"


_PARTS = frozenset({
    f"{item.model_fields['kind'].default}.{name}" for items in NOTES.values() for item in items for name in item.model_fields
})  # fmt: skip
"""Every field of a conclusion, as a fork names it."""


def read_fork(file: str, fork: Any, runbook: Runbook) -> tuple[tuple[Change, ...], str | None]:
    """What a journal's header says that it does otherwise, and the digest of its parent; nothing where it is no fork. Raises BadInput."""
    if fork is None:
        return (), None
    try:
        changes = tuple(Change.model_validate(change) for change in fork["changes"])
        odd = next((part for change in changes if (part := _odd(change, runbook))), "")
        odd = odd or ("" if _DIGEST.fullmatch(fork["parent"]) and changes else "parent")
    except (ValidationError, KeyError, TypeError, AttributeError):
        odd = "form"
    if odd:
        raise BadInput([Problem(file, f"the header's fork is none that drillbook makes: see its {odd}", 1, 1)])
    return changes, fork["parent"]


_DIGEST = re.compile(r"[0-9a-f]{64}")


def _odd(change: Change, runbook: Runbook) -> str | None:
    """The part of a change that no fork has."""
    role, tool, _ = change.do or ("", "", "")
    checks = {
        "step": change.step in runbook.steps, "attempt": change.attempt >= 0, "at": abs(change.at or 0) <= 10 * YEAR,
        "delay": 0 <= change.delay <= YEAR,
        "set": {name for name, _ in change.set} <= {"outcome", *_PARTS},
        "do": change.do is None or (role in roster() and tool in REMEDIES and tool in roster()[role].charter.tools),
        "without": change.without is None or change.without in roster(),
    }  # fmt: skip
    return next((name for name, fine in checks.items() if not fine), None)


def read_scenario(name: str | Path | Scenario) -> tuple[Scenario, System, Path]:
    """A scenario by id or path, with its system and its file. Raises BadInput.

    One that is at hand is held against its system; what it names lies where the catalogue is.
    """
    expect("scenario", name, (str, Path, Scenario), "an id of the catalogue (see `drillbook list`), or the path of a file")
    if isinstance(name, Scenario):
        return name, _fitting(name), FOLDER / f"{name.id}.scenario.yaml"
    path = find(str(name))
    return *_load(path), path


def _fitting(scenario: Scenario) -> System:
    """The system of a scenario that is at hand. Raises BadInput where the two do not fit."""
    system = read_system(scenario.system)
    _refuse(f"scenario {scenario.id}", scenario_faults(scenario, system, TARGETS))
    return system


def _refuse(what: str, faults: Iterable[tuple[Path_, str]]) -> None:
    """Raises BadInput for a thing at hand that has faults, a line each; it has no file to point at."""
    if found := [f"{what}: {'.'.join(map(str, place))}: {message}" for place, message in faults]:
        raise BadInput("\n".join(found))


def _load(path: Path) -> tuple[Scenario, System]:
    return load_scenario(path, SYSTEMS, TARGETS, owners(), roster())


def read_system(name: str | Path) -> System:
    """A system by name or path. Raises BadInput."""
    return _load_system(find_system(str(name)))


def _load_system(path: Path) -> System:
    return load_system(path, owners())


def catalogued(asks: str, tags: Iterable[str] = ()) -> list[tuple[Scenario, Path]]:
    """The scenarios of the catalogue that have all the tags, each with its file. Raises BadInput for a tag that none has."""
    every, wanted = [(read_document(path).read_as(Scenario), path) for path in paths()], {*tags}
    known = {tag for spec, _ in every for tag in spec.tags}
    if wanted - known:
        wrong = min(wanted - known)
        raise BadInput(f"{asks}: no scenario has the tag {wrong!r}; {valid_names(wrong, known)}")
    return [(spec, path) for spec, path in every if wanted <= {*spec.tags}]


def tagged(tags: Iterable[str]) -> list[dict[str, Any]]:
    """Of each scenario that has all the tags: id, title, path, tags, difficulty, system, seed and expectations. Raises BadInput."""
    return [
        {**spec.model_dump(include={"id", "title", "tags", "system", "seed", "expect"}), "difficulty": spec.difficulty, "path": str(path)}
        for spec, path in catalogued("list", tags)
    ]


_KINDS: Mapping[str, Callable[[Path], object]] = MappingProxyType({
    "steps": read_runbook, "components": _load_system, "cast": lambda path: read_cast(str(path)),
})  # fmt: skip
"""A file is what its fields say: a runbook has steps, a system components, a cast a cast; anything else is read as a scenario."""


def lint(names: Iterable[Path]) -> list[Path]:
    """Check files, and every YAML file below folders; returns what was checked. Raises BadInput with all faults."""
    files = [file for name in names for file in (sorted(name.rglob("*.y*ml")) if name.is_dir() else [name])]
    problems: list[Problem] = []
    for file in files:
        try:
            data = read_document(file).data
            if data is None:
                raise BadInput([Problem(str(file), "the file is empty; a scenario, a system or a runbook is expected", 1, 1)])
            kind = next((reader for field, reader in _KINDS.items() if isinstance(data, dict) and field in data), _load)
            kind(file)
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    if not files:
        raise BadInput("nothing to check: no YAML file there")
    return files

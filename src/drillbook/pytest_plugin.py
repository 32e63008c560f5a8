"""The pytest plugin: scenario files are tests. Nothing heavy is imported until one is found.

    pytest scenarios                       every scenario, with its own seed
    pytest scenarios --drillbook-seeds 1,2,3 -k checkout
    pytest scenarios --drillbook-update    write the golden routes anew, and commit what `git diff` shows
    pytest scenarios --drillbook-coverage-min 90    fail if less of the runbook was flown

Fixtures that a conftest.py may override, each for the whole session: `drillbook_runbook` (a path, or None), `drillbook_cast` (a cast as
text or as a mapping that may hold functions), `drillbook_simulator` (all of it).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from drillbook.regression import Examination
    from drillbook.session import Tally
    from drillbook.simulator import Simulator

_OPTIONS = (
    ("seeds", "", "Fly every scenario with these seeds (as 1,2,3) instead of its own."),
    ("runbook", "", "Another runbook than the one that comes along."),
    ("cast", "", "Who plays what, as `role=brain,*=stub`."),
    ("coverage-min", "", "The percentage of edges, branches and clauses that must have been flown; below it the session fails."),
)
_FLAGS = (
    ("update", "Write the golden routes as they are now."),
    ("coverage", "Say at the end what the drills have exercised of their runbook."),
)
_GOLDENS = "drillbook_goldens"
_SUITES = pytest.StashKey[dict[int, Any]]()
_TALLY = pytest.StashKey["Tally"]()
_HANDED = ("drillbook_seen", "drillbook_coverage")
"""What a worker of xdist hands to the controller."""
_SEEN = pytest.StashKey[dict[Path, set[Path]]]()


def _lazily(module: str) -> Any:
    """A module of drillbook, imported when it is first needed; one that cannot be, for a file of it was edited, fails in one line."""
    try:
        return import_module(f"drillbook.{module}")
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it is one line with its place
        pytest.fail(str(import_module("drillbook.errors").raised(error, "cannot be loaded")), pytrace=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("drillbook", "incident response drills")
    for name, text in _FLAGS:
        group.addoption(f"--drillbook-{name}", action="store_true", help=f"{text} [ini: drillbook_{name}]")
        parser.addini(f"drillbook_{name}", text, type="bool", default=False)
    for name, default, text in _OPTIONS:
        group.addoption(f"--drillbook-{name}", default=None, metavar=_METAVARS[name], help=f"{text} [ini: {_ini(name)}]")
        parser.addini(_ini(name), text, default=default)
    parser.addini(_GOLDENS, "What a scenario without a golden route is: `optional` (passes) or `required` (fails).", default="optional")


_METAVARS = {"seeds": "SEEDS", "runbook": "FILE", "cast": "CAST", "coverage-min": "PERCENT"}


def _ini(name: str) -> str:
    return f"drillbook_{name.replace('-', '_')}"


def _option(config: pytest.Config, name: str) -> str:
    given = config.getoption(f"--drillbook-{name}")
    return str(given if given is not None else config.getini(_ini(name))).strip()


def _flag(config: pytest.Config, name: str) -> bool:
    return bool(config.getoption(f"--drillbook-{name}") or config.getini(_ini(name)))


def _least(config: pytest.Config) -> float | None:
    """The minimum that is asked of the coverage, in percent."""
    text = _option(config, "coverage-min")
    try:
        least = float(text.removesuffix("%")) if text else None
    except ValueError:
        least = -1.0
    if least is not None and not 0 <= least <= 100:
        raise pytest.UsageError(f"--drillbook-coverage-min {text}: a percentage is expected, from 0 to 100")
    return least


def _measuring(config: pytest.Config) -> bool:
    return _flag(config, "coverage") or _least(config) is not None


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SEEN], config.stash[_SUITES] = {}, {}
    _least(config)
    config.addinivalue_line("markers", "drillbook: a scenario file, flown as a drill")
    if config.getini(_GOLDENS) not in ("optional", "required"):
        raise pytest.UsageError(f"{_GOLDENS} = {config.getini(_GOLDENS)}; valid: optional, required")
    if not all(seed.strip().isdecimal() for seed in filter(None, _option(config, "seeds").split(","))):
        raise pytest.UsageError(f"--drillbook-seeds {_option(config, 'seeds')}: numbers are expected, as 1,2,3")
    if _flag(config, "update") and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--drillbook-update writes files that scenarios share: run it without --numprocesses")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    if file_path.name.endswith(".scenario.yaml"):
        parent.config.stash[_SEEN].setdefault(file_path.parent, set()).add(file_path)
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


@pytest.fixture(scope="session")
def drillbook_runbook(pytestconfig: pytest.Config) -> str | None:
    """The runbook file; None for the one that comes along."""
    named = _runbook(pytestconfig)
    return str(named) if named else None


@pytest.fixture(scope="session")
def drillbook_cast(pytestconfig: pytest.Config) -> Any:
    """Who plays what, as text or as a mapping."""
    return _option(pytestconfig, "cast") or None


@pytest.fixture(scope="session")
def drillbook_simulator(drillbook_runbook: str | None, drillbook_cast: Any) -> Simulator:
    """What the scenarios are flown with."""
    simulator, reading = _lazily("simulator"), _lazily("reading")
    try:
        made: Simulator = simulator.Simulator.of(reading.read_runbook(drillbook_runbook), drillbook_cast)
        reading.alone(made.cast, "pytest")
    except _lazily("errors").BadInput as error:
        pytest.fail(str(error), pytrace=False)
    return made


class ScenarioFile(pytest.File):
    """A scenario file: an item a seed."""

    def collect(self) -> Iterator[ScenarioItem]:
        errors = _lazily("errors")
        try:
            document = _lazily("files").read_document(self.path)
            spec = document.read_as(_lazily("scenario").Scenario)
        except errors.BadInput as error:
            raise self.CollectError(str(error)) from None
        seeds = [int(seed) for seed in _option(self.config, "seeds").split(",") if seed.strip()] or [spec.seed]
        for seed in seeds:
            item: ScenarioItem = ScenarioItem.from_parent(self, name=f"{spec.id}[seed={seed}]", callobj=_fly(self.path, seed))
            item.add_marker("drillbook")
            for tag in spec.tags:
                item.extra_keyword_matches.add(tag)
            yield item


def _fly(path: Path, seed: int) -> Any:
    """What an item calls, with the fixtures that it asks for."""

    def fly(request: pytest.FixtureRequest, drillbook_simulator: Simulator) -> None:
        suites = request.config.stash[_SUITES]
        if id(drillbook_simulator) not in suites:  # a folder's conftest.py may bring its own
            suites[id(drillbook_simulator)] = _lazily("regression").Suite(drillbook_simulator, _flag(request.config, "update"))
        done: Examination = suites[id(drillbook_simulator)].examine(path, seed)
        _told(request, done)
        if _measuring(request.config):
            _tally(request.config).add(done.drill)
        if not done.fine or (done.golden is None and request.config.getini(_GOLDENS) == "required"):
            raise NotAsBefore(done, _rest(request.config))

    return fly


def _tally(config: pytest.Config) -> Tally:
    """The coverage of the session so far."""
    if _TALLY not in config.stash:
        config.stash[_TALLY] = _lazily("session").Tally()
    return config.stash[_TALLY]


def _told(request: pytest.FixtureRequest, done: Examination) -> None:
    """What stands in a JUnit report beside a scenario."""
    account = done.drill.account
    for name in ("severity", "cause", "component", "outcome"):
        request.node.user_properties.append((name, str(getattr(account, name))))
    request.node.user_properties += [("seed", done.drill.seed), ("digest", done.drill.journal.digest),
                                     ("route", " ".join(step.step for step in account.route))]  # fmt: skip


def _rest(config: pytest.Config) -> str:
    """The options that a drill has to be run with, from where pytest was started, to give the same."""
    named = _runbook(config)
    given = {"runbook": named and os.path.relpath(named, config.invocation_params.dir), "cast": _option(config, "cast")}
    return "".join(f" --{name} {value!r}" for name, value in given.items() if value)


def _runbook(config: pytest.Config) -> Path | None:
    """The runbook's file. In the ini file it is relative to the root, else to where pytest was started."""
    named = _option(config, "runbook")
    home = config.rootpath if config.getoption("--drillbook-runbook") is None else config.invocation_params.dir
    return home / named if named else None


class NotAsBefore(Exception):
    """A scenario that does not go as it is expected to."""

    def __init__(self, done: Examination, command: str) -> None:
        super().__init__(done.drill.scenario.id)
        self.done, self.command = done, command


class ScenarioItem(pytest.Function):
    """A scenario with a seed."""

    def __init__(self, *args: Any, **known: Any) -> None:
        super().__init__(*args, **known)
        structured = getattr(self, "_id", None)
        if structured is not None and hasattr(structured, "parse"):  # to pytest 9.2's --lf the seed is a parameter, not part of the name
            self._id = structured.parse(self.nodeid)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotAsBefore):
            lines = [*_lazily("regression").explained(excinfo.value.done, excinfo.value.command)]
            if excinfo.value.done.golden is None and self.config.getini(_GOLDENS) == "required":
                lines.append("there is no golden route of it; write it with --drillbook-update")
            return "\n".join(lines)
        if isinstance(excinfo.value, _lazily("errors").BadInput):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist hands over what it has seen; the session fails if its coverage is below the minimum."""
    config, output = session.config, getattr(session.config, "workeroutput", None)
    if output is not None:
        seen = [str(file) for files in config.stash[_SEEN].values() for file in files]
        output.update(zip(_HANDED, (seen, config.stash[_TALLY].dump() if _TALLY in config.stash else ""), strict=True))
    elif _short(config) and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of xdist has ended."""
    seen, coverage = (getattr(node, "workeroutput", {}).get(name) for name in _HANDED)
    for file in map(Path, seen or ()):
        node.config.stash[_SEEN].setdefault(file.parent, set()).add(file)
    if coverage:
        _tally(node.config).take(coverage)


def _short(config: pytest.Config) -> list[str]:
    """What is to be said of a coverage below the minimum, a line a runbook."""
    least = _least(config)
    if least is None or config.option.collectonly:
        return []
    if _TALLY not in config.stash:  # other tests of the same project may be run alone, whatever its ini file asks of the scenarios
        asked = config.stash[_SEEN] or config.getoption("--drillbook-coverage-min") is not None
        return [f"coverage is below {least:g}%: no drill was flown"] if least and asked else []
    return config.stash[_TALLY].short(least)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What the drills have exercised, and golden routes without a scenario."""
    if _TALLY in config.stash:
        terminalreporter.section("drillbook coverage")
        terminalreporter.write_line("\n".join(config.stash[_TALLY].table()))
    for line in _short(config):
        terminalreporter.write_line(f"FAILED drillbook {line}", red=True)
    _name_orphans(terminalreporter, config)


def _name_orphans(terminalreporter: Any, config: pytest.Config) -> None:
    """Golden routes without a scenario, in the folders that were looked through whole."""
    goldens = _lazily("goldens") if config.stash[_SEEN] else None
    left = [path for folder, files in config.stash[_SEEN].items() for path in goldens.orphans(folder, files)] if goldens else []
    whole = {folder for folder in config.stash[_SEEN] if {*folder.glob("*.scenario.yaml")} == config.stash[_SEEN][folder]}
    for path in left:
        if path.parent.parent in whole:
            terminalreporter.write_line(f"drillbook: orphan golden route, no scenario has it any more: {path}", yellow=True)

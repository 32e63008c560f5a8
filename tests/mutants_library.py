"""The library as mutants are held against it: its drills ready to fly, what each of them passes, and in which order to try them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from mutants_agents import AGENTS, AgentMutant, fresh_roster
from mutants_runbook import RunbookMutant

from drillbook.agents import Role
from drillbook.answers import Answer
from drillbook.brains.stub import Stub
from drillbook.case import Intervention
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.expectations import unmet
from drillbook.files import read_document
from drillbook.goldens import golden_path, read_golden, route_lines
from drillbook.graph.desk import Desk, Work
from drillbook.graph.superstep import advance, begin, perform
from drillbook.inputs import catalogue
from drillbook.reading import read_runbook, read_system
from drillbook.regression import judged
from drillbook.runbook import END, Runbook
from drillbook.scenario import Scenario
from drillbook.scenarios import paths, systems
from drillbook.simulator import SUPERSTEPS, Setup, Simulator
from drillbook.toolbelt import Backend
from drillbook.tools import Tool
from drillbook.units import Frozen

__all__ = ["Flight", "Library", "library"]

Line = tuple[str, int]
"""A module of a role, and the line at which a statement of it begins."""


@dataclass(frozen=True)
class Flight:
    """A scenario ready to fly. `lines` are the statements of the roles that it runs, `story` its golden route and its journal as text.

    The world answers the same question only once for all mutants: its answers are a pure function of the time and of what was done.
    """

    path: Path
    setup: Setup
    goldens: Mapping[int, tuple[str, ...]]
    desk: Desk
    lines: frozenset[Line] = frozenset()
    records: Sequence[bytes] = ()
    story: str = ""

    @property
    def name(self) -> str:
        return self.setup.scenario.id

    def fly(self, simulator: Simulator) -> Drill:
        """The drill with a mutant's runbook and roles, by a plain loop instead of LangGraph's: it is the same drill."""
        setup, runbook = replace(self.setup, simulator=simulator), simulator.runbook
        desk = replace(
            self.desk, runbook=runbook, charters={name: role.charter for name, role in simulator.roster.items()},
            brains={name: Stub(role.duties) for name, role in simulator.roster.items()}, catalogue=catalogue(setup.system, runbook),
        )  # fmt: skip
        here = begin(desk)
        lines, works = [*here.lines], tuple[Work, ...]()
        for _ in range(SUPERSTEPS):
            here = advance(desk, here, works)
            lines += here.lines
            if not here.tasks and here.step == END:
                return setup.finish({"position": here, "journal": tuple(lines)})
            works = tuple(perform(desk, here.case.as_of(task.at) if task.topic else here.case, task) for task in here.tasks)
        raise BadInput("it goes in circles")

    def fails(self, simulator: Simulator, laws: bool) -> Iterator[str]:
        """What of the scenario fails with a mutant: its expectations, its golden route; if neither does, with `laws`, a law."""
        drill = self.fly(simulator)
        if not laws and drill.journal.lines == self.records:
            return
        if any(unmet(drill.scenario.expect, drill.account)):
            yield "expect"
        if self.goldens.get(drill.seed) != route_lines(drill.account):
            yield "golden"
        elif laws and not judged(self.path, drill, self.goldens).fine:
            yield "law"


@dataclass(frozen=True)
class _Remembering:
    """A production that is asked the same only once."""

    backend: Backend
    answers: dict[tuple[object, ...], Answer] = field(default_factory=dict)

    def answer(self, tool: Tool[Frozen], focus: str | None, at: int, done: tuple[Intervention, ...]) -> Answer:
        asked = (tool.name, focus, at, done)
        if asked not in self.answers:
            self.answers[asked] = self.backend.answer(tool, focus, at, done)
        return self.answers[asked]


@dataclass
class Library:
    """Every scenario, flown once by roles that tell which of their statements run."""

    base: Simulator
    flights: tuple[Flight, ...]
    kills: Counter[str] = field(default_factory=Counter)
    _found: dict[tuple[str, str], bool] = field(default_factory=dict)

    def simulator(self, runbook: Runbook | None = None, roster: Mapping[str, Role] | None = None) -> Simulator:
        """The simulator with another runbook or other roles. Its graph is not compiled anew: nothing here runs it."""
        return _with(self.base, runbook or self.base.runbook, roster or self.base.roster)

    def likely(self, mutant: RunbookMutant | AgentMutant, first: str = "") -> list[Flight]:
        """The flights that a mutant can make a difference to, the most promising first, and `first` before all."""
        flights = [one for one in self.flights if _reaches(one, mutant)]
        words = mutant.words if isinstance(mutant, RunbookMutant) or not mutant.statement else ()
        return sorted(flights, key=lambda one: (one.name != first, -self._matches(one, words), -self.kills[one.name], len(one.records)))

    def passes(self, mutant: RunbookMutant) -> bool:
        """Whether any flight is known to come by what was changed."""
        return "on_error" not in mutant.where and any(self._matches(one, mutant.words[-1:]) for one in self.flights)

    def _matches(self, flight: Flight, words: tuple[str, ...]) -> int:
        for word in words:
            if (flight.name, word) not in self._found:
                self._found[flight.name, word] = word.lower() in flight.story
        return sum(self._found[flight.name, word] for word in words)


def _with(base: Simulator, runbook: Runbook, roster: Mapping[str, Role]) -> Simulator:
    made = copy(base)
    made.runbook, made.roster = runbook, roster
    return made


def _reaches(flight: Flight, mutant: RunbookMutant | AgentMutant) -> bool:
    """Whether a flight runs the statement that was changed; of a table and of the runbook it is not known."""
    return isinstance(mutant, RunbookMutant) or not mutant.statement or (mutant.module, mutant.statement) in flight.lines


class _Telling(ast.NodeTransformer):
    """Has every statement of a function tell that it runs."""

    def __init__(self, module: str) -> None:
        self.module = module

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        for inner in ast.walk(node):
            for name in ("body", "orelse"):
                block = getattr(inner, name, None)
                if isinstance(block, list):
                    setattr(inner, name, [part for statement in block for part in (self._tells(statement), statement)])
        return node

    def _tells(self, statement: ast.stmt) -> ast.stmt:
        return ast.parse(f"_runs(({self.module!r}, {statement.lineno}))").body[0]


def _telling_roster(told: Callable[[Line], None]) -> Mapping[str, Role]:
    trees = {path.stem: _Telling(path.stem).visit(ast.parse(path.read_text(), str(path))) for path in AGENTS}
    return fresh_roster(trees, {"_runs": told})


@cache
def library() -> Library:
    """The library of this repository, flown once."""
    told = set[Line]()
    base = Simulator(read_runbook())
    assert base.header, "every copy has it"
    return Library(base, tuple(_flights(base, _with(base, base.runbook, _telling_roster(told.add)), told)))


_system = cache(read_system)


def _ready(base: Simulator, path: Path) -> Setup:
    """A scenario ready to run; its system is read once for all."""
    spec = read_document(path).read_as(Scenario)
    given = (spec.trigger is not None and spec.trigger.alertmanager) or spec.system not in systems()
    return base.prepare(path) if given else base.setup(spec, _system(spec.system))


def _flights(base: Simulator, telling: Simulator, told: set[Line]) -> Iterator[Flight]:
    for path in paths():
        setup = _ready(base, path)
        desk = setup.desk()
        flight = Flight(path, setup, read_golden(golden_path(path)), replace(desk, backend=_Remembering(desk.backend)))
        told.clear()
        drill = flight.fly(telling)
        story = "\n".join((*route_lines(drill.account), drill.journal.body.decode())).lower()
        yield replace(flight, lines=frozenset(told), records=tuple(drill.journal.lines), story=story)

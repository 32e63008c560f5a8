"""The composition root: a scenario, a runbook, a cast and a seed become a drill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import drillbook
from drillbook.agents import Role
from drillbook.agents.approving import approve
from drillbook.backends import Canned
from drillbook.brains.chat import LangChain
from drillbook.brains.model import Model
from drillbook.brains.stub import Stub
from drillbook.brains.wording import Wording
from drillbook.case import Alert, Case
from drillbook.casting import Casting, brain_of, casting, name_of, wording_of
from drillbook.casts import CastFile
from drillbook.checkpoint import checkpointed
from drillbook.drill import Drill
from drillbook.errors import BadInput, expect
from drillbook.graph.change import Change
from drillbook.graph.compiler import DrillState
from drillbook.graph.desk import Desk
from drillbook.graph.pausing import pausing, pending
from drillbook.inputs import LABELS, catalogue, plain
from drillbook.journal import VERSION, Journal
from drillbook.outside import Recall
from drillbook.plugins import roster as known_roles
from drillbook.provenance import compiled, provenance
from drillbook.reading import read_cast, read_runbook
from drillbook.recall import Recorded, When
from drillbook.records import digest_of
from drillbook.runbook import Runbook
from drillbook.scenario import Scenario, System
from drillbook.starting import read_start, triggered
from drillbook.toolbelt import Brain
from drillbook.tools import WORDED, WORLD
from drillbook.world import World

__all__ = ["SUPERSTEPS", "Setup", "Simulator", "prepare", "run"]

Watcher = Callable[[Case], None]
Asking = Callable[[Mapping[str, Any]], Any]
"""What gives a person's answers: a question to an answer, both JSON data."""

SUPERSTEPS = 1000
"""More than the longest way through any sound runbook; what takes more has no bound."""
_MOST_WRONG = 20


class Simulator:
    """A runbook and a cast, compiled once; runs any number of scenarios. `terms` are those of the cast's file."""

    def __init__(self, runbook: Runbook, cast: Casting | None = None, roster: Mapping[str, Role] | None = None,
                 terms: CastFile | None = None) -> None:  # fmt: skip
        self.runbook, self.terms = runbook, terms or read_cast(None)
        roster = known_roles() if roster is None else roster
        self.roster = roster
        chosen: Casting = {**dict.fromkeys(roster, "stub"), **(cast or {})}
        self.cast = {role: brain if isinstance(brain, str) else name_of(brain) for role, brain in chosen.items() if brain != WORLD}
        self.graph = compiled(runbook)
        self.stubs: Mapping[str, Brain] = {name: Stub({"approve": approve, **role.duties}) for name, role in roster.items()}
        self.functions = {role: brain for role, brain in chosen.items() if not isinstance(brain, str)}
        self.wordings = {tool: made for tool in WORDED if (made := wording_of(chosen.get(tool, WORLD))) is not None}
        self._brains = {name: brain_of(chosen[name], self.stubs[name]) for name in roster}
        self.people = tuple(role for role, brain in self._brains.items() if getattr(brain, "asks_people", False))

    def __repr__(self) -> str:
        return f"<Simulator {self.runbook.name}: {len(self.runbook.steps)} steps, {len(self.roster)} roles>"

    def __reduce__(self) -> tuple[type[Simulator], tuple[Any, ...]]:
        """It pickles as what it was made of, and is compiled anew; roles of one's own and functions that play roles by their names."""
        return Simulator, (self.runbook, {**self.cast, **self.functions}, None if self.roster is known_roles() else self.roster)

    @classmethod
    def of(cls, runbook: Runbook, cast: Casting | str | None = None) -> Simulator:
        """A simulator of a cast as users give it: text, a file with its terms, or a mapping. Raises BadInput."""
        terms = read_cast(cast) if isinstance(cast, str) else None
        if terms and terms.approve:
            runbook = runbook.model_copy(update={"approve": {**runbook.approve, **terms.approve}})
        return cls(runbook, casting(cast), terms=terms)

    @property
    def elapsed(self) -> Mapping[str, float]:
        """The seconds that each answer of a model took, by the digest of its request."""
        return {digest: seconds for chat in self._chats for digest, seconds in chat.elapsed.items()}

    @property
    def _chats(self) -> list[LangChain]:
        """The chat models of the cast: those that play, and those that word what is shown."""
        chats = [one.chat for one in (*self._brains.values(), *self.wordings.values()) if isinstance(one, Model | Wording)]
        return [chat for chat in chats if isinstance(chat, LangChain)]

    def ready(self) -> None:
        """Raises BadInput, in one line, for a model of the cast that cannot be asked: no package, no key, or models are off."""
        for chat in self._chats:
            chat.model  # noqa: B018 - made when it is first looked at

    def played_by(self, brains: Mapping[str, Brain]) -> Simulator:
        """The same simulator with these functions in these roles; what was compiled is shared."""
        other = copy(self)
        other.cast = {**self.cast, **{role: name_of(brain) for role, brain in brains.items()}}
        other.functions, other._brains = {**self.functions, **brains}, {**self._brains, **brains}
        other.header = {**self.header, "cast": other.cast}
        return other

    @cached_property
    def header(self) -> dict[str, Any]:
        """The part of every journal's header that the simulator alone determines."""
        return {
            "journal": VERSION,
            **provenance(self.runbook, self.roster),
            "cast": self.cast,
            "inputs": {"runbook": plain(self.runbook)},
        }

    def prepare(self, scenario: str | Path | Scenario, *, seed: int | None = None, alert: str | Path | None = None) -> Setup:
        """A scenario (an id of the catalogue, a file, or one at hand), ready to run; `alert` is a body that starts it. Raises BadInput."""
        spec, system, alerts = read_start(scenario, alert)
        return self.setup(spec, system, seed, alerts)

    def setup(self, scenario: Scenario, system: System, seed: int | None = None, alerts: Sequence[Alert] = ()) -> Setup:
        """A scenario that is at hand, ready to run. Raises BadInput for a seed that is none."""
        expect("seed", seed, (int, type(None)), "a whole number from 0 on")
        if seed is not None and not 0 <= seed < 2**63:
            raise BadInput(f"seed {seed}; valid: a whole number from 0 to {2**63 - 1}")
        return Setup(self, scenario, system, scenario.seed if seed is None else seed, tuple(alerts))

    def run(self, scenario: Scenario, system: System, *, seed: int | None = None, alerts: Sequence[Alert] = (),
            max_concurrency: int | None = None, watch: Watcher | None = None) -> Drill:  # fmt: skip
        """Run one drill to its end; the arguments are those of `setup` and of `Setup.run`. Raises BadInput if nothing starts it."""
        return self.setup(scenario, system, seed, alerts).run(watch, max_concurrency=max_concurrency)


@dataclass(frozen=True, repr=False)
class Setup:
    """A drill that is ready to start.

    `alerts` start it instead of the scenario's trigger; `pictured` is that of `World`. A fork has the `changes` that it makes and
    the digest of its `parent`;
    a replay has the answers of models and people that were `recorded`, and `stand_in` says whether the stub answers for what was not.
    """

    simulator: Simulator
    scenario: Scenario
    system: System
    seed: int
    alerts: tuple[Alert, ...] = ()
    changes: tuple[Change, ...] = ()
    parent: str | None = None
    recorded: Recorded | None = None
    stand_in: bool = False
    pictured: bool = True

    def __repr__(self) -> str:
        return f"<Setup {self.scenario.id} seed {self.seed}{' forked' if self.changes else ''}, ready to run>"

    @cached_property
    def world(self) -> World:
        """The production that is flown in; what it has worked out once serves whoever asks for the truth afterwards."""
        return World(self.system, self.scenario, self.seed, self.pictured)

    def desk(self) -> Desk:
        """What the graph is run with. Raises BadInput if nothing starts the drill."""
        flown, world = self.simulator, self.world
        return Desk(
            runbook=flown.runbook, charters={name: role.charter for name, role in flown.roster.items()}, brains=flown._brains,
            backend=Canned(self.scenario.tools, world) if self.scenario.tools else world, starts=self.scenario.starts,
            catalogue=catalogue(self.system, flown.runbook), alerts=self.alerts or triggered(self.scenario, world),
            changes=self.changes, recall=self.recorded, stand_ins=flown.stubs if self.stand_in else None,
            wordings=flown.wordings,
        )  # fmt: skip

    def run(self, watch: Watcher | None = None, *, max_concurrency: int | None = None, checkpoint: str | Path | None = None,
            ask: Asking | None = None) -> Drill:  # fmt: skip
        """Run it to its end. `watch` is called with the case after every step.

        `checkpoint` is a SQLite file: the drill is written to it as it goes, and goes on from what is in it. `ask` gives the answers
        of the people in the cast, from question to answer (docs/people.md); by default they are asked in the terminal. Raises BadInput if
        nothing starts the drill, or if the file is another drill's.
        """
        expect("run: watch", watch, (Callable, type(None)), "a function of the case")  # type: ignore[arg-type]  # an abstract type
        expect("run: max_concurrency", max_concurrency, (int, type(None)), "how many tasks may run at once, from 1 on")
        expect("run: checkpoint", checkpoint, (str, Path, type(None)), "the path of a SQLite file")
        config: Any = {"recursion_limit": SUPERSTEPS, "max_concurrency": max_concurrency}
        if self.recorded is None or self.recorded.ask_live:
            self.simulator.ready()
        if checkpoint is None:
            return self.finish(self._play(config, self.desk(), watch or _nobody, _nowhere, ask))
        with checkpointed(Path(checkpoint), self.header) as kept:
            desk = replace(self.desk(), recall=self.recorded or kept)
            return self.finish(self._play(config, desk, watch or _nobody, kept.reached, ask))

    def _play(self, config: Any, desk: Desk, watch: Watcher, reached: Callable[[Sequence[bytes]], None], ask: Asking | None) -> DrillState:
        """The graph's last state; `watch` sees the case whenever a step has ended, `reached` the records of every superstep."""
        final: DrillState = {}
        flights = self._flight(config, desk) if not self.people else self._stops(config, desk, ask)
        try:
            for state in flights:
                new = state.get("journal", ()) != final.get("journal", ())
                final = state
                reached(final.get("journal", ()))
                if new and "position" in final and final["position"].edge is not None and final["position"].phase == "open":
                    watch(final["position"].case)
        except RecursionError:
            name, step = self.simulator.runbook.name, final["position"].step
            raise BadInput(f"runbook {name}: goes in circles: step {step!r} again, after {SUPERSTEPS} supersteps") from None
        return final

    def _flight(self, config: Any, desk: Desk) -> Iterator[DrillState]:
        """The states of a drill in which nobody is asked."""
        for part in self.simulator.graph.stream({"work": ()}, config, context=desk, stream_mode="values", version="v2"):
            yield cast(DrillState, part["data"])

    def _stops(self, config: Any, desk: Desk, ask: Asking | None) -> Iterator[DrillState]:
        """The states of a drill with people in it: it stops at each question, and goes on with the answer that is kept, or given now."""
        graph: Any = pausing(self.simulator.graph)
        going = {**config, "configurable": {"thread_id": self.scenario.id}}
        asking: Asking = ask or drillbook.asking.terminal()
        what: Any = {"work": ()}
        wrong = 0
        while what is not None:
            for part in graph.stream(what, going, context=desk, stream_mode="values", version="v2"):
                yield cast(DrillState, part["data"])
            stop = pending(graph, going)
            wrong = wrong + 1 if stop and stop.question["fault"] else 0
            if stop and wrong >= _MOST_WRONG:
                raise BadInput(f"{stop.question['where']['path']}: {wrong} answers in a row that do not fit: {stop.question['fault']}")
            what = None if stop is None else stop.answer(_kept(desk.recall, stop.question, asking))

    @property
    def people(self) -> tuple[str, ...]:
        """The roles that people play; none in a replay, where nobody is asked."""
        live = self.recorded is None or self.recorded.ask_live
        return self.simulator.people if live else ()

    def finish(self, final: DrillState) -> Drill:
        """The drill that a last state of the graph stands for."""
        return Drill(self, final["position"].case, Journal(self.header, final["journal"]))

    @property
    def header(self) -> dict[str, Any]:
        """The header of the drill's journal."""
        known = self.simulator.header
        shape, system = plain(self.scenario, LABELS), plain(self.system)
        fork = {"fork": {"parent": self.parent, "changes": [plain(change) for change in self.changes]}} if self.changes else {}
        evidence = {} if self.pictured else {"evidence": "figures"}
        return {
            **known, **fork, **evidence, "scenario": self.scenario.id, "seed": self.seed,
            "scenario_hash": digest_of([{**shape, "id": ""}, system]),
            "inputs": {**known["inputs"], "scenario": shape, "system": system, "alerts": [plain(alert) for alert in self.alerts]},
        }  # fmt: skip

    def replayed(self, records: Sequence[Mapping[str, Any]], when: When = "stop") -> Setup:
        """The same drill, its models and people answering as they did in `records`."""
        return replace(self, recorded=Recorded.of(records, when), stand_in=when == "stub")


def _kept(recall: Recall | None, question: Mapping[str, Any], ask: Asking) -> Any:
    """The answer that was given before the drill was stopped, else one that is given now. What did not fit is asked anew."""
    where = question["where"]
    found = recall(**where) if recall and not question["fault"] else {}
    return found["answer"] if "answer" in found else ask(question)


def _nowhere(lines: Sequence[bytes]) -> None:
    """Keeps nothing."""


def _nobody(case: Case) -> None:
    """Watches nothing."""


def prepare(scenario: str | Path | Scenario, *, seed: int | None = None, runbook: str | Path | Runbook | None = None,
            cast: Casting | str | None = None, alert: str | Path | None = None) -> Setup:  # fmt: skip
    """A scenario (an id of the catalogue, a file, or a `Scenario`), ready to run.

    `seed` replaces the scenario's; `runbook` is a file, or a `Runbook`; `cast` says who plays what, as `role=brain,*=stub`, a cast file,
    or a mapping in which a function of (task, case, toolbelt) may stand for a brain;
    `alert` is a file with the body of a webhook or an event that starts the drill. Raises BadInput for anything that is wrong with them.
    """
    return Simulator.of(read_runbook(runbook), cast).prepare(scenario, seed=seed, alert=alert)


def run(scenario: str | Path | Scenario, *, seed: int | None = None, runbook: str | Path | Runbook | None = None,
        cast: Casting | str | None = None, alert: str | Path | None = None) -> Drill:  # fmt: skip
    """Run a scenario and return the finished drill.

    Print the drill for a summary, or let a notebook show it.

        drill = drillbook.run("checkout-bad-deploy")                # a scenario by its id; drillbook.scenarios() lists them
        drill.route, drill.timeline, drill.messages                 # what was done, when, and what was said
        drill.metrics("checkout"), drill.service_map                # what the instruments showed, and where the trouble was
        drill.truth, drill.score, drill.postmortem                  # what really happened, what the drill was worth, the review
        drill.fork(at="diagnose", do="rollback checkout")           # what if?
        drill.save("drill.html")                                    # a report; .jsonl is the journal, that replays byte for byte

    scenario: an id of the catalogue, the path of a file (docs/scenarios.md), or a `Scenario`.
    seed: a whole number, in the place of the scenario's own; the same seed gives the same drill.
    runbook: the path of a runbook file (docs/runbook.md), or a `Runbook`; the one that comes with the package by default.
    cast: who plays what: `"role=brain,*=stub"`, the path of a cast file, or a mapping of roles to brains, in which a function of
        (task, case, toolbelt) may stand for a brain; the stub plays everybody by default. docs/eval.md has the brains' names.
    alert: the path of a file with the body of a webhook that starts the drill, in the place of the scenario's own alert.

    Nothing of it needs a key or a network, unless a chat model is cast. Raises BadInput, in one line, for anything that is wrong.
    """
    return prepare(scenario, seed=seed, runbook=runbook, cast=cast, alert=alert).run()

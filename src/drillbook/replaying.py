"""Replay: fly a journal again, hold every record against it, and say where and why it differs.

The world is recomputed; what models and people answered comes from the journal. A replay that differs is flown again: if the
code disagrees with itself the verdict is FLAKY, otherwise CHANGED. drillbook.confirming asks the same of a fresh process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from drillbook.account import Account
from drillbook.casting import FUNCTION, Casting, casting
from drillbook.casts import CastFile
from drillbook.comparing import Comparison, compare
from drillbook.divergence import Divergence, first_divergence
from drillbook.drill import Drill
from drillbook.errors import BadInput, Problem, expect, valid_names
from drillbook.inputs import Inputs, plain
from drillbook.journal import Journal, read_journal
from drillbook.offline import offline
from drillbook.outside import asked
from drillbook.plugins import castable, roster
from drillbook.reading import check_inputs, read_cast, read_fork, read_runbook
from drillbook.recall import When
from drillbook.records import canonical, changed_parts
from drillbook.runbook import Runbook
from drillbook.scenario import Scenario, System
from drillbook.shown import Shown
from drillbook.simulator import Setup, Simulator, prepare
from drillbook.starting import Start, read_start
from drillbook.toolbelt import Brain
from drillbook.world import Truth, World

__all__ = ["Edits", "Replay", "Replayer", "Verdict", "held", "replay"]

Verdict = Literal["IDENTICAL", "CHANGED", "FLAKY"]


@dataclass(frozen=True)
class Edits:
    """What a what-if replaces: another runbook, cast or scenario; and what becomes of answers that were not recorded.

    `terms` are those of the cast's file.
    """

    runbook: Runbook | None = None
    cast: Casting | None = None
    scenario: Start | None = None
    missing: When = "stop"
    terms: CastFile | None = None

    @property
    def any(self) -> bool:
        return self.runbook is not None or self.cast is not None or self.scenario is not None


@dataclass(frozen=True, repr=False)
class Replay(Shown):
    """A journal and what came of flying it again.

    `flaky`: where two runs of the current code differ from one another. `asked`: where it was asked that last, in this process or in
    another one. `edits`: what was replaced, in a what-if.
    """

    name: str
    recorded: Journal
    drill: Drill
    divergence: Divergence | None
    flaky: Divergence | None = None
    asked: Literal["not", "here", "elsewhere"] = "not"
    edits: Edits = Edits()

    @property
    def brief(self) -> str:
        header, what_if = self.recorded.header, " what-if" if self.edits.any else ""
        where = f": {self.divergence.headline}" if self.divergence and not self.flaky else ""
        return f"{self.verdict}{what_if} of {header['scenario']} seed {header['seed']}, {len(self.recorded.lines)} records{where}"

    @property
    def verdict(self) -> Verdict:
        if self.flaky is not None:
            return "FLAKY"
        return "IDENTICAL" if self.divergence is None else "CHANGED"

    @property
    def identical(self) -> bool:
        """Whether every record is what it was."""
        return self.divergence is None and self.flaky is None

    @cached_property
    def account(self) -> Account:
        """What the recorded journal tells."""
        return Account(self.recorded.records, self.drill.account.kinds)

    @cached_property
    def truth(self) -> Truth:
        """What the world says of the recorded drill."""
        scenario, system = self._flown
        return World(system, scenario, self.recorded.header["seed"]).truth(self.account.ends, self.account.interventions)

    @property
    def _flown(self) -> tuple[Scenario, System]:
        inputs = Replayer().inputs(self.name, self.recorded)
        return inputs.scenario, inputs.system

    @cached_property
    def comparison(self) -> Comparison:
        """The recorded drill beside the one flown now."""
        return compare(self.account, self.drill.account, (self.truth, self.drill.truth))

    @cached_property
    def changed_inputs(self) -> tuple[str, ...]:
        """What differs between then and now, by the headers: engine, runbook, graph, scenario, cast, roles and their files, packages."""
        return changed_parts(self.recorded.header, self.drill.journal.header)

    @cached_property
    def sources(self) -> dict[str, int]:
        """Where the answers came from: RECOMPUTED by the world, EXACT or MOVED from the journal, LIVE; a missing one has none
        (UNANSWERED), or the STUB stepped in."""
        known = {(*one["at"][1:], _digest(one)) for one in self.account.of("ask") if "unanswered" not in one["out"]}
        digests = {place[-1] for place in known}
        counts = dict.fromkeys(("RECOMPUTED", "EXACT", "MOVED", "LIVE", "STUB", "UNANSWERED"), 0)
        missing = "STUB" if self.edits.missing == "stub" else "UNANSWERED"
        for record in self.drill.account.of("ask"):
            exact, moved = (*record["at"][1:], _digest(record)) in known, _digest(record) in digests
            counts[missing if "unanswered" in record["out"] else "EXACT" if exact else "MOVED" if moved else "LIVE"] += 1
        counts["RECOMPUTED"] = sum(record["kind"] in ("observe", "act") for record in self.drill.journal.records)
        return {name: count for name, count in counts.items() if count}


def _digest(record: Mapping[str, Any]) -> str:
    return asked(record["in"]["name"], record["in"]["request"])


class Replayer:
    """Replays journals; those of one runbook and cast share a simulator.

    `edits` makes every replay a what-if; `functions` are the Python functions that played roles, by role.
    """

    def __init__(self, edits: Edits | None = None, functions: Mapping[str, Brain] | None = None) -> None:
        self.edits = edits or Edits()
        self._functions = functions or {}
        self._known: dict[bytes, Simulator] = {}
        self._checked: dict[bytes, Inputs] = {}

    def replay(self, journal: Journal | Path, *, twice: bool = True) -> Replay:
        """Fly a journal again. `twice`: where it differs, ask whether the current code agrees with itself. Raises BadInput."""
        name = str(journal) if isinstance(journal, Path) else "the journal"
        recorded = read_journal(journal) if isinstance(journal, Path) else journal
        live = self.edits.missing == "record"  # who is asked again may well answer otherwise, and from elsewhere
        with offline(not live), _blamed(None if self.edits.any else name):
            setup = self.setup(name, recorded)
            drill = setup.run()
            found = Replay(name, recorded, drill, held(name, recorded, drill.journal), edits=self.edits)
            if found.divergence is None or not twice or self.edits.any or live:
                return found
            return replace(found, flaky=held(name, drill.journal, setup.run().journal), asked="here")

    def setup(self, name: str, recorded: Journal) -> Setup:
        """The drill that a journal records, ready to be flown again with the answers that it holds. Raises BadInput."""
        inputs = self.inputs(name, recorded)
        scenario, system, alerts = self.edits.scenario or (inputs.scenario, inputs.system, ())
        if self.edits.scenario is None or not (alerts or _own_body(inputs.scenario)):
            alerts = inputs.alerts
        changes, parent = read_fork(name, recorded.header.get("fork"), inputs.runbook)
        simulator = self._simulator(name, self.edits.runbook or inputs.runbook, self.edits.cast or recorded.header["cast"])
        setup = Setup(simulator, scenario, system, recorded.header["seed"], alerts, changes, parent,
                      pictured="evidence" not in recorded.header)  # fmt: skip
        return setup.replayed(recorded.records, self.edits.missing)

    def inputs(self, name: str, recorded: Journal) -> Inputs:
        """What was flown: carried by the journal itself, or, for one of version 1, found in the catalogue. Raises BadInput."""
        carried = recorded.header["inputs"]
        if carried is None:
            setup = prepare(recorded.header["scenario"])
            return Inputs(scenario=setup.scenario, system=setup.system, runbook=setup.simulator.runbook, alerts=setup.alerts)
        key = canonical([carried.get("runbook"), carried.get("system")])
        try:
            inputs = Inputs.of(carried, self._checked.get(key))
        except ValueError as error:
            raise BadInput([Problem(name, f"its inputs: {error}", 1, 1)]) from None
        check_inputs(name, inputs, key in self._checked)
        self._checked[key] = inputs
        return inputs

    def _simulator(self, name: str, runbook: Runbook, cast: Casting) -> Simulator:
        wanted = {role: self._functions.get(role, brain) if str(brain).startswith(FUNCTION) else brain for role, brain in cast.items()}
        unknown = [role for role in wanted if role not in castable()]
        if unknown:
            raise BadInput([Problem(name, f"its cast has an unknown role {unknown[0]!r}; {valid_names(unknown[0], castable())}", 1, 1)])
        key = canonical([plain(runbook), {role: str(brain) for role, brain in wanted.items()}])
        if key not in self._known:
            self._known[key] = Simulator(runbook, wanted, terms=self.edits.terms)
        return self._known[key]


@contextmanager
def _blamed(name: str | None) -> Iterator[None]:
    """What is wrong with nothing else at hand than a journal is wrong in its header; None: there is something else."""
    try:
        yield
    except BadInput as error:
        raise BadInput([one if one.line or name is None else Problem(name, f"its header: {one.message}", 1, 1)
                        for one in error.problems]) from None  # fmt: skip


def _own_body(scenario: Scenario) -> bool:
    """Whether a scenario names the body that starts it; else alerts came from outside, and start an edited scenario, too."""
    return scenario.trigger is not None and scenario.trigger.alertmanager is not None


def held(name: str, recorded: Journal, current: Journal) -> Divergence | None:
    """Where a journal differs from another one; the bytes of the lines settle it where they are the same.

    Raises BadInput for a journal that tells the same in other bytes: nobody but an editor writes one.
    """
    if recorded.body == current.body:
        return None
    found = first_divergence(recorded.records, current.records)
    if found is None:
        line = next(place for place, (old, new) in enumerate(zip(recorded.lines, current.lines, strict=True)) if old != new)
        raise BadInput([Problem(name, f"record {line} was edited: it is not written as drillbook writes it", line + 2, 1)])
    return found


def replay(journal: Journal | Drill | str | Path, *, runbook: str | Path | None = None, cast: Casting | str | None = None,
           scenario: str | Path | None = None, missing: When = "stop", functions: Mapping[str, Brain] | None = None) -> Replay:  # fmt: skip
    """Fly a journal (a file, or a drill just flown) again and hold every record against it.

    With another `runbook`, `cast` or `scenario` it is a what-if. `missing` says what becomes of a model's or a person's answer that was
    not recorded: `stop` there, let the `stub` step in, or ask and `record`. `functions` are the Python functions of the cast, by role.
    Raises BadInput.
    """
    expect("replay: journal", journal, (Drill, Journal, Path, str), "a drill, a journal, or the path of a journal's file, one at a time")
    expect("replay: functions", functions, (Mapping, type(None)), "a mapping of roles to functions of (task, case, toolbelt)")
    for role in functions or {}:
        if role not in roster():
            raise BadInput(f"replay: functions: unknown role {role!r}; {valid_names(str(role), roster())}")
    if missing not in get_args(When):
        raise BadInput(f"replay: --missing {missing!r}; valid: {', '.join(get_args(When))}")
    edits = Edits(
        runbook=None if runbook is None else read_runbook(runbook), cast=None if cast is None else casting(cast),
        scenario=None if scenario is None else read_start(scenario), missing=missing,
        terms=read_cast(cast) if isinstance(cast, str) else None,
    )  # fmt: skip
    recorded = journal.journal if isinstance(journal, Drill) else Path(journal) if isinstance(journal, str) else journal
    played = journal.setup.simulator.functions if isinstance(journal, Drill) else {}
    return Replayer(edits, {**played, **(functions or {})}).replay(recorded)

"""Forks: a drill that shares another's past and differs from one decision on, with its parent named in its journal."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from drillbook.account import Account, Passed
from drillbook.case import Acted, Item
from drillbook.comparing import Comparison, compare
from drillbook.drill import Drill
from drillbook.errors import BadInput, expect, valid_names
from drillbook.graph.change import Change
from drillbook.journal import Journal
from drillbook.replaying import Replay, Replayer
from drillbook.shown import Shown
from drillbook.tools import REMEDIES
from drillbook.units import HOUR, MINUTE, SECOND, clock, duration, parse_duration

if TYPE_CHECKING:
    from drillbook.decisions import Sweep

__all__ = ["HORIZON", "Decision", "Fork", "Wish", "fork", "parent_of", "resolved"]

_WHY = MappingProxyType({"report": "the world that it flew in cannot be shown"})
HORIZON = 2 * HOUR
"""Harm is counted up to so long after the parent's end, for the parent and for its forks, whenever they end (virtual ms)."""
LATEST = 7 * 24 * HOUR
"""The longest delay (virtual ms): messages fall due all the while, so that a drill of a year would take an hour."""

_ALIASES = MappingProxyType({"diagnosis": "diagnosed", "severity": "declared.severity", "cause": "diagnosed.cause",
                             "component": "diagnosed.component", "declaration": "declared"})  # fmt: skip
_CLOCK = re.compile(r"T\+(\d+):([0-5]\d)", re.ASCII)
_ITEM: TypeAdapter[Item] = TypeAdapter(Item)

Scalar = bool | int | float | str | None
Source = Drill | Journal | Path | str


@dataclass(frozen=True)
class Wish:
    """What a fork is asked to do otherwise, in the user's words.

    `at`: a record's number, a moment (`T+12:30`), or a step (`diagnose`, `diagnose#2` for its second pass). `set`: values of conclusions,
    as `diagnosis.cause` to `infrastructure`, or `outcome`. `do`: a remedy and its target, as `rollback checkout`.
    `delay`: how much later the step begins (virtual ms). `without`: a role that is not there from then on.
    """

    at: str
    set: Mapping[str, Scalar] = field(default_factory=dict)
    do: str | None = None
    delay: int = 0
    without: str | None = None

    @property
    def call(self) -> str:
        """The arguments of `Drill.fork` that ask for the same."""
        given = {"at": self.at, "set": dict(self.set), "do": self.do, "delay": duration(self.delay) if self.delay else None,
                 "without": self.without}  # fmt: skip
        return ", ".join(f"{name}={value!r}" for name, value in given.items() if value)

    @property
    def command(self) -> str:
        """The options of `drillbook fork` that ask for the same."""
        return f"--at {self.at} {self.otherwise}"

    @property
    def otherwise(self) -> str:
        """What is different, as options."""
        parts = [f"--set {name}={_written(value)}" for name, value in self.set.items()]
        parts += [f"--do '{self.do}'"] if self.do else []
        parts += [f"--delay {duration(self.delay)}"] if self.delay else []
        return " ".join([*parts, *([f"--without {self.without}"] if self.without else [])])


@dataclass(frozen=True)
class Decision:
    """Where a drill can be forked: the step that was passed there, and the moment that was meant (virtual ms)."""

    step: Passed
    at: int


@dataclass(frozen=True, repr=False)
class Fork(Shown):
    """A counterfactual drill beside its parent. It is replayed, forked and swept as its `drill` is."""

    parent: Drill
    drill: Drill
    wish: Wish
    decision: Decision

    @property
    def brief(self) -> str:
        step, parent = self.decision.step.step, self.parent
        return f"of {parent.scenario.id} seed {parent.seed} at {step} ({clock(self.decision.at)}): {self.wish.otherwise}"

    def replay(self, **edits: Any) -> Replay:
        """Fly the fork again and hold every record against it; the arguments are those of `Drill.replay`. Raises BadInput."""
        return self.drill.replay(**edits)

    def fork(self, **wish: Any) -> Fork:
        """Fork the fork; the arguments are those of `Drill.fork`. Raises BadInput."""
        return self.drill.fork(**wish)

    def sweep(self) -> Sweep:
        """Try every alternative at every decision of the fork."""
        return self.drill.sweep()

    @cached_property
    def comparison(self) -> Comparison:
        """The parent beside the fork, the harm of both counted up to the same moment."""
        first, second = (drill.world.truth(self.until, drill.case.interventions) for drill in (self.parent, self.drill))
        return compare(self.parent.account, self.drill.account, (first, second))

    @property
    def same(self) -> bool:
        """Whether nothing came of it: every record is the parent's."""
        return self.drill.journal.body == self.parent.journal.body

    @property
    def until(self) -> int:
        """The moment up to which the harm of both is counted (virtual ms)."""
        return self.parent.account.ends + HORIZON

    @cached_property
    def shared(self) -> int:
        """How many records the fork shares with its parent."""
        pairs = zip(self.parent.journal.lines, self.drill.journal.lines, strict=False)
        return next((place for place, (old, new) in enumerate(pairs) if old != new), len(self.parent.journal.lines))

    @property
    def refused(self) -> tuple[str, ...]:
        """What production said to the remedy that was wished, where it refused it."""
        tried = [one for one in self.drill.case.all(Acted) if not one.accepted and f"{one.tool} {one.target}" == self.wish.do]
        return tuple(dict.fromkeys(f"{one.tool} {one.target} was refused: {one.detail}" for one in tried))

    @property
    def unmet(self) -> tuple[str, ...]:
        """The passes, as `diagnose#2`, at which an earlier fork did something otherwise and which this one does not come to."""
        passed = {(step.step, step.attempt) for step in self.drill.account.route}
        inherited = [(change.step, change.attempt) for change in self.parent.setup.changes]
        return tuple(f"{step}#{attempt + 1}" for step, attempt in dict.fromkeys(inherited) if (step, attempt) not in passed)


def parent_of(source: Source, asks: str = "fork") -> Drill:
    """The drill of a journal, flown again. Raises BadInput for a journal that does not replay: its past cannot be shared."""
    expect(f"{asks}: journal", source, (Drill, Journal, Path, str), "a drill, a journal, or the path of a journal's file")
    if isinstance(source, Drill):
        return source
    done = Replayer().replay(source if isinstance(source, Journal) else Path(source), twice=False)
    if done.divergence is not None:
        raise BadInput(f"{done.name}: does not replay, so {_WHY.get(asks, 'no fork can share its past')}: {done.divergence.headline}")
    return done.drill


def fork(journal: Source, *, at: str | int | None = None, set: Mapping[str, Scalar] | None = None,  # noqa: A002 - the command's word
         do: str | None = None, delay: str | int = 0, without: str | None = None) -> Fork:  # fmt: skip
    """Fly a drill (or a journal, or its file) with one thing done otherwise, from one decision on.

    `at` (needed): a record's number (60), a moment (`T+12:30`), or a step (`diagnose`, `diagnose#2` for its second pass). `set`: a mapping
    of conclusions to values, as `{"diagnosis.cause": "infrastructure"}`, or of `outcome`. `do`: a remedy and its target, as
    `rollback checkout`. `delay`: how much later the step begins, in words (`10m`) or in virtual milliseconds (600_000); at most 7 days.
    `without`: the role that is not there from then on. Raises BadInput for a decision or a wish that there is not.
    """
    for name, value, (kinds, valid) in zip(_TAKES, (at, set, do, delay, without), _TAKES.values(), strict=True):
        expect(f"fork: {name}", value, kinds, valid)
    for name in set or {}:
        expect("fork: set", name, str, _TAKES["set"][1])
    late = _length(delay) if isinstance(delay, str) else delay
    return resolved(parent_of(journal), Wish(str(at), dict(set or {}), do, late, without))


_NONE = type(None)
_TAKES: Mapping[str, tuple[tuple[type, ...], str]] = MappingProxyType({
    "at": ((str, int), "a record's number, a moment as 'T+12:30', or a step as 'diagnose' or 'diagnose#2'"),
    "set": ((Mapping, _NONE), "a mapping of names to values, as {'diagnosis.cause': 'infrastructure'} or {'outcome': 'failed'}"),
    "do": ((str, _NONE), "one remedy and its target in one text, as 'rollback checkout'"),
    "delay": ((str, int), "a duration as '90s', '10m' or '1h30m', or whole virtual milliseconds"),
    "without": ((str, _NONE), "the name of one role, as 'backend_architect'"),
})  # fmt: skip
"""What each argument of `fork` takes in Python."""


def _length(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise BadInput(f"fork: --delay: {error}") from None


def resolved(parent: Drill, wish: Wish) -> Fork:
    """The fork of a drill that a wish asks for. Raises BadInput."""
    if not (wish.set or wish.do or wish.delay or wish.without):
        raise BadInput("fork: nothing is different; give --set, --do, --delay or --without")
    if wish.delay < 0:
        raise BadInput("fork: --delay: the past is over; valid: 90s, 15m, 1h30m")
    if wish.delay > LATEST:
        raise BadInput(f"fork: --delay {duration(wish.delay)}: is longer than a week; valid: up to {duration(LATEST)}")
    if wish.without is not None and wish.without not in parent.setup.simulator.roster:
        raise BadInput(f"fork: --without: unknown role {wish.without!r}; {valid_names(wish.without, parent.setup.simulator.roster)}")
    do = _doing(parent, wish.do) if wish.do else None
    if do and do[0] == wish.without:
        raise BadInput(f"fork: --do {wish.do!r} is {do[0]}'s to do, and --without takes that role away")
    decision = _decision(parent.account, wish.at)
    decision = _concluded(parent, decision, wish.set)
    values = {_full(name): value for name, value in wish.set.items()}
    if len(values) < len(wish.set):
        raise BadInput(f"fork: --set {' and '.join(wish.set)}: two of them are the same conclusion; each once")
    change = Change(step=decision.step.step, attempt=decision.step.attempt, at=_moment(decision) if do else None,
                    set=tuple(values.items()), do=do, delay=wish.delay, without=wish.without)  # fmt: skip
    setup = replace(parent.setup, changes=(*parent.setup.changes, change), parent=parent.journal.digest)
    return Fork(parent, setup.replayed(parent.journal.records, "stub").run(), wish, decision)


def _moment(decision: Decision) -> int | None:
    """When in a pass something is done, where it is not at its very start."""
    return decision.at if decision.at > decision.step.opened_at else None


def _decision(account: Account, at: str) -> Decision:
    """The step that is meant by a record, a moment or a name."""
    moment = _CLOCK.fullmatch(at)
    if moment:
        when = int(moment[1]) * MINUTE + int(moment[2]) * SECOND
        opened = [step for step in account.route if step.opened_at <= when]
        if not opened:
            raise BadInput(f"fork: --at {at}: the drill begins at {clock(account.route[0].opened_at)}")
        if when > account.route[-1].at:
            raise BadInput(f"fork: --at {at}: the drill ends at {clock(account.route[-1].at)}")
        return Decision(opened[-1], when)
    if at.startswith("T+"):
        raise BadInput(f"fork: --at {at!r} is no moment of the drill; valid: T+mm:ss, such as T+12:30, with at most 59 seconds")
    if at.isascii() and at.isdecimal():
        before = [step for step in account.route if account.records and step.turn <= _turn(account, int(at))]
        return Decision((before or [account.route[0]])[-1], account.records[int(at)]["vt"])
    return _named(account.route, at)


def _turn(account: Account, seq: int) -> int:
    if seq >= len(account.records):
        raise BadInput(f"fork: --at {seq}: there is no such record; valid: 0 to {len(account.records) - 1}")
    return int(account.records[seq]["at"][0])


def _named(route: Iterable[Passed], at: str) -> Decision:
    name, _, number = at.partition("#")
    passes = [step for step in route if step.step == name]
    if not passes:
        raise BadInput(f"fork: --at {at!r}: the drill has no such step; {valid_names(name, {step.step for step in route})}; "
                       "or a record's number, or a moment as T+12:30")  # fmt: skip
    if number and not (number.isdecimal() and 1 <= int(number) <= len(passes)):
        times, valid = "once" if len(passes) == 1 else f"{len(passes)} times", [f"{name}#{one}" for one in range(1, len(passes) + 1)]
        raise BadInput(f"fork: --at {at!r}: {name} was passed {times}; valid: {', '.join(valid)}")
    step = passes[int(number or 1) - 1]
    return Decision(step, step.opened_at)


def _full(name: str) -> str:
    head, dot, part = name.partition(".")
    return _ALIASES.get(head, head) + dot + part


def _concluded(parent: Drill, decision: Decision, wished: Mapping[str, Scalar]) -> Decision:
    """The decision at which the conclusions that are to be set were drawn: the first from there on. Raises BadInput."""
    for said, value in wished.items():
        if said != "outcome":
            decision = _drawn(parent.account, decision, said, value)
        fault, valid = _valid(parent, decision.step, _full(said))
        if valid and str(value) not in valid and not (value is None and _full(said) == "diagnosed.component"):
            raise BadInput(f"fork: --set {said}={value}: {fault}; {valid_names(str(value), valid)}")
    return decision


def _valid(parent: Drill, step: Passed, name: str) -> tuple[str, Collection[str]]:
    """What is wrong with a value that is none of those that a conclusion can have, and these; none where it can be anything."""
    outcomes = parent.runbook.steps[step.step].outcomes
    if name in ("outcome", "diagnosed.cause"):
        return f"{step.step} has no such outcome", outcomes
    if name == "declared.severity":
        return f"{step.step} declares no such severity", [row.level for row in parent.runbook.severities if row.level in outcomes]
    if name.endswith(".component"):
        return f"{parent.system.name} has no such component", [spec.name for spec in parent.system.components]
    return "", ()


def _drawn(account: Account, decision: Decision, said: str, value: Scalar) -> Decision:
    """The first decision from there on at which a conclusion of this kind was drawn, as far as its form goes. Raises BadInput."""
    kind, _, part = _full(said).partition(".")
    turns = {step.turn: step for step in account.route if step.turn >= decision.step.turn}
    notes = [one for one in account.of("note") if one["at"][0] - 1 in turns and "@" not in one["at"][1]]
    found = next((one for one in notes if one["in"]["name"] == kind), None)
    if found is None:
        known = {one["in"]["name"] for one in notes} | {"outcome"}
        raise BadInput(f"fork: --set {said}: nothing of that kind is concluded from there on; {valid_names(kind, known)}")
    if part not in found["out"]:
        fault = f"{kind} has no field {part!r}" if part else "name a field of it"
        raise BadInput(f"fork: --set {said}: {fault}; {valid_names(part, found['out'])}")
    try:
        _ITEM.validate_python({**found["out"], "kind": kind, part: value})
    except ValidationError as error:
        raise BadInput(f"fork: --set {said}={value}: {error.errors(include_url=False)[0]['msg']}") from None
    return Decision(turns[found["at"][0] - 1], max(decision.at, turns[found["at"][0] - 1].opened_at))


def _doing(parent: Drill, do: str) -> tuple[str, str, str]:
    """Who carries out a remedy, which, and on what. Raises BadInput."""
    tool, _, target = do.strip().partition(" ")
    names = [spec.name for spec in parent.system.components]
    if tool not in REMEDIES:
        raise BadInput(f"fork: --do {do!r}: {tool!r} is no remedy; {valid_names(tool, REMEDIES)}")
    if not target.strip():
        raise BadInput(f"fork: --do {do!r}: on what? valid: {tool} and one of {', '.join(names)}")
    if target.strip() not in names:
        raise BadInput(f"fork: --do {do!r}: unknown component {target.strip()!r}; {valid_names(target.strip(), names)}")
    role = next(name for name, role in parent.setup.simulator.roster.items() if tool in role.charter.tools)
    return role, tool, target.strip()


def _written(value: Any) -> str:
    return {None: "null", True: "true", False: "false"}.get(value, str(value)) if value is None or isinstance(value, bool) else str(value)

"""A journal as a history: its records in the order of virtual time, and the case as it was known at any moment of it.

Everything is read from the records, so a history of last year's journal is as good as one of a drill just flown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from drillbook.answers import Answer, Component
from drillbook.case import Acted, Activated, Alert, Alerted, Case, Concluded, Entry, Intervention, Item, Observed, Reached, Said, Stepped
from drillbook.errors import BadInput, valid_names
from drillbook.runbook import Clauses, Runbook
from drillbook.toolbelt import Charter
from drillbook.tools import REMEDIES

__all__ = ["Event", "History"]

Record = Mapping[str, Any]

_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)

_ASKED = frozenset({"impact", "rollback_plans", "deployments"})
"""The kinds of answers that facts, and the laws here, ask about; the others stay raw in their events."""


@dataclass(frozen=True, slots=True)
class Event:
    """A record of a journal. `at` is virtual ms; `name` is the tool, the topic, the conclusion, the duty or the step that it is about;
    `data` holds what went in and what came out."""

    seq: int
    at: int
    kind: str
    actor: str
    step: str
    name: str
    topic: str
    data: Mapping[str, Any]
    cause: tuple[int, ...]

    @property
    def done(self) -> bool:
        """Whether it was carried out: neither refused nor turned down."""
        return "refused" not in self.data and self.data.get("accepted") is not False


@dataclass(frozen=True)
class History:
    """A journal's events in the order of time, with the runbook and the charters that they are held against.

    `whole`: whether the case gets every answer, or those only that facts and laws ask about.
    """

    records: Sequence[Record]
    runbook: Runbook
    charters: Mapping[str, Charter]
    catalogue: tuple[Component, ...] = ()
    whole: bool = False

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """In the order of virtual time, and of the journal within a moment."""
        return tuple(sorted(map(_event, self.records), key=lambda event: (event.at, event.seq)))

    @cached_property
    def by_seq(self) -> Mapping[int, Event]:
        """Every event by its record's number."""
        return {event.seq: event for event in self.events}

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[Event, ...]]:
        """The events of each kind of record, in the order of time."""
        found: dict[str, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.kind, []).append(event)
        return {kind: tuple(events) for kind, events in found.items()}

    @cached_property
    def over(self) -> Event:
        """The event with which the incident was concluded, else the last."""
        concluded = (event for event in self.events if event.kind == "route" and event.data["concludes"])
        return next(concluded, self.events[-1])

    @cached_property
    def case(self) -> Case:
        """The case that the records tell, as far as clauses ask about it."""
        entries = tuple(entry for event in sorted(self.events, key=lambda one: one.seq) for entry in self._entries(event))
        return Case(catalogue=self.catalogue, entries=entries, now=max((event.at for event in self.events), default=0))

    def known(self, at: int) -> Case:
        """What was known at a moment."""
        return self.case.as_of(at)

    def known_before(self, event: Event) -> Case:
        """What was known at an event's time and stood in the journal before it."""
        case = self.known(event.at)
        return Case(catalogue=case.catalogue, entries=tuple(one for one in case.entries if one.seq < event.seq), now=event.at)

    def holds(self, clauses: Iterable[str], at: int) -> bool:
        """Whether all of these clauses of the runbook hold for what was known at a moment."""
        if at not in self._clauses:
            self._clauses[at] = Clauses(self.runbook, self.known(at))
        try:
            return self._clauses[at].hold(clauses)
        except KeyError as error:
            name = str(error.args[0])
            raise BadInput(f"law: unknown clause {name!r}; {valid_names(name, self.runbook.clauses)}") from None

    @cached_property
    def moments(self) -> tuple[int, ...]:
        """Every time at which something happened, up to the conclusion."""
        return tuple(sorted({event.at for event in self.events if event.at <= self.over.at}))

    @cached_property
    def firsts(self) -> Mapping[int, int]:
        """Every time at which something happened, with the number of the first record of that moment."""
        return {event.at: event.seq for event in reversed(self.events)}

    @cached_property
    def _clauses(self) -> dict[int, Clauses]:
        return {}

    @cached_property
    def _duties(self) -> Mapping[int, tuple[str, ...]]:
        """The duties that ended in each step, by the number of the route record that left it."""
        found: dict[int, tuple[str, ...]] = {}
        duties: list[str] = []
        for record in self.records:
            if record["kind"] == "task" and not record["in"].get("topic"):
                duties.append(record["in"]["duty"])
            elif record["kind"] == "route":
                found[record["seq"]] = tuple(dict.fromkeys(duties))
                duties = []
        return found

    def _entries(self, event: Event) -> Iterator[Entry]:
        make = _ENTERS.get(event.kind)
        for item in make(self, event) if make else ():
            yield Entry(at=event.at, seq=event.seq, role=event.actor, step=event.step, item=item)

    def title(self, role: str) -> str:
        """A role as people call it."""
        return self.runbook.roles.get(role, role)


def _event(record: Record) -> Event:
    given, got = record["in"], record["out"]
    path = str(record["at"][1])
    name = next((given[key] for key in ("name", "duty", "topic", "step", "tool") if given.get(key)), "")
    return Event(
        seq=record["seq"], at=record["vt"], kind=record["kind"], actor=record["actor"], step=path.split("/")[0].split("@")[0], name=name,
        topic=path.partition("@")[2], data={**got, **given}, cause=tuple(record["cause"]),
    )  # fmt: skip


def _alerts(history: History, event: Event) -> Iterator[Item]:
    if "starts_at" in event.data:
        yield Alerted(alert=Alert.model_validate({name: event.data[name] for name in Alert.model_fields if name in event.data}))


def _calls_in(history: History, event: Event) -> Iterator[Item]:
    if event.data["called_in"]:
        yield Activated(roles=(), called_in=tuple(event.data["called_in"]))


def _observes(history: History, event: Event) -> Iterator[Item]:
    if event.done and (event.data.get("kind") in _ASKED or history.whole):
        answer = _ANSWER.validate_python({name: value for name, value in event.data.items() if name not in ("name", "focus")})
        yield Observed(tool=event.name, answer=answer)


def _acts(history: History, event: Event) -> Iterator[Item]:
    if "refused" in event.data:
        return
    tool, target, effect = event.name, event.data["target"], event.data["takes_effect"]
    done = Intervention(tool=tool, target=target, at=effect, role=event.actor) if event.done and tool in REMEDIES else None
    yield Acted(tool=tool, target=target, detail=event.data["detail"], accepted=event.data["accepted"], intervention=done)


def _says(history: History, event: Event) -> Iterator[Item]:
    if event.done:
        yield Said(channel=event.name, topic=event.data["topic"], text=event.data["text"], state=event.data["state"])


def _notes(history: History, event: Event) -> Iterator[Item]:
    if event.done:
        fields = {name: value for name, value in event.data.items() if name != "name"}
        yield _ITEM.validate_python({**fields, "kind": event.name})


def _leaves(history: History, event: Event) -> Iterator[Item]:
    yield Stepped(step=event.data["step"], outcome=event.data["outcome"], opened_at=event.at, roles=(),
                  duties=history._duties.get(event.seq, ()))  # fmt: skip
    yield from (Reached(milestone=name) for name in event.data["marks"])
    if event.data["concludes"]:
        yield Concluded(outcome=event.data["concludes"])


_ENTERS: Mapping[str, Callable[[History, Event], Iterator[Item]]] = MappingProxyType({
    "world": _alerts, "step": _calls_in, "observe": _observes, "act": _acts, "say": _says, "note": _notes, "route": _leaves,
})  # fmt: skip
"""What each kind of record brings into the case."""

"""A person in the terminal: what a question looks like, and how an answer is given. docs/people.md shows a session."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from drillbook.dialogue import Back, Dialogue, matched
from drillbook.errors import BadInput
from drillbook.filling import filled
from drillbook.story import laid_out
from drillbook.tabling import tabled
from drillbook.timeline import Event
from drillbook.units import clock, span

__all__ = ["Terminal", "terminal"]

Question = Mapping[str, Any]

_KEYS = "number or name: do it · r: report · s: the stub does this task · m: this menu · ?: all that is known · q: leave"
_ROWS = 25
_MOVES = frozenset({"observed", "acted", "refused"})


class Terminal:
    """Asks a person; call it with a question. It remembers what it has told, and tells what is new with the next question."""

    def __init__(self, console: Console, read: Callable[[], str], echo: bool = False) -> None:
        self.talk = Dialogue(console, read, echo)
        self._told: set[tuple[Any, ...]] = set()
        self._done: set[tuple[int, str]] = set()
        self._known: set[str] = set()
        self._task: tuple[str, int] | None = None

    @property
    def answers(self) -> int:
        """How many lines the person has given."""
        return self.talk.answers

    def __call__(self, question: Question) -> dict[str, Any]:
        """The person's answer to a question. Raises KeyboardInterrupt where the person leaves."""
        self._show(question)
        while True:
            try:
                answer = self._commanded(question, self.talk.line(question["title"]))
            except Back:
                answer = None
            if answer is not None:
                return answer

    def tell(self, story: Iterable[Event]) -> None:
        """Tell what was not told yet; what a person did here was told as it was done."""
        new = [event for event in story if event.weight and event not in self._told
               and not (event.kind in _MOVES and (event.at, event.who) in self._done)]  # fmt: skip
        self._told.update(new)
        if new:
            self.talk.console.print(laid_out(new, self.talk.console.width, max(len(event.who) for event in new)))

    def _show(self, question: Question) -> None:
        where = question["where"]
        new = self._task != (where["path"], where["attempt"])
        self._task = where["path"], where["attempt"]
        if question["fault"]:
            self.talk.say(f"that does not fit: {question['fault']}", "red")
            return
        self.tell(Event(*event) for event in question["story"])
        if new:
            self._open(question)
        else:
            self._done.add((question["request"]["at"], question["title"]))
            for line in question["request"]["shown"]:
                self.talk.say(line)
            self._table(question["seen"])
        self.talk.say(_stopwatch(question), "dim")

    def _open(self, question: Question) -> None:
        """A task begins: whose it is, what the runbook asks, and what may be done."""
        self.talk.console.print(Rule(Text(f"{question['title']} · {question['step']}", style="bold"), align="left", style="dim"))
        for line in question["asks"]:
            self.talk.say(f"  the runbook asks: {line}")
        for line in question["done"]:
            self.talk.say(f"  you did: {line}")
        self.talk.say(f"  you report: {' | '.join(name for name, _ in question['outcomes'])}")
        if question["title"] not in self._known:
            self._menu(question)
        self._known.add(question["title"])

    def _menu(self, question: Question) -> None:
        for place, move in enumerate(question["moves"], 1):
            needs = f" {move['needs'].upper()}" if move["needs"] else ""
            self.talk.say(f"  {place:>2}  {move['name']}{needs}: {move['doc']}")
        self.talk.say(f"  {_KEYS}", "dim")

    def _table(self, seen: Mapping[str, Any]) -> None:
        """What a look showed, row by row, as far as it is a list of rows."""
        for rows in (value for value in seen.values() if isinstance(value, list) and value and isinstance(value[0], dict)):
            self.talk.console.print(Padding(tabled(rows[:_ROWS], self.talk.console.width - 2), (0, 0, 0, 2)))
            if len(rows) > _ROWS:
                self.talk.say(f"  … {len(rows) - _ROWS} rows more")

    def _commanded(self, question: Question, line: str) -> dict[str, Any] | None:
        """What a line at the menu comes to; None where it was for looking only."""
        word, _, rest = line.partition(" ")
        looks: Mapping[str, Callable[[], None]] = {
            "?": lambda: self.talk.say("\n".join([*question["brief"], *question["done"]])),
            "m": lambda: self._menu(question), "": lambda: self._menu(question),
        }  # fmt: skip
        if word in looks:
            looks[word]()
            return None
        if word in ("s", "stub"):
            return {"stub": True}
        if word in ("r", "report"):
            return {"report": filled(self.talk, question, self._outcome(question, rest.strip()))}
        return self._move(question["moves"], question, word, rest.strip())

    def _outcome(self, question: Question, text: str) -> str:
        found, fault = matched(text, [name for name, _ in question["outcomes"]]) if text else ("", "")
        if found is None:
            self.talk.say(fault, "red")
        return found or ""

    def _move(self, moves: Sequence[Mapping[str, Any]], question: Question, word: str, rest: str) -> dict[str, Any] | None:
        name, fault = matched(word, [move["name"] for move in moves])
        if name is None:
            if not word.replace("_", "").isalpha():
                self.talk.say(fault, "red")
                return None
            return {"use": word, "args": {"target": self._component(question, rest)} if rest else {}}
        move = next(move for move in moves if move["name"] == name)
        args = _NEEDS[move["needs"]](self, question, move, rest)
        return {"use": name, "args": args}

    def _component(self, question: Question, text: str) -> str:
        return matched(text, question["choices"]["components"])[0] or text

    def _target(self, question: Question, move: Mapping[str, Any], rest: str) -> dict[str, Any]:
        if move["usual"]:
            return {"target": rest or move["usual"]}
        if rest:
            return {"target": self._component(question, rest)}
        return {"target": self.talk.choice(f"{move['name']} which", [(name, "") for name in question["choices"]["components"]])}

    def _minutes(self, question: Question, move: Mapping[str, Any], rest: str) -> dict[str, Any]:
        given = rest.replace(".", "", 1)
        return {"minutes": float(rest) if given.isdecimal() else self.talk.number("minutes", 0.1, 120, "5")}

    def _focus(self, question: Question, move: Mapping[str, Any], rest: str) -> dict[str, Any]:
        return {"target": self._component(question, rest)} if rest else {}


_NEEDS: Mapping[str, Callable[[Terminal, Question, Mapping[str, Any], str], dict[str, Any]]] = MappingProxyType({
    "": Terminal._focus, "target": Terminal._target, "minutes": Terminal._minutes,
})  # fmt: skip
"""How what a move needs is asked for."""


def _stopwatch(question: Question) -> str:
    """The time in the drill, how long everything runs, and what falls due next."""
    parts = [clock(question["request"]["at"]), question["time"], *(f"{span(length)} since {name}" for name, length in question["running"])]
    owed = [f"{what} due in {span(length)}" for length, what in question["ahead"][:3]]
    return " · ".join([*parts, *owed])


def terminal(console: Console | None = None) -> Terminal:
    """The person at this process's terminal, or answers that are piped into it. Raises BadInput, in one line, where nobody is there."""
    if sys.stdin is None:
        raise BadInput(_NOBODY)
    piped = not sys.stdin.isatty()
    return Terminal(console or Console(stderr=not sys.stdout.isatty()), _piped(input) if piped else input, echo=piped)


_NOBODY = "a person is in the cast, and nobody is there: the standard input is no terminal, and no answers are in it"


def _piped(read: Callable[[], str]) -> Callable[[], str]:
    """Reads as `read` does; raises BadInput where there was nothing to read at all."""
    heard = 0

    def line() -> str:
        nonlocal heard
        try:
            text = read()
        except EOFError:
            if not heard:
                raise BadInput(_NOBODY) from None
            raise
        heard += 1
        return text

    return line

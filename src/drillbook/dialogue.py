"""Asking a person in a terminal: a line, a choice, a yes or no, a text. What does not fit is asked again; nothing here knows drills."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text

from drillbook.units import printable

__all__ = ["Back", "Dialogue"]

Option = tuple[str, str]
"""A name that can be chosen, and what it means."""


class Back(Exception):
    """The person wants back to the menu."""


class Dialogue:
    """Asks on a console and reads lines; raises KeyboardInterrupt where the person leaves (q, Ctrl-C, Ctrl-D), Back for `back`.

    `read` gives the next line, and raises EOFError where there is none. `echo`: what was read is printed, for answers that come from a
    file. `answers` counts the lines so far.
    """

    def __init__(self, console: Console, read: Callable[[], str], echo: bool = False) -> None:
        self.console, self._read, self._echo, self.answers = console, read, echo, 0

    def say(self, text: str, style: str = "") -> None:
        """A line that may hold text from production: nothing in it acts on the terminal."""
        self.console.print(Text(printable(text), style=style))

    def line(self, prompt: str, default: str = "") -> str:
        """One line, without the spaces around it; the default for an empty one."""
        shown = f"{prompt} [{default}]" if default else prompt
        self.console.print(Text(f"{printable(shown)}:{'' if self._echo else ' '}", style="bold cyan"), end="")
        self.console.file.flush()
        try:
            text = self._read().encode(errors="replace").decode().strip()
        except EOFError:
            raise KeyboardInterrupt from None
        self.answers += 1
        if self._echo:
            self.say(f" {text}")
        if text in ("q", "quit"):
            raise KeyboardInterrupt
        if text == "back":
            raise Back
        return text or default

    def choice(self, prompt: str, options: Sequence[Option], default: str = "") -> str:
        """One of the options, by its number, its name, or the beginning of its name. A single one is not asked for."""
        if len(options) == 1:
            return options[0][0]
        for place, (name, meaning) in enumerate(options, 1):
            self.say(f"  {place:>2}  {name}{f'  ({meaning})' if meaning else ''}")
        return self.picked(prompt, [name for name, _ in options], default)

    def picked(self, prompt: str, names: Sequence[str], default: str = "") -> str:
        """One of the names, as `choice` has it, without listing them."""
        while True:
            found, fault = matched(self.line(prompt, default), names)
            if found is not None:
                return found
            self.say(fault, "red")

    def maybe(self, prompt: str, names: Sequence[str]) -> str | None:
        """One of the names, or None for an empty line."""
        while True:
            text = self.line(f"{prompt} (Enter: none)")
            found, fault = matched(text, names) if text else (None, "")
            if found is not None or not text:
                return found
            self.say(fault, "red")

    def yes(self, prompt: str) -> bool:
        """Whether the person says yes."""
        return self.picked(f"{prompt} y/n", ["yes", "no"]) == "yes"

    def number(self, prompt: str, low: float, high: float, default: str) -> float:
        """A number within bounds."""
        while True:
            text = self.line(prompt, default)
            try:
                value = float(text)
            except ValueError:
                value = high + 1
            if low <= value <= high:
                return value
            self.say(f"{text!r}: a number from {low:g} to {high:g} is expected", "red")

    def numbers(self, prompt: str, known: Sequence[int]) -> list[int]:
        """Some of the known numbers; none for an empty line."""
        while True:
            parts = self.line(f"{prompt} (Enter: none)").replace(",", " ").split()
            wrong = [part for part in parts if not part.isdecimal() or int(part) not in known]
            if not wrong:
                return [int(part) for part in parts]
            self.say(f"{wrong[0]!r}: valid: {', '.join(map(str, known)) or 'none'}", "red")

    def text(self, prompt: str, draft: str = "") -> str:
        """Free text of several lines that a lone `.` ends; an empty first line takes the draft, if there is one."""
        if draft:
            self.say(draft, "dim")
        while True:
            lines = [self.line(f"{prompt} ({'Enter: as above; ' if draft else ''}a lone . ends it)")]
            if not lines[0] and draft:
                return draft
            while lines[-1] != ".":
                lines.append(self.line("…"))
            found = "\n".join(lines[:-1]).strip()
            if found:
                return found
            self.say("a text is expected", "red")


def matched(text: str, names: Sequence[str]) -> tuple[str | None, str]:
    """The name that was meant by its number, itself or its beginning, or None and why not."""
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return names[int(text) - 1], ""
    near = [name for name in names if name.lower().startswith(text.lower())] if text else []
    exact = [name for name in near if name.lower() == text.lower()]
    if exact or len(near) == 1:
        return (exact or near)[0], ""
    return None, f"{text!r} may be {', '.join(near)}" if near else f"{text!r}: valid: {', '.join(names)}, or a number"

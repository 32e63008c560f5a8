"""What a person reads when an input is wrong: where, what, and what would be valid."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["BadInput", "Problem", "expect", "nearest", "valid_names"]


@dataclass(frozen=True)
class Problem:
    """One fault of one file, in one line. `line` and `column` count from 1; 0 means that the whole file is meant."""

    file: str
    message: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return "".join([letter if letter.isprintable() else " " for letter in f"{place}: {self.message}"])


class BadInput(Exception):
    """Bad usage or bad input: the command line prints it, a line a problem, and exits with 2."""

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        self.problems = (
            (Problem("drillbook", problems),) if isinstance(problems, str) else tuple(problems)
        )
        super().__init__("\n".join(map(str, self.problems)))


def expect(where: str, value: object, kinds: type | tuple[type, ...], valid: str) -> None:
    """Refuse what a Python caller gives as `where` (`fork: without`) if it is of none of the kinds; True is no number. Raises BadInput."""
    listed = kinds if isinstance(kinds, tuple) else (kinds,)
    if not isinstance(value, listed) or (isinstance(value, bool) and bool not in listed):
        raise BadInput(f"{where} {reprlib.repr(value)}; valid: {valid}")


def nearest(wrong: str, names: Iterable[str]) -> list[str]:
    """The one name that was probably meant, if any is near."""
    return difflib.get_close_matches(wrong, sorted(names), n=1)


def valid_names(wrong: str, names: Iterable[str], most: int = 12) -> str:
    """The end of an error line: the nearest valid name if one is near, otherwise the valid names."""
    known = sorted(names)
    near = nearest(wrong, known)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return f"valid: {', '.join(known[:most])}{more}"

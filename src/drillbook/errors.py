"""What a person reads when an input is wrong: where, what, and what would be valid."""

from __future__ import annotations

import difflib
import os
import reprlib
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["BadInput", "Problem", "expect", "nearest", "raised", "valid_names"]


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


def raised(error: BaseException, doing: str = "") -> Problem:
    """What somebody's code raised while it was loaded or made, with the place: the innermost in the folder of the code that was asked."""
    fault = str(error.msg if isinstance(error, SyntaxError) else error).partition("For further information")[0]
    text = " ".join(f"{f'{doing}: ' if doing else ''}{type(error).__name__}: {fault}".split())
    if isinstance(error, SyntaxError) and error.filename and os.path.isfile(error.filename):
        return Problem(_beside(error.filename), text, error.lineno or 1, error.offset or 1)
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is where it was caught
    theirs = [frame for frame in frames if os.path.isfile(frame.filename) and "importlib" not in frame.filename.split(os.sep)]
    home = os.path.dirname(theirs[0].filename) if theirs else ""
    inner = [frame for frame in theirs if frame.filename.startswith(home)]
    if not inner:
        return Problem("drillbook", text)
    return Problem(_beside(inner[-1].filename), text, inner[-1].lineno or 1, (inner[-1].colno or 0) + 1)


def _beside(file: str) -> str:
    """A path as one would type it: relative where it is below the working folder."""
    near = os.path.relpath(os.path.realpath(file))
    return file if near.startswith(os.pardir) else near


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

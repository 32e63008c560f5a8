"""The standard output and error as the command line needs them: whatever becomes of them, the work goes on.

A reader may stop listening, a device may be full, a stream may be closed, an encoding may lack a letter: none of these is
a reason to lose a journal, nor for a traceback. What happened is said once, by the exit code.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

import orjson

__all__ = ["GONE", "Listener", "Trimmed", "listened_to", "print_json"]

GONE = 141
"""The exit code of a program whose reader went away: 128 + SIGPIPE, as a shell shows it."""

_PLAIN = str.maketrans("▲■·◆►✓“”‘’●✎→✗─━—–…×", "^#-*>+\"\"''*+>x----.x")
_SPACES = re.compile(r"[ \t]+(?=\n)|[ \t]+\Z")


class Listener:
    """A text stream that never refuses: once it cannot be written to, what is written is dropped.

    `failed` is why: None, or the OSError; letters that its encoding lacks are replaced.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.failed: OSError | None = None

    def write(self, text: str) -> int:
        """Write, or drop; the length of the text either way."""
        if self._stream is not None and self.failed is None:
            try:
                self._stream.write(self._possible(text))
            except OSError as error:
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        """Flush, or find out that nobody takes it."""
        if self._stream is not None and self.failed is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    @property
    def encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"

    def __getattr__(self, name: str) -> Any:
        """Anything else is the stream's own."""
        return getattr(self._stream, name)

    def _possible(self, text: str) -> str:
        """The text in letters that the stream's encoding has."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return text.translate(_PLAIN).encode(self.encoding, "replace").decode(self.encoding)
        return text

    def _give_up(self, error: OSError) -> None:
        """Remember why; what the stream still holds goes nowhere, so that the interpreter's own last flush is quiet, too."""
        self.failed = error
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, cast(TextIO, self._stream).fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            self._stream = None


class Trimmed:
    """A stream without spaces at the ends of lines, which only a terminal has a use for. A write ends where a line may end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(_SPACES.sub("", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def listened_to() -> Iterator[Listener]:
    """Make the standard output and error listeners for the time of a command; the standard output is given, to tell how it went."""
    before = sys.stdout, sys.stderr
    out, err = Listener(before[0]), Listener(before[1])
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def print_json(value: Any) -> None:
    """Print it as it is where the output has the letters, else escaped: it must be read as the same document either way."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    everything = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write((text if everything else json.dumps(orjson.loads(text), indent=2)) + "\n")

"""A person at a terminal: `drillbook` in a real pseudo-terminal, typed at by a script that waits for what is on the screen."""

from __future__ import annotations

import os
import pty
import re
import select
from collections.abc import Sequence
from pathlib import Path

from zygote import seated

__all__ = ["CAST", "P0", "SCRIPT", "Sitter", "typed"]

P0 = "database-primary-down"
CAST = "infrastructure_maintainer=human"

SCRIPT: tuple[tuple[str, ...], ...] = (
    ("acknowledge",), ("assess",), ("activate_team",), ("open",), ("r P0", "nearly nobody can browse, buy or sign in"),
    ("check_system db_primary",), ("13",), ("check_recent",), ("verify_ext",), ("r", "", "the database does not answer; nothing was deployed"),
    ("assess",), ("r", "infra", "db_primary", "", "", "the primary database is down, and the shop with it"),
    ("failover db_primary",), ("r done", "the standby was promoted"),
    ("verify_rec",), ("r", "y", "", "", "all components are on their way to normal"),
    ("verify_rec",), ("check_casc",), ("r", "y", "", "y", "no call fails", "", ""),
    ("wait 29.5",), ("monitor_rec",), ("r", "y", "", "held", ""),
)  # fmt: skip
"""A commander's way through the P0, an answer an entry, a line an entry of it. An answer of several lines is a report."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_PROMPT = re.compile(r"(^|\n)(Infrastructure Maintainer|Backend Architect|outcome|why|component|evidence|severity|finding|what you saw|[^\n]*y/n)"
                     r"[^\n]*: \Z")  # fmt: skip
_LONGEST, _SOON, _CTRL_C = 120, 10, b"\x03"
"""Seconds that a person waits for an answer; and after Ctrl-C, before it is pressed again: a signal between a prompt and the reading of its
answer is seen only when the reading ends, in any Python program."""


def typed(script: Sequence[Sequence[str]]) -> str:
    """A script as it is piped in."""
    return "".join(f"{line}\n" for answer in script for line in answer)


class Sitter:
    """`drillbook ARGUMENTS` in a terminal of its own. Ctrl-C there is a key, and reaches the program as a signal, as it does anywhere."""

    def __init__(self, *arguments: str, cwd: Path, **env: str) -> None:
        self._master, slave = pty.openpty()
        outside = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self._process = seated([*arguments], cwd, {**outside, "TERM": "xterm-256color", "COLUMNS": "120", **env}, slave)
        os.close(slave)
        self.raw, self._seen, self._left = "", 0, False

    @property
    def screen(self) -> str:
        """All that was on the screen, without colours."""
        return _ESCAPES.sub("", self.raw).replace("\r", "")

    def until(self, text: str) -> str:
        """Read until a text is on the screen, behind what was waited for before; what stands between. Raises AssertionError without it."""
        while text not in self.screen[self._seen :]:
            if not self._read():
                raise AssertionError(f"{text!r} did not come:\n{self.screen}")
        end = self.screen.index(text, self._seen) + len(text)
        between, self._seen = self.screen[self._seen : end], end
        return between

    def types(self, *lines: str) -> None:
        """Type lines, each when a prompt is there."""
        for line in lines:
            self.presses(f"{line}\n".encode())
            self.until("\n")

    def prompted(self) -> None:
        """Read until a prompt is the last thing on the screen."""
        while not _PROMPT.search(self.screen):
            assert self._read(), f"no prompt came:\n{self.screen}"
        self._seen = len(self.screen)

    def plays(self, script: Sequence[Sequence[str]]) -> None:
        """Type the answers of a script."""
        for answer in script:
            self.types(*answer)

    def presses(self, key: bytes) -> None:
        """Press keys at the next prompt."""
        self.prompted()
        os.write(self._master, key)
        self._left = key == _CTRL_C

    def ends(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        os.close(self._master)
        self._process.join(_LONGEST)
        assert self._process.exitcode is not None, f"it did not end:\n{self.screen}"
        return self._process.exitcode

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], _SOON if self._left else _LONGEST)
        if not ready and self._left:
            os.write(self._master, _CTRL_C)
            self._left = False
            return True
        if not ready:
            self._process.kill()
            raise AssertionError(f"nothing more came:\n{self.screen}")
        try:
            new = os.read(self._master, 65536)
        except OSError:
            return False
        self.raw += new.decode(errors="replace")
        return bool(new)

"""The answers of models and people that a journal recorded, found again by coordinate and by what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from drillbook.toolbelt import asked

__all__ = ["Recorded", "When"]

When = Literal["stop", "stub", "record"]
"""What to do where an answer was not recorded: stop there, let the role's stub step in, or ask and record."""

Key = tuple[str, int, int, str]


@dataclass(frozen=True)
class Recorded:
    """The recorded answers: by (path, attempt, ordinal, digest of the request), and by the digest alone."""

    exact: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    anywhere: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ask_live: bool = False

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]], when: When = "stop") -> Recorded:
        """The answers in a journal's records. `when` says what becomes of a request that is not among them."""
        exact: dict[Key, Mapping[str, Any]] = {}
        anywhere: dict[str, Mapping[str, Any]] = {}
        for record in records:
            if record["kind"] == "ask" and "unanswered" not in record["out"]:
                _, path, attempt, ordinal = record["at"]
                digest = asked(record["in"]["name"], record["in"]["request"])
                exact[path, attempt, ordinal, digest] = record["out"]
                anywhere.setdefault(digest, record["out"])
        return cls(exact, anywhere, when == "record")

    def __call__(self, path: str, attempt: int, ordinal: int, digest: str) -> Mapping[str, Any]:
        """The answer that was given here, else the one that was given to the same request elsewhere; empty if there is none."""
        return self.exact.get((path, attempt, ordinal, digest), self.anywhere.get(digest, {}))

    def keep(self, path: str, attempt: int, ordinal: int, digest: str, got: Mapping[str, Any]) -> None:
        """What is asked live in a replay stands in the new journal."""

"""The answers of models and people that a journal recorded, found again by coordinate and by what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal

from drillbook.outside import asked
from drillbook.units import parting

__all__ = ["Recorded", "When"]

When = Literal["stop", "stub", "record"]
"""What to do where an answer was not recorded: stop there, let the role's stub step in, or ask and record."""

Key = tuple[str, int, int, str]
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Recorded:
    """The recorded answers: by (path, attempt, ordinal, digest of the request), and by the digest alone; and the `requests` themselves, by
    place, each with the number of its record."""

    exact: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    anywhere: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    requests: Mapping[Place, tuple[int, Any]] = field(default_factory=dict)
    ask_live: bool = False

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]], when: When = "stop") -> Recorded:
        """The answers in a journal's records. `when` says what becomes of a request that is not among them."""
        exact: dict[Key, Mapping[str, Any]] = {}
        anywhere: dict[str, Mapping[str, Any]] = {}
        requests: dict[Place, tuple[int, Any]] = {}
        for record in records:
            if record["kind"] == "ask" and "unanswered" not in record["out"]:
                _, path, attempt, ordinal = record["at"]
                digest = asked(record["in"]["name"], record["in"]["request"])
                exact[path, attempt, ordinal, digest] = record["out"]
                requests[path, attempt, ordinal] = record["seq"], record["in"]["request"]
                anywhere.setdefault(digest, record["out"])
        return cls(exact, anywhere, requests, when == "record")

    def __call__(self, path: str, attempt: int, ordinal: int, digest: str) -> Mapping[str, Any]:
        """The answer that was given here, else the one that was given to the same request elsewhere; empty if there is none."""
        return self.exact.get((path, attempt, ordinal, digest), self.anywhere.get(digest, {}))

    def nearest(self, path: str, attempt: int, ordinal: int, request: Any) -> str:
        """The request that was recorded at this place, else at the nearest of the same task, and where it first differs."""
        known = {place: found for place, found in self.requests.items() if place[0] == path}
        if not known:
            return f"{path} asked nothing when it was recorded"
        nearest = min(known, key=lambda place: (abs(place[1] - attempt), abs(place[2] - ordinal)))
        seq, recorded = known[nearest]
        return f"the nearest recorded one is record {seq}, which differs at {_differs(recorded, request)}"

    def keep(self, path: str, attempt: int, ordinal: int, digest: str, got: Mapping[str, Any]) -> None:
        """What is asked live in a replay stands in the new journal."""


_SHOWN = 60


def _differs(old: Any, new: Any, at: str = "request") -> str:
    """Where two requests first differ, and what stands there in each."""
    if isinstance(old, dict) and isinstance(new, dict):
        parts = [(key, old.get(key), new.get(key)) for key in sorted({*old, *new})]
    elif isinstance(old, list) and isinstance(new, list):
        parts = [(str(place), one, other) for place, (one, other) in enumerate(zip_longest(old, new))]
    else:
        return f"{at}: {_around(old, new)}"
    return next((_differs(one, other, f"{at}.{key}") for key, one, other in parts if one != other), f"{at}: in nothing")


def _around(old: Any, new: Any) -> str:
    one, other = str(old), str(new)
    start = max(parting(one, other) - _SHOWN // 3, 0)
    return " → ".join(repr(("..." if start else "") + text[start : start + _SHOWN]) for text in (one, other))

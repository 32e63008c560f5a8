"""Asking somebody outside the drill, a model or a person: how a request is known, what comes of it, and where the answers are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from drillbook.records import as_json, digest_of

__all__ = ["PERSON", "Given", "NoAnswer", "Recall", "Unanswered", "Waiting", "answered", "asked", "nobody"]


class Unanswered(Exception):
    """A drill that is replayed asked a model or a person something to which no answer was recorded."""


def asked(name: str, request: Any) -> str:
    """The digest by which a request to somebody outside is known: of whom, and of all that was asked."""
    return digest_of([name, request])


class NoAnswer(Exception):
    """Somebody outside the drill failed to answer, when it was flown or recorded; the journal holds with what."""


PERSON = "human"
"""How a journal calls whoever sits at a role's desk."""

Given = Mapping[int, Any]
"""What a person has answered in a task so far, by the place of the asking among the task's records."""


class Waiting(BaseException):
    """A person is asked, and the answer is not there yet. The task is played again from its top when it is, so nothing of it is kept.

    `place` is the place of the asking among the task's records, `question` (JSON data) what the person is shown. It is no Exception:
    whoever catches what a brain raises must let it pass.
    """

    def __init__(self, place: int, question: Mapping[str, Any]) -> None:
        super().__init__(place)
        self.place, self.question = place, question


def nobody(request: Any) -> Any:
    raise LookupError("nobody is there to be asked")


def answered(live: Callable[[Any], Any], request: Any) -> Mapping[str, Any]:
    """What comes of asking: the answer, or what it failed with."""
    try:
        return {"answer": as_json(live(as_json(request)))}
    except Exception as error:  # noqa: BLE001 - whatever somebody outside fails with is what came of asking
        return {"failed": f"{type(error).__name__}: {_words(error)}"[:_LONGEST].encode(errors="replace").decode()}


_LONGEST = 2_000
"""Letters of a failure that a journal keeps."""


def _words(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an error that cannot even say what it is
        return "it does not say what"


class Recall(Protocol):
    """The recorded answers of models and people; what is not among them is asked live, or not at all."""

    @property
    def ask_live(self) -> bool: ...

    def __call__(self, path: str, attempt: int, ordinal: int, digest: str) -> Mapping[str, Any]:
        """What came of asking this: `answer`, or what it `failed` with; empty if nothing was recorded."""
        ...

    def nearest(self, path: str, attempt: int, ordinal: int, request: Any) -> str:
        """The recorded request that comes nearest to one that was not, in words: where it stands, and what differs first."""
        ...

    def keep(self, path: str, attempt: int, ordinal: int, digest: str, got: Mapping[str, Any]) -> None:
        """Take note of what came of asking live."""
        ...

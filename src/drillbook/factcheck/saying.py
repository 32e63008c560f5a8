"""What readers share: a sentence as they are given it, a claim as they make it, and the words that turn or take back what is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from drillbook.factcheck.claims import Claim, Subject
from drillbook.factcheck.known import Known
from drillbook.factcheck.sentences import Sentence
from drillbook.units import clock

__all__ = ["Reader", "at_times", "claim", "denied", "is_near", "mask", "supposed"]

Reader = Callable[[Sentence, Known], Iterator[Claim]]


def claim(sentence: Sentence, about: Subject, claimed: str, truth: str, right: bool | None) -> Claim:
    """A claim of a sentence; `right` is None where it cannot be told."""
    verdict = "unverifiable" if right is None else "right" if right else "wrong"
    text = f"{sentence.label}: {sentence.text}" if sentence.label and sentence.label != "title" else sentence.text
    return Claim.model_validate({"line": sentence.line, "section": sentence.section, "text": text, "about": about, "claimed": claimed,
                                 "truth": truth, "verdict": verdict})  # fmt: skip


_NOT = re.compile(
    r"(?:\b(?:not|never|no|none of|without|nothing|nobody|instead of|rather than|neither|nor|cannot)\b|n't\b)"
    r"(?:(?!\b(?:but|we|they)\b)[^,;.]){0,35}$", re.IGNORECASE)
_IF = re.compile(
    r"\b(?:should|could|would|will|must|may|might|can|to be|plan(?:s|ned)? to|needs? to|needed to|wants? to|wanted to|going to|if|unless|"
    r"until|as soon as|whether|had we|in order to|ready to|prepared to|considered|consider|discussed|proposed|suggested)\b[^,;.]{0,40}$",
    re.IGNORECASE,
)  # fmt: skip


def denied(text: str, start: int) -> bool:
    """Whether what begins at `start` is said not to be so."""
    return bool(_NOT.search(text[:start]))


def supposed(text: str, start: int) -> bool:
    """Whether what begins at `start` is wished, planned or supposed, and not told as a fact."""
    return bool(_IF.search(text[:start]))


def mask(text: str, phrases: re.Pattern[str]) -> str:
    """A text with phrases blotted out: a condition that is quoted is no claim."""
    return phrases.sub(lambda found: "·" * len(found[0]), text)


def is_near(at: int, times: Iterable[int], slack: int) -> bool:
    """Whether a time is within `slack` (ms) of one of several."""
    return any(abs(at - time) <= slack for time in times)


def at_times(times: Iterable[int]) -> str:
    """Times in words, each once."""
    return " or ".join(clock(at) for at in dict.fromkeys(times)) or "never"

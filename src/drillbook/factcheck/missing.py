"""What a post-mortem must state, and does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from drillbook.factcheck.claims import Claim
from drillbook.factcheck.known import Known
from drillbook.factcheck.sentences import Sentence

__all__ = ["missing"]

_NEEDED = ("severity", "cause", "component", "detected", "mitigated", "resolved", "users")
_OWNED = re.compile(r"\bowner\b|@\w+|→", re.IGNORECASE)
_DATED = re.compile(
    r"\b(?:within|by|due|until|in|deadline)\b[^.]{0,25}?(?:\d|mon|tues|wednes|thurs|fri|week|month|sprint|tomorrow)"
    r"|\b\d{4}-\d\d-\d\d\b|\bnext (?:week|sprint|month)\b",
                    re.IGNORECASE)  # fmt: skip


def missing(read: Sequence[Sentence], claims: Sequence[Claim], known: Known) -> Iterator[str]:
    """The names of what is not stated, rightly or wrongly."""
    stated = {claim.about for claim in claims}
    told = {"mitigated": {"mitigated", "recovered"} | ({"outcome", "resolved"} if not known.milestones["mitigated"] else set()),
            "resolved": {"resolved"} | ({"outcome", "handed over"} if not known.milestones["resolved"] else set())}  # fmt: skip
    yield from (name for name in _NEEDED if not stated & told.get(name, {name}) and not _answered(name, read))
    if known.remedies and not stated & {"action"}:
        yield "actions taken"
    if not any(_is_item(sentence, known) for sentence in read):
        yield "action items with owner and date"


_ASKED = MappingProxyType({"cause": re.compile(r"\broot cause\b|^cause\b", re.IGNORECASE | re.MULTILINE)})
"""Where a section or a label says that it answers, words that could not be read may well state it."""


def _answered(name: str, read: Sequence[Sentence]) -> bool:
    words = _ASKED.get(name)
    told = [f"{one.section}\n{one.label}" for one in read if one.part == "fact" and len(one.text) > 15]
    return words is not None and any(words.search(where) for where in told)


def _is_item(sentence: Sentence, known: Known) -> bool:
    owned = known.title_pattern.search(sentence.text) or _OWNED.search(sentence.text)
    return sentence.part == "plan" and bool(owned) and bool(_DATED.search(sentence.text))

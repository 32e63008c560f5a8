"""Is it true? A post-mortem, whoever wrote it, held against the true timeline: what is right, what is wrong, what is missing.

    from drillbook.factcheck import check_postmortem

    checked = check_postmortem(drill, "The root cause was a bug in cart. It was mitigated at 22:39.")
    [(claim.about, claim.claimed, claim.truth) for claim in checked.of("wrong")]

Free text is read by patterns, with no model: what cannot be read for sure is `unverifiable`, and never `wrong`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from drillbook.errors import BadInput
from drillbook.factcheck.causes import read_cause, read_deployments, read_outcome, read_severity, read_source
from drillbook.factcheck.claims import Checked, Claim, Counts
from drillbook.factcheck.harm import read_data, read_messages, read_revenue, read_shares, read_users
from drillbook.factcheck.known import Known
from drillbook.factcheck.missing import missing
from drillbook.factcheck.people import read_escalations, read_team
from drillbook.factcheck.records import Ledger, read_item, read_quote
from drillbook.factcheck.remedies import read_remedies
from drillbook.factcheck.saying import Reader, claim
from drillbook.factcheck.sentences import Sentence, sentences
from drillbook.factcheck.when import read_lengths, read_moments, read_order

if TYPE_CHECKING:
    from drillbook.drill import Drill
    from drillbook.journal import Journal

__all__ = ["Checked", "Checker", "Claim", "Counts", "check_postmortem", "counts"]

READERS: tuple[Reader, ...] = (
    read_severity, read_cause, read_outcome, read_source, read_moments, read_lengths, read_order, read_users, read_revenue, read_shares,
    read_data, read_messages, read_team, read_escalations, read_remedies, read_deployments,
)  # fmt: skip
"""Every reader of facts; each finds in a sentence what it knows about."""


_ELSEWHERE = re.compile(
    r"\b(?:last|previous|earlier) (?:year|month|week|quarter|incident|outage)|\b(?:similar to|compared (?:to|with)|unlike|reminds)\b",
    re.IGNORECASE,
)  # fmt: skip
"""A sentence that speaks of another incident is not held against this one."""


class Checker:
    """A drill, or the journal of one, that any number of texts can be held against. Raises BadInput for a journal without its inputs."""

    def __init__(self, flown: Drill | Journal) -> None:
        self.known = Known.of(flown)
        self._ledger = Ledger(self.known)

    def check(self, text: str | None = None) -> Checked:
        """Hold a text against it, by default the post-mortem that was written in it. Raises BadInput where none was."""
        text = self.known.written if text is None else text
        if text is None:
            raise BadInput("no post-mortem was written in this drill; give one to check")
        read = sentences(text)
        claims = tuple(one for sentence in read for one in self._claims(sentence))
        return Checked(claims=claims, missing=tuple(missing(read, claims, self.known)))

    def _claims(self, sentence: Sentence) -> Iterator[Claim]:
        found = list(self._of_part(sentence))
        yield from _once(found) if found else _unread(sentence)

    def _of_part(self, sentence: Sentence) -> Iterator[Claim]:
        known = self.known
        if sentence.part == "quote":
            yield from read_quote(sentence, known)
        elif sentence.part == "plan":
            yield from read_item(sentence, known)
        else:
            quoted = list(self._ledger.read(sentence)) if sentence.part == "row" else []
            here = () if _ELSEWHERE.search(sentence.text) else READERS
            yield from quoted or (one for reader in here for one in reader(sentence, known))


def check_postmortem(flown: Drill | Journal, text: str | None = None) -> Checked:
    """Hold a post-mortem against a drill, or against the journal of one; by default the one that was written in it.

    Raises BadInput for a journal that does not carry what was flown, and where there is no post-mortem.
    """
    return Checker(flown).check(text)


def counts(flown: Drill | Journal, text: str | None = None) -> Counts:
    """How many claims are right, how many wrong, and how much is missing; the arguments are those of `check_postmortem`."""
    return check_postmortem(flown, text).counts


def _once(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Each claim of a sentence once."""
    yield from {(one.about, one.claimed, one.verdict): one for one in claims}.values()


def _unread(sentence: Sentence) -> Iterator[Claim]:
    """A sentence that states something, of which nothing could be read for sure."""
    if sentence.part != "plan" and len(sentence.text) > 3:
        yield claim(sentence, "statement", sentence.text.split("\n")[0], "", None)

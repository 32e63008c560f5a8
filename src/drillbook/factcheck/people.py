"""Who was there: the team, who was called in, who did something, and to whom it was escalated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from drillbook.factcheck.claims import Claim
from drillbook.factcheck.figures import COUNT, count
from drillbook.factcheck.known import Known
from drillbook.factcheck.saying import claim, denied, mask, supposed
from drillbook.factcheck.sentences import Sentence

__all__ = ["read_escalations", "read_team"]

_TEAM = re.compile(r"\b(?:team|responders?|response team|participants|members|who was involved|roles)\b", re.IGNORECASE)
_CALLED = re.compile(r"\bcalled in\b", re.IGNORECASE)
_TOOK_PART = re.compile(

        r"\s+(?:(?:was|were|had been) (?:(?:also|then|never|not) )*(?:paged|called in|called|activated|notified|informed|involved"
        r"|alerted|brought in|asked|"

        r"on the team|part of|there|in the)\b|(?:also |then |quickly |later )?(?:took part|joined|led|investigated|diagnosed|found"
        r"|confirmed|verified|tested|"

        r"acknowledged|declared|coordinated|checked|wrote|reviewed|assessed|measured|monitored|published|informed|helped"
        r"|identified|ran|sent|restarted|"
    r"rolled|scaled|deployed|failed over|activated|built|implemented|escalated|decided|approved)\b)", re.IGNORECASE,
)  # fmt: skip


def read_team(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of who was on the team, who was called in, and who took part."""
    called, team = _CALLED.search(sentence.label), _TEAM.search(sentence.label)
    if (called or team) and len(sentence.label.split()) <= 4:
        listed = known.called_in if called else known.case.members
        what = "called in" if called else "on the team"
        for found in known.title_pattern.finditer(sentence.text):
            said, right = f"{found[0]} was {what}", known.role(found[0]) in listed
            yield claim(sentence, "team", said, said if right else f"{what}: {known.titles(listed)}", right)
        return
    text = mask(sentence.text, known.conditions)
    for found in known.title_pattern.finditer(text):
        yield from _part_of(sentence, text, found, known)
    if re.search(r"\b(?:nobody|no one) was (?:paged|called|activated|called in)\s*(?:[,:]|$)", text, re.IGNORECASE):
        yield claim(sentence, "team", "nobody was paged", known.titles(known.case.team), not known.case.members)


def _part_of(sentence: Sentence, text: str, found: re.Match[str], known: Known) -> Iterator[Claim]:
    """Whether a role that is said to have taken part was there at all."""
    joined = re.match(
        rf"(?:,? and (?:the )?{known.title_pattern.pattern}|, (?:the )?{known.title_pattern.pattern})*", text[found.end() :], re.IGNORECASE)
    after = text[found.end() + (joined.end() if joined else 0) :]
    verb = _TOOK_PART.match(after)
    by = re.search(r"\b(?:ed|led|found|done|sent|made) by (?:the )?$", text[: found.start()], re.IGNORECASE)
    if (not verb and not by) or supposed(text, found.start()):
        return
    there, role = known.actors, known.role(found[0])
    if by and not verb and denied(text, found.start()):
        return  # what is denied is the deed
    no = bool(verb and re.search(r"\b(?:not|never)\b", verb[0])) or denied(text, found.start())
    said = f"{found[0]} was {'not ' if no else ''}there"
    truth = f"there were: {known.titles(role for role in known.runbook.roles if role in there)}"
    yield claim(sentence, "team", said, truth, (role in there) != no)


_ESCALATED = re.compile(r"\bescalat(?:ed|ion)\b(?P<between>[^.;]{0,60}?)\bto (?:the )?$", re.IGNORECASE)
_NONE = re.compile(
    r"\b(?:no|without(?: any)?|never an?) escalations?\b|\b(?:nothing|it|the incident|this) was (?:not|never) escalated\b"
    r"|\bnothing was escalated\b|\bnot escalated\b",
                   re.IGNORECASE)  # fmt: skip
_HOW_MANY = re.compile(rf"\b({COUNT}) escalations?\b", re.IGNORECASE)


def read_escalations(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of what was escalated, and to whom."""
    text = mask(sentence.text, known.conditions)
    raised = known.escalations
    truth = "; ".join(f"{known.runbook.in_words(one.condition)} to {known.title(one.role)}" for one in raised) or "nothing was escalated"
    if _NONE.search(text) or (re.match(r"escalations?", sentence.label, re.IGNORECASE) and re.match(r"none|no\b", text, re.IGNORECASE)):
        yield claim(sentence, "escalation", "nothing was escalated", truth, not raised)
        return
    for found in _HOW_MANY.finditer(text):
        possible = {len(raised), len({one.condition for one in raised})}
        yield claim(sentence, "escalation", f"{count(found[1])} escalations", truth, count(found[1]) in possible)
    row: int | None = None
    for title in known.title_pattern.finditer(text):
        to = _ESCALATED.search(text[: title.start()])
        joined = row is not None and re.fullmatch(r"\s*(?:,|and|, and)\s*(?:to )?(?:the )?", text[row : title.start()])
        if (to or joined) and not supposed(text, title.start()):
            row = title.end()
            no = bool(to) and denied(text, to.start()) if to else False
            was = known.role(title[0]) in {one.role for one in raised}
            yield claim(sentence, "escalation", f"{'not ' if no else ''}escalated to {title[0]}", truth, was != no)

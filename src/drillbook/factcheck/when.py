"""When things happened: points of time, lengths of time, and what came before what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, cast

from drillbook.factcheck.claims import Claim, Subject
from drillbook.factcheck.figures import Length, Moment, lengths, moments
from drillbook.factcheck.known import Known
from drillbook.factcheck.remedies import acts
from drillbook.factcheck.saying import at_times, claim, denied, is_near, mask, supposed
from drillbook.factcheck.sentences import Sentence, clauses
from drillbook.units import clock, span

__all__ = ["Turn", "read_lengths", "read_moments", "read_order", "turns"]

_BEGAN = r"(?:began|begin|begun|started|starts|appeared|set in)"
_KINDS: Mapping[str, re.Pattern[str]] = MappingProxyType({name: re.compile(words, re.IGNORECASE) for name, words in {
    "introduced":
        rf"\bintroduc(?:ed|tion)\b|\bonset\b|\b(?:issue|incident|problem|fault|failure|outage|trouble|it)\s+(?:first\s+)?{_BEGAN}\b"
                  rf"|\b(?:start|beginning) of (?:the |this )?(?:incident|outage|issue|problem|fault)\b|^\s*began\b|\bbegan at\b",
    "first symptom": r"\bfirst (?:symptoms?|errors?|failures?)\b",
    "detected": r"\bdetect(?:ed|ion)\b|\bfirst alert\b|\balert(?:s)? (?:fired|was raised|went off|came|rang)\b|\bwas noticed\b",
    "acknowledged": r"\backnowledg(?:ed|e?ment)\b",
    "declared": r"\bdeclar(?:ed|ation)\b",
    "diagnosed": r"\bdiagnos(?:ed|is)\b|\bcause (?:was )?(?:found|identified|known|established)\b|\bidentified the (?:root )?cause\b",
    "mitigated": r"\bmitigat(?:ed|ion)\b",
    "recovered": r"\brecovered\b|\bback to normal\b|\b(?:was|were) restored\b",
    "resolved": r"\bresolv(?:ed)\b|\bresolution\b|\b(?:incident|it) was closed\b",
    "handed over": r"\bhanded over\b|\bhand-?over\b",
}.items()})  # fmt: skip
"""How each turning point is told of."""
_TOLD = re.compile(
    r"\b(?:confirmed|reported|said|told|announced|verified|checked|saw|expected|estimated|hoped|predicted|planned|wrote|informed"
    r"|escalat\w+|update[sd]?|brief\w*|watch\w*|started to)\b",
                   re.IGNORECASE)  # fmt: skip
"""Where one of these stands, the time may be theirs."""


class Turn(NamedTuple):
    """Something that happened once or more, as a text speaks of it: what, where in the text, and when it really was."""

    name: str
    start: int
    end: int
    times: tuple[int, ...]


def times_of(kind: str, known: Known) -> tuple[int, ...]:
    """When a turning point was reached; a mitigation also when what brought it took effect."""
    if kind == "first symptom":
        return () if known.chain.first_symptom_at is None else (known.chain.first_symptom_at,)
    times = known.milestones[kind]
    if kind == "mitigated" and times:
        helped = [one.at for one in known.remedies if one.truth.effect in ("cure", "shield", "ease")]
        brought = [max(acts_before) for time in times if (acts_before := [at for at in helped if at <= time])]
        return (*times, *brought, *(() if known.truth.recovered_at is None else (known.truth.recovered_at,)))
    return times


def turns(text: str, known: Known) -> list[Turn]:
    """What a text says happened, in the order of the text; what it denies or supposes is left out."""
    told = [(name, match) for name, words in _KINDS.items() for match in words.finditer(text)]
    found = [Turn(name, match.start(), match.end(), times_of(name, known)) for name, match in told
             if not denied(text, match.start()) and not supposed(text, match.start())]  # fmt: skip
    for act in acts(text, known):
        if not act.denied:
            times = tuple(time for one in act.matching(known) for time in (one.at, one.begun))
            found.append(Turn(str(act), act.start, act.end, times))
    return sorted(found, key=lambda turn: turn.start)


_NEVER = re.compile(r"(?:no|not|never|-|–|—|n/a|none|unresolved)\b|[-–—]$", re.IGNORECASE)


_NEVER_WAS = re.compile(
    r"\b(?:was|were) never (?:even )?(acknowledged|declared|detected|mitigated)\b|\b(?:nobody|no one) (?:ever )?(acknowledged|declared)\b",
    re.IGNORECASE,
)  # fmt: skip


def read_moments(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of the form: this happened at that time."""
    asked = [name for name, words in _KINDS.items() if words.search(sentence.label)] if sentence.label != "title" else []
    if len(asked) == 1:
        yield from _answered(sentence, asked[0], known)
        return
    text = mask(sentence.text, known.conditions)
    for never in _NEVER_WAS.finditer(text):
        kind = (never[1] or never[2]).lower()
        yield claim(sentence, _subject(kind), f"never {kind}", at_times(times_of(kind, known)), not times_of(kind, known))
    for clause in _timed(text, known):
        yield from _in_clause(sentence, clause, known)


def _moments(text: str, known: Known) -> list[Moment]:
    return list(moments(text, known.scenario.starts, known.over // 2))


def _answered(sentence: Sentence, kind: str, known: Known) -> Iterator[Claim]:
    """A time as the answer to a question."""
    found, times = _moments(sentence.text, known), times_of(kind, known)
    about = _subject(kind)
    if found:
        yield _at(sentence, about, kind, found[0], times)
    elif _NEVER.match(sentence.text) and kind in ("mitigated", "resolved", "recovered"):
        stands = known.case.milestone("mitigated" if kind == "recovered" else kind)
        yield claim(sentence, about, f"not {kind}", at_times(() if stands is None else (stands,)), stands is None)


def _subject(name: str) -> Subject:
    """What a claim on a turning point, or on an action, is filed under."""
    return cast(Subject, "introduced" if name == "first symptom" else name) if name in _KINDS else "action"


def _at(sentence: Sentence, about: Subject, name: str, moment: Moment, times: Sequence[int]) -> Claim:
    return claim(sentence, about, f"{name} at {clock(moment.at)}", at_times(times[:4]), is_near(moment.at, times, moment.slack))


_AROUND_A_TIME = re.compile(r"\b(?:at|on|by|about|around|from|the|utc|only|just|shortly|later|first)\b|[\s.:,|-]", re.IGNORECASE)


def _timed(text: str, known: Known) -> Iterator[str]:
    """The clauses of a sentence; one that is nothing but a time goes with its neighbour."""
    kept = ""
    parts = clauses(text)
    for place, part in enumerate(parts):
        bare = _AROUND_A_TIME.sub("", _without_times(part, known))
        if not bare and not kept and place + 1 < len(parts) and _moments(part, known):
            kept = part
            continue
        yield f"{kept} {part}".strip()
        kept = ""
    if kept:
        yield kept


def _without_times(text: str, known: Known) -> str:
    for moment in reversed(_moments(text, known)):
        text = text[: moment.start] + text[moment.end :]
    return text


def _in_clause(sentence: Sentence, clause: str, known: Known) -> Iterator[Claim]:
    found = _moments(clause, known)
    happened = turns(re.split(r"\b(?:before|after|until|when|since)\b", clause)[0], known) or turns(clause, known)
    if len(found) != 1 or not happened or _TOLD.search(clause):
        return
    times = [time for turn in happened for time in turn.times]
    if happened[0].name == "introduced":
        times += times_of("first symptom", known)
    if any(turn.times for turn in happened) or happened[0].name in ("mitigated", "resolved"):
        names = list(dict.fromkeys(turn.name for turn in happened))
        yield _at(sentence, _subject(names[0]), " / ".join(names), found[0], times)


_NAMED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"time to detect(?:ion)?|\bM?TTD\b|detection time", "detected", ("introduced", "first symptom")),
    (r"time to acknowledge(?:ment)?|\bM?TTA\b", "acknowledged", ("detected", "introduced")),
    (r"time to mitigat(?:e|ion)|\bM?TTM\b", "mitigated", ("detected", "introduced", "declared", "first symptom")),
    (r"time to (?:resolve|resolution)|\bM?TTR\b", "resolved", ("detected", "introduced", "declared", "first symptom")),
    (r"(?:impact|incident|outage|total)[\w ]* (?:duration|length)|^duration|how long|downtime", "over",
     ("first symptom", "introduced", "detected", "declared")),
)  # fmt: skip
_ABOUT = r"(?:about |around |roughly |some |nearly |almost |approximately )?"
_SPELL = re.compile(
    rf"(?:outage|incident|impact|degradation|disruption|trouble|problem|downtime|it)\b[^.;,]{{0,30}}?"
    rf"\b(?:lasted|went on|continued|persisted|took)(?: for)?\s{_ABOUT}$"
    rf"|\b(?:was|were) (?:down|affected|hurt|degraded|unavailable) for {_ABOUT}$", re.IGNORECASE,
)  # fmt: skip


def read_lengths(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of how long something took."""
    text = mask(sentence.text, known.conditions)
    for length in lengths(text):
        pair = _ends(sentence, text, length, known)
        if pair is not None:
            yield _lasted(sentence, length, pair, known)


Ends = tuple[tuple[str, ...], tuple[str, ...]]
_WHOLE: Ends = (("first symptom", "introduced", "detected", "declared"), ("mitigated", "recovered", "resolved"))
"""Where an incident as a whole may be said to begin and to end."""


def _ends(sentence: Sentence, text: str, length: Length, known: Known) -> Ends | None:
    """Between which turning points a length of time is said to be; None if it cannot be told."""
    before, after = text[: length.start], text[length.end :]
    named = re.match(r"\s*(?:from|between)\s(.+?)\s(?:to|until|and)\s(.+)", after, re.IGNORECASE) or re.search(
        r"\bfrom\s(.+?)\s(?:to|until)\s(.+?)\s(?:took|was|lasted|passed)\D*$", before, re.IGNORECASE)
    if named:
        ends = _kind(named[1]), _kind(named[2])
        return ((ends[0],), (ends[1],)) if ends[0] and ends[1] else None
    later = re.match(r"\s*(?:after|before)\s(.{1,60})", after, re.IGNORECASE)
    if later:
        first, last = _kind(later[1]), _kind(before[-60:], last=True)
        ends = (last, first) if after.lstrip().lower().startswith("before") else (first, last)
        return ((ends[0],), (ends[1],)) if first and last and first != last else None
    for words, end, starts in _NAMED:
        label = not before.strip(" ~≈") or re.fullmatch(r"\s*(?:about|around|roughly|some|nearly|approximately)\s*", before)
        if (label and re.search(words, sentence.label, re.IGNORECASE)) or re.search(
            rf"(?:{words})\s*(?:was|of|is|:|=|took)?\s*(?:about|around|roughly)?\s*$", before, re.IGNORECASE):
            return starts, (("mitigated", "recovered", "resolved") if end == "over" else (end,))
    return _WHOLE if _SPELL.search(before) else None


_LOOSE: Mapping[str, str] = MappingProxyType({
    "introduced": r"\bit (?:began|started)\b|\bbegan\b|\bfault\b", "detected": r"\balert\b|\bdetect",
    "resolved": r"\bthe end\b(?! of (?!the incident|it\b))",
})  # fmt: skip


def _kind(text: str, last: bool = False) -> str:
    """The turning point that a few words name, the first or the last of several; empty if they name none."""
    found = sorted((match.start(), name) for name, words in _KINDS.items() for match in words.finditer(text))
    loose = sorted((match.start(), name) for name, words in _LOOSE.items() for match in re.finditer(words, text, re.IGNORECASE))
    chosen = found or loose
    return chosen[-1 if last else 0][1] if chosen else ""


def _lasted(sentence: Sentence, length: Length, ends: Ends, known: Known) -> Claim:
    starts, stops = ([time for kind in kinds for time in times_of(kind, known)] for kinds in ends)
    possible = sorted({max(stop - start, 0) for start in starts for stop in stops})
    right = any(abs(length.ms - one) <= length.slack for one in possible)
    likely = " or ".join(dict.fromkeys(span(one) for one in sorted(possible, key=lambda one: abs(one - length.ms))[:2]))
    said = f"{span(length.ms)} from {ends[0][0]} to {ends[1][0]}"
    return claim(sentence, "duration", said, likely or f"never {ends[1][0]}", right)


_JOIN = re.compile(r"\b(before|after|then|followed by|prior to)\b", re.IGNORECASE)


def read_order(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of what came before what."""
    text = mask(sentence.text, known.conditions)
    join = _JOIN.search(text)
    if join is None or next(lengths(text), None) is not None:
        return
    word, left, right = join[1].lower(), text[: join.start()], text[join.end() :]
    if not left.strip() and word in ("before", "after") and "," in right:
        left, right = right.split(",", 1)
        word = "then" if word == "after" else "after"
    first, second = turns(left, known)[-1:], turns(right, known)[:1]
    if not first or not second or not first[0].times or not second[0].times or first[0].name == second[0].name:
        return
    earlier, later = (second[0], first[0]) if word == "after" else (first[0], second[0])
    truth = f"{earlier.name} {at_times(earlier.times[:1])}, {later.name} {at_times(later.times[:1])}"
    yield claim(sentence, "order", f"{earlier.name} before {later.name}", truth, min(earlier.times) < max(later.times))

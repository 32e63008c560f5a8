"""What was done: which remedies a sentence says were carried out, on what, by whom, and whether they helped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from drillbook.factcheck.claims import Claim
from drillbook.factcheck.known import HELPED, Known, Remedied
from drillbook.factcheck.saying import claim, denied, supposed
from drillbook.factcheck.sentences import Sentence

__all__ = ["Mention", "acts", "read_remedies"]


class Mention(NamedTuple):
    """A remedy that a text speaks of, with its place. `target` is empty where none is named."""

    tool: str
    target: str
    start: int
    end: int
    denied: bool
    tried: bool

    def matching(self, known: Known) -> list[Remedied]:
        """The remedies that it may mean, carried out or refused."""
        return [one for one in known.remedies if one.tool == self.tool and self.target in ("", one.target)]

    def __str__(self) -> str:
        return f"{self.tool.replace('_', ' ')}{f' of {self.target}' if self.target else ''}"


_VERBS: Mapping[str, str] = MappingProxyType({
    "rollback":
        r"rolled (?:[\w ]{1,40}? )?back|roll-?back of"
        r"|(?:the|a) roll-?back(?= (?:was|cured|helped|fixed|did|had|made|worsened|worked)\b)|reverted"
        r"|no roll-?back|rolling back",
    "restart": r"restarted|rebooted|bounced|restart of|no restart|restarting|rebooting",
    "scale":
        r"scaled(?! down| to (?:zero|no|none))(?: up| out)?|scaling(?: up| out)? of"
        r"|scale[- ](?:up |out )?of|doubled(?: the)? replicas"
        r"|replicas (?:were|was) (?:added|doubled)|added (?:more )?replicas|has twice its replicas|scaling(?: up| out)?",
    "failover": r"failed over|fail-?over of|standby of [\w ]{1,40}? was promoted|promoted(?: the)? standby(?: of)?"
        r"|no fail-?over|failing over",
    "activate_fallback":
        r"(?:activated|switched (?:over )?to|switched on|turned on|served from|moved to)(?: the| its"
        r"| a)?(?: [\w ]{1,30}?)? ?fallback|fallback (?:of|for) [\w ]{1,40}? (?:was|is) (?:activated|active|switched on|turned on)"
        r"|fallback (?:was|is) (?:activated|active)|activate fallback(?: of)?"
        r"|(?:activating|switching to) (?:the |its |a )?fallback(?: (?:of|for))?",
    "deploy_hotfix":
        r"(?:deployed|shipped|released|rolled out)(?: an?| the)?(?: [\w ]{1,20}?)? ?(?:hot-?fix|fix)|(?:hot-?fix|fix) (?:(?:for|of"
        r"|to) [\w ]{1,40}? )?(?:was |were |is |went )(?:deployed|shipped|released|rolled out|serving|live)|deploy hotfix(?: of)?"
        r"|no hot-?fix|(?:deploying|shipping) (?:the |a |an )?(?:hot-?fix|fix)",
    "escalate_to_vendor":
        r"(?:escalated to|called|contacted|phoned) (?:the |its |their )?(?:vendor|provider|supplier)"
        r"|vendor of [\w ]{1,40}? (?:was called|has put)|escalate to vendor(?: of)?",
})  # fmt: skip
"""How each remedy is told of, in the past tense or by its name."""
_ANY = re.compile("|".join(rf"(?P<{tool}>(?<!\w)(?:{words})(?!\w))" for tool, words in _VERBS.items()), re.IGNORECASE)
_TRIED = re.compile(r"\b(?:tried|attempt(?:ed)?|try)\b[^,;.]{0,40}$", re.IGNORECASE)
_REFUSED = re.compile(
    r"^[^.;]{0,60}?\b(?:was refused|were refused|was rejected|refused|could not be|failed(?! over)|was not possible)\b", re.IGNORECASE)
_TALKED = re.compile(
    r"^[^.;,]{0,40}?\b(?:was|were)(?: only| also)? (?:considered|planned|prepared|discussed|proposed|suggested|ready|possible)\b",
    re.IGNORECASE,
)  # fmt: skip
_CUT = re.compile(
    r"\b(?:because|after|before|when|which|while|so that|so|but|until|since|whereupon|then)\b|;|,\s(?!(?:and )?[\w_]+(?:,| and |$"
    r"|\.))", re.IGNORECASE)
_PASSIVE = re.compile(r"\b(?:was|were|been|got|is|are)(?: (?:then|also|again|first|finally|soon|later|never|not))*\s*$", re.IGNORECASE)


_GERUND = re.compile(r"(?:rolling|restarting|rebooting|scaling|failing|activating|switching|deploying|shipping)\b", re.IGNORECASE)
_WOULD = re.compile(r"\b(?:would|could|might|should|will|can|may)\b", re.IGNORECASE)


def _happened(before: str, after: str) -> bool:
    """Whether a gerund (rolling back ...) tells of something that was done: it had an effect, or something came of it or after it."""
    had = any(words.search(after) for words in _EFFECTS.values())
    return not _WOULD.search(after) and (had or bool(re.search(r"\b(?:after|by)\s$", before, re.IGNORECASE)))


def acts(text: str, known: Known) -> list[Mention]:
    """The remedies that a text says were carried out, tried, or not done; what is only wished for is left out."""
    found = list(_ANY.finditer(text))
    mentions: list[Mention] = []
    for place, match in enumerate(found):
        before = text[found[place - 1].end() if place else 0 : match.start()]
        after = text[match.end() : found[place + 1].start() if place + 1 < len(found) else len(text)]
        if _GERUND.match(match[0]) and not _happened(before, after):
            continue
        if _TALKED.match(after) or (supposed(text, match.start()) and not denied(text, match.start())):
            continue
        no = denied(text, match.start()) or match[0].lower().startswith("no ")
        tried = bool(_TRIED.search(before) or _REFUSED.match(after))
        for target in _targets(match[0], before, after, known) or [""]:
            mentions.append(Mention(str(match.lastgroup), target, match.start(), match.end(), no, tried))
    return mentions


_ELSEWHERE = re.compile(r"\b(?:to|from|in|by|into|for users of)\s(?:the\s)?$", re.IGNORECASE)
"""Behind one of these stands not what was acted on."""


def _targets(verb: str, before: str, after: str, known: Known) -> list[str]:
    """What it was done to: named within the words, behind them, or before them where the voice is passive."""
    cut = _CUT.search(after)
    behind = after[: cut.start()] if cut else after
    for text in (verb, behind):
        names = [found for found in known.name_pattern.finditer(text) if not _ELSEWHERE.search(text[: found.start()])]
        if names:
            return _row(text, names, known)
    if _PASSIVE.search(before):
        names = list(known.name_pattern.finditer(before))
        return _row(before, names[-8:], known) if names else []
    return []


def _row(text: str, names: list[re.Match[str]], known: Known) -> list[str]:
    """Names that stand in one row, as in `cart, orders and search`."""
    row = [names[0]] if len(names) == 1 else []
    for one, other in pairwise(names):
        joined = re.fullmatch(r"\s*(?:,|and|, and|&)\s*(?:the\s)?", text[one.end() : other.start()])
        if joined:
            row = [*(row or [one]), other]
        elif not row:
            row = [one]
    return [known.component(name[0]) for name in row]


_EFFECTS: Mapping[str, re.Pattern[str]] = MappingProxyType({
    "did not help": re.compile(
        r"\b(?:did not help|didn't help|had no effect|without effect|did nothing|made no difference|did not work|didn't work"
        r"|in vain|to no avail|without success|changed nothing)\b", re.IGNORECASE),
    "made it worse": re.compile(r"\b(?:made (?:it|things|matters|the \w+) (?:even )?worse|worsened|aggravated)\b", re.IGNORECASE),
    "helped": re.compile(
        r"\b(?:helped(?! (?:only )?for)|cured|fixed it|fixed the|solved|resolved (?:it|the)|restored|mitigated|eased|relieved"
        r"|brought [^.;]{1,40} back|worked|ended the)\b", re.IGNORECASE),
})  # fmt: skip


_NOTHING = re.compile(
    r"\b(?:nothing was (?:changed|done)|no (?:action|remedy|change) was (?:taken|made|carried out|tried))\b", re.IGNORECASE,
)  # fmt: skip


def read_remedies(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims about actions: that they were done, or not; who did them; whether they helped."""
    mentions = acts(sentence.text, known)
    for place, mention in enumerate(mentions):
        yield _action(sentence, mention, known)
        yield from _who(sentence, mention, known)
        later = [one.start for one in mentions[place + 1 :] if one.start > mention.end]
        yield from _effect(sentence, mention, sentence.text[mention.end : min(later, default=len(sentence.text))], known)
    if _NOTHING.search(sentence.text):
        yield claim(sentence, "action", "nothing was done", _all(known.remedies), not any(one.done for one in known.remedies))


def _all(remedies: tuple[Remedied, ...]) -> str:
    return "; ".join(map(str, remedies)) or "nothing was done"


def _action(sentence: Sentence, mention: Mention, known: Known) -> Claim:
    matching = mention.matching(known)
    done = [one for one in matching if one.done]
    if mention.denied:
        return claim(sentence, "action", f"no {mention}", _all(tuple(done)) if done else f"no {mention}", not done)
    truth = "; ".join(map(str, done or matching)) or f"never done; {_all(known.remedies)}"
    return claim(sentence, "action", str(mention), truth, bool(matching if mention.tried else done))


def _who(sentence: Sentence, mention: Mention, known: Known) -> Iterator[Claim]:
    text, roles = sentence.text, {one.truth.role for one in mention.matching(known)}
    before = [found for found in known.title_pattern.finditer(text[: mention.start]) if len(text[found.end() : mention.start].split()) <= 3]
    after = re.match(rf"[^.;,]{{0,60}}?\bby the ({known.title_pattern.pattern})", text[mention.end :], re.IGNORECASE)
    named = after[1] if after else before[-1][0] if before and _subject(text[before[-1].end() : mention.start]) else ""
    if named and roles and not mention.denied:
        no = bool(after and denied(text[mention.end :], after.start(1)))
        said = f"{named} did {'not do ' if no else ''}it"
        yield claim(sentence, "who", said, known.titles(sorted(roles)), (known.role(named) in roles) != no)


def _subject(between: str) -> bool:
    """Whether a role with these words before a verb is its subject."""
    return not re.search(r"\b(?:was|were|been|asked|after|before|and|,)\b|,", between)


def _effect(sentence: Sentence, mention: Mention, after: str, known: Known) -> Iterator[Claim]:
    acted = mention.matching(known)
    said = next((name for name, words in _EFFECTS.items() if words.search(after)), None)
    if said is None or mention.denied or not acted:
        return
    helped = any(HELPED[one.truth.effect] for one in acted)
    idle = any(not HELPED[one.truth.effect] or one.truth.effect == "relapse" or one.after > 0.8 * one.before for one in acted)
    worse = any(one.truth.effect == "worsen" or one.after > one.before + 1 for one in acted)
    right = {"helped": helped, "did not help": idle, "made it worse": worse}[said]
    yield claim(sentence, "effect", f"{mention} {said}", "; ".join(one.truth.why for one in acted), right)

"""What was wrong: severity, cause, component, versions and deployments, how it was noticed and how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from drillbook.factcheck.claims import Claim
from drillbook.factcheck.figures import moments
from drillbook.factcheck.known import Known
from drillbook.factcheck.saying import at_times, claim, denied, is_near, mask, supposed
from drillbook.factcheck.sentences import Sentence
from drillbook.units import clock
from drillbook.world import FAULTS

__all__ = ["read_cause", "read_deployments", "read_outcome", "read_severity", "read_source"]

_LEVEL = re.compile(r"(?<![\w/])P(\d)\b(?!\s?/\s?P\d)(?! team)")
_SAYS_LEVEL = re.compile(
    r"(?:\bseverity|\bdeclared|\bdeclares|\bclassified|\brated|\btriaged|\braised|\blowered|\bdowngraded|\bupgraded|\bfrom|\bwas"
    r"|\bis|\bas|\ban?|\bthe|\bthis|\bto|\blevel)(?:[\s:]|\b(?:it|as|an?|of|to|level|incident|the)\b)*$",
                         re.IGNORECASE)  # fmt: skip
_IS_INCIDENT = re.compile(r"\s*[-,(]?\s*(?:incident|outage|event|—|critical|high|medium|low)\b", re.IGNORECASE)
_MOVED = re.compile(r"\b(?:raised|lowered|downgraded|upgraded|first|initially|originally|later|then|from)\b", re.IGNORECASE)


def read_severity(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of the severity: the last one that was declared, or any of them where the sentence tells of a change."""
    text = mask(sentence.text, known.conditions)
    labelled = bool(re.search(r"\bseverity\b|\blevel\b", sentence.label, re.IGNORECASE)) or sentence.label == "title"
    for found in _LEVEL.finditer(text):
        before = text[: found.start()]
        alone = re.fullmatch(r"(?:an? )?P\d", text, re.IGNORECASE)
        said = labelled or alone or _SAYS_LEVEL.search(before) or _IS_INCIDENT.match(text[found.end() :])
        if not said or supposed(text, found.start()) or denied(text, found.start()):
            continue
        levels = known.severities if _MOVED.search(text) else known.severities[-1:]
        yield claim(sentence, "severity", found[0], ", then ".join(known.severities) or "none was declared", found[0] in levels)


_CATEGORIES: Mapping[str, re.Pattern[str]] = MappingProxyType({name: re.compile(words, re.IGNORECASE) for name, words in {
    "deployment": r"\b(?:deployment|deploy|release(?! freeze)|roll-?out|new version)\b",
    "code_bug": r"\b(?:code[ _]bug|bug|software defect|defect in the code|coding error|programming error)\b",
    "infrastructure": r"\b(?:infrastructure|hardware)\b",
    "external_dependency":
        r"\b(?:external[ _]dependency|third[- ]part(?:y|ies)|(?:outage|failure) (?:at|of|in) (?:the |a |an "
        r"|our )?(?:\w+ ){0,2}(?:provider|vendor|supplier)|which others run for us)\b",
}.items()})  # fmt: skip
"""The causes of the decision tree, as people word them."""
_MECHANISMS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "certificate": (r"expired (?:\w+ )?certificate|certificate (?:that )?(?:had )?expired", r"certificate"),
    "DNS": (r"\bDNS\b", r"\bdns\b|names? of .* not resolved|resolver"),
    "disk": (r"full disk|disk (?:that )?(?:was |ran |being )?full|disk failure", r"\bdisks?\b|\bvolume\b|\bsegments\b|sectors"),
    "memory": (r"memory leak|lack of memory|out of memory", r"\bmemory\b|keeps every|\bheap\b|\boom\b"),
    "deadlock": (r"deadlock", r"deadlock|two locks"),
    "retry storm": (r"retry storm", r"\bretr(?:y|ies)\b|tried again|try again|back(?:ed)? off"),
    "attack": (r"DDoS|attack", r"\bddos\b|attack|flood|credential|stranger|token"),
    "power": (r"power (?:loss|cut|failure|outage)|loss of power", r"\bpower\b|utility, generators"),
})  # fmt: skip
"""Mechanisms that have a name of their own: how people word them, and the words by which the world tells of them."""
_MARK = re.compile(
    r"\b(?:root[- ]cause|(?<!root )cause (?:was|is|of)|caused by|because of|due to|triggered by|brought on by|the result of"
    r"|traced (?:back )?to|originated in|origin was|at fault was|culprit was|the failing component was|fault was in)\b",
                   re.IGNORECASE)  # fmt: skip
_ORIGIN = re.compile(
    r"\b(?:root[- ]cause|originated in|origin was|at fault was|culprit was|the failing component was|fault was in"
    r"|traced (?:back )?to)\b", re.IGNORECASE)
_BELIEF = re.compile(
    r"\b(?:taken for|took it for|suspected|thought|assumed|believed|blamed|hypothes\w+|ruled out|diagnosed as|diagnosis|mistook"
    r"|suspicion|looked like|wrongly (?:taken|diagnosed))\b",
                     re.IGNORECASE)  # fmt: skip


def read_cause(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of the cause and of the component where it was."""
    text = mask(sentence.text, known.conditions)
    if _BELIEF.search(text):
        yield from _believed(sentence, text, known)
        return
    if re.match(r"what (?:failed|broke)", sentence.label, re.IGNORECASE):
        yield from _failed(sentence, text, known)
    start = _asserts(sentence, text)
    if start is None:
        return
    said = text[start:]
    no = denied(text, start) or bool(re.search(r"\b(?:not|never)\s+(?:\w+\s){0,2}$", text[:start]))
    found = _first_category(said)
    if found:
        yield from _category(sentence, found, no, known)
        yield from _component(sentence, said[found[1] :], found[0], no, known)
    elif _ORIGIN.search(text[max(start - 30, 0) : start]) or re.search(r"\bcomponent\b", sentence.label, re.IGNORECASE):
        yield from _component(sentence, said, "", no, known)
    if not no:
        yield from _mechanism(sentence, said, known)


def _failed(sentence: Sentence, text: str, known: Known) -> Iterator[Claim]:
    """What is said to have failed: the first component that is named. One that the failure only passed through did fail, too."""
    found = known.name_pattern.search(text)
    if found:
        name = known.component(found[0])
        origin, passed = name in {where for _, where in known.causes}, name in {hop.component for hop in known.chain.hops}
        yield claim(sentence, "component", name, _truth(known), True if origin else None if passed else False)


def _asserts(sentence: Sentence, text: str) -> int | None:
    """Where in a sentence the naming of a cause begins; None if it names none."""
    mark = _MARK.search(text)
    if mark:
        return mark.end()
    if sentence.label == "title":
        level = _LEVEL.search(text)
        return level.end() if level else 0
    return 0 if re.search(r"^(?:root )?cause\b|^(?:failing |faulty )?component\b", sentence.label, re.IGNORECASE) else None


def _first_category(text: str) -> tuple[str, int, str] | None:
    """The first cause that is named within the next words: its name, where it ends, and as it was worded."""
    near = text[:70]
    found = [(match.start(), name, match.end(), match[0]) for name, words in _CATEGORIES.items() for match in words.finditer(near)]
    if not found:
        return None
    start, name, end, worded = min(found)
    return None if re.search(r"[.;:]|\b(?:not|rather than|instead of)\b", near[:start].lstrip(" :")) else (name, end, worded)


def _category(sentence: Sentence, found: tuple[str, int, str], no: bool, known: Known) -> Iterator[Claim]:
    causes = sorted({cause for cause, _ in known.causes})
    truth = _truth(known)
    yield claim(sentence, "cause", f"{'not ' if no else ''}{found[0].replace('_', ' ')}", truth, (found[0] in causes) != no)


def _truth(known: Known) -> str:
    """The leading fault first, in words."""
    first = (known.truth.cause, known.truth.component)
    rows = [first, *(row for row in sorted(known.causes) if row != first)]
    return "; ".join(f"{str(cause).replace('_', ' ')} in {where}" for cause, where in rows if where) or "nothing failed"


def _component(sentence: Sentence, said: str, cause: str, no: bool, known: Known) -> Iterator[Claim]:
    """The component that is named right behind a cause: `in cart`, `of checkout 4.2.0`, `checkout's`."""
    lead = r"\s*(?:in|of|at|was|is|on|by|with|to|for|:|\()?\s*(?:the |our )?(?:service |component |release |version )?"
    found = re.match(rf"(?:[^.;,]{{0,25}}?\b(?:in|of|at|on)\s(?:the |our )?|{lead})({known.name_pattern.pattern})", said, re.IGNORECASE)
    if not found or no:
        return
    name = known.component(found[1])
    right = (cause, name) in known.causes if cause else name in {where for _, where in known.causes}
    if cause and not right and cause not in {one for one, _ in known.causes}:
        right = name in {where for _, where in known.causes}
    yield claim(sentence, "component", name, _truth(known), right)


def _mechanism(sentence: Sentence, said: str, known: Known) -> Iterator[Claim]:
    for name, (words, told_by) in _MECHANISMS.items():
        if re.search(words, said[:90], re.IGNORECASE):
            kinds = [(fault.kind, fault.story or "", FAULTS[fault.kind].mechanism, FAULTS[fault.kind].log) for fault in known.faults]
            told = " ".join(part for kind in kinds for part in kind).replace("_", " ")
            truth = f"{_truth(known)} ({', '.join(kind.replace('_', ' ') for kind, *_ in kinds)})"
            yield claim(sentence, "cause", name, truth, bool(re.search(told_by, told, re.IGNORECASE)))


def _believed(sentence: Sentence, text: str, known: Known) -> Iterator[Claim]:
    """What the responders took it for is held against their diagnoses, not against the world."""
    found = re.search(r"\b(?:taken for|took it for|diagnosed as|wrongly diagnosed as)\s(?:an? )?(?P<rest>.*)", text, re.IGNORECASE)
    named = _first_category(found["rest"]) if found else None
    where = known.name_pattern.search(found["rest"][named[1] :]) if found and named else None
    if named and where:
        belief = (named[0], known.component(where[0]))
        truth = "; ".join(f"{cause.replace('_', ' ')} in {name}" for cause, name in sorted(known.beliefs) if name) or "no diagnosis"
        yield claim(sentence, "cause", f"taken for {named[0].replace('_', ' ')} in {belief[1]}", truth, belief in known.beliefs)
        if sentence.label == "title":
            yield claim(sentence, "component", f"taken for {belief[1]}", truth, belief in known.beliefs)


_VERSION = r"v?(\d+\.\d+\.\d+(?:\+hotfix)?)"
_NOTHING = re.compile(r"\b(?:nothing (?:was|had been) deployed|no (?:recent )?deployments?\b(?! (?:was|were) rolled))", re.IGNORECASE)
_DEPLOYED = re.compile(r"\b(?:deployed|released|rolled out|went out|went live|shipped)\b", re.IGNORECASE)


def read_deployments(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of versions and of what was deployed when."""
    text = sentence.text
    near = rf"({known.name_pattern.pattern})(?:'s)?(?: (?:to|from|at|back to|in))?(?: (?:version|release))?\s{_VERSION}"
    for found in re.finditer(rf"{near}|{_VERSION} of (?:the )?({known.name_pattern.pattern})", text, re.IGNORECASE):
        name, version = known.component(found[1] or found[4]), found[2] or found[3]
        there = known.versions.get(name, frozenset())
        fits = version.removesuffix("+hotfix") in there
        if there or known.chain.trigger:
            truth = ", ".join(f"{name} {one}" for one in sorted(there)) or f"no version of {name} was deployed"
            yield claim(sentence, "version", f"{name} {version}", truth, fits)
        yield from _deployed(sentence, name, version, known)
    nothing = _NOTHING.search(text)
    if nothing and sentence.part == "fact" and not supposed(text, nothing.start()):
        last = [spec for spec in known.scenario.deployments if spec.time <= known.over]
        truth = "; ".join(f"{spec.component} {spec.version} at {clock(spec.time)}" for spec in last) or "nothing was deployed"
        yield claim(sentence, "deployment", "nothing was deployed", truth, not last)


def _deployed(sentence: Sentence, name: str, version: str, known: Known) -> Iterator[Claim]:
    """When a version was deployed, where the sentence gives one time and says so."""
    times = [spec.time for spec in known.scenario.deployments if (spec.component, spec.version) == (name, version)]
    said = list(moments(sentence.text, known.scenario.starts, times[0] if times else 0))
    if times and len(said) == 1 and _DEPLOYED.search(sentence.text) and not re.search(r"\bback\b", sentence.text):
        right = is_near(said[0].at, times, said[0].slack)
        yield claim(sentence, "deployment", f"{name} {version} at {clock(said[0].at)}", at_times(times), right)


_ENDS: Mapping[str, str] = MappingProxyType({
    "resolved": "resolved", **dict.fromkeys(("unresolved", "not resolved", "never resolved", "handed over", "still open"), "unresolved"),
    "backlog": "backlog", "not an incident": "not_an_incident",
})  # fmt: skip
_PASSING = re.compile(r"\b(?:when|until|before|once|in time|within)\b|·", re.IGNORECASE)
_ENDED = re.compile(
    r"\b(?:incident|outage|issue|problem|it) (?:was|is|has been|remain(?:s|ed)) (?:then |finally |fully |still "
    r"|at last )?(not resolved|never resolved|unresolved|resolved|handed over|still open)\b",
                    re.IGNORECASE)  # fmt: skip


def read_outcome(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of how it ended."""
    text, outcome = mask(sentence.text, known.conditions), str(known.case.outcome)
    word = text.lower().replace("_", " ").strip(" .")
    found = word if re.fullmatch(r"(?:final )?(?:outcome|status|state|result)", sentence.label, re.IGNORECASE) and word in _ENDS else ""
    if not found and sentence.label == "title" and re.search(r"\bunresolved\b", text):
        found = "unresolved"
    ended = _ENDED.search(text)
    if not found and ended and not supposed(text, ended.start()) and not _PASSING.search(text):
        found = ended[1].lower()
    if found:
        yield claim(sentence, "outcome", found, outcome.replace("_", " "), _ENDS[found] == outcome)


_NOTICED = re.compile(
    r"(?:\b(?:detected|noticed|found|reported|alerted|raised)\b[^.;]{0,30}|UTC, |^T\+\d+:\d+,? )\bby (?:a |an |the "
    r"|our )?(monitoring|user'?s?|customers?|support|agent)\b",
                      re.IGNORECASE)  # fmt: skip
_SOURCES: Mapping[str, str] = MappingProxyType({
    "monitoring": "monitoring", "agent": "agent_detection",
    **dict.fromkeys(("user", "users", "user's", "customer", "customers"), "user_report"),
})  # fmt: skip


def read_source(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of who noticed it first."""
    found, alert = _NOTICED.search(sentence.text), known.case.alert
    asked = re.search(r"detect|notic", sentence.label, re.IGNORECASE) or (found and not re.search(r"UTC, |^T", found[0]))
    if found and asked and alert and found[1].lower() in _SOURCES and not denied(sentence.text, found.start(1)):
        right, truth = _SOURCES[found[1].lower()] == alert.source, f"noticed by {alert.source.replace('_', ' ')}"
        yield claim(sentence, "source", f"noticed by {found[1]}", truth, right)

"""What is quoted from the journal: lines of a timeline, messages, action items. They are held against the records word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from drillbook.case import Planned, Said
from drillbook.factcheck.claims import Claim, Subject
from drillbook.factcheck.figures import lengths, moments
from drillbook.factcheck.known import Known
from drillbook.factcheck.saying import claim, is_near
from drillbook.factcheck.sentences import Sentence
from drillbook.timeline import Event, timeline
from drillbook.tools import REMEDIES
from drillbook.units import MINUTE, clock, printable, span

__all__ = ["Ledger", "read_item", "read_quote"]


def _plain(text: str) -> str:
    return " ".join(printable(text).split())


class Ledger:
    """The journal's timeline, for looking lines up."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.events = [event._replace(text=_plain(event.text)) for event in timeline(known.runbook, known.case)]
        self._bones: dict[str, list[Event]] = {}
        for event in self.events:
            self._bones.setdefault(self._bare(event.text), []).append(event)

    def _bare(self, text: str) -> str:
        """A text without what may be told falsely: figures, names of components, titles, severities."""
        text = self.known.title_pattern.sub("ROLE", self.known.name_pattern.sub("PART", text))
        return re.sub(r"\bP\d\b|T[+-]\d+:\d\d|\d[\d.,:]*", "N", text).lower()

    def read(self, sentence: Sentence) -> Iterator[Claim]:
        """A line of a timeline, held against what the journal has; nothing where the journal has nothing like it."""
        cells = _row(sentence.text)
        said = [list(moments(cell, self.known.scenario.starts, self.known.case.now // 2)) for cell in cells]
        times = [found[0] for found, cell in zip(said, cells, strict=True) if found and found[0].start == 0 and len(cell) < 30]
        rest = cells[len(times) :]
        if not times or not rest:
            return
        who, what = (rest[0], " ".join(rest[1:])) if len(rest) > 1 else ("", rest[0])
        at, text = times[-1].at, _plain(what)
        if abs(times[0].at - at) >= MINUTE:
            yield claim(sentence, "event", f"{cells[0]} is {clock(at)}", "these are two different times", False)
            return
        yield from self._found(sentence, at, who, text, times[-1].slack)

    def _found(self, sentence: Sentence, at: int, who: str, text: str, slack: int) -> Iterator[Claim]:
        same = [event for event in self.events if event.text == text]
        here = [event for event in same if abs(event.at - at) <= slack]
        told = f"{clock(at)} {who}: {text}"
        if here:
            acted = [event for event in here if not who or event.who == who]
            yield claim(sentence, _about(here[0]), told, _told(*(acted or here)[:1]), bool(acted))
        elif same:
            yield claim(sentence, _about(same[0]), told, _told(*same[:1]), False)
        else:
            bones = self._bones.get(self._bare(text), ())
            near = [event for event in bones if abs(event.at - at) <= slack and (not who or event.who == who)]
            if near:
                yield claim(sentence, _about(near[0]), told, _told(near[0]), False)


def _row(text: str) -> list[str]:
    """The cells of a line: of a table, or of `22:12 - somebody: something`."""
    if " | " in text:
        return [cell.strip() for cell in text.split(" | ")]
    plain = re.match(r"(\S+(?: UTC)?)\s+(?:[-–—|:]\s*)?(.*)", text, re.DOTALL)
    return [plain[1].rstrip(":"), plain[2]] if plain else [text]


def _told(event: Event) -> str:
    return f"{clock(event.at)} {event.who}: {event.text}"


_MILESTONES = ("acknowledged", "declared", "mitigated", "resolved")


def _about(event: Event) -> Subject:
    """What a line of the timeline speaks of, where that is something that a post-mortem must state."""
    name = event.text.partition(": ")[2]
    if event.kind == "reached" and name in _MILESTONES:
        return name  # type: ignore[return-value]  # one of the subjects
    return "action" if event.kind == "acted" and event.text.partition(":")[0].replace(" ", "_") in REMEDIES else "event"


def read_quote(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """A message as it was sent, under a heading that gives its time."""
    text = sentence.text.strip()
    said = [(entry.at, item) for entry, item in known.case.each(Said)]
    at = next(moments(sentence.section, known.scenario.starts, known.case.now // 2), None)
    same = [(when, item) for when, item in said if item.text.strip() == text]
    if same:
        times = [when for when, _ in same]
        right = at is None or is_near(at.at, times, at.slack)
        yield claim(sentence, "messages", f"sent at {clock(at.at)}" if at else "sent so", " or ".join(map(clock, times)), right)
    elif at is not None:
        then = [item.text for when, item in said if abs(when - at.at) <= at.slack and "\n" in item.text]
        nearest = get_close_matches(text, then, 1, 0.6)
        for true in nearest:
            yield from (claim(sentence, "messages", odd, one, False) for odd, one in _differences(text, true))


def _differences(text: str, true: str) -> Iterator[tuple[str, str]]:
    """The lines of a message that are not as they were sent."""
    told, sent = text.split("\n"), true.strip().split("\n")
    if len(told) != len(sent):
        yield f"{len(told)} lines", f"{len(sent)} lines"
        return
    yield from ((one, other) for one, other in zip(told, sent, strict=True) if one != other)


def read_item(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """An action item that the journal has: its owner and its deadline."""
    whole = f"{sentence.label}: {sentence.text}"
    item = next((one for one in known.planned if one.title in whole), None)
    if item is not None:
        yield from _item(sentence, whole, item, known)


def _item(sentence: Sentence, whole: str, item: Planned, known: Known) -> Iterator[Claim]:
    rest = whole.replace(item.title, "", 1)
    owner, due = known.title_pattern.search(rest), next(lengths(rest), None)
    truth = f"{known.title(item.owner)}, within {span(item.due)}"
    if owner and due:
        right = known.role(owner[0]) == item.owner and abs(due.ms - item.due) < due.slack
        yield claim(sentence, "action item", f"{owner[0]}, within {span(due.ms)}", truth, right)

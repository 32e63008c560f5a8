"""A post-mortem as sentences: Markdown or plain text, tables, bullets and prose, each with its section and its question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

__all__ = ["Part", "Sentence", "clauses", "sentences"]

Part = Literal["fact", "plan", "row", "quote"]
"""fact: what happened; plan: what is to be done; row: a line of a timeline; quote: a message as it was sent."""


class Sentence(NamedTuple):
    """A sentence, the line on which it begins (from 1), its section, and the label or question that it answers."""

    line: int
    section: str
    label: str
    text: str
    part: Part = "fact"


_PLAN = re.compile(
    r"prevent|action item|follow.?up|backlog|lesson|recommend|next step|improve|corrective|remediation item|what (?:we"
    r"|to) (?:will )?change",
                   re.IGNORECASE)  # fmt: skip
_ASKS_PLAN = re.compile(r"would have|needed\?|changes are|what (?:monitoring|testing|process|infrastructure)", re.IGNORECASE)
_BULLET = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s+")
_LABEL = re.compile(r"\*\*(?P<bold>[^*]+?):?\*\*:?\s*(?P<rest>.*)|(?P<plain>[A-Z][A-Za-z' -]{2,40}(?<!\bT)):\s+(?P<tail>\S.*)", re.DOTALL)
_RULE = re.compile(r"\s*\|?[\s:|-]+\|?\s*")
_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bapprox)(?<!\ba\.m)(?<!\bp\.m)(?<!\bvs)(?<!\s\d)(?<!^\d)[.!?]+(?:\s+|$)|;\s+")
_TIME = re.compile(r"^(?:\d\d:\d\d|T[+-]\d|\d{4}-\d\d-\d\d)")


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text, in order."""
    found: list[Sentence] = []
    section, lines, number = "", text.splitlines(), 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("#"):
            section = re.sub(r"^#+\s*(?:\d+[.)]\s*)?", "", line).strip()
            if line.startswith("# "):
                found.append(Sentence(number + 1, section, "title", section))
            number += 1
        elif line.lstrip().startswith("```"):
            number = _fence(lines, number, section, found)
        elif line.lstrip().startswith("|"):
            found.extend(_row(number + 1, section, line))
            number += 1
        elif line.strip():
            number = _block(lines, number, section, found)
        else:
            number += 1
    return found


def _fence(lines: Sequence[str], number: int, section: str, found: list[Sentence]) -> int:
    """A fenced block is a quotation: a message as it was sent, under its heading."""
    end = next((place for place in range(number + 1, len(lines)) if lines[place].lstrip().startswith("```")), len(lines))
    found.append(Sentence(number + 2, section, "", "\n".join(lines[number + 1 : end]), "quote"))
    return end + 1


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _row(number: int, section: str, line: str) -> Iterator[Sentence]:
    cells = _cells(line)
    if _RULE.fullmatch(line) or not any(cells):
        return
    if _TIME.match(cells[0]) and len(cells) > 1:
        yield Sentence(number, section, "", " | ".join(cells), "row")
    elif len(cells) == 2 and cells[0]:
        yield from _split(number, section, cells[0], cells[1])


def _block(lines: Sequence[str], number: int, section: str, found: list[Sentence]) -> int:
    """A paragraph, or a bullet with the lines that go on with it."""
    end = number + 1
    while end < len(lines) and lines[end].strip() and not re.match(r"#|\s*```|\s*\|", lines[end]) and not _starts_anew(lines[end]):
        end += 1
    text = " ".join(line.strip() for line in lines[number:end])
    text = _BULLET.sub("", text, count=1) if _BULLET.match(lines[number]) else text
    if _TIME.match(text) and re.match(r"\S+(?: UTC)?\s+(?:[-–—|:]|[A-Z])", text) and _in_timeline(section):
        found.append(Sentence(number + 1, section, "", text, "row"))
        return end
    label = _LABEL.fullmatch(text)
    name = (label["bold"] or label["plain"]) if label else ""
    found.extend(_split(number + 1, section, name.strip(), (label["rest"] or label["tail"] or "") if label else text))
    return end


def _starts_anew(line: str) -> bool:
    return bool(_BULLET.match(line) or _LABEL.fullmatch(line.strip()))


def _in_timeline(section: str) -> bool:
    return "timeline" in section.lower() or "chronolog" in section.lower()


def _split(number: int, section: str, label: str, text: str) -> Iterator[Sentence]:
    part: Part = "plan" if _PLAN.search(section) or _ASKS_PLAN.search(label) or "→" in text or _PLAN.search(label) else "fact"
    plain = text.replace("**", "").replace("`", "")
    if part == "plan":
        yield Sentence(number, section, label, plain.strip(), part)
        return
    for piece in _END.split(plain):
        if piece.strip():
            yield Sentence(number, section, label, piece.strip(), part)


_JOINT = re.compile(r"\s*(?:;|,(?!\d)|\s[—–-]\s|[()]|\b(?:and|but|then|while|because|so that|which|whereupon)\b)\s*")


def clauses(text: str) -> list[str]:
    """The clauses of a sentence, as far as commas and conjunctions show them."""
    return [part for part in _JOINT.split(text) if part.strip()]

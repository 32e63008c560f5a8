"""The seed, the runbook as its author wrote it, parsed from its text into data: what the tests hold everything else against.

Nothing of it is retyped here. A line that the parser does not know is an error, so that nothing is skipped in silence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

SEEDS = Path(__file__).parents[2] / "shared" / "seed"


@dataclass(frozen=True)
class Severity:
    level: str
    name: str
    definition: str
    examples: tuple[str, ...]
    response_time: str


@dataclass(frozen=True)
class Member:
    role: str
    as_: str
    action: str | None


@dataclass(frozen=True)
class Line:
    """One line of a step: whose it is (None: the seed names nobody), what it says, and what is asked below it."""

    role: str | None
    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Lines under one heading: a role (with a note such as `if P0/P1`), a branch, or what goes on throughout."""

    head: str
    note: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Step:
    """`facts`: what stands as `KEY: value`, such as TRIGGER and Output; `labels`: headings over groups."""

    title: str
    window: str
    labels: tuple[str, ...]
    facts: dict[str, str]
    groups: tuple[Group, ...]

    @property
    def output(self) -> str | None:
        return self.facts.get("Output")

    @property
    def lines(self) -> Iterator[Line]:
        return (line for group in self.groups for line in group.lines)


@dataclass(frozen=True)
class Template:
    title: str
    role: str
    text: str


@dataclass(frozen=True)
class Escalation:
    condition: str
    to: tuple[str, ...]
    action: str


@dataclass(frozen=True)
class Seed:
    title: str
    summary: str
    severities: tuple[Severity, ...]
    teams: dict[str, tuple[Member, ...]]
    triage: Step
    investigation: Step
    mitigation: Step
    verification: Step
    review: Step
    templates: tuple[Template, ...]
    escalations: tuple[Escalation, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        return (self.triage, self.investigation, self.mitigation, self.verification, self.review)

    @property
    def branches(self) -> tuple[Group, ...]:
        """The decision tree's branches; a group's head is its condition."""
        return tuple(group for group in self.mitigation.groups if group.head.startswith("IF "))

    @property
    def throughout(self) -> tuple[Line, ...]:
        return next(group.lines for group in self.mitigation.groups if group.head == "THROUGHOUT")


def read_seed() -> Seed:
    """The seed beside the repository. Where there is none (a clone elsewhere) the test is skipped, or fails if services are required."""
    files = sorted(SEEDS.glob("*.txt"))
    if not files:
        missing = f"the seed text is not at {SEEDS}/*.txt, so there is nothing to compare with"
        if os.environ.get("DRILLBOOK_REQUIRE_SERVICES") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return parse(files[0].read_text(encoding="utf-8"))


@cache
def parse(text: str) -> Seed:
    """The seed as data. Raises ValueError for a line that is not understood, KeyError or StopIteration for a missing part."""
    parts = _sections(_unbarred(text))
    steps = [_step(head, body) for head, body in parts.items() if head.startswith("### Step ")]
    triage, investigation, mitigation, verification, review = steps
    title = next(head for head in parts if head.startswith("# "))
    return Seed(
        title=title.partition("Runbook: ")[2],
        summary=" ".join(filter(None, parts["## Scenario"])),
        severities=tuple(_severity(row) for row in _table(parts["## Severity Classification"])),
        teams={head.split()[1]: _members(body) for head, body in parts.items() if re.match(r"### P\d ", head)},
        triage=triage, investigation=investigation, mitigation=mitigation, verification=verification, review=review,
        templates=tuple(_template(head, body) for head, body in parts.items() if re.match(r"### .* Update \(", head)),
        escalations=tuple(Escalation(row[0], tuple(row[1].split(" + ")), row[2]) for row in _table(parts["## Escalation Matrix"])),
    )  # fmt: skip


def _unbarred(text: str) -> list[str]:
    """The lines of the Markdown: the file has a header above it, and a lone bar twice after every line, blank or not."""
    lines: list[str] = []
    for bar, together in groupby(text.splitlines(), key=lambda line: line == "|"):
        run = list(together)
        lines += [""] * (len(run) // 2 - 1) if bar else run
    return lines[next(place for place, line in enumerate(lines) if line.startswith("# ")) :]


def _sections(lines: Iterable[str]) -> dict[str, list[str]]:
    """Heading (with its hashes) to the lines below it. Inside a fence nothing is a heading."""
    parts: dict[str, list[str]] = {}
    head, fenced = "", False
    for line in lines:
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            head = line
        parts.setdefault(head, []).extend([line] if line != head else [])
    return parts


def _table(lines: Iterable[str]) -> list[list[str]]:
    """The rows of a Markdown table below its header, without bold marks."""
    rows = [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


def _severity(row: list[str]) -> Severity:
    level, name = row[0].split(" — ")
    return Severity(level, name, row[1], tuple(row[2].split(", ")), row[3])


def _members(body: Iterable[str]) -> tuple[Member, ...]:
    return tuple(Member(row[0], row[1], row[2] if len(row) > 2 else None) for row in _table(body))


def _fence(body: list[str]) -> list[str]:
    """What stands in the section's fence."""
    first, last = (place for place, line in enumerate(body) if line.startswith("```"))
    return body[first + 1 : last]


def _template(head: str, body: list[str]) -> Template:
    title = head.removeprefix("### ")
    role = title.partition("(")[2].rstrip(")").partition(" — ")[0]
    return Template(title, role, "\n".join(_fence(body)) + "\n")


_LINES = (
    ("detail", re.compile(r"- (?P<text>.+)")),
    ("arrow", re.compile(r"→ (?:(?P<role>[^:]+): )?(?P<text>.+)")),
    ("line", re.compile(r"(?:\d+\.|├──|└──) (?P<text>.+)")),
    ("fact", re.compile(r"(?P<key>TRIGGER|Output): (?P<text>.+)")),
    ("head", re.compile(r"(?P<text>[^\s(][^(]*?)(?: \((?P<note>[^)]+)\))?:")),
)
"""What a line of a step's fence can be; the first that fits holds."""


def _tokens(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    for line in filter(None, lines):
        kind, match = next(((kind, found) for kind, pattern in _LINES if (found := pattern.fullmatch(line))), ("", None))
        if match is None:
            raise ValueError(f"a line of the seed that the parser does not know: {line!r}")
        yield kind, match.groupdict()


def _step(head: str, body: list[str]) -> Step:
    """A step from its heading (`### Step 1: Title (window)`) and its fence."""
    named = re.fullmatch(r"### Step \d: (.+) \((.+)\)", head)
    if named is None:
        raise ValueError(f"a step's heading that the parser does not know: {head!r}")
    facts: dict[str, str] = {}
    groups: list[tuple[str, str | None, list[Line]]] = []
    for kind, part in _tokens(_fence(body)):
        if kind == "fact":
            facts[part["key"]] = part["text"]
        elif kind == "head":
            groups.append((part["text"], part["note"], []))
        elif kind == "detail":
            last = groups[-1][2].pop()
            groups[-1][2].append(Line(last.role, last.text, (*last.details, part["text"])))
        else:
            role = part["role"] if kind == "arrow" else groups[-1][0]
            groups[-1][2].append(Line(role, part["text"]))
    filled = tuple(Group(name, note, tuple(lines)) for name, note, lines in groups if lines)
    return Step(named[1], named[2], tuple(name for name, _, lines in groups if not lines), facts, filled)

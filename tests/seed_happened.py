"""What of the seed really happened in a drill, as its journal's records show it.

The link from a line of the seed to what the journal shows goes through a runbook: the line's check, its tool, its role and its step.
The evidence is the journal alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from seed import Escalation, Line, Seed, Step, Template
from seed_journal import Record, Records, notes, says, step_of, uses
from seed_links import Place, branch_of, places, role_of, span_in, steps_of

from drillbook.runbook import Runbook

Shown = Callable[[Records], bool]
Uses = Callable[[Records], Iterator[Record]]


class Item(NamedTuple):
    """An item of the seed, and whether the journal of a drill shows that it happened."""

    group: str
    name: str
    shown: Shown


def items_of(seed: Seed, runbook: Runbook) -> list[Item]:
    """Every item of the seed that can happen; one that the runbook does not know is never shown."""
    return [
        *(Item("severity", f"{row.level} — {row.name}", _declares(row.level)) for row in seed.severities),
        *_teams(seed, runbook),
        *_lines("triage", seed.triage, runbook),
        *_lines("check", seed.investigation, runbook),
        *_branches(seed, runbook),
        *(Item("throughout", line.text, _goes_on(runbook, line)) for line in seed.throughout),
        *_lines("verification", seed.verification, runbook, verified=True),
        *_review(seed, runbook),
        *_templates(seed, runbook),
        *(Item("escalation", f"{row.condition} → {role}", _escalates(runbook, row, role)) for row in seed.escalations for role in row.to),
    ]  # fmt: skip


def happened(items: Iterable[Item], drills: Mapping[str, Records]) -> dict[str, list[str]]:
    """`group: name` of every item to the drills in which it happened."""
    return {f"{item.group}: {item.name}": [name for name, records in drills.items() if item.shown(records)] for item in items}


def table(found: Mapping[str, list[str]]) -> str:
    """seed item | drills in which it happened."""
    width = max(map(len, found))
    return "\n".join(f"{name:{width}} | {', '.join(drills) or 'NONE'}" for name, drills in found.items())


# Severities and teams


def _declares(level: str) -> Shown:
    return lambda records: any(notes(records, "declared", severity=level))


def players(runbook: Runbook, title: str) -> set[str]:
    """Who may play what the seed calls by this title: the role, or for a placeholder any owner."""
    role = role_of(runbook, title)
    if role is None:
        return set()
    return set(runbook.owners.values()) if role in runbook.placeholders else {role}


def _teams(seed: Seed, runbook: Runbook) -> Iterator[Item]:
    for level, members in seed.teams.items():
        fixed = {name for member in members if len(found := players(runbook, member.role)) == 1 for name in found}
        for member in members:
            able = players(runbook, member.role)
            yield Item("team", f"{level}: {member.role} ({member.as_})", _serves(level, able if able <= fixed else able - fixed))


def _serves(level: str, able: set[str]) -> Shown:
    """At this severity somebody able was activated as a member of the team (not called in), and then ended a task."""

    def shown(records: Records) -> bool:
        severity, members = None, set[str]()
        for record in records:
            if record["kind"] == "note" and record["in"]["name"] == "declared":
                severity = record["out"]["severity"]
            elif record["kind"] == "note" and record["in"]["name"] == "activated" and severity == level:
                members |= able & set(record["out"]["roles"])
            elif record["kind"] == "task" and record["actor"] in members:
                return True
        return False

    return shown


# Lines of steps


def _does(runbook: Runbook, found: Sequence[Place]) -> Uses:
    """The records in which a line's tool was used (or its conclusion entered) by its role in its step."""

    def work(records: Records) -> Iterator[Record]:
        for place in found:
            able = players(runbook, runbook.roles[place.role])
            if place.check.tool:
                yield from uses(records, place.check.tool, able, place.step)
            else:
                yield from (note for note in notes(records, place.check.items) if note["actor"] in able and step_of(note) == place.step)

    return work


def _verified(records: Records, line: Line, role: str | None) -> bool:
    return any(note["actor"] == role for note in notes(records, "verified", check=line.text, ok=True))


def _lines(group: str, step: Step, runbook: Runbook, *, verified: bool = False) -> Iterator[Item]:
    """Every line of a step; with `verified`, its result must have been entered in the line's own words, and be good."""
    for line in step.lines:
        role = role_of(runbook, line.role or "")
        found = [place for place in places(runbook, steps_of(runbook, step), role) if place.check.text == line.text]
        does = _does(runbook, found)
        yield Item(group, f"{line.role}: {line.text}", _checked(line, role, does) if verified else _done(does))


def _done(does: Uses) -> Shown:
    return lambda records: any(does(records))


def _checked(line: Line, role: str | None, does: Uses) -> Shown:
    return lambda records: any(does(records)) and _verified(records, line, role)


def _branches(seed: Seed, runbook: Runbook) -> Iterator[Item]:
    tree = steps_of(runbook, seed.mitigation)
    for branch in seed.branches:
        rows = [row for name in tree for row in runbook.steps[name].routes if row.if_ == branch.head]
        chosen = {(row.on, row.to) for row in rows}
        yield Item("branch", branch.head, _chooses(tree, chosen))
        known = list(places(runbook, branch_of(runbook, seed.mitigation, branch.head)))
        steps: list[Uses] = []
        for number, line in enumerate(branch.lines, 1):
            role = role_of(runbook, line.role) if line.role else None
            found = [place for place in known if place.check.text == line.text and role in (None, place.role)]
            steps.append(_does(runbook, found))
            name = f"{branch.head}, {number}. {line.text}"
            yield Item("branch step", name, _in_order(tree, chosen, tuple(steps)))
            if len(found) > 1:  # a line that offers several remedies: each must have been the one
                alone = [(place.check.tool, _does(runbook, [place])) for place in found]
                yield from (Item("branch step", f"{name}: {tool}", _in_order(tree, chosen, (*steps[:-1], does))) for tool, does in alone)


def _choices(records: Records, tree: tuple[str, ...], chosen: set[tuple[str, str]]) -> Iterator[Record]:
    for record in records:
        if record["kind"] == "route" and record["in"]["step"] in tree and (record["in"]["outcome"], record["out"]["to"]) in chosen:
            yield record


def _chooses(tree: tuple[str, ...], chosen: set[tuple[str, str]]) -> Shown:
    return lambda records: any(_choices(records, tree, chosen))


def _in_order(tree: tuple[str, ...], chosen: set[tuple[str, str]], steps: Sequence[Uses]) -> Shown:
    """The branch was chosen, and then these steps were done, each after the one before it."""

    def shown(records: Records) -> bool:
        after = min((choice["seq"] for choice in _choices(records, tree, chosen)), default=None)
        for work in steps:
            if after is None:
                return False
            after = min((use["seq"] for use in work(records) if use["seq"] > after), default=None)
        return after is not None

    return shown


# Words


def _goes_on(runbook: Runbook, line: Line) -> Shown:
    """Said again and again from the declaration on, never further apart than the line says, at the severity that it names."""
    kind, tool = next(((rule.kind, rule.tool) for rule in runbook.throughout if rule.text == line.text), ("", ""))
    only = re.search(r"\((P\d) only\)", line.text)
    role = role_of(runbook, line.role or "")

    def shown(records: Records) -> bool:
        declared = list(notes(records, "declared"))
        said = sorted(record["vt"] for record in says(records, role, kind) if record["in"]["name"] == tool)
        if not declared or len(said) < 3 or (only and not _declares(only[1])(records)):
            return False
        moments, most = [declared[0]["vt"], *said], span_in(line.text)
        return most is None or all(later - at <= most for at, later in pairwise(moments))

    return shown


def _review(seed: Seed, runbook: Runbook) -> Iterator[Item]:
    for group in seed.review.groups:
        able = players(runbook, group.head.partition(" leads ")[0])
        for line in group.lines:
            yield Item("post-mortem", line.text, _answers(able, line))


def _answers(able: set[str], line: Line) -> Shown:
    """A review by the leader has this part with every question answered; what asks for `a → b → c` is answered so."""

    def shown(records: Records) -> bool:
        parts = [part for note in notes(records, "reviewed") if note["actor"] in able for part in note["out"]["sections"]]
        return any(part["title"] == line.text and _answered(part["answers"]) for part in parts)

    def _answered(answers: Sequence[tuple[str, str]]) -> bool:
        asked = [ask for ask, answer in answers if answer and answer.count(" → ") == ask.count(" → ")]
        return asked == list(line.details)

    return shown


def _templates(seed: Seed, runbook: Runbook) -> Iterator[Item]:
    for template in seed.templates:
        role = role_of(runbook, template.role)
        yield Item("template", template.title, _speaks(role, template))
        for choice in re.findall(r"\[([^\]]+ / [^\]]+)\]", template.text):
            for word in choice.split(" / "):
                yield Item("template", f"{template.title}, {word}", _speaks(role, template, {choice: word}))


def _speaks(role: str | None, template: Template, words: Mapping[str, str] | None = None) -> Shown:
    """Somebody said just this template with every placeholder filled; `words`: what stood for some of them."""
    parts = re.split(r"\[([^\]]+)\]", template.text.rstrip("\n"))
    given = words or {}
    for place in range(1, len(parts), 2):
        parts[place] = re.escape(given[parts[place]]) if parts[place] in given else r"[^\[\]\n]+"
    parts[::2] = map(re.escape, parts[::2])
    pattern = re.compile("".join(parts))
    return lambda records: any(pattern.fullmatch(said["out"]["text"]) for said in says(records, role))


def _escalates(runbook: Runbook, row: Escalation, title: str) -> Shown:
    """It was escalated to this role with this action, which spoke to it; at the time that the condition names, if it names one."""
    role, due, level = role_of(runbook, title), span_in(row.condition), row.condition.partition(" ")[0]

    def shown(records: Records) -> bool:
        told = [note for note in notes(records, "escalated", condition=row.condition, action=row.action) if note["actor"] == role]
        since = {note["vt"] for note in notes(records, "declared", severity=level)}
        in_time = [note for note in told if due is None or note["vt"] - due in since]
        return bool(in_time) and any(says(records, role, row.condition))

    return shown

"""What of the seed a runbook does not say: every item in its place, word by word, and in the seed's order where it has one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from seed import Line, Seed, Severity, Step
from seed_links import branch_of, places, role_of, span_in, steps_of

from drillbook.runbook import Runbook, Template


def missing(seed: Seed, runbook: Runbook) -> list[str]:
    """Everything that is missing, one line an item: its section, and its words. Empty if the runbook says it all."""
    return [
        *_head(seed, runbook), *_severities(seed, runbook), *_teams(seed, runbook), *_frames(seed, runbook),
        *_crews(seed, runbook), *_branches(seed, runbook), *_throughout(seed, runbook), *_review(seed, runbook),
        *_templates(seed, runbook), *_escalations(seed, runbook),
    ]  # fmt: skip


def _absent(section: str, wanted: Iterable[str], there: Sequence[str], *, ordered: bool = True) -> Iterator[str]:
    """The wanted texts that are not there (as often as they are wanted); where order counts, those out of order."""
    listed = list(wanted)
    lacking = Counter(listed) - Counter(there)
    yield from (f"{section}: {text}" for text in lacking.elements())
    if ordered and not lacking:
        found = [text for text in there if text in listed]
        yield from (f"{section}: {text} (out of order)" for text, other in zip(listed, found, strict=False) if text != other)


def _title(runbook: Runbook, role: str) -> str:
    return runbook.roles.get(role, role)


def _head(seed: Seed, runbook: Runbook) -> Iterator[str]:
    yield from _absent("title", [seed.title], [runbook.title])
    yield from _absent("scenario", [seed.summary], [runbook.summary])
    yield from _absent("trigger", seed.triage.facts["TRIGGER"].split(" / "), runbook.triggers)


def _severities(seed: Seed, runbook: Runbook) -> Iterator[str]:
    yield from _absent("severities", [row.level for row in seed.severities], [row.level for row in runbook.severities])
    for row in seed.severities:
        yield from _severity(row, runbook)


def _severity(row: Severity, runbook: Runbook) -> Iterator[str]:
    ours = next((ours for ours in runbook.severities if ours.level == row.level), None)
    if ours:
        words = [ours.name, ours.definition, ours.response_time]
        yield from _absent(f"severity {row.level}", [row.name, row.definition, row.response_time], words)
        yield from _absent(f"severity {row.level}, examples", row.examples, ours.examples)


def _teams(seed: Seed, runbook: Runbook) -> Iterator[str]:
    for level, members in seed.teams.items():
        wanted = [" | ".join(filter(None, (row.role, row.as_, row.action))) for row in members]
        there = [" | ".join(filter(None, (_title(runbook, row.role), row.as_, row.action))) for row in runbook.teams.get(level, ())]
        yield from _absent(f"team {level}", wanted, there)


def _frames(seed: Seed, runbook: Runbook) -> Iterator[str]:
    """Titles, windows, labels and outputs of the five steps. Mitigation is known by its label: its steps have titles of their own."""
    for step in seed.steps:
        ours = [runbook.steps[name] for name in steps_of(runbook, step)]
        by_name = [] if step.labels == seed.mitigation.labels else [step.title]
        yield from _absent("steps", by_name, [here.title for here in ours])
        yield from _absent(f"{step.title}, window", [step.window], [here.window for here in ours if here.window])
        yield from _absent(f"{step.title}, label", step.labels, [here.label for here in ours if here.label])
        yield from _absent(f"{step.title}, output", filter(None, [step.output]), [here.output for here in ours if here.output])


def _crews(seed: Seed, runbook: Runbook) -> Iterator[str]:
    """Whose lines stand in which step: triage, the parallel investigation, the parallel verification."""
    for step in (seed.triage, seed.investigation, seed.verification):
        names = steps_of(runbook, step)
        for group in step.groups:
            role = role_of(runbook, group.head)
            found = [place.check for place in places(runbook, names, role)] if role else []
            section = f"{step.title}, {group.head}"
            notes = [crew.note for name in names for crew in runbook.steps[name].crew if crew.role == role and crew.note]
            yield from _absent(f"{section}, note", filter(None, [group.note]), notes)
            yield from _absent(section, [line.text for line in group.lines], [check.text for check in found])
            for line in group.lines:
                details = next((check.details for check in found if check.text == line.text), ())
                yield from _absent(f"{section}, {line.text}", line.details, details)
    yield from _watch(seed.verification, runbook)


def _watch(step: Step, runbook: Runbook) -> Iterator[str]:
    """The watch lasts as long as the line says."""
    lengths = [length for line in step.lines if (length := span_in(line.text)) is not None]
    yield from (f"{step.title}: the watch lasts {runbook.watch.lasts} ms, not {one} ms" for one in lengths if one != runbook.watch.lasts)


def _branches(seed: Seed, runbook: Runbook) -> Iterator[str]:
    tree = [row.if_ for name in steps_of(runbook, seed.mitigation) for row in runbook.steps[name].routes if row.if_]
    yield from _absent("decision tree", [branch.head for branch in seed.branches], tree)
    for branch in seed.branches:
        found = list(places(runbook, branch_of(runbook, seed.mitigation, branch.head)))
        owners: dict[str, list[str]] = {}
        for place in found:
            owners.setdefault(place.check.text, []).append(_title(runbook, place.role))
        there = list(dict.fromkeys(place.check.text for place in found))
        yield from _absent(branch.head, map(_said, branch.lines), [_as_owned(text, owners[text], branch.lines) for text in there])


def _said(line: Line) -> str:
    return f"{line.role}: {line.text}" if line.role else line.text


def _as_owned(text: str, owners: list[str], lines: Sequence[Line]) -> str:
    """A line of the runbook as the seed writes it: with its role, or without where the seed names nobody."""
    nobody = any(line.text == text and line.role is None for line in lines)
    return text if nobody else f"{owners[0]}: {text}"


def _throughout(seed: Seed, runbook: Runbook) -> Iterator[str]:
    there = [f"{_title(runbook, rule.role)}: {rule.text}" for rule in runbook.throughout]
    yield from _absent("throughout", map(_said, seed.throughout), there)
    for line in seed.throughout:
        rules = [rule for rule in runbook.throughout if rule.text == line.text]
        every = span_in(line.text)
        yield from (f"throughout: {line.text} (but it is every {rule.every} ms)" for rule in rules if every not in (None, rule.every))


def _review(seed: Seed, runbook: Runbook) -> Iterator[str]:
    names = steps_of(runbook, seed.review)
    leads = [place.check.text for place in places(runbook, names)]
    yield from _absent(seed.review.title, [group.head for group in seed.review.groups], leads)
    yield from _absent("post-mortem, parts", [line.text for line in seed.review.lines], [part.title for part in runbook.post_mortem])
    for line in seed.review.lines:
        asked = [question.ask for part in runbook.post_mortem if part.title == line.text for question in part.questions]
        yield from _absent(f"post-mortem, {line.text}", line.details, asked)


def _templates(seed: Seed, runbook: Runbook) -> Iterator[str]:
    for wanted in seed.templates:
        ours = next((template for template in runbook.templates.values() if template.title == wanted.title), None)
        if ours is None:
            yield f"templates: {wanted.title}"
            continue
        yield from _absent(f"template {wanted.title}, role", [wanted.role], [_title(runbook, ours.role)])
        yield from _absent(f"template {wanted.title}", wanted.text.splitlines(), ours.text.splitlines())
        yield from _exact(wanted.title, wanted.text, ours)


def _exact(title: str, wanted: str, ours: Template) -> Iterator[str]:
    """Nothing may stand in a template beside the seed's lines."""
    extra = Counter(ours.text.splitlines()) - Counter(wanted.splitlines())
    yield from (f"template {title}: {text} (is not in the seed)" for text in extra.elements())


def _escalations(seed: Seed, runbook: Runbook) -> Iterator[str]:
    there = [f"{row.condition} | {' + '.join(_title(runbook, role) for role in row.to)} | {row.action}" for row in runbook.escalations]
    wanted = [f"{row.condition} | {' + '.join(row.to)} | {row.action}" for row in seed.escalations]
    yield from _absent("escalations", wanted, there)
    for row in runbook.escalations:
        due = span_in(row.condition)
        if due is not None and due != row.after:
            yield f"escalations: {row.condition} (but it is due after {row.after} ms)"

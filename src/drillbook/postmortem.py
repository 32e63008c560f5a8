"""The post-mortem as Markdown: the review's sections, the timeline, what was said, and who does what next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from drillbook.case import Alert, Case, Planned, Reviewed, Said
from drillbook.runbook import Runbook
from drillbook.timeline import timeline
from drillbook.units import clock, printable, span, stamp

__all__ = ["render"]


def render(runbook: Runbook, case: Case, starts: datetime) -> str | None:
    """The whole document, None if the drill had no review."""
    review = case.last(Reviewed)
    if review is None:
        return None
    parts = (_head(runbook, case, starts), _sections(review), _timeline(runbook, case, starts), _messages(case), _backlog(runbook, case))
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(runbook: Runbook, case: Case, starts: datetime) -> Iterator[str]:
    alert, found = case.alert, case.diagnosis
    where = f"{found.cause.replace('_', ' ')} in {found.component}" if found and found.component else "cause unknown"
    yield f"# Post-mortem: {case.severity}, {f'unresolved, last taken for {where}' if case.outcome == 'unresolved' else where}"
    yield ""
    yield f"Times are UTC; T+00:00 is {stamp(starts, 0)}."
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield f"| Severity | {case.severity} |"
    yield f"| Outcome | {case.outcome} |"
    yield f"| Detected | {_detected(alert, starts) if alert else '-'} |"
    for name in ("mitigated", "resolved"):
        at = case.milestone(name)
        yield f"| {name.capitalize()} | {stamp(starts, at) if at is not None else 'no'} |"
    yield f"| Team | {', '.join(runbook.roles[role] for role in case.members)} |"
    called = [runbook.roles[role] for role in case.team if role not in case.members]
    yield f"| Called in | {', '.join(called) or 'nobody'} |"
    yield ""


def _detected(alert: Alert, starts: datetime) -> str:
    return f"{stamp(starts, alert.starts_at)}, by {alert.source.replace('_', ' ')}: {_cell(alert.summary)}"


def _cell(text: str) -> str:
    """Text within a row of a table, whatever is in it."""
    return " ".join(printable(text).replace("|", "\\|").split())


def _sections(review: Reviewed) -> Iterator[str]:
    for number, section in enumerate(review.sections, 1):
        yield f"## {number}. {section.title}"
        yield ""
        for ask, answer in section.answers:
            yield f"- {answer}" if ask.startswith("[") else f"- **{ask}** {answer}"
        yield ""


def _timeline(runbook: Runbook, case: Case, starts: datetime) -> Iterator[str]:
    yield "## Timeline"
    yield ""
    yield "| time | T+ | who | what |"
    yield "| --- | --- | --- | --- |"
    for event in timeline(runbook, case):
        if event.weight > 0:
            yield f"| {stamp(starts, event.at)[11:16]} | {clock(event.at)} | {event.who} | {_cell(event.text)} |"
    yield ""


def _messages(case: Case) -> Iterator[str]:
    said = [(entry, item) for entry, item in case.each(Said) if item.channel in ("publish_status", "send_brief")]
    if said:
        yield "## Status updates and briefs"
        yield ""
    for entry, item in sorted(said, key=lambda one: (one[0].at, one[0].seq)):
        yield f"### {clock(entry.at)} {item.topic.replace('_', ' ')}"
        yield ""
        yield "```text"
        yield item.text
        yield "```"
        yield ""


def _backlog(runbook: Runbook, case: Case) -> Iterator[str]:
    items = [item for item in case.all(Planned) if item.backlog]
    if items:
        yield "## Backlog"
        yield ""
        yield from (f"- {item.title} ({runbook.roles.get(item.owner, item.owner)}, within {span(item.due)})" for item in items)

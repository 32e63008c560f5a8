"""What a person at a role's desk is shown with a question, as JSON data: docs/people.md lists it field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drillbook.brains.seat import Seat
from drillbook.brains.stopwatch import ahead, running
from drillbook.case import Acted, Found, Item, Observed
from drillbook.glance import glance
from drillbook.timeline import events
from drillbook.units import clock, stamp

__all__ = ["Sight"]

_MARKS = re.compile(r"</?data[^>]*>")


@dataclass(frozen=True)
class Sight:
    """A task as a person sees it; `draft` is what the role's stub would say here."""

    seat: Seat
    draft: str

    def brief(self) -> list[str]:
        """All that is known, a line each, without the marks that are for models."""
        return [_MARKS.sub("", line) for line in self.seat.brief.splitlines()]

    def request(self, shown: list[str]) -> dict[str, Any]:
        """What is asked, as the journal keeps it: whose duty, when, and what is new to whoever is asked."""
        task = self.seat.task
        return {"role": task.role, "step": task.step, "duty": task.duty, "topic": task.topic, "at": self.seat.belt.now, "shown": shown}

    def question(self) -> dict[str, Any]:
        """What else is shown: the stopwatch, the story so far, what may be done, and what a report is made of."""
        seat, now = self.seat, self.seat.belt.now
        runbook = seat.belt.runbook
        return {
            "title": seat.belt.charter.title, "step": runbook.steps[seat.task.step].title, "time": stamp(seat.belt.starts, now),
            "running": [[name, length] for name, length in running(seat.case, now)],
            "ahead": [[length, what] for length, what in ahead(runbook, seat.case, now)],
            "story": [list(event) for event in events(runbook, seat.case.entries)],
            "brief": self.brief(), "seen": self._seen(), "done": self._done(), "asks": self._asks(), "moves": self._moves(),
            "form": seat.form.__name__.lower(), "schema": seat.schema, "outcomes": self._outcomes(), "draft": self.draft,
            "choices": self._choices(),
        }  # fmt: skip

    def _asks(self) -> list[str]:
        task, runbook = self.seat.task, self.seat.belt.runbook
        due = [f"{runbook.in_words(task.topic)}{f': {task.action}' if task.action else ''}"] if task.topic else []
        watch = {"watch": runbook.watch, "monitor_dependency": runbook.dependency_watch}.get(task.duty)
        until = [f"until {clock(task.at + watch.lasts)}, a look every {watch.every // 60_000} min"] if watch else []
        return [*due, *(f"{line.text}{f' ({line.tool})' if line.tool else ''}" for line in task.checks), *until]

    def _moves(self) -> list[dict[str, Any]]:
        usual = self._usual()
        return [{"name": name, "doc": doc, "needs": need, "usual": usual.get(name)} for name, doc, need in self.seat.menu()]

    def _usual(self) -> Mapping[str, str]:
        """What the moves that are not done to a component are done to."""
        alert, severity = self.seat.case.alert, self.seat.case.severity
        return {"acknowledge_alert": alert.name if alert else "incident", "activate_team": f"{severity or 'response'} team",
                "open_channel": f"#incident-{(severity or 'new').lower()}"}  # fmt: skip

    def _outcomes(self) -> list[list[str]]:
        """(name, what it means) of what can be reported."""
        step, runbook = self.seat.belt.runbook.steps[self.seat.task.step], self.seat.belt.runbook
        if self.seat.task.topic:
            return [["told", ""]]
        meant = {row.on: row.if_ for row in step.routes if row.if_}
        levels = {row.level: f"{row.name}: {row.definition}" for row in runbook.severities}
        return [[name, {**meant, **levels}.get(name, "")] for name in step.outcomes]

    def _choices(self) -> dict[str, Any]:
        """What the fields of a report can be chosen from."""
        case, runbook, drafts = self.seat.case, self.seat.belt.runbook, self.seat.belt.drafts
        diagnosing = next((step for step in runbook.steps.values() if any(crew.duty == "diagnose" for crew in step.crew)), None)
        return {
            "components": [card.name for card in case.catalogue], "severities": [row.level for row in runbook.severities],
            "severity": case.severity, "causes": list(diagnosing.outcomes) if diagnosing else [],
            "checks": [line.text for line in self.seat.task.checks],
            "used": list(dict.fromkeys(draft.name for draft in drafts if draft.kind == "observe" and "refused" not in draft.got)),
            "findings": [[entry.seq, f"{item.text} ({item.cause or 'any cause'} in {item.component or 'any component'}, {item.weight:+g})"]
                         for entry, item in case.each(Found)],
            "questions": [[part.title, [one.ask for one in part.questions]] for part in runbook.post_mortem],
            "owners": [role for role in runbook.roles if role not in runbook.placeholders],
        }  # fmt: skip

    def _last(self) -> Item | None:
        """What the last move entered; None where it entered nothing, as waiting does."""
        asked = max((place for place, draft in enumerate(self.seat.belt.drafts) if draft.kind == "ask"), default=-1)
        return next((item for draft in self.seat.belt.drafts[asked + 1 :] for item in draft.items), None)

    def _seen(self) -> dict[str, Any]:
        """What the last look showed, in full; empty if the last move was none."""
        seen = self._last()
        return dict(seen.answer.model_dump(mode="json", exclude_defaults=True)) if isinstance(seen, Observed) else {}

    def _done(self) -> list[str]:
        """What was seen and done in this task so far."""
        moves = [(draft.at, item) for draft in self.seat.belt.drafts for item in draft.items]
        return [line for at, item in moves if (line := _in_words(item, at))]

    def shown(self, told: str) -> list[str]:
        """What the last move brought, in a line; `told` is how the seat says it, where there is no better word."""
        return [_in_words(self._last(), self.seat.belt.now) or told]


def _in_words(item: Item | None, at: int) -> str:
    """A move's line; empty for what is no move."""
    match item:
        case Observed(tool=tool, answer=answer):
            return f"{clock(at)} {tool.replace('_', ' ')}: {glance(answer)}"
        case Acted(tool=tool, detail=detail, accepted=accepted):
            return f"{clock(at)} {tool.replace('_', ' ')}: {'' if accepted else 'NOT DONE: '}{detail}"
    return ""

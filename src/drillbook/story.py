"""The drill as a person likes to read it: the incident as it unfolds, a line an event, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from drillbook.case import Case, Failed, Reviewed, Stepped
from drillbook.runbook import Runbook
from drillbook.timeline import Event, events
from drillbook.units import clock, span

if TYPE_CHECKING:
    from drillbook.drill import Drill

__all__ = ["Narrator", "facts", "headline", "laid_out", "review", "summary"]

_LOOKS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "alerted": ("▲", "bold red"), "declared": ("■", "bold red"), "activated": ("+", "cyan"), "observed": ("·", "default"),
    "found": (" ", "dim"), "diagnosed": ("◆", "bold yellow"), "acted": ("►", "bold magenta"), "verified": ("✓", "green"),
    "said": ("“", "blue"), "escalated": ("!", "bold yellow"), "reached": ("●", "bold green"), "concluded": ("●", "bold green"),
    "reviewed": ("✎", "cyan"), "planned": ("→", "cyan"), "refused": ("✗", "bold red"), "failed": ("✗", "bold red"),
    "stepped": (" ", "dim"), "scoped": ("·", "default"),
})  # fmt: skip
"""How a kind of event is marked and coloured; the text says the same without colour."""


_NARROW = 72
"""Columns below which there is no room for the text beside the time and the role."""


def headline(title: str, seed: int, cast: Mapping[str, str]) -> RenderableType:
    """What is about to be drilled."""
    brains = ", ".join(sorted({*cast.values()}))
    return Group(Text(title, style="bold"), Text(f"seed {seed}, cast: {brains}, virtual time from T+00:00", style="dim"), Text(""))


@dataclass
class Narrator:
    """Tells a drill step by step; call it with the case after every step. `least`: the lightest event worth a line."""

    console: Console
    runbook: Runbook
    least: int = 1
    _told: int = field(default=0, init=False)

    def __call__(self, case: Case) -> None:
        """Tell what is new in the case."""
        new, self._told = case.entries[self._told :], len(case.entries)
        told = [event for event in events(self.runbook, new) if event.weight >= self.least]
        done = case.last(Stepped)
        if done is not None:
            self.console.print(self._header(case, done))
        self.console.print(laid_out(told, self.console.width, max(map(len, self.runbook.roles.values()))))
        if done is not None:
            self.console.print(Text(f"          → {done.outcome.replace('_', ' ')}", style="dim"))

    def _header(self, case: Case, done: Stepped) -> RenderableType:
        step, times = self.runbook.steps[done.step], case.times(done.step)
        again = f", round {times}" if times > 1 else ""
        label = f" · {step.label.lower()}" if step.label else ""
        return Rule(Text(f"{step.title}{again}{label}", style="bold"), align="left", style="dim")


def laid_out(told: list[Event], columns: int, width: int) -> RenderableType:
    """Events on a terminal of so many columns, `width` of them for whoever did it."""
    return _stacked(told) if columns < _NARROW else _lines(told, width)


def _lines(told: list[Event], width: int) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, width=9, style="dim")
    grid.add_column(no_wrap=True, width=width)
    grid.add_column(no_wrap=True, width=1)
    grid.add_column(ratio=1)
    for event, same in _with_repeats(told):
        mark, text = _look(event)
        grid.add_row("" if same else clock(event.at), "" if same else event.who, mark, text)
    return grid


def _stacked(told: list[Event]) -> RenderableType:
    """For a narrow terminal: when and who in a line of its own, and what below it."""
    parts: list[RenderableType] = []
    for event, same in _with_repeats(told):
        if not same:
            parts.append(Text.assemble((clock(event.at), "dim"), " ", event.who))
        grid = Table.grid(padding=(0, 1))
        grid.add_row("", *_look(event))
        parts.append(grid)
    return Group(*parts)


def _with_repeats(told: list[Event]) -> Iterator[tuple[Event, bool]]:
    """Each event, and whether it is of the same moment and role as the one before."""
    before: tuple[int, str] | None = None
    for event in told:
        yield event, before == (event.at, event.who)
        before = (event.at, event.who)


def _look(event: Event) -> tuple[Text, Text]:
    """An event's mark and its text."""
    mark, style = _LOOKS[event.kind]
    if event.kind == "verified" and event.text.startswith("NOT OK"):
        mark, style = "✗", "bold red"
    return Text(mark, style=style), Text(event.text, style=style)


def review(case: Case) -> RenderableType:
    """The post-mortem's sections."""
    found = case.last(Reviewed)
    parts: list[RenderableType] = []
    for section in found.sections if found else ():
        parts.append(Rule(Text(f"Post-mortem · {section.title}", style="bold"), align="left", style="dim"))
        for ask, answer in section.answers:
            question = Text("") if ask.startswith("[") else Text(f"{ask} ", style="bold")
            parts.append(Padding(Text.assemble(question, answer), (0, 0, 0, 2)))
    return Group(*parts)


def summary(drill: Drill, journal: Path, postmortem: Path | None) -> RenderableType:
    """What it came to: severity, cause, route, milestones, who was called, what it cost, and the score."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1)
    files = {"journal": f"{journal}  sha256 {drill.journal.digest}", "post-mortem": str(postmortem) if postmortem else ""}
    for name, text in {**facts(drill), **files}.items():
        if text:
            table.add_row(name, text)
    return Group(Rule(Text("Summary", style="bold"), align="left", style="dim"), table)


def facts(drill: Drill) -> dict[str, str]:
    """What a drill came to, a line a name; what there was nothing of is left out."""
    case, truth, found = drill.case, drill.truth, drill.case.diagnosis
    names = drill.runbook.roles
    called = [names[role] for role in case.team if role not in case.members]
    severity = _right(case.severity == drill.severity_truth, drill.severity_truth or "none")
    cause = _right(_same(drill), f"{truth.cause} in {truth.component}")
    rows = {
        "severity": f"{case.severity or 'none: not an incident'}{severity}",
        "cause": f"{found.cause.replace('_', ' ')} in {found.component or 'no component'}{cause}" if found else "",
        "outcome": (case.outcome or "").replace("_", " "),
        "route": " → ".join(f"{item['step']} ({item['outcome']})" for item in drill.route),
        "milestones": ", ".join(f"{name} {clock(at)}" for name, at in drill.milestones.items() if at is not None),
        "team": ", ".join(names[role] for role in drill.team),
        "called in": ", ".join(called),
        "escalations": "; ".join(_escalated(drill, one) for one in drill.escalations),
        "errors": _errors(drill),
        "cost": f"{truth.users_hit:,} users hit, {truth.revenue_lost_usd:,} USD lost{_duration(drill)}",
        "actions": "; ".join(f"{act.tool} {act.target}: {act.effect}" for act in truth.actions),
        "score": f"{drill.score.points} of 100 ({_parts(drill)})",
    }
    return {name: text for name, text in rows.items() if text}


def _errors(drill: Drill) -> str:
    """What went wrong in whoever played: the first of it, and how much more there is."""
    found = [(entry, item) for entry, item in drill.case.each(Failed)]
    if not found:
        return ""
    entry, item = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{drill.runbook.roles.get(entry.role, entry.role)} at {entry.step}: {item.error}{more}"


def _escalated(drill: Drill, one: Mapping[str, Any]) -> str:
    return f"{clock(one['at'])} {drill.runbook.in_words(one['condition'])} → {drill.runbook.roles[one['role']]}"


def _same(drill: Drill) -> bool:
    found = drill.case.diagnosis
    return found is not None and (found.cause, found.component) == (drill.truth.cause, drill.truth.component)


def _right(fine: bool, truth: str) -> str:
    return " (right)" if fine else f" (in truth: {truth})"


def _duration(drill: Drill) -> str:
    start, end = drill.truth.introduced, drill.truth.recovered_at
    return f"; users were well again {span(end - start)} after it began" if start is not None and end is not None else ""


def _parts(drill: Drill) -> str:
    parts = {**drill.score.end_state, **drill.score.process}
    return ", ".join(f"{name.replace('_', ' ')} {got}/{most}" for name, (got, most) in parts.items())

"""What production gives to read: log lines, earlier incidents, customers' tickets, each as facts, a line each, and as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from drillbook.answers import LogLine, Summary
from drillbook.units import HOUR, clock
from drillbook.world.signals import error_logs
from drillbook.world.telemetry import Moment

__all__ = ["log_summary", "past_incidents", "tickets"]

_LINES = 12
_WRITES = 50
"""One in so many users whose journey fails writes to the support."""


def _summary(facts: Iterator[str], nothing: str) -> Summary:
    told = tuple(facts)
    return Summary(facts=told or (nothing,), text="; ".join(told or (nothing,)))


def log_summary(now: Moment, focus: str | None) -> Summary:
    """The loudest log lines, of a component or of all."""
    lines = [line for line in error_logs(now, None).lines if focus in (None, line.component)][:_LINES]
    return _summary(map(_line, lines), f"the logs of {focus or 'all components'} are quiet")


def _line(line: LogLine) -> str:
    since = "" if line.since is None else f" since {clock(line.since)}"
    return f"{line.component} ({line.level}): {line.message}, {line.per_minute} times a minute{since}"


def past_incidents(now: Moment, focus: str | None) -> Summary:
    """What has happened before to a component, or at all; newest first."""
    known = sorted((one for one in now.show.system.past_incidents if focus in (None, one.component)), key=lambda one: one.on, reverse=True)
    return _summary((
        f"{one.id} on {one.on}: {one.title}; {one.cause.replace('_', ' ')} in {one.component}; what helped: {one.helped}" for one in known),
        f"no earlier incident of {focus or now.show.system.name} is on record")  # fmt: skip


def tickets(now: Moment, focus: str | None) -> Summary:
    """How many customers write about which journey in the last hour, and what single ones wrote; on a component's journeys, or on all."""
    return _summary(_written(now, focus), "no customer has written in the last hour")


def _written(now: Moment, focus: str | None) -> Iterator[str]:
    hour_ago, every = now.at - HOUR, HOUR // 12
    moments = [now.before(at) for at in range(max(hour_ago, 0), now.at, every)]
    for journey in now.show.system.journeys:
        share = sum(max(state.failing[journey.name] - now.usual.failing[journey.name], 0) for state in moments) * every / HOUR
        count = round(share * now.show.system.users_per_minute * journey.users * 60 / _WRITES)
        if count and focus in (None, journey.component):
            yield f"{count} tickets in the last hour: {journey.name} ({journey.component}) does not work"
    if focus is None:
        yield from (f"a ticket of {clock(one.at)}: {one.text}" for one in now.show.scenario.tickets if hour_ago < one.at <= now.at)

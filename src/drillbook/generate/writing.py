"""Scenarios and systems as files that a person can read and go on with."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from drillbook.generate.draws import duration_text
from drillbook.scenario import Expect, FaultSpec, Scenario, System
from drillbook.world import FAULTS

__all__ = ["scenario_text", "system_text"]

_TIMES = frozenset({"at", "before", "for", "from", "lasts", "late", "ramp"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_. -]*[A-Za-z0-9_.]|[A-Za-z_]", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS else json.dumps(value, ensure_ascii=False)
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def _flow(value: Any, key: str = "") -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(part, name)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return duration_text(value) if key in _TIMES and isinstance(value, int) else _scalar(value)


def _set(model: BaseModel) -> dict[str, Any]:
    """The fields that differ from their defaults, under the names that files use."""
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _rows(field: str, models: Iterable[BaseModel]) -> Iterator[str]:
    rows = [_wrapped(f"  - {_flow(_set(model))}") for model in models]
    if rows:
        yield from (f"{field}:", *rows)


def _named(field: str, values: Mapping[str, Any]) -> Iterator[str]:
    if values:
        yield from (f"{field}:", *(f"  {name}: {_flow(value)}" for name, value in values.items()))


def _wrapped(row: str) -> str:
    """A row over as many lines as it needs, never between a name and its value; YAML reads a line's end here as a space."""
    lines = textwrap.wrap(row.replace(": ", ":\0"), 136, subsequent_indent="     ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def system_text(system: System, heading: str = "") -> str:
    """A system as a file, a line a component."""
    plain = {"name", "title", "users_per_minute", "requests_per_user", "revenue_per_minute_usd", "records", "zones"}
    lines = [f"# {heading or system.title}"]
    lines += [f"{name}: {_flow(value)}" for name, value in system.model_dump(mode="json", include=plain, exclude_defaults=True).items()]
    lines += [*_named("entries", system.entries), *_named("teams", system.teams)]
    for field in ("components", "journeys", "alerts", "past_incidents"):
        rows = _rows(field, getattr(system, field))
        lines += ["", *rows] if rows else []
    return "\n".join(lines) + "\n"


def scenario_text(scenario: Scenario, system: str, expect: Expect | None = None, comes_to: str | None = None) -> str:
    """A scenario as a commented file that runs as it is; `system` is how the file names its system.

    `expect` is what it should come to, written as a comment to be taken in; `comes_to` what it comes to with the stub cast.
    """
    lines = [*_heading(scenario), f"id: {scenario.id}", f"title: {_scalar(scenario.title)}"]
    if scenario.description:
        lines += ["description: >-", f"  {scenario.description}"]
    lines += [f"tags: {_flow(scenario.tags)}", f"system: {_scalar(system)}", f"seed: {scenario.seed}  # of the noise; `--seed` replaces it",
              f"starts: {scenario.starts.strftime('%Y-%m-%dT%H:%M:%SZ')}"]  # fmt: skip
    lines += _rows("deployments", scenario.deployments)
    lines += [part for fault in scenario.faults for part in _story(fault)]
    lines += _rows("faults", scenario.faults)
    lines += [*_waking(scenario), *_rows("traffic", scenario.traffic), *_rows("maintenance", scenario.maintenance)]
    lines += [f"telemetry: {_flow(_set(scenario.telemetry))}"] if _set(scenario.telemetry) else []
    lines += [*_rows("logs", scenario.logs), *_rows("tickets", scenario.tickets), *_rows("tools", scenario.tools)]
    if scenario.trigger:
        lines += ["# No alert rule of the system notices this, so somebody else does.", f"trigger: {_flow(_set(scenario.trigger))}"]
    return "\n".join([*lines, *(_ending(expect, comes_to) if expect else ())]) + "\n"


def _heading(scenario: Scenario) -> Iterator[str]:
    yield f"# {scenario.title}. Run it: drillbook run THIS-FILE; check it: drillbook lint THIS-FILE"
    yield "# The fields are described in docs/scenarios.md."


def _story(fault: FaultSpec) -> Iterator[str]:
    """What a fault is, and what its catalogue says about remedies."""
    kind = FAULTS[fault.kind]
    yield f"# {fault.kind}: {kind.mechanism.format(component=fault.target, version='the new version')}."
    remedies = ", ".join(f"{name} {remedy.effect}s" for name, remedy in kind.remedies.items())
    yield f"# Remedies: {remedies or 'none, it goes by itself'}. It can hurt: {', '.join(kind.hurts)}."


def _waking(scenario: Scenario) -> Iterator[str]:
    for fault in scenario.faults:
        above, latched = FAULTS[fault.kind].wakes_above, FAULTS[fault.kind].latched
        if above and scenario.traffic:
            yield f"# {fault.kind} sleeps until traffic is {above:g} times the usual{'; then it stays awake' if latched else ''}."


def _ending(expect: Expect, comes_to: str | None) -> Iterator[str]:
    yield "# What the drill should come to, by the world's truth and the runbook's severity table; tests can hold a cast against it:"
    yield f"# expect: {_flow(_set(expect))}"
    if comes_to not in (None, expect.outcome):
        yield f"# The stub cast leaves it {comes_to}."

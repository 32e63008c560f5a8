"""The coverage of a test session: what its drills have exercised, by runbook, in parts that add up across processes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

from rich.console import Console

from drillbook.coverage import JUDGED, Coverage, Measure, covered
from drillbook.coverage_table import rendered
from drillbook.drill import Drill
from drillbook.inputs import plain
from drillbook.records import canonical
from drillbook.runbook import Runbook
from drillbook.units import MILLISECONDS

__all__ = ["Tally"]

_NAMED = 3
"""So many of what is missing are named in the line of a session that falls short; the table names more."""


class Tally:
    """Coverage by runbook: of drills that were flown here (`add`), and of other processes, each of which gives a text (`take`)."""

    def __init__(self) -> None:
        self._parts: dict[bytes, tuple[Runbook, Coverage]] = {}

    def add(self, drill: Drill) -> None:
        """Count a drill."""
        self._put(drill.runbook, covered(drill.runbook, [drill.account]))

    def _put(self, runbook: Runbook, part: Coverage) -> None:
        key = canonical(plain(runbook))
        known = self._parts[key][1] if key in self._parts else Coverage()
        self._parts[key] = (runbook, known + part)

    def dump(self) -> str:
        """All of it as a JSON text."""
        return json.dumps([[plain(runbook), part.model_dump(mode="json")] for runbook, part in self._parts.values()])

    def take(self, text: str) -> None:
        """Add what another process dumped."""
        for runbook, part in json.loads(text):
            self._put(Runbook.model_validate(runbook, context=MILLISECONDS), Coverage.model_validate(part))

    def table(self) -> Iterator[str]:
        """The lines of a table a runbook, with what is missing by name."""
        for runbook, part in self._parts.values():
            out = io.StringIO()
            Console(file=out, width=120, color_system=None, force_jupyter=False).print(rendered(runbook, part, matrix=False))
            yield from (line.rstrip() for line in out.getvalue().splitlines())

    def short(self, least: float) -> list[str]:
        """A line a runbook of which edges, branches or clauses are below the minimum (percent), with what is missing by name."""
        lines = []
        for runbook, part in self._parts.values():
            low = [one for one in part.measures(runbook) if one.name in JUDGED and one.percent < least]
            if low:
                lines.append(f"coverage of {runbook.name} is below {least:g}%: {'; '.join(map(_lacking, low))}")
        return lines


def _lacking(one: Measure) -> str:
    more = f" and {len(one.missing) - _NAMED} more" if len(one.missing) > _NAMED else ""
    return f"{one.name} {one.percent:.1f}%, never: {', '.join(one.missing[:_NAMED])}{more}"

"""What there is to fly, for Python: the scenarios of the catalogue, one scenario, a runbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import drillbook
from drillbook.errors import BadInput, expect, valid_names
from drillbook.reading import catalogued, read_runbook, read_scenario
from drillbook.runbook import Runbook
from drillbook.scenario import Scenario
from drillbook.shown import Shown

__all__ = ["Catalogue", "load_runbook", "load_scenario", "scenarios"]


@dataclass(frozen=True, repr=False)
class Catalogue(Shown, Sequence[Scenario]):
    """Scenarios, by place or by id: `scenarios()["slow-search"]`."""

    listed: tuple[Scenario, ...]

    @property
    def brief(self) -> str:
        return f"{len(self.listed)} scenarios"

    def __len__(self) -> int:
        return len(self.listed)

    def __iter__(self) -> Iterator[Scenario]:
        return iter(self.listed)

    @overload
    def __getitem__(self, place: int | str) -> Scenario: ...
    @overload
    def __getitem__(self, place: slice) -> Catalogue: ...
    def __getitem__(self, place: int | str | slice) -> Scenario | Catalogue:
        """A scenario by its place or its id, or a part of the list. Raises BadInput for an id that there is not."""
        if isinstance(place, str):
            known = {one.id: one for one in self.listed}
            if place not in known:
                raise BadInput(f"scenarios: unknown scenario {place!r}; {valid_names(place, known)}")
            return known[place]
        return Catalogue(self.listed[place]) if isinstance(place, slice) else self.listed[place]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Of each: id, title, severity, cause, difficulty, tags, system."""
        return [{"id": one.id, "title": one.title, "severity": one.expect.severity, "cause": one.expect.cause, "difficulty": one.difficulty,
                 "tags": ", ".join(one.tags), "system": one.system} for one in self.listed]  # fmt: skip

    def to_frame(self) -> Any:
        """The list as a pandas DataFrame, a row a scenario. Raises BadInput without the extra `notebook`."""
        return drillbook.tables.frame(self.rows)


def scenarios(*tags: str) -> Catalogue:
    """The scenarios of the catalogue, or those that have all these tags. Raises BadInput for a tag that none has."""
    for tag in tags:
        expect("scenarios", tag, str, "a tag, as 'cascade'")
    return Catalogue(tuple(spec for spec, _ in catalogued("scenarios", tags)))


def load_scenario(name: str | Path) -> Scenario:
    """A scenario by its id or its file, checked against its system: to be edited (`with_fault`) and flown. Raises BadInput."""
    return read_scenario(name)[0]


def load_runbook(path: str | Path | None = None) -> Runbook:
    """A runbook file, checked against the roles; the one that comes with the package by default. Raises BadInput."""
    return read_runbook(path)

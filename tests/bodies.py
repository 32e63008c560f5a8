"""What the tests of alerts share: the catalogue's bodies, the services that CI must have, and other people's bodies."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flights import ROOT

from drillbook.exercise import Order, bodies

EXTERNAL = ROOT.parent / "shared" / "external" / "alerts"
FORMATS = ("alertmanager", "prometheus", "grafana", "pagerduty", "cloudevents")


@cache
def written(scenario: str, style: str, until: str | None = None, storm: int | None = None, group_by: tuple[str, ...] = ()) -> list[Any]:
    """The bodies of a scenario's alerts in a format."""
    return bodies(Order(scenario, style, None, until, storm, group_by))


def needed(what: str, found: bool) -> None:
    """Skip a test whose means are missing; fail it where the environment says that they must be there."""
    if not found:
        reason = f"{what} is not here"
        (pytest.fail if os.environ.get("DRILLBOOK_REQUIRE_SERVICES") == "1" else pytest.skip)(reason)


def program(name: str) -> str:
    """The path of a program that a test runs."""
    found = shutil.which(name)
    needed(name, found is not None)
    return str(found)


def external() -> list[Path]:
    """Every body that others wrote; empty where they are missing."""
    return sorted(EXTERNAL.glob("*/*.json"))

"""What the whole suite shares: every drill is held against the runbook's laws, and at the end stands what the library covers.

Every drill that any test flies in this process is held against the laws; the test that flew it fails if one is broken. The coverage is
as `test_coverage_of_the_library` measured it, in whichever process.
"""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator

import pytest
from flights import Warden
from hypothesis import settings
from rich.console import Console

from drillbook.coverage import Coverage
from drillbook.coverage_table import rendered
from drillbook.reading import read_runbook

signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the suite was started in the background, which ignores Ctrl-C
os.environ["DRILLBOOK_MODELS"] = "off"  # no test asks a real model, in this process or in another one

if os.environ.get("DRILLBOOK_REQUIRE_SERVICES"):
    settings.load_profile("ci")  # the same examples each time: a pull request fails by what it changes, and whoever develops meets new ones

PROPERTY = "coverage of the runbook: "


@pytest.fixture(scope="session")
def warden() -> Iterator[Warden]:
    """Holds what is flown against the laws, for the whole session: fixtures of modules fly drills, too."""
    with pytest.MonkeyPatch.context() as patch:
        yield Warden.posted(patch)


@pytest.fixture(autouse=True)
def _laws(request: pytest.FixtureRequest, warden: Warden) -> None:
    """The laws hold in every test but those marked `lawless`, which break them on purpose."""
    warden.off_duty = request.node.get_closest_marker("lawless") is not None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    found = dict(item for report in reports for item in getattr(report, "user_properties", ()) if item[0].startswith(PROPERTY))
    for name, text in found.items():
        terminalreporter.section(name)
        out = io.StringIO()
        Console(file=out, width=140).print(rendered(read_runbook(), Coverage.model_validate_json(text), matrix=False))
        terminalreporter.write_line("\n".join(line.rstrip() for line in out.getvalue().splitlines()))

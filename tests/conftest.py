"""After the tests: what the library covers of its runbook, as `test_coverage_of_the_library` measured it, in whichever process."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from drillbook.coverage import Coverage
from drillbook.coverage_table import rendered
from drillbook.reading import read_runbook

PROPERTY = "coverage of the runbook: "


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    found = dict(item for report in reports for item in getattr(report, "user_properties", ()) if item[0].startswith(PROPERTY))
    for name, text in found.items():
        terminalreporter.section(name)
        out = io.StringIO()
        Console(file=out, width=140).print(rendered(read_runbook(), Coverage.model_validate_json(text), matrix=False))
        terminalreporter.write_line("\n".join(line.rstrip() for line in out.getvalue().splitlines()))

"""Small edits of agents and of the runbook, held against a corpus of journals: each is reported where it first matters.

The reports are compared whole with those of tests/golden/replay. `GOLDEN=rewrite pytest tests/test_edited_agents.py` writes them anew;
read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from flights import ROOT, fly, part
from planted import Edit, plant

from drillbook.divergence import CLASSES

GOLDEN = ROOT / "tests" / "golden" / "replay"

CORPUS = (
    "cart-in-the-rear-mirror", "checkout-bad-deploy", "checkout-out-of-cpu", "customer-data-export", "database-primary-down",
    "disk-and-provider", "flapping-alert", "month-end-bug", "order-page-glitch", "payment-provider-outage", "search-misreads-a-letter",
    "slow-search",
)  # fmt: skip


class Small(NamedTuple):
    """An edit, and how many journals of the corpus it touches: not all of them, where it does not matter to all."""

    edit: Edit
    touches: range


SOME, ALL = range(1, len(CORPUS)), range(1, len(CORPUS) + 1)
RUNBOOK = "graph/incident_response.yaml"

EDITS = {
    "a_threshold": Small(Edit("agents/reasoning.py", "ACT_ABOVE = 3.0", "ACT_ABOVE = 5.0"), SOME),
    "a_threshold_of_evidence": Small(Edit("agents/evidence.py", '("cpu", 88.0, 2.0)', '("cpu", 97.0, 2.0)'), SOME),
    "a_dropped_check": Small(Edit("agents/infrastructure_maintainer.py", "        belt.observe(tool_of(\"assess_impact\"))\n", ""), SOME),
    "an_added_check": Small(Edit("agents/evidence_collector.py", "    line, tool = belt.checks()[0]\n",
                                 "    line, tool = belt.checks()[0]\n    belt.observe(tool_of(\"verify_fix\"))\n"), SOME),
    "a_new_message": Small(Edit("agents/support_responder.py", "        return Report(outcome=\"told\", why=case.state)\n",
                                "        if case.state == \"Resolved\":\n"
                                "            belt.say(change(\"notify_users\"), \"user_notice\", f\"{service_name(case)} works again.\", case.state)\n"
                                "        return Report(outcome=\"told\", why=case.state)\n"), SOME),
    "another_remedy_first": Small(Edit("agents/infrastructure_maintainer.py", '"down": ("failover", "restart")', '"down": ("restart", "failover")'), SOME),
    "an_exception": Small(Edit("agents/infrastructure_maintainer.py", "        readings = {reading.component: reading for reading in read(answer, case)}\n        reading = readings.get(target)\n",
                               "        readings = {reading.component: reading for reading in read(answer, case)}\n        reading = readings[f\"the {target}\"]\n"), SOME),
    "a_wording": Small(Edit("agents/words.py", "No function is impaired.", "Nothing is impaired."), SOME),
    "less_patience": Small(Edit("agents/duties.py", "belt.wait(belt.now + SECOND_LOOK)", "belt.wait(belt.now + SECOND_LOOK // 3)"), SOME),
    "runbook_swapped_checks": Small(Edit(RUNBOOK, "          - {text: Check CI/CD pipeline status, tool: check_pipeline_status}\n"
                                         "          - {text: Prepare rollback if needed, tool: prepare_rollback}\n",
                                         "          - {text: Prepare rollback if needed, tool: prepare_rollback}\n"
                                         "          - {text: Check CI/CD pipeline status, tool: check_pipeline_status}\n"), SOME),
    "runbook_a_step_left_out": Small(Edit(RUNBOOK, "{on: done, to: tell_users}", "{on: done, to: monitor_dependency}"), SOME),
    "runbook_another_cadence": Small(Edit(RUNBOOK, "    every: 15m\n", "    every: 10m\n"), SOME),
    "runbook_a_lower_bound": Small(Edit(RUNBOOK, "revenue_threshold_usd: 50000", "revenue_threshold_usd: 20000"), SOME),
}  # fmt: skip

NO_EFFECT = {
    "a_local_variable": Edit("agents/support_responder.py", '    fallback = case.card(target_of(case))\n    instead = f" Meanwhile we {fallback.fallback}." if fallback and fallback.fallback else ""\n',
                             '    card = case.card(target_of(case))\n    instead = f" Meanwhile we {card.fallback}." if card and card.fallback else ""\n'),
    "a_comment": Edit("agents/reasoning.py", '"""The score from which a hypothesis is acted on; below it the cause is unknown."""',
                      '"""Act on nothing that scores less."""'),
    "a_loop_for_a_sum": Edit("agents/duties.py", "        seen += sum(reading.weight > 0 and reading.cause is not None for reading in readings)\n",
                             "        for reading in readings:\n            if reading.cause is not None and reading.weight > 0:\n                seen += 1\n"),
    "runbook_a_comment": Edit(RUNBOOK, "# What goes on throughout, in virtual time:", "# In virtual time, all the time:"),
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the journals that the unedited tree records."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in CORPUS:
        fly(name).journal.write(folder / f"{name}.jsonl")
    return folder


def _replayed(edit: Edit, corpus: Path, where: Path) -> tuple[int, str]:
    """All journals replayed in one process of an edited tree: its exit code and what it prints."""
    tree = plant(where, edit)
    runbook = ("--runbook", tree.runbook) if edit.file == RUNBOOK else ()
    done = tree.forked("replay", *(f"{name}.jsonl" for name in CORPUS), *runbook, cwd=corpus)
    return done.returncode, done.stdout


_PLACEHOLDERS = (
    (r"\b[0-9a-f]{12}\b", "<digest>"), (r"#\d+", "#<n>"), (r"\b\d+ (?=records|RECOMPUTED)", "<n> "),
    (r"\d{1,3}(,\d{3})+", "<n>"), (r"\d+\.\d+", "<x>"), (r"p95 \d+", "p95 <n>"), (r"\d+(?=%| USD| times a minute)", "<n>"),
    (r"(?m)^  outcome .*$", lambda row: re.sub(r"[\d,]+(m\d\ds)?", "<n>", row[0])),
)  # fmt: skip
"""What changes when the world is tuned, or a record is put in somewhere else: it says nothing of the edit."""

_TABLE = re.compile(r"^ +recorded +with the edit.*\n(?:(?!.* seed \d+ · |\d+ journals: ).*\n)*", re.MULTILINE)
"""What a what-if shows beside the report: the routes and the measures side by side."""


def _normal(printed: str) -> str:
    report = _TABLE.sub("", printed)
    for pattern, instead in _PLACEHOLDERS:
        report = re.sub(pattern, instead, report)
    return "\n".join(line.rstrip() for line in report.splitlines()) + "\n"


def _touched(printed: str) -> list[str]:
    return re.findall(r"^DIVERGED .*$", printed, re.MULTILINE)


@pytest.mark.parametrize("name", part(EDITS, 4))
def test_an_edit_is_reported_where_it_first_matters(name: str, corpus: Path, tmp_path: Path) -> None:
    edit, touches = EDITS[name]
    code, printed = _replayed(edit, corpus, tmp_path)
    assert len(_touched(printed)) in touches
    assert code == (0 if edit.file == RUNBOOK else 1)
    golden, report = GOLDEN / f"{name}.txt", _normal(printed)
    if os.environ.get("GOLDEN") == "rewrite":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(report)
    assert report == golden.read_text(), f"{golden.name} is stale, or the report is wrong; GOLDEN=rewrite writes it anew"


@pytest.mark.parametrize("name", part(NO_EFFECT, 2))
def test_an_edit_without_effect_reports_nothing(name: str, corpus: Path, tmp_path: Path) -> None:
    code, printed = _replayed(NO_EFFECT[name], corpus, tmp_path)
    assert (code, _touched(printed)) == (0, [])
    assert printed.count("nothing changes: every record is the same" if name.startswith("runbook") else "identical  ") == len(CORPUS)


def test_the_report_in_the_docs_is_the_one_that_is_given() -> None:
    page = (ROOT / "docs" / "replay.md").read_text()
    shown = _normal(re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0])
    assert shown in (GOLDEN / "a_dropped_check.txt").read_text()


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_is_explained(kind: str) -> None:
    assert f"| `{kind}` |" in (ROOT / "docs" / "replay.md").read_text()


def test_every_golden_report_belongs_to_an_edit() -> None:
    assert sorted(file.stem for file in GOLDEN.iterdir()) == sorted(EDITS)

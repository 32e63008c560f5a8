"""Cast files: a team writes down who plays what, and on which terms, and gives the file wherever a cast is wanted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flights import ROOT, fly, simulator

import drillbook
from drillbook.casts import Budget, CastFile
from drillbook.cli import main
from drillbook.errors import BadInput
from drillbook.journal import read_journal
from drillbook.reading import parse_cast, read_cast, read_runbook
from drillbook.simulator import Simulator

FILE = """\
name: a fixed idea
cast: {infrastructure_maintainer: always_rollback, "*": stub}
budget: {calls: 12, tokens: 20000, minutes: 20}
prices: {always_rollback: [1.25, 10]}
"""
SCENARIOS = ROOT / "scenarios"
TEXT = "infrastructure_maintainer=always_rollback,*=stub"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "idea.yaml").write_text(FILE)
    return Path("idea.yaml")


def test_a_file_is_the_cast_that_its_text_would_be(file: Path) -> None:
    assert parse_cast(str(file)) == parse_cast(TEXT)
    assert drillbook.run("month-end-bug", cast=str(file)).journal == fly("month-end-bug", cast=TEXT).journal


def test_the_terms_of_a_file_go_with_whoever_flies_it(file: Path) -> None:
    terms = Simulator.of(read_runbook(), str(file)).terms

    assert (terms.name, terms.approve) == ("a fixed idea", {})
    assert terms.budget == Budget(calls=12, tokens=20000, minutes=20)
    assert terms.prices == {"always_rollback": (1.25, 10.0)}
    assert simulator(TEXT).terms.budget == Simulator.of(read_runbook(), TEXT).terms.budget == Budget(), "text has no terms"


def test_every_command_takes_the_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = fly("month-end-bug", cast=TEXT).journal.digest
    told = {}
    for line in ("run month-end-bug --cast idea.yaml --journal wrong.jsonl --json", "run month-end-bug --journal right.jsonl --json",
                 "replay right.jsonl --cast idea.yaml --json", "run --random 1 --cast idea.yaml --json"):  # fmt: skip
        assert main(line.split()) in (0, 1)
        told[line.partition(" --")[0]] = json.loads(capsys.readouterr().out)

    assert read_journal(Path("wrong.jsonl")).digest == wrong
    (replay,) = told["replay right.jsonl"]["replays"]
    assert replay["digest_now"] == wrong
    assert [row["cast"] for row in told["run"]["measured"]] == ["a fixed idea"]
    journals = file.parent / "journals"
    path = str(SCENARIOS / "month-end-bug.scenario.yaml")
    assert main(["test", path, "--cast", "idea.yaml", "--journals", str(journals)]) == 1, "its golden route is the stub's"
    assert [read_journal(one).digest for one in journals.glob("*.jsonl")] == [wrong]


BAD = {
    "cast: {}": "1:7: cast: at least 1 expected",
    "name: x": "1:1: field 'cast' is missing",
    "cast: {'*': stub}\nbudgets: {calls: 1}": "2:1: unknown field 'budgets'; did you mean 'budget'?",
    "cast: {sre: stub}": "1:8: unknown role 'sre'; valid: *, api_tester",
    "cast:\n  api_tester: stub\n  '*': stubb": "3:8: unknown brain 'stubb'; did you mean 'stub'?",
    "cast: {api_tester: 3}": "1:20: cast.api_tester: text is expected",
    "cast: {'*': stub, '*': constant}": "not valid YAML or JSON: found duplicate key",
    "cast: {'*': stub}\nbudget: {calls: 0}": "2:17: budget.calls: at least 1 is expected",
    "cast: {'*': stub}\nbudget: {minutes: -1}": "2:19: budget.minutes: at least 1 is expected",
    "cast: {'*': stub}\nbudget: {tokens: many}": "2:18: budget.tokens: a whole number is expected",
    "cast: {'*': stub}\napprove: {rollbak: api_tester}": "2:11: unknown change 'rollbak'; did you mean 'rollback'?",
    "cast: {'*': stub}\napprove: {assess_impact: api_tester}": "2:11: unknown change 'assess_impact'; valid: ",
    "cast: {'*': stub}\napprove: {rollback: me}": "2:21: unknown role 'me'; valid: ",
    "cast: {'*': stub}\nprices: {'openai:gpt-5': [1, 2]}": "2:10: 'openai:gpt-5' plays no role in this cast; valid: stub",
    "cast: {'*': stub}\nprices: {stub: [1]}": "2:16: field 1 is missing in prices.stub; a number is expected",
    "cast: {'*': stub}\nprices: {stub: [1, -2]}": "2:20: prices.stub.1: at least 0",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_with_a_file_is_said_with_its_place(text: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text(text)
    for line in (["run", "month-end-bug", "--cast", "bad.yaml"], ["lint", "bad.yaml"])[: 1 + ("cast" in text)]:
        assert main(line) == 2
        printed = capsys.readouterr()
        (said,) = printed.err.splitlines()
        assert said.startswith("bad.yaml:")
        assert BAD[text] in said
        assert printed.out == ""


def test_a_brain_may_be_a_model_and_is_asked_for_when_it_plays(file: Path) -> None:
    """The name of a model holds colons, slashes and dots; who makes a brain of it is not the reader's business."""
    Path("model.yaml").write_text("cast: {backend_architect: 'ollama:library/llama3.1:8b', '*': stub}")
    for text in ("model.yaml", "backend_architect=ollama:library/llama3.1:8b"):
        assert parse_cast(text)["backend_architect"] == "ollama:library/llama3.1:8b"


def test_text_without_a_file_is_a_cast_and_nothing_else(file: Path) -> None:
    Path("api_tester=stub").write_text("a file by that name")
    assert read_cast("api_tester=stub").cast == {"api_tester": "stub"}
    for text in ("nowhere", "api_tester=", "=stub", "api_tester"):
        with pytest.raises(BadInput, match="is no ROLE=BRAIN"):
            read_cast(text)


@pytest.mark.parametrize("model", [CastFile, Budget])
def test_every_field_is_documented(model: type[CastFile | Budget]) -> None:
    page = (ROOT / "docs" / "eval.md").read_text()
    assert [name for name in model.model_fields if f"`{name}`" not in page] == []

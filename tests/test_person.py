"""A person at a role's desk: a P0 from triage to the end in a real terminal, left and gone on with, replayed, and all that can be mistyped."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flights import ROOT, THOROUGH, Warden, command, fly, simulator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from langgraph.types import Command
from persons import CAST, P0, SCRIPT, Sitter, typed
from rich.console import Console
from zygote import forked

import drillbook
from drillbook.asking import Terminal
from drillbook.brains import BRAINS
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.graph.pausing import memory
from drillbook.invariants import LAWS, check
from drillbook.journal import read_journal
from drillbook.simulator import prepare
from drillbook.tools import TOOLS

Question = Mapping[str, Any]


def reading(lines: str, columns: int = 120) -> Terminal:
    """A terminal whose person types these lines, and must not be asked for more."""
    left, out = iter(lines.splitlines()), io.StringIO()

    def read() -> str:
        for line in left:
            return line
        raise AssertionError(f"the script is at its end:\n{out.getvalue()[-2000:]}")

    return Terminal(Console(file=out, width=columns), read)


def shown(asked: Terminal) -> str:
    return asked.talk.console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@cache
def played() -> Drill:
    """The P0 as the script plays it, in this process."""
    return prepare(P0, cast=CAST).run(ask=reading(typed(SCRIPT)))


def the_journal(folder: Path) -> Path:
    (journal,) = folder.glob("runs/*.jsonl")
    return journal


def test_a_person_commands_a_p0_from_triage_to_the_end(tmp_path: Path) -> None:
    sitter = Sitter("run", P0, "--cast", CAST, cwd=tmp_path)
    opening = sitter.until("0 s since alert")
    sitter.plays(SCRIPT)
    assert sitter.ends() == 0

    drill = read_journal(the_journal(tmp_path))
    assert drill.digest == played().journal.digest
    assert (played().case.outcome, played().outcome()["severity"], played().outcome()["component"]) == ("resolved", "P0", "db_primary")
    assert played().score.points >= 95
    assert "the runbook asks: Acknowledge alert (acknowledge_alert)" in opening
    assert "1  acknowledge_alert TARGET: Take the alert: from now on somebody looks at it. 30 s" in opening
    assert "status update due in 5 min" in sitter.screen
    assert "of 100" in sitter.screen
    assert [*tmp_path.glob("runs/*.checkpoint*")] == [], "what it was kept in while it ran is gone"


def test_the_journal_of_a_person_replays_in_another_process_and_asks_nobody(tmp_path: Path) -> None:
    played().journal.write(tmp_path / "drill.jsonl")
    done = command("replay", "drill.jsonl", cwd=tmp_path)
    answers = [record for record in played().journal.records if record["kind"] == "ask"]

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("identical  database-primary-down")
    assert len(answers) == len(SCRIPT)
    assert {record["in"]["name"] for record in answers} == {"human"}
    assert answers[0]["out"] == {"answer": {"use": "acknowledge_alert", "args": {"target": "HighErrorRate"}}}
    assert played().replay().sources["EXACT"] == len(SCRIPT)


def test_in_a_what_if_a_person_can_be_asked_again(tmp_path: Path) -> None:
    played().journal.write(tmp_path / "drill.jsonl")
    line = ["replay", "drill.jsonl", "--scenario", "checkout-bad-deploy", "--missing", "record"]
    done = forked(line, tmp_path, {**os.environ}, "s\n" * 12)
    assert done.returncode == 0
    assert "Infrastructure Maintainer · Detection & Triage" in done.stderr, "what is asked does not mix with what is printed"
    assert " LIVE" in done.stdout


LEFT = {
    "before the first answer": (0, (), b"\x03"),
    "in the middle of a report": (4, ("r P0",), b"\x03"),
    "in a diagnosis, by Ctrl-D": (11, ("r", "infra"), b"\x04"),
    "before the remedy, by q": (12, (), b"q\n"),
    "in the watch": (20, (), b"\x03"),
}


@pytest.mark.parametrize("where", LEFT)
def test_whoever_leaves_goes_on_where_it_was(where: str, tmp_path: Path) -> None:
    answered, begun, key = LEFT[where]
    first = Sitter("run", P0, "--cast", CAST, cwd=tmp_path)
    first.plays(SCRIPT[:answered])
    first.types(*begun)
    first.presses(key)
    assert first.ends() == 130
    (line,) = [line for line in first.screen.splitlines() if line.startswith("stopped; go on with: drillbook ")]
    assert [*tmp_path.glob("runs/*.jsonl")] == []

    again = Sitter(*line.removeprefix("stopped; go on with: drillbook ").split(), cwd=tmp_path)
    told = again.until("m: this menu")
    assert ("you did: T+07:30 acknowledge alert: " in told) is (0 < answered <= 4), "what was done in the task that was left is told again"
    again.plays(SCRIPT[answered:])
    assert again.ends() == 0, "it asked for no more than what was not answered yet"
    assert the_journal(tmp_path).read_bytes() == played().journal.to_bytes()


def test_the_same_command_goes_on_too_and_another_cast_begins_anew(tmp_path: Path) -> None:
    left = piped(typed(SCRIPT[:3]), tmp_path)
    assert left.returncode == 130
    (kept,) = tmp_path.glob("runs/*.checkpoint")
    other = piped("q\n", tmp_path, cast=f"{CAST},devops_automator=always_rollback")
    assert "kept in runs/" in other.stdout, "it is another drill, and kept elsewhere"
    again = piped(typed(SCRIPT[3:]), tmp_path)
    assert again.stdout.startswith(f"going on from {kept.relative_to(tmp_path)}")
    assert read_journal(the_journal(tmp_path)).digest == played().journal.digest


def piped(answers: str | None, cwd: Path, *more: str, cast: str = CAST, name: str = P0) -> subprocess.CompletedProcess[str]:
    """`drillbook run` with answers in its standard input."""
    return forked(["run", name, "--cast", cast, *more], cwd, {**os.environ, "COLUMNS": "120"}, answers)


def test_answers_can_be_piped_in_and_the_document_stays_one(tmp_path: Path) -> None:
    done = piped(typed(SCRIPT), tmp_path, "--json", "--journal", "mine.jsonl")
    assert done.returncode == 0
    assert json.loads(done.stdout)["digest"] == played().journal.digest
    assert "Infrastructure Maintainer: acknowledge\n" in done.stderr, "the answers stand beside the questions"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine.jsonl", "mine.md"]


NOBODY = "drillbook: a person is in the cast, and nobody is there: the standard input is no terminal, and no answers are in it\n"


@pytest.mark.parametrize("stdin", ["</dev/null", "<&-"])
def test_where_nobody_is_there_one_line_says_so(stdin: str, tmp_path: Path) -> None:
    line = f'"{sys.executable}" -m drillbook run {P0} --cast {CAST} --json {stdin}'
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr.endswith(NOBODY)
    assert done.stdout == ""
    assert [*tmp_path.rglob("*.checkpoint*")] == []


TYPOS = {
    "acknowledge": ("acknowlege", "there is no tool 'acknowlege'; you may use: acknowledge_alert, "),
    "assess": ("99", "'99': valid: acknowledge_alert, "),
    "r P0": ("r P9", "'P9': valid: P0, P1, P2, P3, not_an_incident, or a number"),
    "infra": ("database", "'database': valid: deployment, infrastructure, "),
    "db_primary": ("db", "'db' may be db_primary, db_replica"),
    "check_casc": ("check", "there is no tool 'check'"),
    "monitor_rec": ("wait 900", "that does not fit: wait takes minutes, more than 0 and at most 120"),
    "failover db_primary": ("hand_over", "that does not fit: hand_over: what you say stands in your report"),
    "verify_rec": ("r done", "'done': valid: not_recovered, recovering"),
}


def test_what_is_mistyped_is_told_asked_again_and_leaves_no_trace() -> None:
    lines, wrong = list[str](), dict(TYPOS)
    for line in typed(SCRIPT).splitlines():
        typo = wrong.pop(line, None)
        if typo:
            lines += [typo[0], "back"] if typo[0].startswith("r ") else [typo[0]]
        lines.append(line)
    asked = reading("".join(f"{line}\n" for line in lines))
    drill = prepare(P0, cast=CAST).run(ask=asked)

    told = " ".join(shown(asked).split())
    assert not wrong
    assert [fault for _, fault in TYPOS.values() if fault not in told] == []
    assert drill.journal.to_bytes() == played().journal.to_bytes()


def test_what_the_charter_forbids_is_refused_told_and_journaled() -> None:
    asked = reading("rollback checkout\n" + typed(SCRIPT))
    drill = prepare(P0, cast=CAST).run(ask=asked)
    (refused,) = [record for record in drill.journal.records if "refused" in record["out"]]

    assert (refused["actor"], refused["in"]) == ("infrastructure_maintainer", {"name": "rollback", "target": "checkout"})
    assert "Infrastructure Maintainer may not use rollback; its charter lists: " in " ".join(shown(asked).split())
    assert drill.case.outcome == "resolved"
    assert not any(done.tool == "rollback" for done in drill.case.interventions)


def recorded(ask: Callable[[Question], Any]) -> tuple[list[str], Callable[[Question], Any]]:
    """Whom it asked, and the asking."""
    roles = list[str]()

    def asking(question: Question) -> Any:
        roles.append(question["request"]["role"])
        return ask(question)

    return roles, asking


def by_the_book(question: Question) -> Any:
    """Does what the runbook asks for, one after the other, and leaves the rest to the stub."""
    done = [line for line in question["request"]["shown"] if line.startswith("T+")]
    looks = [ask.rpartition("(")[2].rstrip(")") for ask in question["asks"] if ask.endswith(")")]
    if question["request"]["duty"] == "investigate" and not done:
        return {"use": looks[0], "args": {}}
    if question["request"]["duty"] == "investigate":
        return {"report": {"outcome": "investigated", "why": "looked once"}}
    return {"stub": True}


def test_several_people_are_asked_one_after_the_other_in_the_order_of_their_ranks() -> None:
    digests, orders = set[str](), set[tuple[str, ...]]()
    cast = f"{CAST},backend_architect=human,devops_automator=human"
    for threads in (1, 2, 8):
        roles, ask = recorded(by_the_book)
        drill = prepare(P0, cast=cast).run(ask=ask, max_concurrency=threads)
        digests.add(drill.journal.digest)
        orders.add(tuple(roles))
    (order,) = orders

    assert len(digests) == 1
    assert order[1:7] == ("infrastructure_maintainer",) * 2 + ("backend_architect",) * 2 + ("devops_automator",) * 2
    assert drill.replay().identical


def test_two_roles_at_one_terminal_are_told_apart(tmp_path: Path) -> None:
    sitter = Sitter("run", P0, "--cast", f"{CAST},backend_architect=human", cwd=tmp_path)
    assert "you are: Infrastructure Maintainer, Backend Architect" in sitter.until("since alert")
    sitter.plays([("s",), ("s",)])
    told = sitter.until("Backend Architect: ")
    assert "Backend Architect · Investigation" in told
    assert "check_database_health" in told
    sitter.types("check_database")
    assert "db_primary does not answer" in sitter.until("Backend Architect: ")
    sitter.presses(b"\x03")
    assert sitter.ends() == 130


def test_a_task_can_be_left_to_the_stub() -> None:
    drill = prepare(P0, cast="*=human").run(ask=lambda question: {"stub": True})
    assert drill.route == fly(P0).route
    assert drill.outcome()["score"] == fly(P0).outcome()["score"]
    assert {record["out"]["answer"]["stub"] for record in drill.journal.records if record["kind"] == "ask"} == {True}


def test_a_message_is_the_draft_or_ones_own_words() -> None:
    own = "We are sorry.\nThe shop is down."
    asked = reading("r\n\n" + "r\nWe are sorry.\nThe shop is down.\n.\n" + "r\n\n" * 20)
    drill = prepare(P0, cast="support_responder=human").run(ask=asked)
    texts = [said["text"] for said in drill.messages if said["kind"] == "status_update"]
    stubs = [said["text"] for said in fly(P0).messages if said["kind"] == "status_update"]

    assert texts[1] == own
    assert [texts[0], *texts[2:]] == [stubs[0], *stubs[2:]]
    assert stubs[0].splitlines()[0] in shown(asked), "the draft is shown before it is taken"


def test_nothing_in_a_text_from_production_acts_on_the_terminal(tmp_path: Path) -> None:
    text = (ROOT / "scenarios" / "log-line-gives-orders.scenario.yaml").read_text()
    file = tmp_path / "odd.scenario.yaml"
    start, _, rest = text.partition("    message: >-\n")
    file.write_text(start + r'    message: "\e]0;owned\a\e[2J"' + rest[rest.index("\nfaults:") :])
    asked = reading("assess\nreview\n?\n" + "s\n" * 40)
    drill = prepare(file, cast=CAST).run(ask=asked)

    assert "\\u001b" in drill.journal.to_bytes().decode(), "the text is in the journal as it was"
    assert "owned" in shown(asked)
    assert "\x1b" not in shown(asked)
    assert "\x07" not in shown(asked)


def test_no_colour_is_honoured(tmp_path: Path) -> None:
    for more, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        sitter = Sitter("run", P0, "--cast", CAST, cwd=tmp_path, **more)
        sitter.until("since alert")
        sitter.presses(b"q\n")
        sitter.ends()
        assert ("\x1b[31m" in sitter.raw or "\x1b[1;31m" in sitter.raw) is coloured


ALONE = {
    "test scenarios/month-end-bug.scenario.yaml --cast *=human": "test: nobody can be asked in so many drills: ",
    "run --random 2 --cast api_tester=human": "run --random: nobody can be asked in so many drills: api_tester is cast as human; valid: always_",
    "run month-end-bug --cast api_tester=humane": "unknown brain 'humane' for api_tester; did you mean 'human'?",
}


@pytest.mark.parametrize("line", ALONE)
def test_people_are_refused_where_nobody_could_sit_through_it(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert drillbook.main(line.split()) == 2
    printed = capsys.readouterr()
    (said,) = printed.err.splitlines()
    assert ALONE[line] in said
    assert "human" in BRAINS


def test_in_a_larger_graph_the_question_is_an_interrupt() -> None:
    graph = drillbook.incident_graph(checkpointer=memory())
    config: Any = {"recursion_limit": 1000, "configurable": {"thread_id": "1"}}
    out = graph.invoke({"scenario": P0, "cast": CAST}, config)
    duties = []
    while "__interrupt__" in out:
        (stop,) = out["__interrupt__"]
        duties.append(stop.value["request"]["duty"])
        out = graph.invoke(Command(resume={stop.id: {"stub": True}}), config)

    alike = prepare(P0, cast=CAST).run(ask=lambda question: {"stub": True})
    assert duties == ["triage", "investigate", "diagnose", "mitigate", "check", "verify", "watch"]
    assert out["outcome"]["digest"] == alike.journal.digest


def test_what_if_something_else_had_been_seen_the_answer_is_missing() -> None:
    later = drillbook.replay(played(), cast=f"{CAST},devops_automator=constant")
    assert "UNANSWERED" not in later.sources, "what the commander saw is the same"
    other = drillbook.replay(played(), scenario="checkout-bad-deploy")
    assert other.sources["UNANSWERED"] > 0
    stepped_in = drillbook.replay(played(), scenario="checkout-bad-deploy", missing="stub")
    assert stepped_in.drill.case.outcome == "resolved"


def test_whoever_never_gives_an_answer_that_fits_is_not_asked_for_ever() -> None:
    with pytest.raises(BadInput, match="20 answers in a row that do not fit: an answer is"):
        prepare(P0, cast=CAST).run(ask=lambda question: ["nonsense"])
    with pytest.raises(ZeroDivisionError):
        prepare(P0, cast=CAST).run(ask=lambda question: 1 // 0)


def test_the_page_shows_what_is_printed_and_names_every_field_of_a_question(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "people.md").read_text()
    out = piped(typed(SCRIPT), tmp_path).stdout
    printed = {" ".join(line.split()) for line in re.sub(r"seed11-[0-9a-f]{8}", "seed11-…", out).splitlines()}
    for block in re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        missing = [line for line in block.splitlines() if line.strip() not in ("", "[…]") and line[0] != "$" and " ".join(line.split()) not in printed]
        assert missing == []
    fields = set[str]()

    def ask(question: Question) -> Any:
        fields.update(question, question["request"], question["choices"])
        return {"stub": True}

    prepare(P0, cast=CAST).run(ask=ask)
    assert [name for name in sorted(fields) if f"`{name}`" not in page] == []


NAMES = [*TOOLS, "wait", "nonsense"]
TEXT = st.text(max_size=20)
TARGETS = st.one_of(st.sampled_from(["db_primary", "checkout", "payment_gateway", "nowhere", ""]), TEXT, st.integers(), st.none())
CAUSES = st.sampled_from(["deployment", "infrastructure", "code_bug", "external_dependency", "unknown", "recovered"])
ODD = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | TEXT, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2), max_leaves=4)


def sound(question: Question, draw: Callable[[Any], Any]) -> Any:
    """A report that may well fit."""
    outcomes, form = [name for name, _ in question["outcomes"]], question["form"]
    report: dict[str, Any] = {"outcome": draw(st.sampled_from(outcomes)), "why": draw(TEXT)}
    more: dict[str, Callable[[], dict[str, Any]]] = {
        "said": lambda: {"message": draw(st.text(min_size=1, max_size=30))},
        "diagnosis": lambda: {"component": draw(st.sampled_from(question["choices"]["components"])), "severity": draw(st.sampled_from(["P0", "P2", None])),
                              "evidence": [seq for seq, _ in question["choices"]["findings"][:2]]},
        "checks": lambda: {"checks": [{"check": text, "ok": draw(st.booleans()), "detail": draw(TEXT)} for text in question["choices"]["checks"]]},
        "findings": lambda: {"findings": [{"tool": tool, "text": draw(TEXT), "cause": draw(CAUSES), "component": "checkout", "weight": draw(st.floats(-11, 11))}
                                          for tool in question["choices"]["used"][:2]]},
        "review": lambda: {"sections": [{"title": "What happened", "answers": [[draw(TEXT), draw(TEXT)]]}]},
        "plan": lambda: {"actions": [{"title": draw(TEXT), "owner": draw(st.sampled_from(question["choices"]["owners"])), "due_days": 3}]},
    }  # fmt: skip
    return {"report": {**report, **more.get(form, dict)()}}


KEPT = {"escalations-on-time", "nobody-paged-for-nothing", "post-mortem-follows", "team-is-activated", "the-table-decides",
        "updates-in-time", "within-the-charter"}  # fmt: skip
"""Laws that no person can break, however it plays: what falls due by itself, who is called, what a charter lists, and the table."""


@pytest.mark.lawless
@settings(max_examples=8 if THOROUGH else 4, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_however_a_person_plays_the_drill_ends_and_keeps_what_is_not_the_persons_to_break(data: st.DataObject, warden: Warden) -> None:
    asked = 0

    def ask(question: Question) -> Any:
        nonlocal asked
        asked += 1
        kind = data.draw(st.sampled_from(["report", "report", "use", "use", "stub", "odd"])) if asked < 60 else "stub"
        if kind == "use":
            return {"use": data.draw(st.sampled_from(NAMES)), "args": data.draw(st.fixed_dictionaries({}, optional={
                "target": TARGETS, "minutes": st.floats() | st.integers(-5, 200)}))}  # fmt: skip
        if kind == "odd":
            return data.draw(st.one_of(ODD, st.fixed_dictionaries({"report": ODD}), st.fixed_dictionaries({"use": ODD, "args": ODD})))
        return {"stub": True} if kind == "stub" else sound(question, data.draw)

    name = data.draw(st.sampled_from([P0, "checkout-bad-deploy", "payment-provider-outage", "order-page-glitch"]))
    cast = data.draw(st.sampled_from([CAST, f"{CAST},devops_automator=human", "*=human"]))
    drill = simulator(cast).prepare(name).run(ask=ask)

    assert drill.case.outcome in ("resolved", "unresolved", "backlog", "not_an_incident")
    assert [str(one) for one in check(drill, laws=[law for law in LAWS if law.name in KEPT])] == []
    assert drill.replay().identical

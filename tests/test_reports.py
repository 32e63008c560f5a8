"""Reports: one file with everything in it, for a screen, for paper and for a text editor; and what a drill is saved as."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from browsing import chromium, violations
from flights import fly, part
from markdown_it import MarkdownIt

import drillbook
from drillbook import reporting
from drillbook.case import Planned
from drillbook.cli import main
from drillbook.errors import BadInput
from drillbook.journal import read_journal
from drillbook.scenario import ExtraLog, Trigger
from drillbook.units import clock

P0 = "database-primary-down"


class Reader(HTMLParser):
    """Reads a page: its text, its headings, and everything that a browser would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.fetched: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        if tag in ("script", "link", "iframe", "object", "embed", "img", "base"):
            self.fetched.append(tag)
        self.fetched += [f"{name}={value}" for name, value in attrs
                         if name in ("src", "href", "srcset", "xlink:href", "action", "background") and not (value or "").startswith("#")]  # fmt: skip

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)
        level = next((int(tag[1]) for tag in reversed(self._open) if re.fullmatch(r"h[1-6]", tag)), 0)
        if level:
            self.headings.append((level, data))

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page() -> str:
    return reporting.as_html(fly(P0))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_page_has_all_that_was_said_decided_and_left_to_do(page: str) -> None:
    drill, text = fly(P0), Reader(page).text
    for message in drill.messages:
        assert squeezed(message["text"]) in text
    for item in drill.case.all(Planned):
        assert squeezed(item.title) in text
    for diagnosis in drill.account.diagnoses:
        assert squeezed(diagnosis.why) in text
    for act in drill.truth.actions:
        assert squeezed(act.why) in text
    review = MarkdownIt("commonmark").enable("table").render(drill.postmortem or "")
    for _, heading in Reader(review).headings:
        assert heading in text
    (shot,) = drill.screenshots
    assert f"sha256 {shot.digest}, as in the journal" in text
    assert shot.svg is not None
    assert shot.svg.strip() in page
    assert drill.journal.digest in text
    assert f"{clock(drill.milestones['mitigated'] or 0)}" in text


def test_the_page_is_one_file_without_a_reference_or_a_script_and_under_two_megabytes(page: str) -> None:
    assert Reader(page).fetched == []
    assert not re.findall(r"url\((?!#)", page), "not even by a style sheet"
    assert "@import" not in page
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert len(page.encode()) < 2_000_000


def test_headings_go_down_step_by_step(page: str) -> None:
    levels = [level for level, _ in Reader(page).headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_somebody_wrote_is_text_and_not_markup() -> None:
    evil = drillbook.load_scenario("ticket-gives-orders")
    sneaky = evil.model_copy(update={"title": "<script>alert(1)</script>", "tickets": tuple(
        ticket.model_copy(update={"text": "<img src=x onerror=alert(1)> & <b>now</b>"}) for ticket in evil.tickets)})  # fmt: skip
    loud = "![i](http://evil.example/x.png) [a](http://evil.example) <http://evil.example> <img src=x>\n\n[b]: http://evil.example"
    sneaky = sneaky.model_copy(update={
        "trigger": Trigger(source="user_report", at="8m", alert="Loud", summary=loud),
        "logs": (ExtraLog(component="payments", message=loud, per_minute=10**6),),
    })  # fmt: skip
    drill = drillbook.run(sneaky)
    page = reporting.as_html(drill)
    assert Reader(page).fetched == []
    assert "http://evil.example/x.png" in page, "it is shown, as text"
    markdown = reporting.as_markdown(drill)
    assert "<" not in markdown
    assert "](" not in markdown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.service
@pytest.mark.parametrize("name", part([P0, "order-page-glitch", "payment-provider-outage", "flapping-alert"], 4))
def test_axe_finds_nothing_wrong_with_the_page_in_a_browser_without_a_network(name: str, tmp_path: Path) -> None:
    page = reporting.as_html(fly(name))
    assert violations(page, tmp_path) == []


@pytest.mark.service
def test_axe_finds_nothing_wrong_in_the_dark_and_on_a_phone(page: str, tmp_path: Path) -> None:
    assert violations(page, tmp_path, "--blink-settings=preferredColorScheme=0", "--window-size=380,800") == []


@pytest.mark.service
def test_axe_would_find_a_picture_without_words_and_a_text_that_nobody_can_read(page: str, tmp_path: Path) -> None:
    spoilt = page.replace("</main>", '<img alt src="data:,"><svg role="img"></svg><p style="color:#eee;background:#fff">pale</p></main>')
    assert {rule for rule, _, _ in violations(spoilt, tmp_path)} >= {"svg-img-alt", "color-contrast"}


@pytest.mark.service
def test_the_browser_shows_the_whole_page_and_complains_of_nothing(page: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page)
    shown = Reader(chromium(file))
    assert shown.text == Reader(page).text


def test_the_report_of_every_scenario_that_ends_otherwise_can_be_written() -> None:
    for name in part(["payment-provider-gone-for-a-day", "flapping-alert", "customer-data-export", "order-page-glitch"], 2):
        drill = fly(name)
        assert drill.brief in Reader(reporting.as_html(drill)).text
        assert reporting.as_markdown(drill).startswith(f"# {drill.scenario.title}")


def test_the_command_writes_beside_the_journal_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = fly(P0).save(tmp_path / "p0.jsonl")
    assert main(["report", str(journal)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'p0.report.html'}\n"
    assert main(["report", str(journal), "--md", "--png"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'p0.report.md'}\n{tmp_path / 'p0.report.png'}\n"
    assert main(["report", str(journal), "--out", str(tmp_path / "mine.md")]) == 0
    assert (tmp_path / "mine.md").read_text() == (tmp_path / "p0.report.md").read_text()
    assert (tmp_path / "p0.report.png").read_bytes().startswith(b"\x89PNG")
    page = Reader((tmp_path / "p0.report.html").read_text()).text
    assert fly(P0).brief in page
    assert fly(P0).journal.digest in page


def test_a_report_of_a_journal_is_that_of_its_drill(tmp_path: Path) -> None:
    """All but the title, which no journal carries."""
    drill = fly(P0)
    journal = drill.save(tmp_path / "p0.jsonl")
    assert read_journal(journal).digest == drill.journal.digest
    assert main(["report", str(journal)]) == 0
    assert (tmp_path / "p0.report.html").read_text() == reporting.as_html(drill).replace(drill.scenario.title, drill.scenario.id)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--html", "--md", "--out", "x.html"], "report: --out is for one file, and .html, .md are wanted"),
        (["--out", "nowhere/x.html"], "report: --out 'nowhere/x.html': valid: a file of its own, in a folder that is there"),
        (["--out", "p0.jsonl"], "report: --out 'p0.jsonl': valid: a file of its own"),
        (["--png", "--out", "x.html"], "report: --out 'x.html': is no name of .png"),
        (["--out", "x.txt"], "report: --out 'x.txt': is no name of .html"),
        (["--out", "."], "report: --out '.': valid: a file of its own"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    fly(P0).save("p0.jsonl")
    assert main(["report", "p0.jsonl", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["p0.jsonl"]


def test_a_journal_that_is_none_or_does_not_replay_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.jsonl"
    file.write_text("{}\n")
    assert main(["report", str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"{file}:1:1: ")
    assert main(["report", str(tmp_path / "missing.jsonl")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_drill_is_saved_as_what_the_name_ends_in(tmp_path: Path) -> None:
    drill = fly("order-page-glitch")
    for ending in reporting.FORMS:
        assert drill.save(tmp_path / f"drill{ending}").stat().st_size > 500
    assert drill.save(tmp_path / "drill.jsonl").read_bytes() == drill.journal.to_bytes()
    with pytest.raises(BadInput, match=r"a drill is saved as \.html, \.md, \.png, \.svg, \.jsonl"):
        drill.save(tmp_path / "drill.pdf")
    assert not (tmp_path / "drill.pdf").exists()

"""The report of a drill: one file for people, as a page, as Markdown or as a picture; made from the journal and the world it flew in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from markdown_it import MarkdownIt

from drillbook import display, frames, story
from drillbook.case import Planned
from drillbook.drawing import page
from drillbook.drawing.svg import stacked
from drillbook.drill import Drill
from drillbook.errors import BadInput
from drillbook.files import write_whole
from drillbook.forking import parent_of
from drillbook.outputs import own_file
from drillbook.picture import Picture
from drillbook.servicemap import service_map
from drillbook.units import clock, span
from drillbook.views import Screenshot

__all__ = ["FORMS", "as_html", "as_markdown", "as_picture", "reported", "save"]

_SERVICES = 2
"""How many services have their metrics in a report: the guilty one, and the one that was hurt most."""
_ROWS = 1000
"""So many events, or rows of a table, are shown on a page; all of them are in the Markdown, and in the journal."""
_KINDS: Mapping[str, str] = MappingProxyType({
    "status_update": "Status updates", "executive_brief": "Executive briefs", "user_notice": "Notices to users", "hand_over": "Hand-over",
    "escalation": "Escalations",
})  # fmt: skip


def as_html(drill: Drill) -> str:
    """One self-contained page: no script, no reference to anything elsewhere, printable. Without the extra `notebook` it has no charts."""
    return page.document(f"Report: {drill.brief}", _sections(drill))


def _sections(drill: Drill) -> Iterator[str]:
    yield f"<h1><bdi>{page.text(drill.scenario.title)}</bdi></h1><p class=\"soft\">{page.text(drill.brief)}</p>"
    yield page.fact_list(story.facts(drill))
    yield page.section("Timeline", display.chart(lambda: drill.timeline.picture),
                       page.details("The events as text", display.events(drill.timeline.events[:_ROWS]),
                                    _more(len(drill.timeline))))  # fmt: skip
    yield page.section("Where the trouble was", page.figure(service_map(drill).svg, wide=True))
    yield page.section("Before, during and after", *_metrics(drill), *map(_shot, drill.screenshots))
    yield page.section("Route", page.figure(display.route(drill).svg, wide=True))
    yield page.section("Decisions", *_decisions(drill))
    yield page.section("What was said", *_said(drill))
    if drill.postmortem:
        yield page.section("Post-mortem", f'<div class="review">{_as_page(drill.postmortem)}</div>')
    yield page.section("Action items", _items(drill))
    yield page.section("What really happened", *_truth(drill))
    yield f'<footer class="soft"><p>{page.text(_provenance(drill))}</p></footer>'


def _more(events: int) -> str:
    return f"<p>and {events - _ROWS:,} more</p>" if events > _ROWS else ""


def _metrics(drill: Drill) -> Iterator[str]:
    for name in services(drill):
        yield display.chart(partial(getattr, drill.metrics(name), "picture"))


def services(drill: Drill) -> list[str]:
    """The services whose metrics tell the most: where the fault was, as it was found and as it was, then who was hurt worst."""
    hurt = sorted(frames.spread(drill), key=lambda one: (-one.worst_error_pct, one.component))
    found = drill.case.diagnosis
    names = [drill.truth.component, found.component if found else None, *(one.component for one in hurt)]
    return [name for name in dict.fromkeys(names) if name is not None and drill.system.component(name)][:_SERVICES]


def _shot(shot: Screenshot) -> str:
    told = f"Screenshot at {clock(shot.at)}, kept by the {shot.role.replace('_', ' ').title()}; sha256 {shot.digest}, as in the journal"
    shown = page.figure(shot.svg, told, wide=True) if shot.svg else f"<p>{page.text(told)}</p>"
    return shown + page.details("The screenshot as text", "<ul>" + "".join(f"<li>{page.text(line)}</li>" for line in shot.shows) + "</ul>")


def _decisions(drill: Drill) -> Iterator[str]:
    """Every diagnosis with its ranking, what spoke for the first of it, and what against."""
    for number, one in enumerate(drill.account.diagnoses, 1):
        title = f"{number}. {one.cause.replace('_', ' ')}" + (f" in {one.component}" if one.component else "")
        ranked = page.table(("explanation", "points"), one.ranked[:5])
        against = f"<p>Against it: {page.text('; '.join(one.against))}</p>" if one.against else ""
        yield page.section(title, f"<p>{page.text(one.why)}</p>", against, ranked, level=3)


def _said(drill: Drill) -> Iterator[str]:
    known = {message["kind"] for message in drill.messages}
    for kind in (*(kind for kind in _KINDS if kind in known), *sorted(known - {*_KINDS})):
        yield page.section(_KINDS.get(kind, kind.replace("_", " ").capitalize()),
                           display.cards(one for one in drill.messages if one["kind"] == kind), level=3)  # fmt: skip


_NAMELESS = re.compile(r"<thead>\s*<tr>(\s*<th></th>)+\s*</tr>\s*</thead>")
"""A table's heading without a word: Markdown wants one, a reader does not."""


def _shortened(markdown: str) -> Iterator[str]:
    """The lines, but of no table more rows than anybody reads."""
    row = 0
    for line in markdown.splitlines():
        row = row + 1 if line.startswith("|") else 0
        if row <= _ROWS:
            yield line
        elif row == _ROWS + 1:
            yield "| … | and so on: `drillbook report --md` has all of it |"


def _as_page(markdown: str) -> str:
    """Markdown as HTML, its headings below those of the page. HTML, links and images in it are text: alerts and logs are quoted."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink", "reference"])
    html = _NAMELESS.sub("", str(reader.render("\n".join(_shortened(markdown)))))
    for level in (4, 3, 2, 1):
        html = html.replace(f"<h{level}>", f"<h{level + 2}>").replace(f"</h{level}>", f"</h{level + 2}>")
    return html.replace("<table>", '<div class="scroll" tabindex="0"><table class="rows">').replace("</table>", "</table></div>")


def _items(drill: Drill) -> str:
    planned = [*drill.case.all(Planned)]
    names = drill.runbook.roles
    rows = [(item.title, names.get(item.owner, item.owner), span(item.due), "backlog" if item.backlog else "plan") for item in planned]
    return page.table(("what", "who", "within", "where"), rows) if rows else ""


def _truth(drill: Drill) -> Iterator[str]:
    truth = drill.truth
    guilty = f"{(truth.cause or 'nothing').replace('_', ' ')}{f' in {truth.component}' if truth.component else ''}"
    yield f"<p>The cause was {page.text(guilty)}; at worst {truth.peak_users_failing_pct:g}% of the users failed.</p>"
    if truth.actions:
        yield page.table(("time", "change", "by", "effect", "why"), (
            (clock(act.at), f"{act.tool} {act.target}", act.role, act.effect, act.why) for act in truth.actions))  # fmt: skip
    parts = {**drill.score.end_state, **drill.score.process}
    yield page.table(("score", "points", "of"), ((name.replace("_", " "), got, most) for name, (got, most) in parts.items()))


def _provenance(drill: Drill) -> str:
    header = drill.journal.header
    cast = ", ".join(sorted({*header["cast"].values()}))
    return (f"scenario {drill.scenario.id}, seed {drill.seed}, cast {cast}, runbook {drill.runbook.name}; "
            f"{len(drill.journal.lines)} records, journal sha256 {drill.journal.digest}; times are virtual, from T+00:00")  # fmt: skip


def as_markdown(drill: Drill) -> str:
    """The same in Markdown: what it came to, the post-mortem with its timeline and messages, the evidence, and the truth."""
    return "\n".join(map(_inert, _lines(drill))) + "\n"


def _inert(line: str) -> str:
    """A line of Markdown in which nothing that somebody wrote is HTML, a link or an image."""
    return line.replace("<", "&lt;").replace("](", "]\\(")


def _lines(drill: Drill) -> Iterator[str]:
    yield from (f"# {drill.scenario.title}", "", f"{drill.brief}.", "", "| | |", "| --- | --- |")
    yield from (f"| {name} | {fact.replace('|', '/')} |" for name, fact in story.facts(drill).items())
    yield from ("", "## Evidence", "")
    for shot in drill.screenshots:
        yield f"Screenshot at {clock(shot.at)}, sha256 {shot.digest}:"
        yield from ("", *(f"- {line}" for line in shot.shows), "")
    yield from ("## What really happened", "")
    yield from (f"- {clock(act.at)} {act.tool} {act.target}: {act.effect}; {act.why}" for act in drill.truth.actions)
    yield ""
    review = (drill.postmortem or "There was no post-mortem to write.\n").rstrip()
    yield from (f"#{line}" if line.startswith("#") else line for line in review.splitlines())
    yield from ("", f"{_provenance(drill)}")


def as_picture(drill: Drill) -> Picture:
    """The timeline, the metrics of where the fault was, and the service map, one below the other."""
    parts = [drill.timeline.picture, *(drill.metrics(name).picture for name in services(drill)[:1]), service_map(drill)]
    title = f"Report of {drill.scenario.id}"
    says = " ".join(part.says for part in parts)
    return Picture(title, says, stacked([part.svg for part in parts], title, says))


FORMS: Mapping[str, Callable[[Drill], bytes]] = MappingProxyType({
    ".html": lambda drill: as_html(drill).encode(),
    ".md": lambda drill: as_markdown(drill).encode(),
    ".png": lambda drill: as_picture(drill).png(1.5),
    ".svg": lambda drill: as_picture(drill).svg.encode(),
    ".jsonl": lambda drill: drill.journal.to_bytes(),
})  # fmt: skip
"""What a drill is saved as, by the ending of the file's name."""


def reported(journal: Path, forms: Sequence[str], out: Path | None) -> Iterator[Path]:
    """Write the reports of a journal's drill, `.html` where no form is named; gives each file when it is there.

    They go beside the journal, as NAME.report.html, or the only one where `out` says. Raises BadInput before anything is written.
    """
    wanted = [*forms] or [out.suffix if out is not None and out.suffix in FORMS else ".html"]
    if out is not None and len(wanted) > 1:
        raise BadInput(f"report: --out is for one file, and {', '.join(wanted)} are wanted; leave it out, or ask for one of them")
    own_file("report: --out", out, journal)
    if out is not None and out.suffix != wanted[0]:
        raise BadInput(f"report: --out {str(out)!r}: is no name of {wanted[0]}; valid: one that ends as its form does: {', '.join(FORMS)}")
    drill = parent_of(journal, "report")
    for form in wanted:
        path = out or journal.with_name(f"{journal.stem}.report{form}")
        write_whole(path, FORMS[form](drill))
        yield path


def save(drill: Drill, path: Path) -> Path:
    """Write a drill as what the name ends in, whole or not at all. Raises BadInput for another ending."""
    if path.suffix not in FORMS:
        raise BadInput(f"{path}: a drill is saved as {', '.join(FORMS)}")
    write_whole(path, FORMS[path.suffix](drill))
    return path

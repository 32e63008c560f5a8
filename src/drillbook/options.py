"""The options and arguments of the command line: what each is called, what it takes, and its line of help."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from drillbook.exercise import STYLES

__all__ = [
    "Accept", "Agents", "Alarmed", "Alert", "AsHtml", "AsMarkdown", "AsPng", "At", "Base", "Cast", "Casts", "Checkpoint", "Compare",
    "Count", "Delay", "Do", "Drawn", "Fault", "Files", "ForkJournal", "Format", "GroupBy", "Head", "Index", "Journal", "JournalFolder",
    "Journals", "Json", "Markdown", "Measured", "Min", "Missing", "Oracle", "Other", "Out", "Parent", "Picture", "Postmortem", "Random",
    "ReportFile", "Reported", "Reviewed", "Rules", "Runbook", "Runs", "Scenario", "Scenarios", "Seed", "Seeds", "Sets", "Starts",
    "Storm", "Suggest", "Svg", "Sweep", "System", "Tags", "Target", "Tested", "To", "Tries", "Until", "Update", "Verbose", "Version",
    "Without", "Written",
]  # fmt: skip


def _say_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"drillbook {version('drillbook')}\n")
        raise typer.Exit


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only scenarios with this tag; may be repeated.")]
Scenario = Annotated[str | None, typer.Argument(help="An id of the catalogue (see `drillbook list`), or a file.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The seed of the noise, or of what is drawn; the scenario's own, or 1.")]
Runbook = Annotated[Path | None, typer.Option(metavar="FILE", help="Another runbook than the one that comes along.")]
Cast = Annotated[str | None, typer.Option(metavar="ROLE=BRAIN,...|FILE", help="Who plays what (* is everyone), or a cast file.")]
Casts = Annotated[list[str] | None, typer.Option("--cast", metavar="ROLE=BRAIN,...|FILE", help="A cast, or its file; may be repeated.")]
Scenarios = Annotated[str | None, typer.Option(metavar="GLOB", help="A pattern of ids, or of files; all of the catalogue by default.")]
Runs = Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How often each is flown, each time with another seed.")]
Oracle = Annotated[bool, typer.Option("--oracle", help="Also by a reference that knows the answers: what can be reached at all.")]
Alert = Annotated[Path | None, typer.Option(metavar="FILE", help="An alert as another system sends it; it starts the drill.")]
Journal = Annotated[Path | None, typer.Option(metavar="FILE", help="Where the journal goes; under runs/ by default.")]
Checkpoint = Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the drill in this SQLite file, and go on from what is in it.")]
Postmortem = Annotated[Path | None, typer.Option(metavar="FILE", help="Where the post-mortem goes; beside the journal by default.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Every reading of every check, too.")]
Random = Annotated[int | None, typer.Option(min=1, metavar="N", help="Run N random incidents of the seed instead of a scenario.")]
System = Annotated[str | None, typer.Option(metavar="NAME", help="A system of the catalogue, or a file.")]
Compare = Annotated[bool, typer.Option("--compare", help="With --random: the catalogue, too, and both with every baseline.")]
Fault = Annotated[str | None, typer.Option(metavar="KIND", help="A scenario of one fault of this kind.")]
Target = Annotated[str | None, typer.Option(metavar="NAME", help="With --fault: the component that it hurts.")]
Index = Annotated[int | None, typer.Option("--random", min=0, metavar="INDEX", help="This random incident of the seed, as a scenario.")]
Count = Annotated[int | None, typer.Option("--system-of", metavar="COUNT", help="A system of so many components.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Where it goes (- is the standard output); never over another file.")]
Drawn = Annotated[Path | None, typer.Argument(metavar="[RUNBOOK]", help="A runbook file; the one that comes along by default.")]
Svg = Annotated[bool, typer.Option("--svg", help="A picture as SVG instead of Mermaid: a file of its own, that any browser shows.")]
Agents = Annotated[bool, typer.Option("--agents", help="LangGraph's own drawing, with every agent node.")]
Alarmed = Annotated[str | None, typer.Argument(metavar="SCENARIO", help="An id of the catalogue, or a file.")]
Format = Annotated[str | None, typer.Option("--format", help=f"One of {', '.join(STYLES)}; alertmanager by default.")]
Storm = Annotated[int | None, typer.Option(metavar="N", help="A storm of N alerts: 60% duplicates, 20% flapping.")]
To = Annotated[str | None, typer.Option(metavar="URL", help="Post the bodies there instead of printing them.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Up to when, as 45m; by default until the drill is noticed.")]
GroupBy = Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Group by this label; may be repeated.")]
Starts = Annotated[str | None, typer.Option(metavar="TIME", help="When the drill starts, as 2026-03-02T09:00:00Z.")]
Rules = Annotated[str | None, typer.Option(metavar="SYSTEM", help="Print the alert rules of a system for Prometheus.")]
Journals = Annotated[list[Path], typer.Argument(metavar="JOURNAL...", help="Journals, as `drillbook run` writes them.")]
Other = Annotated[str | None, typer.Option("--scenario", metavar="FILE", help="What if: another scenario.")]
Missing = Annotated[str, typer.Option(metavar="WHAT", help="Where a model's or person's answer was not recorded: stop, stub or record.")]
Accept = Annotated[bool, typer.Option("--accept", help="Write what is flown now over the journals that changed.")]
Parent = Annotated[str, typer.Argument(metavar="JOURNAL", help="The journal of the drill to fork.")]
_WHERE = "The decision: a record's number or a moment (T+12:30) of it, or a step (diagnose, diagnose#2)."
_LATER = "How much later the whole step begins, whatever record or moment of it --at names; as 10m."
_EVERYTHING = "Try every alternative at every decision, and rank them; excludes --at, --set, --do, --delay, --without."
At = Annotated[str | None, typer.Option(metavar="WHERE", help=_WHERE)]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A conclusion, or `outcome`; may be repeated.")]
Do = Annotated[list[str] | None, typer.Option(metavar="'TOOL TARGET'", help="A remedy that is carried out there, as 'rollback checkout'.")]
Delay = Annotated[str | None, typer.Option(metavar="TIME", help=_LATER)]
Without = Annotated[str | None, typer.Option(metavar="ROLE", help="Who is not there from then on.")]
Sweep = Annotated[bool, typer.Option("--sweep", help=_EVERYTHING)]
Measured = Annotated[list[Path], typer.Argument(metavar="JOURNAL...", help="Journals, or folders of them.")]
Picture = Annotated[bool, typer.Option("--picture", help="Print the runbook as Mermaid, coloured by how often each edge ran.")]
Min = Annotated[float | None, typer.Option("--min", min=0, max=100, help="Exit with 1 if edges, branches or clauses are below.")]
Suggest = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write scenarios there that take the edges never taken.")]
Tries = Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="With --suggest: how many drills to try.")]
ForkJournal = Annotated[Path | None, typer.Option("--journal", metavar="FILE", help="Where the fork's journal goes; beside its parent's.")]
Tested = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Scenario files, or folders of them.")]
Update = Annotated[bool, typer.Option("--update", help="Write the golden routes as they are now.")]
Seeds = Annotated[str, typer.Option(metavar="1,2,3", help="Fly every scenario with these seeds instead of its own.")]
JournalFolder = Annotated[Path | None, typer.Option("--journals", metavar="FOLDER", help="Write the journals there, for `drillbook diff`.")]
Base = Annotated[Path, typer.Argument(metavar="BASE", help="A journal, or a folder of journals: before.")]
Head = Annotated[Path, typer.Argument(metavar="HEAD", help="A journal, or a folder of journals: after.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="As the body of a comment on a pull request.")]
Reviewed = Annotated[str, typer.Argument(metavar="JOURNAL", help="The journal of the drill that the post-mortem is about.")]
Reported = Annotated[Path, typer.Argument(metavar="JOURNAL", help="The journal of the drill.")]
AsHtml = Annotated[bool, typer.Option("--html", help="One self-contained page; the default.")]
AsMarkdown = Annotated[bool, typer.Option("--md", help="Markdown.")]
AsPng = Annotated[bool, typer.Option("--png", help="The timeline, the metrics and the service map as a picture.")]
ReportFile = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where it goes; beside the journal by default.")]
Written = Annotated[Path | None, typer.Argument(metavar="[POSTMORTEM]", help="Markdown or text; the one written in the drill by default.")]
Version = Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit.")]
Files = Annotated[list[Path], typer.Argument(help="Scenario, system and runbook files, or folders of them.")]

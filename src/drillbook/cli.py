"""The command line. Exit codes: 0 fine, 1 the drill failed (unresolved) or a proof was refused, 2 bad input, a line on stderr each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, cast

import orjson
import typer
from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

import drillbook
from drillbook import batch, exercise, making, measuring
from drillbook.coverage_table import document, rendered
from drillbook.errors import BadInput
from drillbook.exercise import STYLES
from drillbook.files import is_device, write_whole
from drillbook.graph.picture import coloured, mermaid
from drillbook.reading import lint as lint_files
from drillbook.reading import parse_cast, read_runbook, tagged
from drillbook.story import Narrator, headline, review, summary
from drillbook.terminal import GONE, Listener, Trimmed, listened_to

if TYPE_CHECKING:  # these load LangGraph: the package imports them when a command first asks for them
    import drillbook.proving
    import drillbook.regression
    import drillbook.rerunning
    import drillbook.sidebyside
    import drillbook.testing

__all__ = ["main"]


def _say_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"drillbook {version('drillbook')}\n")
        raise typer.Exit


_COLUMNS = ("id", "severity", "branch", "difficulty", "special")

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
_Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only scenarios with this tag; may be repeated.")]
_Scenario = Annotated[str | None, typer.Argument(help="An id of the catalogue (see `drillbook list`), or a file.")]
_Seed = Annotated[int | None, typer.Option(min=0, help="The seed of the noise, or of what is drawn; the scenario's own, or 1.")]
_Runbook = Annotated[Path | None, typer.Option(metavar="FILE", help="Another runbook than the one that comes along.")]
_Cast = Annotated[str | None, typer.Option(metavar="ROLE=BRAIN,...", help="Who plays what; * is everyone.")]
_Alert = Annotated[Path | None, typer.Option(metavar="FILE", help="An alert as another system sends it; it starts the drill.")]
_Journal = Annotated[Path | None, typer.Option(metavar="FILE", help="Where the journal goes; under runs/ by default.")]
_Checkpoint = Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the drill in this SQLite file, and go on from what is in it.")]
_Postmortem = Annotated[Path | None, typer.Option(metavar="FILE", help="Where the post-mortem goes; beside the journal by default.")]
_Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Every reading of every check, too.")]
_Random = Annotated[int | None, typer.Option(min=1, metavar="N", help="Run N random incidents of the seed instead of a scenario.")]
_System = Annotated[str | None, typer.Option(metavar="NAME", help="A system of the catalogue, or a file.")]
_Compare = Annotated[bool, typer.Option("--compare", help="With --random: the catalogue, too, and both with every baseline.")]
_Fault = Annotated[str | None, typer.Option(metavar="KIND", help="A scenario of one fault of this kind.")]
_Target = Annotated[str | None, typer.Option(metavar="NAME", help="With --fault: the component that it hurts.")]
_Index = Annotated[int | None, typer.Option("--random", min=0, metavar="INDEX", help="This random incident of the seed, as a scenario.")]
_Count = Annotated[int | None, typer.Option("--system-of", metavar="COUNT", help="A system of so many components.")]
_Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Where it goes (- is the standard output); never over another file.")]
_Drawn = Annotated[Path | None, typer.Argument(metavar="[RUNBOOK]", help="A runbook file; the one that comes along by default.")]
_Agents = Annotated[bool, typer.Option("--agents", help="LangGraph's own drawing, with every agent node.")]
_Alarmed = Annotated[str | None, typer.Argument(metavar="SCENARIO", help="An id of the catalogue, or a file.")]
_Format = Annotated[str | None, typer.Option("--format", help=f"One of {', '.join(STYLES)}; alertmanager by default.")]
_Storm = Annotated[int | None, typer.Option(metavar="N", help="A storm of N alerts: 60% duplicates, 20% flapping.")]
_To = Annotated[str | None, typer.Option(metavar="URL", help="Post the bodies there instead of printing them.")]
_Until = Annotated[str | None, typer.Option(metavar="TIME", help="Up to when, as 45m; by default until the drill is noticed.")]
_GroupBy = Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Group by this label; may be repeated.")]
_Starts = Annotated[str | None, typer.Option(metavar="TIME", help="When the drill starts, as 2026-03-02T09:00:00Z.")]
_Rules = Annotated[str | None, typer.Option(metavar="SYSTEM", help="Print the alert rules of a system for Prometheus.")]
_Journals = Annotated[list[Path], typer.Argument(metavar="JOURNAL...", help="Journals, as `drillbook run` writes them.")]
_Other = Annotated[str | None, typer.Option("--scenario", metavar="FILE", help="What if: another scenario.")]
_Missing = Annotated[str, typer.Option(metavar="WHAT", help="Where a model's or person's answer was not recorded: stop, stub or record.")]
_Accept = Annotated[bool, typer.Option("--accept", help="Write what is flown now over the journals that changed.")]
_Parent = Annotated[str, typer.Argument(metavar="JOURNAL", help="The journal of the drill to fork.")]
_At = Annotated[str | None, typer.Option(metavar="WHERE", help="A record's number, a moment (T+12:30), or a step (diagnose, diagnose#2).")]
_Sets = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A conclusion, or `outcome`; may be repeated.")]
_Do = Annotated[list[str] | None, typer.Option(metavar="'TOOL TARGET'", help="A remedy that is carried out there, as 'rollback checkout'.")]
_Delay = Annotated[str | None, typer.Option(metavar="TIME", help="How much later the step begins, as 10m.")]
_Without = Annotated[str | None, typer.Option(metavar="ROLE", help="Who is not there from then on.")]
_Sweep = Annotated[bool, typer.Option("--sweep", help="Try every alternative at every decision, and rank them.")]
_Measured = Annotated[list[Path], typer.Argument(metavar="JOURNAL...", help="Journals, or folders of them.")]
_Picture = Annotated[bool, typer.Option("--picture", help="Print the runbook as Mermaid, coloured by how often each edge ran.")]
_Min = Annotated[float | None, typer.Option("--min", min=0, max=100, help="Exit with 1 if edges, branches or clauses are below.")]
_Suggest = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write scenarios there that take the edges never taken.")]
_Tries = Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="With --suggest: how many drills to try.")]
_ForkJournal = Annotated[Path | None, typer.Option("--journal", metavar="FILE", help="Where the fork's journal goes; beside its parent's.")]
_Tested = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Scenario files, or folders of them.")]
_Update = Annotated[bool, typer.Option("--update", help="Write the golden routes as they are now.")]
_Seeds = Annotated[str, typer.Option(metavar="1,2,3", help="Fly every scenario with these seeds instead of its own.")]
_Journals_ = Annotated[Path | None, typer.Option("--journals", metavar="FOLDER", help="Write the journals there, for `drillbook diff`.")]
_Base = Annotated[Path, typer.Argument(metavar="BASE", help="A journal, or a folder of journals: before.")]
_Head = Annotated[Path, typer.Argument(metavar="HEAD", help="A journal, or a folder of journals: after.")]
_Markdown = Annotated[bool, typer.Option("--markdown", help="As the body of a comment on a pull request.")]
_Version = Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit.")]
_Files = Annotated[list[Path], typer.Argument(help="Scenario, system and runbook files, or folders of them.")]

app = typer.Typer(
    help="A flight simulator for incident response.", add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _print_json(value: Any) -> None:
    """Print it as it is where the output has the letters, else escaped: it must be read as the same document either way."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    everything = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write((text if everything else json.dumps(orjson.loads(text), indent=2)) + "\n")


def _console() -> Console:
    """Colours on a terminal only (NO_COLOR is honoured); a fixed width elsewhere, so that output can be compared."""
    return Console() if sys.stdout.isatty() else Console(width=120, file=cast(TextIO, Trimmed(sys.stdout)))


@app.callback()
def _app(version: _Version = False) -> None:
    """A flight simulator for incident response."""


@app.command("list")
def list_(tag: _Tags = None, as_json: _Json = False) -> int:
    """List the scenarios of the catalogue: severity, branch of the decision tree, difficulty, and what is special."""
    chosen = tagged(tag or ())
    if as_json:
        _print_json(chosen)
        return 0
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in _COLUMNS:
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for outline in chosen:
        shown = {**outline, **outline["expect"], "branch": outline["expect"]["cause"], "special": ", ".join(outline["tags"])}
        table.add_row(*(str(shown[column] or "-") for column in _COLUMNS))
    _console().print(table)
    return 0


@app.command()
def run(
    scenario: _Scenario = None, seed: _Seed = None, runbook: _Runbook = None, cast: _Cast = None, alert: _Alert = None,
    journal: _Journal = None, postmortem: _Postmortem = None, as_json: _Json = False, verbose: _Verbose = False,
    random: _Random = None, system: _System = None, compare: _Compare = False, checkpoint: _Checkpoint = None,
) -> int:  # fmt: skip
    """Run a scenario and show the incident as it unfolds. Exits with 1 if it ends unresolved.

    With --random, run many random incidents and show how often the cast is right; exits with 0 whatever comes out.
    """
    if random is not None and not (scenario or alert or journal or postmortem or checkpoint):
        return _run_random(random, 1 if seed is None else seed, runbook, cast, system, compare, as_json, verbose)
    if scenario is None or random is not None or system is not None or compare:
        raise BadInput("run: give a SCENARIO, or --random N (with --seed, --system, --compare, --cast, --runbook)")
    _keep_apart(journal, postmortem, scenario, runbook, alert, checkpoint)
    console = _console()
    setup = drillbook.prepare(scenario, seed=seed, runbook=runbook, cast=cast, alert=alert)
    if as_json:
        drill = setup.run(checkpoint=checkpoint)
    else:
        console.print(headline(setup.scenario.title, setup.seed, setup.simulator.cast))
        drill = setup.run(Narrator(console, setup.simulator.runbook, 0 if verbose else 1), checkpoint=checkpoint)
    where = journal or Path("runs") / f"{drill.name}.jsonl"
    drill.journal.write(where)
    report = _write_postmortem(drill, postmortem or where.with_suffix(".md"))
    if as_json:
        _print_json(drill.outcome(where))
    else:
        console.print(review(drill.case))
        console.print(summary(drill, where, report))
    return 1 if drill.case.outcome == "unresolved" else 0


def _keep_apart(journal: Path | None, postmortem: Path | None, *inputs: str | Path | None) -> None:
    """Neither output may be written over the other, nor over what the drill is made of. Raises BadInput before anything runs."""
    taken = {os.path.realpath(given): "is an input of the drill" for given in inputs if given is not None and Path(given).is_file()}
    for option, path in (("--journal", journal), ("--postmortem", postmortem or _beside(journal))):
        if path is None or is_device(path):
            continue
        if not path.name or path.is_dir():
            raise BadInput(f"run: {option} {str(path)!r} is a folder; valid: the path of a file")
        if os.path.realpath(path) in taken:
            raise BadInput(f"run: {option}: {str(path)!r} {taken[os.path.realpath(path)]}; give each a file of its own")
        taken[os.path.realpath(path)] = "is where the journal goes"


def _beside(journal: Path | None) -> Path | None:
    """Where the post-mortem goes by default."""
    return journal.with_suffix(".md") if journal and journal.name else None


def _run_random(count: int, seed: int, runbook: Path | None, cast: str | None, system: str | None, compare: bool,
                as_json: bool, verbose: bool) -> int:  # fmt: skip
    rows = batch.fly(read_runbook(runbook), cast, count, seed, system, compare=compare)
    if as_json:
        _print_json(batch.document(seed, rows))
    else:
        batch.show(_console(), rows, incidents=not compare, verbose=verbose)
    return 0


@app.command()
def new(
    fault: _Fault = None, system: _System = None, target: _Target = None, random: _Index = None, system_of: _Count = None,
    seed: _Seed = None, out: _Out = None,
) -> int:  # fmt: skip
    """Write a scenario of one fault, a random incident, or a whole system, as a file to go on from."""
    chosen = 1 if seed is None else seed
    if system_of is not None:
        if any(given is not None for given in (fault, system, target, random)):
            raise BadInput("new: --system-of goes with --seed and --out only")
        path = making.new_system(system_of, chosen, out)
    else:
        path = making.new_scenario("shop" if system is None else system, chosen, fault=fault, target=target, index=random, out=out)
    if str(path) != "-":
        sys.stdout.write(f"{path}\n")
    return 0


def _write_postmortem(drill: drillbook.Drill, path: Path) -> Path | None:
    if drill.postmortem is None:
        return None
    write_whole(path, drill.postmortem.encode())
    return path


@app.command()
def alert(
    scenario: _Alarmed = None, seed: _Seed = None, style: _Format = None, storm: _Storm = None, to: _To = None,
    until: _Until = None, group_by: _GroupBy = None, starts: _Starts = None, rules: _Rules = None,
) -> int:  # fmt: skip
    """Print or post the alerts of a scenario as monitoring systems send them."""
    if (scenario is None) == (rules is None):
        raise BadInput("drillbook alert: give either a SCENARIO or --rules SYSTEM")
    if scenario is None:
        others = {"seed": seed, "format": style, "storm": storm, "to": to, "until": until, "group_by": group_by, "starts": starts}
        sys.stdout.write(exercise.rules(str(rules), others))
        return 0
    order = exercise.Order(scenario, "alertmanager" if style is None else style, seed, until, storm, tuple(group_by or ()), starts)
    if to is not None:
        sys.stdout.write(exercise.send(to, order) + "\n")
        return 0
    bodies = exercise.bodies(order)
    _print_json(bodies if len(bodies) > 1 else bodies[0])
    return 0


@app.command()
def graph(runbook: _Drawn = None, agents: _Agents = False) -> int:
    """Draw the runbook as Mermaid, its edges labelled by outcome."""
    read = read_runbook(runbook)
    picture = drillbook.Simulator(read).graph.get_graph().draw_mermaid() if agents else mermaid(read)
    sys.stdout.write(picture.rstrip("\n") + "\n")
    return 0


@app.command()
def replay(
    journals: _Journals, runbook: _Runbook = None, cast: _Cast = None, scenario: _Other = None, missing: _Missing = "stop",
    accept: _Accept = False, as_json: _Json = False,
) -> int:  # fmt: skip
    """Fly journals again and verify every record; exits with 1 if one diverged.

    With --runbook, --cast or --scenario it is a what-if: both drills side by side, and exit code 0.
    """
    edited = drillbook.rerunning.edits(runbook, cast, scenario, missing)
    if accept and edited.any:
        raise BadInput("replay: --accept is for what the code does now, not for a what-if")
    with drillbook.rerunning.offline(missing != "record"):
        replays, bad = drillbook.rerunning.replay_all(journals, edited)
    if as_json:
        _print_json({"replays": [drillbook.sidebyside.replay_document(done) for done in replays], "refused": list(map(str, bad))})
    else:
        drillbook.rerunning.show_replays(_console(), replays, edited.any)
    if bad:
        raise BadInput(bad)
    return 0 if edited.any else drillbook.rerunning.settle(replays, accept)


@app.command()
def fork(
    journal: _Parent, at: _At = None, sets: _Sets = None, do: _Do = None, delay: _Delay = None, without: _Without = None,
    sweep: _Sweep = False, out: _ForkJournal = None, as_json: _Json = False,
) -> int:  # fmt: skip
    """What if, at one decision: a drill that shares the journal's past and differs from there on."""
    if sweep:
        if at or sets or do or delay or without or out:
            raise BadInput("fork: --sweep goes with --json only")
        document = drillbook.rerunning.show_sweep(_console(), journal, as_json)
        if document is not None:
            _print_json(document)
        return 0
    if do and len(do) > 1:
        raise BadInput("fork: --do can be given once; fork the fork for another remedy")
    if out is not None and (out.is_dir() or not out.parent.is_dir() or os.path.realpath(out) == os.path.realpath(journal)):
        raise BadInput(f"fork: --journal {str(out)!r}: valid: a file of its own, in a folder that is there")
    found = drillbook.rerunning.forked(journal, at, sets or (), do[0] if do else None, delay, without)
    where = out or Path(journal).with_name(f"{found.drill.name}.fork.jsonl")
    found.drill.journal.write(where)
    if as_json:
        _print_json(drillbook.sidebyside.fork_document(found, str(where)))
    else:
        drillbook.rerunning.show_fork(_console(), found, where)
    return 0


@app.command("test")
def regress(
    paths: _Tested, update: _Update = False, seeds: _Seeds = "", runbook: _Runbook = None, cast: _Cast = None,
    journals: _Journals_ = None,
) -> int:  # fmt: skip
    """Fly scenarios as a regression suite, without pytest; exits with 1 if one is not as expected, or not as its golden route."""
    numbers = [seed.strip() for seed in seeds.split(",") if seed.strip()]
    if not all(seed.isdecimal() for seed in numbers):
        raise BadInput(f"test: --seeds {seeds!r}: numbers are expected, as 1,2,3")
    options = [f" --{name} {value}" for name, value in (("runbook", runbook), ("cast", cast)) if value is not None]
    suite = drillbook.regression.Suite(drillbook.Simulator(read_runbook(runbook), parse_cast(cast)), update, "".join(options))
    examined = drillbook.testing.fly_suite(suite, paths, [int(seed) for seed in numbers], journals)
    failed = sum(not done.fine for done in examined)
    sys.stdout.write(f"{len(examined)} drills, {failed} failed\n")
    return 1 if failed else 0


@app.command()
def diff(base: _Base, head: _Head, markdown: _Markdown = False, as_json: _Json = False) -> int:
    """What changed between two sets of journals: routes and outcomes, by scenario; exits with 1 if anything did."""
    found = drillbook.testing.diff(base, head)
    if as_json:
        _print_json(drillbook.testing.document(found))
    else:
        sys.stdout.write(drillbook.testing.diff_markdown(found) if markdown else drillbook.testing.diff_text(found))
    return 0 if all(one.fine for one in found) else 1


@app.command()
def prove(runbook: _Drawn = None, as_json: _Json = False) -> int:
    """Prove what a runbook does whatever happens, or show the shortest way on which it does not."""
    proofs = drillbook.prove(runbook)
    if as_json:
        _print_json(drillbook.proving.document(proofs))
    else:
        drillbook.proving.show(_console(), proofs, runbook)
    return 0 if proofs.sound else 1


@app.command("coverage")
def coverage_(
    journals: _Measured, runbook: _Runbook = None, least: _Min = None, picture: _Picture = False, suggest: _Suggest = None,
    tries: _Tries = 200, seed: _Seed = None, as_json: _Json = False,
) -> int:  # fmt: skip
    """What these drills have exercised of their runbook: edges, branches, clauses, crews, roles, tools, messages."""
    if picture and (as_json or suggest):
        raise BadInput("coverage: --picture goes with --runbook and --min only")
    read, found = measuring.measured(journals, runbook)
    hunt = measuring.suggested(read, found, suggest, tries, 1 if seed is None else seed) if suggest else None
    short = measuring.below(read, found, least)
    if as_json:
        more = {"suggestions": measuring.report(hunt, suggest)} if hunt and suggest else {}
        _print_json({**document(read, found), "below": short, **more})
    elif picture:
        sys.stdout.write(coloured(read, found.edges(read)))
    else:
        _console().print(rendered(read, found))
        sys.stdout.write("".join(f"{line}\n" for line in (measuring.said(hunt, suggest) if hunt and suggest else ())))
    sys.stderr.write("".join(f"coverage: {line}\n" for line in short))
    return 1 if short else 0


@app.command()
def lint(files: _Files) -> int:
    """Check files without running them: a line a fault, as file:line:column."""
    checked = lint_files(files)
    sys.stdout.write(f"{len(checked)} file{'s' if len(checked) != 1 else ''} checked, no faults\n")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; nothing that a user can do wrong ends in a traceback.

    A reader who stops listening does not stop the work: it is done, and the exit code is 141.
    """
    with listened_to() as out:
        code = _carry_out(arguments)
        out.flush()
        return _heard(out, code)


def _carry_out(arguments: Sequence[str] | None) -> int:
    try:
        return int(typer.main.get_command(app).main(args=arguments, prog_name="drillbook", standalone_mode=False) or 0)
    except BadInput as error:
        return _complain(str(error))
    except TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "drillbook"
        return _complain(f"{command}: {error.format_message()} Try '{command} --help'.")
    except (KeyboardInterrupt, typer.Abort):
        return 130


def _heard(out: Listener, code: int) -> int:
    """The exit code, as far as what was printed has arrived."""
    if out.failed is None:
        return code
    if isinstance(out.failed, BrokenPipeError):
        return GONE
    return _complain(f"drillbook: the standard output cannot be written: {out.failed.strerror}")


def _complain(text: str) -> int:
    sys.stderr.write(text.rstrip("\n") + "\n")
    return 2

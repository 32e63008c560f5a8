"""The command line. Exit codes: 0 fine, 1 the drill failed (unresolved) or a proof was refused, 2 bad input, a line on stderr each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import typer
from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

import drillbook
from drillbook import batch, exercise, making, measuring, options, outputs
from drillbook.coverage_table import document, rendered
from drillbook.errors import BadInput
from drillbook.graph.drawn import drawn
from drillbook.graph.picture import coloured, mermaid
from drillbook.offline import all_offline
from drillbook.reading import alone, read_runbook, tagged
from drillbook.reading import lint as lint_files
from drillbook.story import Narrator, headline, review, summary
from drillbook.terminal import GONE, Listener, Trimmed, listened_to, print_json

if TYPE_CHECKING:  # these load LangGraph: the package imports them when a command first asks for them
    import drillbook.attended
    import drillbook.proving
    import drillbook.regression
    import drillbook.reporting
    import drillbook.rerunning
    import drillbook.reviewing
    import drillbook.scoreboard
    import drillbook.sidebyside
    import drillbook.testing
    import drillbook.whatif

__all__ = ["main"]


_COLUMNS = ("id", "severity", "branch", "difficulty", "special")

app = typer.Typer(
    help="A flight simulator for incident response.", add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _console() -> Console:
    """Colours on a terminal only (NO_COLOR is honoured); a fixed width elsewhere, so that output can be compared."""
    if sys.stdout.isatty():
        return Console(force_jupyter=False)
    return Console(width=120, file=cast(TextIO, Trimmed(sys.stdout)), force_jupyter=False)


@app.callback()
def _app(version: options.Version = False) -> None:
    """A flight simulator for incident response."""


@app.command("list")
def list_(tag: options.Tags = None, as_json: options.Json = False) -> int:
    """List the scenarios of the catalogue: severity, branch of the decision tree, difficulty, and what is special."""
    chosen = tagged(tag or ())
    if as_json:
        print_json(chosen)
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
    scenario: options.Scenario = None, seed: options.Seed = None, runbook: options.Runbook = None, cast: options.Cast = None,
    alert: options.Alert = None,
    journal: options.Journal = None, postmortem: options.Postmortem = None, as_json: options.Json = False, verbose: options.Verbose = False,
    random: options.Random = None, system: options.System = None, compare: options.Compare = False, checkpoint: options.Checkpoint = None,
) -> int:  # fmt: skip
    """Run a scenario and show the incident as it unfolds. Exits with 1 if it ends unresolved.

    With --random, run many random incidents and show how often the cast is right; exits with 0 whatever comes out.
    """
    if random is not None and not (scenario or alert or journal or postmortem or checkpoint):
        return _run_random(random, 1 if seed is None else seed, runbook, cast, system, compare, as_json, verbose)
    if scenario is None or random is not None or system is not None or compare:
        raise BadInput("run: give a SCENARIO, or --random N (with --seed, --system, --compare, --cast, --runbook)")
    outputs.keep_apart(journal, postmortem, scenario, runbook, cast, alert, checkpoint)
    console = _console()
    setup = drillbook.prepare(scenario, seed=seed, runbook=runbook, cast=cast, alert=alert)
    if setup.people:
        given = {"cast": cast, "seed": seed, "runbook": runbook, "alert": alert, "journal": journal, "postmortem": postmortem}
        drill = drillbook.attended.fly(_console_of_people(as_json), setup, checkpoint, journal, scenario, given)
    elif as_json:
        drill = setup.run(checkpoint=checkpoint)
    else:
        console.print(headline(setup.scenario.title, setup.seed, setup.simulator.cast))
        drill = setup.run(Narrator(console, setup.simulator.runbook, 0 if verbose else 1), checkpoint=checkpoint)
    where, report = outputs.written(drill, journal, postmortem)
    if as_json:
        print_json(drill.outcome(where))
    else:
        console.print(review(drill.case))
        console.print(summary(drill, where, report))
    return 1 if drill.case.outcome == "unresolved" else 0


def _console_of_people(as_json: bool) -> Console:
    """Where people are asked: the standard error where the output is to be one document."""
    return Console(stderr=True) if as_json else _console()


def _run_random(count: int, seed: int, runbook: Path | None, cast: str | None, system: str | None, compare: bool,
                as_json: bool, verbose: bool) -> int:  # fmt: skip
    rows = batch.fly(read_runbook(runbook), cast, count, seed, system, compare=compare)
    if as_json:
        print_json(batch.document(seed, rows))
    else:
        batch.show(_console(), rows, incidents=not compare, verbose=verbose)
    return 0


@app.command()
def new(
    fault: options.Fault = None, system: options.System = None, target: options.Target = None, random: options.Index = None,
    system_of: options.Count = None,
    seed: options.Seed = None, out: options.Out = None,
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


@app.command()
def alert(
    scenario: options.Alarmed = None, seed: options.Seed = None, style: options.Format = None, storm: options.Storm = None,
    to: options.To = None,
    until: options.Until = None, group_by: options.GroupBy = None, starts: options.Starts = None, rules: options.Rules = None,
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
    print_json(bodies if len(bodies) > 1 else bodies[0])
    return 0


@app.command()
def graph(runbook: options.Drawn = None, agents: options.Agents = False, svg: options.Svg = False) -> int:
    """Draw the runbook, its edges labelled by outcome: as Mermaid, or as an SVG."""
    if agents and svg:
        raise BadInput("graph: --agents is LangGraph's own drawing, in Mermaid; give --svg without it")
    read = read_runbook(runbook)
    picture = drillbook.Simulator(read).graph.get_graph().draw_mermaid() if agents else (drawn if svg else mermaid)(read)
    sys.stdout.write(picture.rstrip("\n") + "\n")
    return 0


@app.command()
def replay(
    journals: options.Journals, runbook: options.Runbook = None, cast: options.Cast = None, scenario: options.Other = None,
    missing: options.Missing = "stop",
    accept: options.Accept = False, as_json: options.Json = False,
) -> int:  # fmt: skip
    """Fly journals again and verify every record; exits with 1 if one diverged.

    With --runbook, --cast or --scenario it is a what-if: both drills side by side, and exit code 0.
    """
    edited = drillbook.rerunning.edits(runbook, cast, scenario, missing)
    if accept and edited.any:
        raise BadInput("replay: --accept is for what the code does now, not for a what-if")
    with all_offline(missing != "record"):
        replays, bad = drillbook.rerunning.replay_all(journals, edited)
    if as_json:
        print_json({"replays": [drillbook.sidebyside.replay_document(done) for done in replays], "refused": list(map(str, bad))})
    else:
        drillbook.rerunning.show_replays(_console(), replays, len(bad))
    if bad:
        raise BadInput(bad)
    return 0 if edited.any else drillbook.rerunning.settle(replays, accept)


@app.command()
def fork(
    journal: options.Parent, at: options.At = None, sets: options.Sets = None, do: options.Do = None, delay: options.Delay = None,
    without: options.Without = None,
    sweep: options.Sweep = False, out: options.ForkJournal = None, as_json: options.Json = False,
) -> int:  # fmt: skip
    """What if, at one decision: a drill that shares the journal's past and differs from there on.

    Give --at and what is otherwise (--set, --do, --delay, --without); or --sweep alone, which excludes all of them.
    """
    if sweep:
        wished = {"--at": at, "--set": sets, "--do": do, "--delay": delay, "--without": without, "--journal": out}
        if given := [name for name, value in wished.items() if value not in (None, [])]:
            raise BadInput(f"fork: --sweep tries everything by itself and excludes {', '.join(given)}; valid with it: --json")
        document = drillbook.rerunning.show_sweep(_console(), journal, as_json)
        if document is not None:
            print_json(document)
        return 0
    if do and len(do) > 1:
        raise BadInput("fork: --do can be given once; fork the fork for another remedy")
    outputs.own_file("fork: --journal", out, Path(journal))
    found = drillbook.rerunning.forked(journal, at, sets or (), do[0] if do else None, delay, without)
    where = out or Path(journal).with_name(f"{found.drill.name}.fork.jsonl")
    found.drill.journal.write(where)
    if as_json:
        print_json(drillbook.whatif.fork_document(found, str(where)))
    else:
        drillbook.rerunning.show_fork(_console(), found, where)
    return 0


@app.command("test")
def regress(
    paths: options.Tested, update: options.Update = False, seeds: options.Seeds = "", runbook: options.Runbook = None,
    cast: options.Cast = None,
    journals: options.JournalFolder = None,
) -> int:  # fmt: skip
    """Fly scenarios as a regression suite, without pytest; exits with 1 if one is not as expected, or not as its golden route."""
    numbers = [seed.strip() for seed in seeds.split(",") if seed.strip()]
    if not all(seed.isdecimal() for seed in numbers):
        raise BadInput(f"test: --seeds {seeds!r}: numbers are expected, as 1,2,3")
    options = [f" --{name} {value}" for name, value in (("runbook", runbook), ("cast", cast)) if value is not None]
    flown = drillbook.Simulator.of(read_runbook(runbook), cast)
    alone(flown.cast, "test")
    suite = drillbook.regression.Suite(flown, update, "".join(options))
    examined = drillbook.testing.fly_suite(suite, paths, [int(seed) for seed in numbers], journals)
    failed = sum(not done.fine for done in examined)
    sys.stdout.write(f"{len(examined)} drills, {failed} failed\n")
    return 1 if failed else 0


@app.command("eval")
def evaluate(
    cast: options.Casts = None, scenarios: options.Scenarios = None, runs: options.Runs = 1, runbook: options.Runbook = None,
    oracle: options.Oracle = False,
    journals: options.JournalFolder = None, markdown: options.Markdown = False, as_json: options.Json = False,
) -> int:  # fmt: skip
    """Score casts beside the stub and the baselines, with 95% intervals; exits with 0 whatever comes out."""
    if markdown and as_json:
        raise BadInput("eval: --markdown and --json: one of them")
    found = drillbook.evaluate(cast or (), scenarios, runs, runbook=runbook, with_oracle=oracle, journals=journals)
    if as_json:
        print_json(found.document())
    elif markdown:
        sys.stdout.write(drillbook.scoreboard.markdown(found))
    else:
        drillbook.scoreboard.show(_console(), found)
    return 0


@app.command()
def diff(base: options.Base, head: options.Head, markdown: options.Markdown = False, as_json: options.Json = False) -> int:
    """What changed between two sets of journals: routes and outcomes, by scenario; exits with 1 if anything did."""
    found = drillbook.testing.diff(base, head)
    if as_json:
        print_json(drillbook.testing.document(found))
    else:
        sys.stdout.write(drillbook.testing.diff_markdown(found) if markdown else drillbook.testing.diff_text(found))
    return 0 if all(one.fine for one in found) else 1


@app.command()
def prove(runbook: options.Drawn = None, as_json: options.Json = False) -> int:
    """Prove what a runbook does whatever happens, or show the shortest way on which it does not."""
    proofs = drillbook.prove(runbook)
    if as_json:
        print_json(drillbook.proving.document(proofs))
    else:
        drillbook.proving.show(_console(), proofs, runbook)
    return 0 if proofs.sound else 1


@app.command("coverage")
def coverage_(
    journals: options.Measured, runbook: options.Runbook = None, least: options.Min = None, picture: options.Picture = False,
    suggest: options.Suggest = None,
    tries: options.Tries = 200, seed: options.Seed = None, as_json: options.Json = False,
) -> int:  # fmt: skip
    """What these drills have exercised of their runbook: edges, branches, clauses, crews, roles, tools, messages."""
    if picture and (as_json or suggest):
        raise BadInput("coverage: --picture goes with --runbook and --min only")
    read, found = measuring.measured(journals, runbook)
    hunt = measuring.suggested(read, found, suggest, tries, 1 if seed is None else seed) if suggest else None
    short = measuring.below(read, found, least)
    if as_json:
        more = {"suggestions": measuring.report(hunt, suggest)} if hunt and suggest else {}
        print_json({**document(read, found), "below": short, **more})
    elif picture:
        sys.stdout.write(coloured(read, found.edges(read)))
    else:
        _console().print(rendered(read, found))
        sys.stdout.write("".join(f"{line}\n" for line in (measuring.said(hunt, suggest) if hunt and suggest else ())))
    sys.stderr.write("".join(f"coverage: {line}\n" for line in short))
    return 1 if short else 0


@app.command("review")
def review_(
    journal: options.Reviewed, postmortem: options.Written = None, as_json: options.Json = False, verbose: options.Verbose = False,
) -> int:  # fmt: skip
    """Hold a post-mortem against what really happened: claims right, wrong, missing; exits with 1 if one is wrong or missing."""
    checked = drillbook.reviewing.reviewed(Path(journal), postmortem)
    if as_json:
        print_json(drillbook.reviewing.document(checked))
    else:
        drillbook.reviewing.show(_console(), checked, verbose)
    return 0 if checked.fine else 1


@app.command()
def report(
    journal: options.Reported, html: options.AsHtml = False, md: options.AsMarkdown = False, png: options.AsPng = False,
    out: options.ReportFile = None,
) -> int:  # fmt: skip
    """Write the report of a drill from its journal: one page by itself (the default), Markdown, or a picture; prints its path."""
    wanted = [f".{name}" for name, asked in (("html", html), ("md", md), ("png", png)) if asked]
    for path in drillbook.reporting.reported(journal, wanted, out):
        sys.stdout.write(f"{path}\n")
    return 0


@app.command()
def lint(files: options.Files) -> int:
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


@cache
def _command() -> Any:
    """The command line as typer makes it of the functions here; made once."""
    return typer.main.get_command(app)


def _carry_out(arguments: Sequence[str] | None) -> int:
    try:
        return int(_command().main(args=arguments, prog_name="drillbook", standalone_mode=False) or 0)
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

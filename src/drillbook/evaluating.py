"""`drillbook eval`: casts on the same scenarios and seeds, beside the baselines. End state and way are scored apart, by drillbook.score.

Every run of a scenario is flown by all casts before the next, for two figures need them all: the best known time, and the moment up to
which harm is counted (the latest end of any of them: giving up early must not look like a success).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path

from drillbook.accuracy import judge
from drillbook.brains import BASELINES
from drillbook.casting import Casting
from drillbook.drill import Drill
from drillbook.errors import BadInput, expect, nearest
from drillbook.evaluation import Evaluation, Flight, summed_up
from drillbook.oracle import oracle
from drillbook.progress import ticking
from drillbook.reading import alone, read_cast, read_runbook
from drillbook.runbook import Runbook
from drillbook.scenarios import paths
from drillbook.simulator import Setup, Simulator
from drillbook.starting import Start, read_start
from drillbook.world import Truth

__all__ = ["Casts", "evaluate"]

Casts = Sequence[str | Casting] | Mapping[str, str | Casting]
"""Casts as users give them: text, files, or mappings of roles to brains; also by names of their own."""

_SUFFIX = ".scenario.yaml"
_MOST_RUNS = 1000
_ANSWERS = ("severity", "cause", "component")


@dataclass(frozen=True)
class _Player:
    """Who flies: a simulator, and for the oracle what is done to a setup before it is flown."""

    name: str
    simulator: Simulator
    reference: bool = True
    arm: Callable[[Setup], Setup] = lambda setup: setup


def evaluate(casts: Casts = (), scenarios: str | Iterable[str | Path] | None = None, runs: int = 1, *, runbook: str | Path | None = None,
             with_oracle: bool = False, journals: Path | None = None) -> Evaluation:  # fmt: skip
    """Fly casts, the stub and the baselines on the same scenarios, and score them, with 95% intervals.

    `casts`: texts (`*=stub`), cast files, or mappings of roles to brains, also by names of their own. `scenarios`: a pattern of ids or of
    files, or a list of ids and files; all of the catalogue by default. `runs`: how often each is flown, run r with the scenario's
    seed + r - 1. `with_oracle`: also by a reference that knows the answers. `journals`: a folder for all journals. Raises BadInput.
    """
    expect("eval: casts", casts, (Sequence, Mapping), "a list of casts, or casts by name")
    expect("eval: scenarios", scenarios, (str, Iterable, type(None)), "a pattern of ids, or a list of ids, files and scenarios")
    expect("eval: runs", runs, int, "how often each is flown, from 1 on")
    if isinstance(casts, str):
        casts = (casts,)
    if not 1 <= runs <= _MOST_RUNS:
        raise BadInput(f"eval: --runs {runs}; valid: 1 to {_MOST_RUNS}")
    players = [*_players(casts, read_runbook(runbook), with_oracle)]
    starts, flights = [read_start(file) for file in _chosen(scenarios)], list[Flight]()
    with ticking("drills", len(starts) * runs * len(players)) as tick:
        for start in starts:
            for run in range(runs):
                flights += _heat(players, start, run, journals, tick)
    return summed_up(flights, [player.name for player in players if not player.reference], runs)


def _players(casts: Casts, runbook: Runbook, with_oracle: bool) -> Iterator[_Player]:
    """The casts that were given, then the references. Raises BadInput for two of one name."""
    named = casts.items() if isinstance(casts, Mapping) else [(_called(cast, place), cast) for place, cast in enumerate(casts)]
    stub = Simulator(runbook)
    known = [
        *(_Player(name, Simulator.of(runbook, cast), reference=False) for name, cast in named),
        *([_Player("oracle", stub, arm=oracle)] if with_oracle else []), _Player("stub", stub),
        *(_Player(name, Simulator.of(runbook, f"*={name}")) for name in BASELINES),
    ]  # fmt: skip
    for player in known:
        alone(player.simulator.cast, "eval")
    names = [player.name for player in known]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"eval: two casts are called {twice!r}; give each a name of its own (`name` in its file)")
    return iter(known)


def _called(cast: str | Casting, place: int) -> str:
    """A cast's own name: of its file, else its text."""
    return (read_cast(cast).name or cast) if isinstance(cast, str) else f"cast {place + 1}"


def _chosen(scenarios: str | Iterable[str | Path] | None) -> list[str | Path]:
    """Ids and files. Raises BadInput for a pattern that fits none."""
    if scenarios is not None and not isinstance(scenarios, str):
        return [*scenarios] or _none("an empty list")
    known = {path.name.removesuffix(_SUFFIX): path for path in paths()}
    fitting: list[str | Path] = [path for name, path in known.items() if scenarios is None or fnmatchcase(name, scenarios)]
    return fitting or [*map(Path, sorted(glob(str(scenarios), recursive=True)))] or _none(repr(scenarios), nearest(str(scenarios), known))


def _none(what: str, near: Sequence[str] = ()) -> list[str | Path]:
    hint = f"did you mean {near[0]!r}?" if near else "valid: a pattern of ids (see `drillbook list`), such as 'checkout-*', or of files"
    raise BadInput(f"eval: --scenarios {what}: no scenario; {hint}")


def _heat(players: Sequence[_Player], start: Start, run: int, journals: Path | None, tick: Callable[..., None]) -> list[Flight]:
    """One run of one scenario by everybody."""
    scenario, system, alerts = start
    drills = []
    for player in players:
        drills.append(player.arm(player.simulator.setup(scenario, system, scenario.seed + run, alerts)).run())
        tick()
    until = max(drill.account.ends for drill in drills)
    truths = [drill.world.truth(until, drill.case.interventions) for drill in drills]
    best = min([after for after in map(_well_after, truths) if after is not None], default=None)
    return [_flight(player, drill, run, truth, best, journals) for player, drill, truth in zip(players, drills, truths, strict=True)]


def _well_after(truth: Truth) -> int | None:
    return None if truth.recovered_at is None or truth.introduced is None else max(truth.recovered_at - truth.introduced, 0)


def _flight(player: _Player, drill: Drill, run: int, truth: Truth, best: int | None, journals: Path | None) -> Flight:
    parts = {name: got / of for name, (got, of) in drill.score.process.items()}
    if journals is not None:
        file = journals / "".join(letter if letter.isalnum() else "-" for letter in player.name) / f"{drill.name}.jsonl"
        drill.journal.write(file)
    judged = judge(drill)
    return Flight(
        cast=player.name, scenario=drill.scenario.id, run=run + 1, seed=drill.seed, right=judged.right,
        said={name: getattr(judged, name) for name in _ANSWERS},
        true={name: getattr(judged, f"true_{name}") for name in _ANSWERS}, passed=drill.score.passed,
        points=drill.score.points, end_state=_reached(drill.score.end_state), process=_reached(drill.score.process), parts=parts,
        harmful_actions=drill.truth.harmful_actions, well_after=_well_after(truth), best=best, users_hit=truth.users_hit,
        usage=drill.usage.priced(drill.setup.simulator.cast, player.simulator.terms.prices) if drill.usage.answers else None,
        claims=drill.check_postmortem().counts if drill.postmortem else None, digest=drill.journal.digest,
    )  # fmt: skip


def _reached(parts: Mapping[str, tuple[int, int]]) -> float:
    return round(sum(got for got, _ in parts.values()) / sum(of for _, of in parts.values()), 6)

"""Scenarios as a regression suite: each flown by seed, held against its expectations and its golden route.

The pytest plugin and `drillbook test` are two faces of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from drillbook.account import Passed
from drillbook.drill import Drill
from drillbook.errors import BadInput, valid_names
from drillbook.expectations import Failure, unmet
from drillbook.goldens import aligned, golden_path, read_golden, route_lines, write_golden
from drillbook.invariants import binding
from drillbook.simulator import Simulator
from drillbook.units import parting

__all__ = ["Examination", "Suite", "explained", "judged", "scenario_files"]

_COLUMN = 60


@dataclass(frozen=True)
class Examination:
    """One scenario flown with one seed: what does not hold. `golden` is the recorded route, None where there is none yet."""

    path: Path
    drill: Drill
    failures: tuple[Failure, ...]
    golden: tuple[str, ...] | None
    now: tuple[str, ...]

    @property
    def stale(self) -> bool:
        """Whether the golden route says otherwise."""
        return self.golden is not None and self.golden != self.now

    @property
    def fine(self) -> bool:
        return not self.failures and not self.stale


@dataclass
class Suite:
    """A simulator and what to do about goldens: `update` writes what is flown now; `command` are the options to reproduce with."""

    simulator: Simulator
    update: bool = False
    command: str = ""
    examined: list[Examination] = field(default_factory=list)

    def examine(self, path: Path, seed: int | None = None) -> Examination:
        """Fly a scenario and hold it against what is expected. Raises BadInput for a file that is not sound."""
        drill = self.simulator.prepare(path, seed=seed).run()
        golden = golden_path(path)
        known = read_golden(golden)
        done = judged(path, drill, known)
        if self.update:
            write_golden(golden, {**known, drill.seed: done.now})
            done = replace(done, golden=done.now)
        else:
            done = replace(done, failures=(*done.failures, *_lost(golden, known, done)))
        self.examined.append(done)
        return done


def judged(path: Path, drill: Drill, goldens: Mapping[int, tuple[str, ...]]) -> Examination:
    """A drill of a scenario file held against its expectations, the laws that bind its cast, and the golden route of its seed."""
    failures = (*unmet(drill.scenario.expect, drill.account), *_idle(drill), *_unlawful(drill))
    return Examination(path, drill, failures, goldens.get(drill.seed), route_lines(drill.account))


def _idle(drill: Drill) -> Iterator[Failure]:
    """Steps that may never be taken and that the runbook does not have: nobody could."""
    for pattern in drill.scenario.expect.never:
        if " " not in pattern and not any(fnmatchcase(step, pattern.partition(":")[0]) for step in drill.runbook.steps):
            yield Failure(field="never", expected=f"a step of the runbook; {valid_names(pattern, drill.runbook.steps)}", found=pattern)


def _lost(golden: Path, known: Iterable[int], done: Examination) -> Iterator[Failure]:
    """A golden file that has no route of the scenario's own seed any more: it was emptied, or the seed was changed."""
    if done.golden is None and golden.exists() and done.drill.seed == done.drill.scenario.seed:
        seeds = ", ".join(f"seed {seed}" for seed in known) or "nothing"
        yield Failure(field="golden route", expected=f"one of seed {done.drill.seed} in {golden}", found=seeds)


def _unlawful(drill: Drill) -> Iterator[Failure]:
    """The runbook's laws that a drill breaks, of those that bind its cast."""
    binds = {one.name: one.demands for one in binding(drill.setup.simulator.cast)}
    for broken in drill.broken:
        if broken.law in binds:
            yield Failure(field=f"law {broken.law}", expected=binds[broken.law], found=str(broken))


_ELSEWHERE = frozenset({"site-packages", "node_modules"})
"""Folders of a project, beside those with a dot, that hold what others wrote."""


def scenario_files(paths: Iterable[Path]) -> list[Path]:
    """The scenario files that are meant by files and folders, each once. Raises BadInput where there is none."""
    found: list[Path] = []
    for path in paths:
        below = sorted(file for file in path.rglob("*.scenario.yaml") if not _ELSEWHERE & {*file.relative_to(path).parts[:-1]}
                       and not any(part.startswith(".") for part in file.relative_to(path).parts)) if path.is_dir() else [path]  # fmt: skip
        if not below:
            raise BadInput(f"{path}: no *.scenario.yaml there")
        found.extend(file for file in below if file not in found)
    return found


def explained(done: Examination, command: str = "") -> Iterator[str]:
    """A failed examination as a person reads it: expectations, the routes in two columns, what decided, how to reproduce."""
    yield from (str(failure) for failure in done.failures)
    if done.stale and done.golden is not None:
        yield from _diff(done.golden, done.now, done.drill.account.route)
    yield f"reproduce: drillbook run {done.path} --seed {done.drill.seed}{command}"
    functions = done.drill.setup.simulator.functions
    if functions:
        yield f"           (but for {', '.join(functions)}: Python functions of a fixture, which no command knows)"
    if done.stale or any(failure.field == "golden route" for failure in done.failures):
        yield "accept:    pytest --drillbook-update, or drillbook test --update, and commit what `git diff` shows"


def _diff(golden: Sequence[str], now: Sequence[str], route: Sequence[Passed]) -> Iterator[str]:
    """The routes in two columns; below them the step where they part, with the clauses that decided there."""
    yield f"  {'golden route':{_COLUMN}}  route now"
    parting: int | None = None
    for row in aligned(golden, now):
        if row.mark != "=" and parting is None:
            parting = row.place
        left, right = _cut(row.golden, row.now), _cut(row.now, row.golden)
        yield f"{' ' if row.mark == '=' else row.mark} {left:{_COLUMN}}  {right}".rstrip()
    if parting is not None and parting < len(route):
        yield from _decided(route[: parting + 1])
    elif parting is not None and route:
        yield "the route is the same; what it came to differs"


def _cut(line: str, other: str) -> str:
    """As much of a line as a column takes; of a long one that differs late, what stands around the difference."""
    same = parting(line, other)
    if max(len(line), len(other)) > _COLUMN and _COLUMN - 12 < same < len(line):
        line = f"{line[:12]}… {line[same - 12 :]}"
    return line if len(line) <= _COLUMN else line[: _COLUMN - 1] + "…"


def _decided(route: Sequence[Passed]) -> Iterator[str]:
    """The step at which the ways part, and the clauses that decided last on the way there."""
    here = route[-1]
    yield f"the routes part at {here.step}: its outcome {here.outcome!r} leads to {here.to!r} now"
    step = next((step for step in reversed(route) if " [" in step.edge), None)
    if step is not None:
        asked = [name.removeprefix("not ") for name in step.edge.partition(" [")[2].rstrip("]").split(", ")]
        values = ", ".join(f"{name} = {str(step.clauses.get(name)).lower()}" for name in asked)
        yield f"decided by: {values} (at {step.step}, edge {step.edge!r})"

"""Golden routes: how each scenario was handled, in a small text file beside it, for `git diff` to show what a change does.

    scenarios/checkout-bad-deploy.scenario.yaml   the scenario
    scenarios/routes/checkout-bad-deploy.route    its route, a section a seed
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from drillbook.account import Account, Decided, Message, Passed, Promised
from drillbook.errors import BadInput, Problem
from drillbook.files import write_whole
from drillbook.units import Frozen, clock, span

__all__ = ["FOLDER", "Row", "aligned", "golden_path", "orphans", "read_golden", "route_lines", "write_golden"]

FOLDER = "routes"
_HEAD = "# How {name} is handled. Written by `pytest --drillbook-update`; a change here is a change for the people on call.\n"


class Row(Frozen):
    """A line of the two-column diff; `mark` is `=`, `~`, `<` (only golden) or `>` (only now). `place`: of the line now."""

    mark: str
    golden: str = ""
    now: str = ""
    place: int = 0


def golden_path(scenario: Path) -> Path:
    """Where the golden route of a scenario file is."""
    return scenario.parent / FOLDER / f"{scenario.name.removesuffix('.yaml').removesuffix('.scenario')}.route"


def route_lines(account: Account) -> tuple[str, ...]:
    """A drill's route as a golden file holds it: every step with the edge that it took and who acted, then what it came to.

    That is: the outcome and its milestones; the team; the scope; every severity with its reason; what each role looked at, what the
    evidence weighed, and every decision on a cause with its reason, what speaks against it and the points of the best explanations; the
    changes, and what of them was not seen to hold; when which message was sent, with the public state where it is another; when an
    escalation called whom; and who is to do what is left, by when.
    """
    diagnosis = " in ".join(filter(None, (account.cause, account.component))) or "nothing to diagnose"
    changes = ", ".join(f"{act.tool} {act.target}" for act in account.interventions) or "none"
    return (
        *map(_line, account.route), f"= {account.outcome}: {account.severity or 'no severity'}, {diagnosis}",
        f"= milestones: {', '.join(_milestones(account))}", f"= team: {', '.join(account.team) or 'nobody'}",
        *(f"= scope: {ask} {_flat(answer)}" for ask, answer in account.scope),
        *(f"= declared: {level} for {_flat(reason)}" for level, reason in account.declared),
        *(f"= looked: {role} at {', '.join(_times(tools))}" for role, tools in account.looks.items()), *_weighed(account.readings),
        *(line for one in account.diagnoses for line in _decided(one)), f"= changes: {changes}",
        *(f"= not seen to hold: {_flat(doubt)}" for doubt in account.doubts), *_told(account.messages),
        f"= escalations: {', '.join(_called(account)) or 'none'}", f"= to do: {', '.join(map(_promise, account.promised)) or 'nothing'}",
    )  # fmt: skip


def _milestones(account: Account) -> Iterator[str]:
    return (f"{name} {'never' if at is None else clock(at)}" for name, at in account.milestones.items())


def _times(tools: Sequence[str]) -> Iterator[str]:
    """Each tool once, with how often it was asked."""
    return (f"{tool} {times}x" if times > 1 else tool for tool, times in Counter(tools).items())


def _weighed(readings: Sequence[float]) -> Iterator[str]:
    pro, con = (sum(weight for weight in readings if (weight > 0) is wanted) for wanted in (True, False))
    if readings:
        yield f"= evidence: {len(readings)} readings, {pro:g} points for and {-con:g} against"


def _decided(one: Decided) -> Iterator[str]:
    """What was decided on and why; then what was weighed."""
    best = f"{one.cause} in {one.component}" if one.component else one.cause
    yield f"= decided: {best}{f' ({one.mechanism})' if one.mechanism else ''}, for {_flat(one.why)}"
    if one.against and one.cause != "unknown":
        yield f"= against it: {'; '.join(one.against)}"
    if one.ranked:
        yield f"= weighed: {', '.join(f'{why} {points:g}' for why, points in one.ranked)}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _told(messages: Sequence[Message]) -> Iterator[str]:
    """A line a kind of message; escalations have their own."""
    for kind in dict.fromkeys(one.kind for one in messages if one.kind != "escalation"):
        sent = [one for one in messages if one.kind == kind]
        states = ["", *(one.state for one in sent)]
        times = (f"{clock(one.at)} {one.state if one.state != before else ''}".rstrip() for one, before in zip(sent, states, strict=False))
        yield f"= {kind}: {', '.join(times)}"


def _called(account: Account) -> Iterator[str]:
    """When which condition called whom."""
    called: dict[tuple[int, str], list[str]] = {}
    for one in account.escalations:
        called.setdefault((one.at, one.condition), []).append(one.role)
    return (f"{clock(at)} {condition} to {' and '.join(roles)}" for (at, condition), roles in called.items())


def _promise(one: Promised) -> str:
    return f"{one.owner} within {span(one.due)}"


def _line(step: Passed) -> str:
    return f"{step.step}: {step.edge} -> {step.to}  ({', '.join(step.roles)})"


def read_golden(path: Path) -> dict[int, tuple[str, ...]]:
    """The sections of a golden file by seed; empty if there is none. Raises BadInput for a file that is none."""
    sections: dict[int, list[str]] = {}
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput([Problem(str(path), f"cannot be read: {error}")]) from None
    seed: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("seed ") and line[5:].isdecimal():
            seed = int(line[5:])
            sections[seed] = []
        elif line.startswith("  ") and seed is not None:
            sections[seed].append(line[2:])
        elif line and not line.startswith("#"):
            valid = "'seed N', or a step indented below"
            raise BadInput([Problem(str(path), f"{line[:40]!r} is no line of a golden route; valid: {valid}", number, 1)])
    return {seed: tuple(lines) for seed, lines in sections.items()}


def write_golden(path: Path, sections: Mapping[int, Sequence[str]]) -> None:
    """Write a golden file whole, its sections in the order of the seeds; unchanged files are left alone."""
    body = "".join(f"seed {seed}\n" + "".join(f"  {line}\n" for line in sections[seed]) for seed in sorted(sections))
    content = (_HEAD.format(name=path.stem) + body).encode()
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, content)


def orphans(folder: Path, scenarios: Iterable[Path]) -> list[Path]:
    """Golden files of a folder of scenarios that belong to none of them."""
    wanted = {golden_path(scenario) for scenario in scenarios}
    return sorted(path for path in (folder / FOLDER).glob("*.route") if path not in wanted)


def aligned(golden: Sequence[str], now: Sequence[str]) -> Iterator[Row]:
    """Two routes side by side, aligned by step."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, golden, now, autojunk=False).get_opcodes():
        for offset in range(max(i2 - i1, j2 - j1)):
            old = golden[i1 + offset] if i1 + offset < i2 else None
            new = now[j1 + offset] if j1 + offset < j2 else None
            mark = "=" if tag == "equal" else "~" if old is not None and new is not None else "<" if new is None else ">"
            yield Row(mark=mark, golden=old or "", now=new or "", place=min(j1 + offset, j2))

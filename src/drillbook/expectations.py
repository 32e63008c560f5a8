"""A drill held against what its scenario expects: every expectation that does not hold, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType

from drillbook.account import Account, Message, Passed
from drillbook.scenario import Expect, ExpectedMessage
from drillbook.units import Frozen, span

__all__ = ["Failure", "unmet"]


class Failure(Frozen):
    """An expectation that does not hold: what was expected, and what was found."""

    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, found {self.found}"


def unmet(expect: Expect, account: Account) -> Iterator[Failure]:
    """Every expectation that a drill does not meet. What a scenario does not say is not expected."""
    said = expect.model_fields_set
    for name in ("severity", "cause", "component", "outcome"):
        wanted, found = getattr(expect, name), getattr(account, name)
        if name in said and wanted != found:
            yield Failure(field=name, expected=str(wanted), found=str(found))
    if "team" in said and set(expect.team) != set(account.team):
        yield Failure(field="team", expected=_listed(expect.team), found=_listed(account.team))
    if expect.route and not _ORDERS[expect.route_order](expect.route, account.route):
        yield Failure(field=f"route ({expect.route_order})", expected=_listed(expect.route), found=_listed(map(_token, account.route)))
    yield from _never(expect.never, account)
    for message in expect.messages:
        yield from _messages(message, account.messages)
    if expect.resolved_within is not None:
        yield from _in_time(expect.resolved_within, account)
    if expect.escalates is not None and set(expect.escalates) != {one.condition for one in account.escalations}:
        raised = dict.fromkeys(one.condition for one in account.escalations)
        yield Failure(field="escalates", expected=_listed(expect.escalates), found=_listed(raised))
    for pattern in expect.postmortem:
        if not any(fnmatchcase(answer, pattern) for answer in account.review):
            yield Failure(field="postmortem", expected=pattern, found=f"no such answer among {len(account.review)}")


def _listed(names: Iterator[str] | Sequence[str] | Mapping[str, None] | map[str]) -> str:
    return ", ".join(names) or "nothing"


def _token(step: Passed) -> str:
    return f"{step.step}:{step.outcome}"


def _fits(pattern: str, step: Passed) -> bool:
    """Whether a step is what a pattern means: its name, or its name with its outcome."""
    return fnmatchcase(_token(step) if ":" in pattern else step.step, pattern)


def _ordered(patterns: Sequence[str], route: Sequence[Passed]) -> bool:
    """Just these steps in this order; `**` takes any number of them."""
    reached = {0}
    for step in [*route, None]:
        for place in sorted(reached):
            while place in reached and place < len(patterns) and patterns[place] == "**":
                reached.add(place := place + 1)
        if step is None:
            return len(patterns) in reached
        reached = {place + (patterns[place] != "**") for place in reached
                   if place < len(patterns) and (patterns[place] == "**" or _fits(patterns[place], step))}  # fmt: skip
    return False


def _unordered(patterns: Sequence[str], route: Sequence[Passed]) -> bool:
    """Just these steps, in any order: each pattern takes a step, the most particular first."""
    left = list(route)
    for pattern in sorted((one for one in patterns if one != "**"), key=lambda one: ("*" in one or "?" in one, ":" not in one, one)):
        taken = next((step for step in left if _fits(pattern, step)), None)
        if taken is None:
            return False
        left.remove(taken)
    return not left or "**" in patterns


def _subset(patterns: Sequence[str], route: Sequence[Passed]) -> bool:
    """Each of them occurs, as often as it stands there; the rest is free."""
    wanted = Counter(one for one in patterns if one != "**")
    return all(sum(_fits(pattern, step) for step in route) >= times for pattern, times in wanted.items())


_ORDERS: Mapping[str, Callable[[Sequence[str], Sequence[Passed]], bool]] = MappingProxyType({
    "ordered": _ordered, "unordered": _unordered, "subset": _subset,
})  # fmt: skip


def _never(patterns: Sequence[str], account: Account) -> Iterator[Failure]:
    done = [f"{act.tool} {act.target}" for act in account.interventions]
    for pattern in patterns:
        found = [change for change in done if fnmatchcase(change, pattern)] if " " in pattern else [
            _token(step) for step in account.route if _fits(pattern, step)]  # fmt: skip
        if found:
            yield Failure(field="never", expected=f"no {pattern}", found=_listed(found))


def _messages(wanted: ExpectedMessage, messages: Sequence[Message]) -> Iterator[Failure]:
    fitting = [one for one in messages if one.kind == wanted.kind and wanted.role in (None, one.role)
               and (wanted.text is None or fnmatchcase(one.text, wanted.text))]  # fmt: skip
    if len(fitting) < wanted.at_least or (wanted.at_most is not None and len(fitting) > wanted.at_most):
        about = " ".join(part for part in (wanted.kind, f"by {wanted.role}" if wanted.role else "", wanted.text or "") if part)
        most = "" if wanted.at_most is None else f" and at most {wanted.at_most}"
        yield Failure(field="messages", expected=f"at least {wanted.at_least}{most} of {about}", found=str(len(fitting)))


def _in_time(within: int, account: Account) -> Iterator[Failure]:
    resolved, begun = account.milestones["resolved"], account.detected
    if resolved is None or begun is None:
        yield Failure(field="resolved_within", expected=span(within), found="never resolved")
    elif resolved - begun > within:
        yield Failure(field="resolved_within", expected=span(within), found=span(resolved - begun))

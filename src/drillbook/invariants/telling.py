"""The runbook's own laws, for whoever plays: what must be said and who must be told when.

All bounds are the runbook's (its cadences and deadlines); none is written here. What must come before what is in `order`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from drillbook.case import Case
from drillbook.invariants.history import Event, History
from drillbook.invariants.picks import Pick, acted, begins, concluded, ends, holding, noted, said
from drillbook.invariants.temporal import Breach, always, followed_by, law, never, within
from drillbook.runbook import Escalation, Throughout
from drillbook.units import MINUTE, clock

__all__ = ["TELLING"]


@law("While the runbook wants a message, the first comes in time, and the next are never further apart than its cadence")
def updates_in_time(history: History) -> Iterator[Breach]:
    for rule in history.runbook.throughout:
        told, until = said(rule.kind), said(rule.kind) | ends(*rule.while_)
        last = (told & holding(*rule.while_)).called(f"the last {told.says}")
        yield from within(rule.every, since=last, until=until)(history)
        for place, one in enumerate(begins(*rule.while_).of(history)):
            yield from within(rule.every if place else rule.first, since=_only(one, f"a {told.says} was wanted"), until=until)(history)


def _only(one: Event, says: str) -> Pick:
    return Pick(says, lambda other, history: other is one)


@law("A message of a cadence is sent only while the runbook wants it: executive briefs in P0 alone")
def briefs_only_where_wanted(history: History) -> Iterator[Breach]:
    for rule in history.runbook.throughout:
        says = f"which the runbook wants only while {' and '.join(rule.while_)}"
        yield from never(said(rule.kind), unless=rule.while_, says=says)(history)


@law("A change of the public state or of the severity is told when it happens, as it is then")
def changes_told_at_once(history: History) -> Iterator[Breach]:
    changes = [(at, what) for before, at in pairwise(history.moments) if (what := _changed(history.known(before), history.known(at)))]
    for rule in history.runbook.throughout:
        told = {one.at: one.data["state"] for one in said(rule.kind).of(history)}
        for at, what in changes:
            if rule.at_changes and history.holds(rule.while_, at) and told.get(at) != history.known(at).state:
                kind = rule.kind.replace("_", " ")
                instead = f"the {kind} then says {told[at]}" if at in told else f"no {kind} tells of it"
                yield Breach(_first(history, at), f"{what}, and {instead}")


def _changed(before: Case, after: Case) -> str:
    if before.severity is None:
        return ""
    if before.severity != after.severity:
        return f"the severity went from {before.severity} to {after.severity}"
    return f"the public state went from {before.state} to {after.state}" if before.state != after.state else ""


def _first(history: History, at: int) -> Event:
    return history.by_seq[history.firsts[at]]


@law("Where an incident is resolved, the last message of every cadence says Resolved, at that time")
def last_update_says_resolved(history: History) -> Iterator[Breach]:
    for one in concluded("resolved").of(history):
        for rule in history.runbook.throughout:
            if history.holds(rule.while_, one.at):
                yield from _last_word(history, rule, one)


def _last_word(history: History, rule: Throughout, end: Event) -> Iterator[Breach]:
    told = [*said(rule.kind).of(history)]
    last, kind = (told[-1] if told else None), rule.kind.replace("_", " ")
    if last is None or last.at != end.at:
        when = f"the last {kind} is of {clock(last.at)}" if last else f"there was no {kind}"
        yield Breach(end, f"resolved, but {when}")
    elif last.data["state"] != "Resolved" or (rule.kind == "status_update" and "Resolved" not in last.data["text"]):
        yield Breach(last, f"the last {kind} says {last.data['state'] or 'nothing'} of a resolved incident")


def _as_known(one: Event, history: History) -> bool:
    return bool(one.data["state"] == history.known_before(one).state)


@law("A message tells the state as it was known when it was sent")
def messages_say_what_was_known(history: History) -> Iterator[Breach]:
    kinds = [rule.kind for rule in history.runbook.throughout]
    yield from always(said(*kinds), _as_known, "it does not tell the state as it was known then")(history)


@law("Every escalation of the matrix goes to everyone whom it names, at its deadline and not before, once, and only if it came to that")
def escalations_on_time(history: History) -> Iterator[Breach]:
    for rule in history.runbook.escalations:
        deadline = _deadline(history, rule, 0), _deadline(history, rule, MINUTE)
        for role in rule.to:
            raised = [*noted("escalated", condition=rule.condition, actor=role).of(history)]
            yield from _judged(history, rule, role, raised, *deadline)


def _judged(history: History, rule: Escalation, role: str, raised: list[Event], due: int | None, latest: int | None) -> Iterator[Breach]:
    told = f"{history.runbook.in_words(rule.condition)!r} to {history.title(role)}"
    if due is None:
        yield from (Breach(one, f"escalated {told}, though it never came to that") for one in raised[:1])
    elif not raised and latest is not None:
        yield Breach(history.over, f"not escalated: {told}, due at {clock(due)}", max(due, 0))
    elif raised and raised[0].at < due:
        yield Breach(raised[0], f"escalated {told} before {clock(due)}, when it was due")
    elif raised and latest is not None and raised[0].at > latest:
        yield Breach(raised[0], f"escalated {told} late: it was due at {clock(due)}")
    yield from (Breach(one, f"escalated {told} once more") for one in raised[1:] if due is not None)


def _deadline(history: History, rule: Escalation, slack: int) -> int | None:
    """When a row of the matrix fell due (virtual ms); None if it never came to that.

    What is reckoned between two measurements, as lost revenue is, is known to the minute: with `slack`, it has to have stood for so long
    before the next measurement, and may be so much later.
    """
    since: int | None = None
    reckoned = 0
    for at, following in pairwise([*history.moments, history.over.at + 1]):
        if not history.holds(rule.when, at):
            since, reckoned = _turn(history, rule.when, at, following - 1), slack
        elif since is None:
            since, reckoned = at, 0
        elif since + reckoned > at:
            since = at
        if since is not None and since + max(rule.after, reckoned) < following:
            return since + max(rule.after, reckoned)
    return None


def _turn(history: History, clauses: tuple[str, ...], low: int, high: int) -> int | None:
    """The first ms after `low`, by `high`, from which clauses hold that do not hold at `low`, as nothing but time went by."""
    if not history.holds(clauses, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if history.holds(clauses, middle) else (middle, high)
    return high


@law("Nobody is paged, told or briefed of what is no incident")
def nobody_paged_for_nothing(history: History) -> Iterator[Breach]:
    paging = said() | noted("activated") | acted("activate_team")
    if any(concluded("not_an_incident").of(history)):
        yield from never(paging, says="though it is no incident")(history)


@law("Whoever the runbook puts on the team of a severity is activated when it is declared")
def team_is_activated(history: History) -> Iterator[Breach]:
    for one in noted("declared").of(history):
        case = history.known(history.over.at)
        wanted = history.runbook.team(one.data["severity"], history.known(one.at))
        missing = [history.title(role) for role in wanted if role not in case.members]
        if missing:
            yield Breach(one, f"{one.data['severity']} was declared, and nobody activated {', '.join(missing)}")


@law("After every incident that is worked on, the post-mortem is written")
def post_mortem_follows(history: History) -> Iterator[Breach]:
    runbook = history.runbook
    small = {row.on for row in runbook.steps[runbook.start].routes if row.concludes}
    serious = next((one for one in noted("declared").of(history) if one.data["severity"] not in small), None)
    if serious and any(crew.duty == "review" for step in runbook.steps.values() for crew in step.crew):
        declared = f"{serious.data['severity']} was declared"
        yield from followed_by(_only(serious, declared), noted("reviewed").called("a post-mortem"))(history)


TELLING = (
    updates_in_time, briefs_only_where_wanted, changes_told_at_once, last_update_says_resolved, messages_say_what_was_known,
    escalations_on_time, nobody_paged_for_nothing, team_is_activated, post_mortem_follows,
)  # fmt: skip
"""The laws of who is told what, when."""

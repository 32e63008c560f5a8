"""The ground truth of a drill, derived from the world: never typed beside it, never shown to a policy."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.case import Intervention
from drillbook.units import MINUTE, Frozen
from drillbook.world.chain import leading_fault
from drillbook.world.faults import FAULTS
from drillbook.world.forces import intensity
from drillbook.world.impact import losses
from drillbook.world.telemetry import Done, Telemetry

__all__ = ["ActionTruth", "Truth", "truth"]


class ActionTruth(Frozen):
    """What a change really did: cure, ease, relapse, shield, worsen or nothing; and why."""

    tool: str
    target: str
    role: str
    at: int
    effect: str
    why: str

    @property
    def harmful(self) -> bool:
        """Whether it made things worse, or disturbed production for nothing."""
        return self.effect == "worsen" or (self.effect == "none" and self.tool != "escalate_to_vendor")


class Truth(Frozen):
    """What really happened. Times in virtual ms, money in USD."""

    cause: str | None
    component: str | None
    introduced: int | None
    recovered_at: int | None
    users_hit: int
    revenue_lost_usd: int
    records_exposed: int
    peak_users_failing_pct: float
    actions: tuple[ActionTruth, ...]
    harmful_actions: int


def _judge(show: Telemetry, act: Intervention, done: Done) -> ActionTruth:
    """What one change did, judged by the faults that stood when it took effect."""
    earlier = [other for other in done if other.at < act.at]
    standing = [fault for fault in show.scenario.faults if intensity(fault, act.at, earlier, show.scenario.traffic) > 0.05]
    faults = [fault for fault in standing if fault.target == act.target]
    came = _change(show, act, done)
    for fault in faults:
        remedy = FAULTS[fault.kind].remedies.get(act.tool)
        if remedy:
            why = f"{act.tool} {_DOES[remedy.effect]} the {fault.kind} at {act.target}: {came}"
            return ActionTruth(**act.model_dump(), effect=remedy.effect, why=why)
    trouble = ", ".join(f"{fault.kind} at {fault.target}" for fault in faults or standing) or "nothing: no fault stands any more"
    return ActionTruth(**act.model_dump(), effect="none", why=f"{act.tool} {act.target} does nothing about {trouble}: {came}")


_DOES = MappingProxyType({
    "cure": "cures", "ease": "eases", "relapse": "helps for a while only against", "shield": "shields users from", "worsen": "worsens",
})  # fmt: skip


def _change(show: Telemetry, act: Intervention, done: Done) -> str:
    """What production looked like before a change and ten minutes after it, by itself."""
    usual, until = show.physics.usual.users_failing, tuple(other for other in done if other.at <= act.at)
    before, after = (show.state(at, until).users_failing - usual for at in (act.at - 1, act.at + 10 * MINUTE))
    return f"{max(before, 0) * 100:.1f}% of users failed before it, {max(after, 0) * 100:.1f}% ten minutes after"


def _recovered(show: Telemetry, until: int, done: Done) -> int | None:
    """The first minute after which fewer than 1% of users above the usual are hurt, up to `until`; None if not yet."""
    usual, since = show.physics.usual.users_failing, None
    for minute in show.minutes(until):
        state = show.state(minute, done)
        if state.users_failing - usual >= 0.01 or state.exposes > 5 or any(part.visual > 3 for part in state.components.values()):
            since = None
        elif since is None:
            since = minute
    return since


def truth(show: Telemetry, until: int, done: Done) -> Truth:
    """The truth from the first fault to `until`."""
    fault = leading_fault(show)
    users, revenue, records = losses(show.moment(until, done))
    actions = tuple(_judge(show, act, done) for act in done)
    peak = max((show.state(minute, done).users_failing for minute in show.minutes(until)), default=0.0)
    return Truth(
        cause=FAULTS[fault.kind].cause if fault else None, component=fault.target if fault else None,
        introduced=fault.at if fault else None, recovered_at=_recovered(show, until, done) if fault else None,
        users_hit=round(users), revenue_lost_usd=round(revenue), records_exposed=round(records),
        peak_users_failing_pct=round((peak - show.physics.usual.users_failing) * 100, 1), actions=actions,
        harmful_actions=sum(action.harmful for action in actions),
    )  # fmt: skip



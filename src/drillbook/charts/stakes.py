"""What the decisions of a drill were worth: the best and the worst alternative of each, and how long every alternative took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import altair as alt

from drillbook.charts.drawn import Chart, lane, picture, rows, said, titled, told_by
from drillbook.decisions import Alternative, Sweep
from drillbook.drawing.theme import LIGHT
from drillbook.picture import Picture
from drillbook.units import MINUTE, clock, span

__all__ = ["costs", "outcomes"]

_WIDTH, _LANE = 620, 30
_DOES: Mapping[str, str] = MappingProxyType({"saves": LIGHT["good"], "costs": LIGHT["bad"]})
_HARM: Mapping[str, str] = MappingProxyType({"harmless": LIGHT["good"], "harmful": LIGHT["bad"]})


def costs(sweep: Sweep) -> Picture:
    """Which decisions cost most: a row a decision, the users that its best alternative saves and that its worst costs."""
    data, order, gone = list[dict[str, Any]](), list[str](), sweep.no_return
    for step, best, worst in sweep.decisions:
        order.append(f"{clock(step.opened_at)} {step.place}: {step.outcome.replace('_', ' ')}")
        data += [_bar(order[-1], one) for one in ((best, worst) if best is not worst else (best,)) if one.users_saved]
    bars = _bars(data, order).properties(width=_WIDTH, height=_LANE * max(len(order), 1))
    point = f"{gone.place} at {clock(gone.opened_at)}" if gone else "none"
    title = titled(f"What decisions cost: {sweep.parent.scenario.id}", f"point of no return: {point}; {sweep.before.users_hit:,} users hit")
    return picture("What decisions cost", _says(sweep, point), bars.properties(title=title))


def _bars(data: Sequence[Mapping[str, Any]], order: Sequence[str]) -> Chart:
    """Bars to the left and to the right, with room beside them for what they are called."""
    users = [0, *(one["users"] for one in data)]
    room = max(max(users) - min(users), 1) * 0.22
    ends = alt.Scale(domain=[min(users) - room * (min(users) < 0), max(users) + room], nice=False)
    x = alt.X("users:Q", title="users hit, fewer (left) or more (right) than in the drill", axis=alt.Axis(format="~s"), scale=ends)
    y, side = lane("decision:N", order), "datum.users < 0 ?"
    bars = alt.Chart(rows(data)).mark_bar(height=14).encode(x=x, y=y, color=told_by("does:N", _DOES), **said())
    texts = alt.Chart(rows(data)).mark_text(fontSize=9, dx=alt.expr(f"{side} -4 : 4"), align=alt.expr(f"{side} 'right' : 'left'"))
    return alt.layer(bars, texts.encode(x=x, y=y, text="name:N"))


def _bar(decision: str, one: Alternative) -> dict[str, Any]:
    does, by = ("saves", "fewer") if one.users_saved > 0 else ("costs", "more")
    harm = f"\nharmful: {one.harm}" if one.harm else ""
    return {"decision": decision, "users": -one.users_saved, "does": does, "name": one.name,
            "said": f"{one.name}: {abs(one.users_saved):,} {by} users hit, {-one.revenue_saved_usd:+,} USD lost{harm}"}  # fmt: skip


def outcomes(sweep: Sweep) -> Picture:
    """How long every alternative took to mitigate, a mark each, a row a step; the drill itself is the line."""
    took = [(one, one.outcome.time_to_mitigate) for one in sweep.alternatives]
    known, own = [(one, at) for one, at in took if at is not None], sweep.before.time_to_mitigate
    ends = max([MINUTE, *(at for _, at in known), *([own] if own is not None else [])]) / MINUTE * 1.05
    title = "minutes from the fault until it was mitigated"
    x = alt.X("minutes:Q", title=title, scale=alt.Scale(domain=[0, ends], nice=False), axis=alt.Axis(tickCount=10))
    order = list(dict.fromkeys(one.decision.step.place for one, _ in known))
    shape = alt.Shape("does:N", scale=alt.Scale(domain=[*_HARM], range=["circle", "cross"]), title=None, legend=alt.Legend(orient="top"))
    points = alt.Chart(rows([_mark(one, at) for one, at in known])).mark_point(filled=True, size=60, opacity=0.75)
    line = rows([] if own is None else [{"minutes": own / MINUTE, "said": f"the drill itself: {span(own)}"}])
    rule = alt.Chart(line).mark_rule(color=LIGHT["ink"], strokeWidth=2).encode(x=x, **said())
    marks = points.encode(x=x, y=lane("decision:N", order), color=told_by("does:N", _HARM), shape=shape, **said())
    never, mine = len(took) - len(known), "the drill itself never was" if own is None else f"line: the drill itself, {span(own)}"
    says = f"{len(took)} alternatives, {never} of them never mitigated; {mine}"
    chart = alt.layer(rule, marks).properties(width=_WIDTH, height=_LANE * max(len(order), 1))
    return picture("Time to mitigate", says, chart.properties(title=titled(f"Time to mitigate: {sweep.parent.scenario.id}", says)))


def _mark(one: Alternative, at: int) -> dict[str, Any]:
    step = one.decision.step.place
    return {"minutes": at / MINUTE, "decision": step, "does": "harmful" if one.harm else "harmless",
            "said": f"{one.name} at {step} ({clock(one.decision.at)}): mitigated after {span(at)}"}  # fmt: skip


def _says(sweep: Sweep, point: str) -> str:
    best = sweep.best_harmless
    saved = "nothing would have saved anything without harm"
    if best is not None:
        saved = f"best without harm: {best.name} at {best.decision.step.place}, {best.users_saved:,} fewer users hit"
    return f"{len(sweep.alternatives)} alternatives at {len(sweep.decisions)} decisions; {saved}; point of no return: {point}."

"""From readings to ranked hypotheses: what speaks for and against each, what was tried, and which one to act on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

from drillbook.answers import Deployment, Deployments, SystemMetrics
from drillbook.case import Case, Diagnosed, Found, Hypothesis
from drillbook.units import MINUTE, clock, span

__all__ = ["ACT_ABOVE", "rank", "recent_findings"]

ACT_ABOVE = 3.0
"""The score from which a hypothesis is acted on; below it the cause is unknown."""

_REFUTED = -4.0
_AGAINST: Mapping[str, float] = MappingProxyType({"infrastructure": -2.0})
"""Of an infrastructure's trouble, one remedy that failed speaks against the remedy as much as against the cause."""

_CODE = frozenset({"web", "mobile", "gateway", "service"})


def recent_findings(case: Case) -> list[tuple[int, Found]]:
    """(record, finding) of the last investigation and since; of equal readings of one tool the latest."""
    rounds = case.investigations
    since = rounds[-1].opened_at if rounds else 0
    latest: dict[tuple[object, ...], tuple[int, Found]] = {}
    for entry, item in case.each(Found):
        if entry.at >= since:
            latest[item.source, item.cause, item.component, item.mechanism, item.text.split(" ")[0]] = (item.ref, item)
    return list(latest.values())


def _deployments(case: Case) -> tuple[Deployment, ...]:
    seen = case.answers(Deployments)
    return seen[-1][1].rows if seen else ()


def _onsets(case: Case) -> dict[str, int]:
    """When each component left its normal band, as the last metrics of the investigation showed it."""
    steps = {item.step for item in case.investigations}
    seen = [answer for entry, answer in case.answers(SystemMetrics) if entry.step in steps]
    return {row.component: row.since for row in seen[-1].rows if row.since is not None} if seen else {}


def _timing(case: Case) -> list[Found]:
    """What the order of deployments and first symptoms says."""
    onsets, rows, found = _onsets(case), _deployments(case), []
    for row in rows:
        if row.rolled_back:
            continue
        onset, name = onsets.get(row.component), f"{row.component} {row.version}"
        if onset is None:
            found.append(_timed("deployment", row.component, -2, f"{name} went out and {row.component} is healthy"))
        elif -2 * MINUTE <= onset - row.at <= 20 * MINUTE:
            text = f"{row.component} left its normal band {span(max(onset - row.at, 0))} after {name} went out"
            found.append(_timed("deployment", row.component, 2.5, text))
        else:
            text = f"{name} ran well for {span(abs(onset - row.at))} before the first symptom at {clock(onset)}"
            found.append(_timed("deployment", row.component, -2.5, text))
    recent = {row.component for row in rows if not row.rolled_back}
    for name in onsets:
        card = case.card(name)
        if name not in recent and card and card.kind in _CODE:
            found.append(_timed("code_bug", name, 1, f"{name} fails without a recent deployment"))
    return found


def _timed(cause: str, component: str, weight: float, text: str) -> Found:
    return Found(cause=cause, component=component, weight=weight, text=text, source="timing")


def _tried(case: Case) -> list[Found]:
    """A diagnosis that was acted on and did not lead to recovery speaks against itself."""
    failed = [(item.cause, item.component or "") for item in case.all(Diagnosed) if item.cause != "unknown"]
    return [
        _timed(cause, component, _AGAINST.get(cause, _REFUTED), f"acting on {cause} in {component} did not bring recovery")
        for cause, component in failed
    ]


def _hypothesis(cause: str, component: str, found: list[tuple[int | None, Found]]) -> Hypothesis:
    """One explanation with all that concerns it: of this cause here, and of this component whatever the cause."""
    about = [(ref, item) for ref, item in found if item.component == component and item.cause in (cause, None)]
    mechanisms = defaultdict[str, float](float)
    for _, item in about:
        if item.mechanism:
            mechanisms[item.mechanism] += item.weight
    ordered = sorted(about, key=lambda pair: (-abs(pair[1].weight), pair[1].text))
    return Hypothesis(
        cause=cause, component=component, score=round(sum(item.weight for _, item in about), 2),
        mechanism=max(sorted(mechanisms), key=mechanisms.__getitem__, default=""),
        evidence_for=tuple(dict.fromkeys(item.text for _, item in ordered if item.weight > 0)),
        evidence_against=tuple(dict.fromkeys(item.text for _, item in ordered if item.weight < 0)),
        refs=tuple(sorted({ref for ref, item in about if ref is not None and item.weight > 0})),
    )  # fmt: skip


def rank(case: Case) -> tuple[Hypothesis, ...]:
    """Every explanation that something speaks for, the best first (ties by name). Without a deployment, none is to blame."""
    found: list[tuple[int | None, Found]] = [*recent_findings(case), *((None, item) for item in (*_timing(case), *_tried(case)))]
    deployed = {row.component for row in _deployments(case)}
    named = {(item.cause, item.component) for _, item in found if item.cause and item.component and item.weight > 0}
    pairs = {(cause, component) for cause, component in named if cause != "deployment" or component in deployed}
    ranked = [_hypothesis(cause, component, found) for cause, component in pairs if cause and component]
    return tuple(sorted(ranked, key=lambda one: (-one.score, one.cause, one.component)))

"""Who is hurt, how much, and what it costs: integrals over the true state, and the data that is at risk."""

from __future__ import annotations

from drillbook.answers import DataExposure, FeatureImpact, Impact
from drillbook.units import MINUTE
from drillbook.world.faults import FAULTS
from drillbook.world.physics import intensity
from drillbook.world.telemetry import Done, Telemetry

__all__ = ["data_exposure", "impact", "losses"]


def losses(show: Telemetry, at: int, done: Done) -> tuple[float, float, float]:
    """(users hit, USD lost, records exposed) from the first fault to `at`, minute by minute."""
    users = revenue = records = 0.0
    for minute in show.minutes(at - 1):
        part = min(at - minute, MINUTE) / MINUTE
        hit, lost = _rates(show, minute, done)
        users += hit * part
        revenue += lost * part
        records += show.state(minute, done).exposes * part
    return users, revenue, min(records, show.system.records)


def _rates(show: Telemetry, at: int, done: Done) -> tuple[float, float]:
    """(users hit, USD lost) a minute at a moment, above what is usual."""
    state, usual, system = show.state(at, done), show.physics.usual.failing, show.system
    hit = lost = 0.0
    if state.failing is usual:
        return hit, lost
    for journey in system.journeys:
        extra = max(state.failing[journey.name] - usual[journey.name], 0.0)
        hit += journey.users * extra
        lost += journey.revenue * extra
    return hit * system.users_per_minute * state.traffic, lost * system.revenue_per_minute_usd * state.traffic


def impact(show: Telemetry, focus: str | None, at: int, done: Done) -> Impact:
    """Scope and impact as measured at a moment."""
    state, usual = show.state(at, done), show.physics.usual
    wobble = 1 + show.noise("impact", at)[0] / 50
    features = tuple(
        FeatureImpact(
            feature=journey.name, component=journey.component, critical=journey.critical, api=journey.api,
            workaround=journey.workaround is not None,
            failing_pct=round(max(state.failing[journey.name] - usual.failing[journey.name], 0) * 100 * wobble, 1),
        )
        for journey in show.system.journeys
    )  # fmt: skip
    users, revenue, records = losses(show, at, done)
    hit, lost = _rates(show, at, done)
    return Impact(
        users_failing_pct=round(min(hit / (show.system.users_per_minute * state.traffic) * wobble, 1) * 100, 1),
        users_per_minute=round(hit * wobble), users_hit=round(users * wobble),
        services=tuple(sorted(show.abnormal(at, done))),
        features=features, peak_error_pct=max(feature.failing_pct for feature in features),
        slowdown=round(state.slowdown * wobble, 1),
        visual_reports_per_hour=round(sum(part.visual for part in state.components.values())),
        data_at_risk=_at_risk(show, at, done), breach_suspected=records > 20, user_data_affected=records > 100,
        revenue_lost_usd=round(revenue * wobble), revenue_per_minute_usd=round(lost * wobble),
        maintenance=any(part.at <= at < part.at + part.lasts for part in show.scenario.maintenance),
    )  # fmt: skip


def _at_risk(show: Telemetry, at: int, done: Done) -> bool:
    """Whether data may be lost: a fault that risks it, or a change that made such a fault worse."""
    for fault in show.scenario.faults:
        kind = FAULTS[fault.kind]
        worse = any(
            act.target == fault.target and act.at <= at and (remedy := kind.remedies.get(act.tool)) and remedy.effect == "worsen"
            for act in done
        )
        if (kind.effects.risks_data or worse) and intensity(fault, at, done) > 0.2:
            return True
    return False


def data_exposure(show: Telemetry, focus: str | None, at: int, done: Done) -> DataExposure:
    """Which records a stranger has read, and whether it goes on."""
    _, _, records = losses(show, at, done)
    states = show.state(at, done).components
    leaking = [name for name, state in states.items() if state.exposes > 1]
    since = min((show.since(name, at, done) or at for name in leaking), default=None)
    return DataExposure(records_exposed=round(records), personal=records > 0, ongoing=bool(leaking), since=since)

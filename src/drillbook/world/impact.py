"""Who is hurt, how much, and what it costs: integrals over the true state, and the data that is at risk."""

from __future__ import annotations

from drillbook.answers import DataExposure, FeatureImpact, Impact
from drillbook.units import MINUTE
from drillbook.world.faults import FAULTS
from drillbook.world.telemetry import Moment

__all__ = ["data_exposure", "impact", "losses"]


def losses(now: Moment) -> tuple[float, float, float]:
    """(users hit, USD lost, records exposed) from the first fault to `at`, minute by minute."""
    users = revenue = records = 0.0
    for minute in now.show.minutes(now.at - 1):
        part, state = min(now.at - minute, MINUTE) / MINUTE, now.before(minute)
        users += state.users_hit * part
        revenue += state.usd_lost * part
        records += state.exposes * part
    return users, revenue, min(records, now.show.system.records)


def impact(now: Moment, focus: str | None) -> Impact:
    """Scope and impact as measured at a moment."""
    state, usual = now.state, now.usual
    wobble = 1 + now.noise("impact")[0] / 50
    features = tuple(
        FeatureImpact(
            feature=journey.name, component=journey.component, critical=journey.critical, api=journey.api,
            workaround=journey.workaround is not None,
            failing_pct=round(min(max(state.failing[journey.name] - usual.failing[journey.name], 0) * wobble, 1) * 100, 1),
        )
        for journey in now.show.system.journeys
    )  # fmt: skip
    users, revenue, records = losses(now)
    return Impact(
        users_failing_pct=round(min(state.users_hit / (now.show.system.users_per_minute * state.traffic) * wobble, 1) * 100, 1),
        users_per_minute=round(state.users_hit * wobble), users_hit=round(users),
        services=tuple(sorted(state.abnormal)),
        features=features, peak_error_pct=max(feature.failing_pct for feature in features),
        slowdown=round(state.slowdown * wobble, 2),
        visual_reports_per_hour=round(sum(part.visual for part in state.components.values()) * wobble),
        data_at_risk=_at_risk(now), breach_suspected=records > 20, user_data_affected=records > 100,
        revenue_lost_usd=round(revenue), revenue_per_minute_usd=round(state.usd_lost * wobble),
        maintenance=any(part.at <= now.at < part.at + part.lasts for part in now.show.scenario.maintenance),
    )  # fmt: skip


def _at_risk(now: Moment) -> bool:
    """Whether data may be lost: a fault that risks it, or a change that made such a fault worse."""
    for fault in now.show.scenario.faults:
        kind = FAULTS[fault.kind]
        worse = any(
            act.target == fault.target and (remedy := kind.remedies.get(act.tool)) and remedy.effect == "worsen"
            for act in now.done
        )
        if (kind.effects.risks_data or worse) and now.strength(fault) > 0.2:
            return True
    return False


def data_exposure(now: Moment, focus: str | None) -> DataExposure:
    """Which records a stranger has read, and whether it goes on."""
    _, _, records = losses(now)
    states = now.components
    leaking = [name for name, state in states.items() if state.exposes > 1]
    since = min((now.onsets.get(name, now.at) for name in leaking), default=None)
    return DataExposure(records_exposed=round(records), personal=records > 0, ongoing=bool(leaking), since=since)

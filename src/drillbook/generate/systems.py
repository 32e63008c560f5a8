"""Systems of any size, layered as real ones are: entries, gateways, tiers of services, stores, and what others run.

Calls go from a layer to layers below it, so they never go in a circle. Capacities follow from the loads: a component is
given what keeps it between a quarter and a half busy at usual traffic. The time taken is linear in components and calls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from drillbook.errors import BadInput
from drillbook.generate.draws import stream
from drillbook.scenario import AlertRule, CallSpec, ComponentSpec, Journey, System

__all__ = ["LEAST", "MOST", "RULES", "generate_system", "sized"]

LEAST, MOST = 8, 1000
"""How many components a generated system may have."""

_DOMAINS = (
    "catalog", "pricing", "cart", "orders", "payments", "accounts", "search", "shipping", "returns", "reviews", "loyalty", "fraud",
    "ledger", "invoicing", "tax", "stock", "media", "recommend", "notify", "support", "partners", "contracts", "geo", "calendar",
    "booking", "quotes", "claims", "rewards", "messaging", "reports", "consent", "identity", "devices", "content", "events",
    "delivery", "fleet", "suppliers", "audit", "vouchers",
)  # fmt: skip
_PARTS = (
    "api", "core", "query", "rules", "sync", "index", "workflow", "limits", "history", "matcher", "planner", "export", "policy",
    "resolver", "registry", "enricher", "scorer", "router", "ingest", "status", "profile", "batch", "feed", "audit", "preview",
)  # fmt: skip
_STORES = ("database", "replica", "cache", "queue")
_PROVIDERS = ("card_network", "identity_provider", "mail_provider", "cdn", "maps_provider", "sms_provider", "bank_link", "tax_tables")
_FALLBACKS = ("use the answer of last time", "put it in a queue and do it later", "go on without it")
_ROLES = {"entry": "frontend_developer", "edge": "backend_architect", "platform": "devops_automator"}
_ZONES = ("a", "b", "c")
_LATENCY = {"web": 35, "mobile": 25, "gateway": 6, "service": 12, "database": 4, "replica": 4, "cache": 1, "queue": 3, "external": 120}
_STACKS = {"web": "web", "mobile": "mobile", "database": "database", "replica": "database", "cache": "infrastructure",
           "queue": "queue", "external": "external"}  # fmt: skip

RULES = tuple(AlertRule.model_validate(rule) for rule in (
    {"alert": "HighErrorRate", "metric": "error_pct", "above": 10, "for": "2m", "severity": "critical",
     "kinds": ["web", "mobile", "gateway", "service"], "summary": "{component} fails {value}% of its requests for {minutes} minutes"},
    {"alert": "SlowRequests", "metric": "p95_ratio", "above": 4, "for": "4m", "severity": "warning",
     "kinds": ["web", "mobile", "gateway", "service"],
     "summary": "{component} answers {value} times slower than usual for {minutes} minutes"},
    {"alert": "ResourceSaturation", "metric": "cpu", "above": 92, "for": "5m", "severity": "warning",
     "kinds": ["service", "gateway", "database", "replica", "cache", "queue"],
     "summary": "{component} has used {value}% CPU for {minutes} minutes"},
))  # fmt: skip
"""The alert rules of every generated system."""


@dataclass
class _Plan:
    """A component in the making."""

    name: str
    kind: str
    team: str
    calls: dict[str, CallSpec] = field(default_factory=dict)

    def call(self, to: str, share: float, hard: bool = True) -> None:
        self.calls.setdefault(to, CallSpec(to=to, share=share, hard=hard))


def generate_system(count: int, seed: int) -> System:
    """A system of `count` components. Raises BadInput for a count that is out of bounds."""
    if not LEAST <= count <= MOST:
        raise BadInput(f"a generated system has {LEAST} to {MOST} components, not {count}")
    draw = stream("system", count, seed)
    layers = _layers(count)
    _wire(layers, draw)
    plans = [plan for layer in layers for plan in layer]
    entries = _entries(layers[0])
    users = 60 * count
    specs = sized([_spec(plan, draw) for plan in plans], entries, users * 10 / 60, draw)
    teams = dict.fromkeys(sorted({plan.team for plan in plans}), "backend_architect")
    return System(
        name=f"generated-{count}-{seed}", title=f"A generated system of {count} components", users_per_minute=users, requests_per_user=10,
        revenue_per_minute_usd=2 * users, records=400 * users, entries=entries, zones=_ZONES,
        teams={**teams, **{team: role for team, role in _ROLES.items() if team in teams}}, components=tuple(specs),
        journeys=_journeys(layers), alerts=RULES,
    )  # fmt: skip


def _layers(count: int) -> list[list[_Plan]]:
    """Entries, gateways, three tiers of services, stores, externals: `count` in all, none empty."""
    entries, gateways = max(count // 40, 1), max(count // 50, 1)
    externals, stores = max(count // 25, 1), max(count // 7, 2)
    services = count - entries - gateways - externals - stores
    tiers = [max(round(services * 0.3), 1), max(round(services * 0.4), 1)]
    names = [f"{domain}_{part}" for part in _PARTS for domain in _DOMAINS]
    tops, middles, lows = names[:tiers[0]], names[tiers[0]:sum(tiers)], names[sum(tiers):services]  # fmt: skip
    return [
        [_Plan(f"{kind}_{place // 2 + 1}", kind, "entry") for place, kind in enumerate(_cycle(("web", "mobile"), entries))],
        [_Plan(f"gateway_{place + 1}", "gateway", "edge") for place in range(gateways)],
        *([_Plan(name, "service", name.split("_")[0]) for name in tier] for tier in (tops, middles, lows)),
        [_Plan(f"{kind}_{place // 4 + 1}", kind, "platform") for place, kind in enumerate(_cycle(_STORES, stores))],
        [_Plan(f"{_PROVIDERS[place % 8]}_{place // 8 + 1}", "external", "platform") for place in range(externals)],
    ]  # fmt: skip


def _cycle(items: Sequence[str], count: int) -> list[str]:
    return [items[place % len(items)] for place in range(count)]


def _wire(layers: list[list[_Plan]], draw: Random) -> None:
    """Calls: everything below the entries is called by something, and nothing but a gateway calls more than a few."""
    entries, gateways, tops, middles, lows, stores, externals = layers
    _spread(entries, gateways, 0.9 / max(len(gateways) / len(entries), 1), draw)
    _spread(gateways, tops, 0.9 * len(gateways) / len(tops), draw)
    _spread(tops, middles, 0.4, draw)
    _spread([*tops, *middles], lows, 0.3, draw)
    _spread([*tops, *middles, *lows], stores, 0.5, draw)
    _spread([*tops, *middles], externals, 0.3, draw)
    for callers, callees in ((entries, gateways), (tops, [*middles, *lows]), (middles, lows)):
        for plan in callers:
            if callees and draw.random() < 0.4:
                plan.call(draw.choice(callees).name, round(draw.uniform(0.05, 0.3), 2), hard=draw.random() < 0.7)
    for plan in (*tops, *middles, *lows):
        if draw.random() < 0.6:
            _keep(plan, draw.choice(stores), round(draw.uniform(0.2, 0.9), 2))


def _spread(callers: Sequence[_Plan], callees: Sequence[_Plan], share: float, draw: Random) -> None:
    """Give each callee a caller, and each caller of an upper layer about as many callees as the others."""
    order = draw.sample(callers, len(callers))
    for place, callee in enumerate(callees):
        _keep(order[place % len(order)], callee, round(share * draw.uniform(0.6, 1.1), 4))


def _keep(caller: _Plan, callee: _Plan, share: float) -> None:
    """A call; one to a cache or to a queue is not needed for an answer."""
    caller.call(callee.name, max(share, 0.0001), hard=callee.kind not in ("cache", "queue"))


def _entries(plans: Sequence[_Plan]) -> dict[str, float]:
    """Equal shares of all requests, to four digits, that add up to 1."""
    share = round(1 / len(plans), 4)
    shares = dict.fromkeys([plan.name for plan in plans], share)
    return {**shares, plans[0].name: round(1 - share * (len(plans) - 1), 4)}


def _spec(plan: _Plan, draw: Random) -> ComponentSpec:
    """A component as it stands before it is sized."""
    external = plan.kind == "external"
    return ComponentSpec.model_validate({
        "name": plan.name, "kind": plan.kind, "stack": _STACKS.get(plan.kind, "backend"), "team": plan.team,
        "zone": draw.choice(_ZONES), "capacity_rps": 1, "latency_ms": round(_LATENCY[plan.kind] * draw.uniform(0.7, 1.6), 1),
        "error_pct": 0.1 if external else 0.02, "cpu": draw.randint(25, 45), "memory": draw.randint(35, 65),
        "disk": draw.randint(40, 60) if plan.kind in _STORES else draw.randint(10, 35),
        "fallback": draw.choice(_FALLBACKS) if external else None, "calls": tuple(plan.calls.values()),
    })  # fmt: skip


def sized(specs: Sequence[ComponentSpec], entries: dict[str, float], requests: float, draw: Random) -> list[ComponentSpec]:
    """Components, callers before callees, with replicas and capacity for `requests` a second: each 25 to 50% busy."""
    loads = dict.fromkeys([spec.name for spec in specs], 0.0)
    loads.update({name: requests * share for name, share in entries.items()})
    done = []
    for spec in specs:
        for call in spec.calls:
            loads[call.to] += loads[spec.name] * call.share
        load, busy = loads[spec.name], draw.uniform(0.27, 0.48)
        replicas = 1 if spec.kind in ("database", "replica", "external") else min(max(math.ceil(load / 60), 2), 40)
        capacity = float(f"{load / (replicas * busy):.3g}")
        done.append(spec.model_copy(update={"replicas": replicas, "capacity_rps": max(capacity, 0.001)}))
    return done


def _journeys(layers: list[list[_Plan]]) -> tuple[Journey, ...]:
    """What users do, one thing a domain, the most used first; half of it is critical."""
    entry, gateway, served = layers[0][0].name, layers[1][0].name, layers[2][:len(_DOMAINS)]  # fmt: skip
    weights = [1 / (place + 1) for place in range(len(served))]
    return tuple(
        Journey(
            name=plan.name.replace("_", " "), component=plan.name, through=(entry, gateway), users=round(weight / sum(weights), 4),
            revenue=round(weight / sum(weights), 4), critical=place % 2 == 0, workaround=None if place % 2 == 0 else "try again later",
        )
        for place, (plan, weight) in enumerate(zip(served, weights, strict=True))
    )  # fmt: skip

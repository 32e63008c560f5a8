"""The fault catalogue as a page for people, written from the tables themselves: `python -m drillbook.world.faultbook`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType

from drillbook.units import MINUTE, span
from drillbook.world.faults import FAMILIES, FAULTS, Effects, FaultKind, Remedy
from drillbook.world.peers import PEERS

__all__ = ["render"]

_CAUSES: Mapping[str, str] = MappingProxyType({
    "deployment": "deployment", "infrastructure": "infrastructure", "code_bug": "code bug", "external_dependency": "external dependency",
})  # fmt: skip

_EFFECTS: Mapping[str, str] = MappingProxyType({
    "error": "{percent:.0f}% of requests fail",
    "latency": "{value:g} times slower",
    "cpu": "CPU {value:+g} points",
    "memory": "memory {value:+g} points",
    "network": "network {value:+g} points",
    "disk": "disk {value:+g} points",
    "connections": "connections {value:+g} points",
    "capacity": "{percent:.0f}% of capacity lost",
    "replicas": "{percent:.0f}% of replicas not ready",
    "lag_ms": "replication lag {value:,.0f} ms",
    "locks": "{value:g} statements wait for locks",
    "restarts": "{value:g} restarts an hour",
    "scripts": "{value:g} script errors a minute",
    "visual": "{value:g} visual reports an hour",
    "exposes": "{value:g} records a minute read by a stranger",
    "floods": "{value:g} times the usual requests on top",
    "checksums": "{value:g} failed checks of stored data an hour",
    "refused": "{value:g} refused logins a minute",
    "down": "not up",
    "risks_data": "data at risk",
})  # fmt: skip

_HEAD = """\
# The fault catalogue

Written from the code by `python -m drillbook.world.faultbook`; a test holds this page equal to it. {count} kinds of fault. Each is a row
of a table under `src/drillbook/world/faults/`, and says what the fault does at full strength (`magnitude: 1`); metrics, logs, traces,
the history of deployments, the platform's and the databases' state are all read off the one state that follows from it. An incident
without any fault is a scenario without `faults`.

*Hurts* lists kinds of components. *Cures* ends a fault; *eases* leaves a part of it; *relapses* cures it for a while; *shields* keeps it
from the callers; *worsens* makes it stronger; times are time constants of the recovery. Whatever is not listed does nothing but disturb.
"""

_PEERS = """
## What other benchmarks inject

Every kind of fault that these benchmarks are known to inject, by their words, and what it is here.
"""


def _hurts(kind: FaultKind) -> str:
    return ", ".join(kind.hurts)


def _changed(effects: Effects) -> Iterator[str]:
    usual = Effects()
    for part in fields(Effects):
        value = getattr(effects, part.name)
        if value != getattr(usual, part.name):
            yield _EFFECTS[part.name].format(value=value, percent=value * 100 if not isinstance(value, bool) else 0)


def _signature(kind: FaultKind) -> str:
    parts = [*_changed(kind.effects)]
    if kind.status:
        parts.append(f"platform: {kind.status}")
    if kind.change:
        parts.append(f'a change: "{kind.change}"')
    log = kind.log.replace("|", "\\|")
    parts.append(f"log ({kind.level}{', not among the loud lines' if kind.level == 'info' else ''}): `{log}`")
    return "; ".join(parts)


def _propagation(kind: FaultKind) -> str:
    parts = []
    if kind.wakes_above:
        parts.append(f"sleeps until traffic is {kind.wakes_above:g} times the usual")
    if kind.latched:
        parts.append("stays when traffic falls again")
    if kind.grows:
        parts.append(f"grows over {span(kind.grows)}")
    return "; ".join([*parts, *_spread(kind)])


def _spread(kind: FaultKind) -> Iterator[str]:
    effects = kind.effects
    if kind.edge:
        yield f'calls to it are lost or late, it is well itself; callers see "{kind.refusal}"; what it calls gets less'
    elif effects.error or effects.capacity or effects.down:
        yield "callers of hard calls fail with it, soft ones hardly"
    if effects.floods:
        yield "its load passes on to all that it calls"
    if effects.latency >= 2 and not kind.edge:
        yield "callers wait with it"
    if not (kind.edge or effects.error or effects.capacity or effects.down or effects.floods or effects.latency >= 2):
        yield "none"


_VERBS: Mapping[str, str] = MappingProxyType({
    "cure": "cures", "ease": "eases", "relapse": "relapses", "shield": "shields", "worsen": "worsens",
})  # fmt: skip


def _remedy(name: str, remedy: Remedy) -> str:
    details = [f"{remedy.strength * 100:.0f}%"] if remedy.effect in ("ease", "shield", "worsen") else []
    if remedy.tau != MINUTE:
        details.append(f"{remedy.tau / MINUTE:g} min")
    if remedy.after:
        details.append(f"after {span(remedy.after)}")
    how = f" ({', '.join(details)})" if details else ""
    return f"{name} {_VERBS[remedy.effect]}{how}"


def _remedies(kind: FaultKind) -> str:
    return "; ".join(_remedy(name, remedy) for name, remedy in kind.remedies.items())


def _source(kind: FaultKind) -> str:
    found = re.fullmatch(r"(.*), (https://\S+)", kind.source)
    return f"[{found[1]}]({found[2]})" if found else kind.source


def _row(name: str, kind: FaultKind) -> str:
    cells = (f"`{name}`", _CAUSES[kind.cause], _hurts(kind), _signature(kind), _propagation(kind), _remedies(kind), _source(kind))
    return f"| {' | '.join(cells)} |"


def _family(title: str, kinds: Mapping[str, FaultKind]) -> str:
    head = "| kind | cause | hurts | signature | propagation | remedies | source |\n| --- | --- | --- | --- | --- | --- | --- |"
    return "\n".join(["", f"## {title.capitalize()}", "", head, *[_row(name, kind) for name, kind in kinds.items()], ""])


def _peer(name: str, rows: Mapping[str, tuple[str, ...]]) -> str:
    lines = [f"| {said} | {' and '.join(f'`{kind}`' for kind in kinds) or 'a scenario without faults'} |" for said, kinds in rows.items()]
    return "\n".join(["", f"### {name}", "", "| its name | here |", "| --- | --- |", *lines, ""])


def render() -> str:
    """The page, as Markdown."""
    families = [_family(name, kinds) for name, kinds in FAMILIES.items()]
    return "".join([_HEAD.format(count=len(FAULTS)), *families, _PEERS, *[_peer(name, rows) for name, rows in PEERS.items()]])


if __name__ == "__main__":
    print(render(), end="")

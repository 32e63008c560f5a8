"""Attacks, leaks, and floods."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.units import MINUTE
from drillbook.world.faults.kind import SERVING, Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_BOLA = "OWASP API1:2023, https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"
_CIRCLE = "CircleCI, 4 January 2023, https://circleci.com/blog/jan-4-2023-incident-report/"
_EXFILTRATION = "MITRE ATT&CK TA0010, https://attack.mitre.org/tactics/TA0010/"
_FLOOD = "MITRE ATT&CK T1498, https://attack.mitre.org/techniques/T1498/"
_SHUT = {"deploy_hotfix": Remedy("cure", tau=20_000)}

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "missing_access_check": FaultKind(
        "code_bug", ("service",), Effects(error=0.01, network=38, exposes=420),
        "SECURITY: bulk export without owner check in {component}: one key reads records of thousands of customers", "error",
        "an export path of {component} never checked who owns the records it returns",
        "no test asks for a stranger's records, and no alert watches the volume of exports", _SHUT, _BOLA,
    ),
    "credential_leak": FaultKind(
        "code_bug", ("service", "gateway", "web"), Effects(exposes=180, network=12),
        "SECURITY: token of {component} used from 14 new networks since it appeared in a public bundle", "error",
        "a token of {component} was built into a file that anybody can read",
        "builds are not searched for secrets", _SHUT, _CIRCLE,
    ),
    "exfiltration": FaultKind(
        "code_bug", ("service", "gateway"), Effects(exposes=900, network=60, latency=1.3),
        "SECURITY: {component} sends 2.1 GB an hour to an address outside, through library event-tap", "error",
        "a library that {component} uses was taken over and sends records away",
        "outgoing traffic is not limited to known addresses", _SHUT, _EXFILTRATION,
    ),
    "ddos": FaultKind(
        "infrastructure", SERVING, Effects(floods=4.0, network=55, cpu=20),
        "{component}: 41,000 addresses send requests without a session, 5 times the usual rate", "warn",
        "{component} is flooded with requests that nobody meant", "requests are not limited by origin",
        {"scale": Remedy("cure", tau=90_000), "restart": Remedy("relapse", after=3 * MINUTE)}, _FLOOD,
    ),
})  # fmt: skip

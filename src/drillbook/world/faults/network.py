"""Faults between components: packets that are lost, late or broken, and calls that never arrive."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.world.faults.kind import OURS, UNDONE, Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_CHAOS = "Chaos Mesh, Network faults, https://chaos-mesh.org/docs/simulate-network-chaos-on-kubernetes/"
_NETEM = "tc-netem(8), https://man7.org/linux/man-pages/man8/tc-netem.8.html"
_POLICY = "Kubernetes, Network policies, https://kubernetes.io/docs/concepts/services-networking/network-policies/"
_JEPSEN = "Bailis and Kingsbury, The network is reliable, https://queue.acm.org/detail.cfm?id=2655736"
_GITHUB = "GitHub, 21 October 2018, https://github.blog/2018-10-30-oct21-post-incident-analysis/"
_CRC = "Stone and Partridge, When the CRC and TCP checksum disagree, SIGCOMM 2000, https://doi.org/10.1145/347059.347561"
_MOVED = {"restart": Remedy("cure", tau=90_000), "failover": Remedy("cure"), "scale": Remedy("ease", strength=0.4)}

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "network_loss": FaultKind(
        "infrastructure", OURS, Effects(error=0.35, latency=5.0),
        "tcp: 31% of segments to {component} retransmitted", "warn",
        "a link to {component} loses packets", "loss between nodes is not measured", _MOVED, _NETEM,
        edge=True, refusal="connection timed out",
    ),
    "network_delay": FaultKind(
        "infrastructure", OURS, Effects(error=0.1, latency=16.0),
        "tcp: round trip to {component} 412 ms, usually 0.4 ms", "warn",
        "packets to {component} take a long way round", "round-trip times between nodes are not measured", _MOVED, _CHAOS,
        edge=True, refusal="context deadline exceeded",
    ),
    "network_partition": FaultKind(
        "infrastructure", OURS, Effects(error=1.0),
        "bgp: no route to the subnet of {component}, 0 of 4 paths up", "error",
        "{component} is cut off from its callers", "paths between the halves are not exercised", _MOVED, _GITHUB,
        edge=True, refusal="no route to host",
    ),
    "blocked_by_policy": FaultKind(
        "deployment", OURS, Effects(error=1.0),
        "policy-verdict: ingress to {component} DENIED by NetworkPolicy default-deny", "warn",
        "a network policy blocks the callers of {component}", "policies are not tried in audit mode", UNDONE, _POLICY,
        change="network policy: default deny", edge=True, refusal="connection timed out",
    ),
    "nic_corruption": FaultKind(
        "infrastructure", OURS, Effects(error=0.4, latency=2.4),
        "eth0 of {component}: rx_crc_errors rising, 4% of frames corrupt", "warn",
        "a network card of {component}'s node corrupts frames", "error counters of network cards are not collected", _MOVED, _CRC,
        edge=True, refusal="connection reset by peer",
    ),
    "rack_switch_down": FaultKind(
        "infrastructure", OURS, Effects(error=0.67, replicas=0.5),
        "top-of-rack switch of {component}: link down, 2 of 3 hosts unreachable", "error",
        "the switch of the rack that holds most of {component} went down",
        "replicas may share one rack", {"scale": Remedy("cure", tau=90_000), "failover": Remedy("cure"), "restart": Remedy("cure")},
        _JEPSEN, edge=True, refusal="no route to host", status="NodeNotReady",
    ),
})  # fmt: skip

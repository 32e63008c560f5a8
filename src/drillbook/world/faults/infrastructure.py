"""Faults of what components run on: processors, memory, disks, nodes, zones, names, certificates, quotas, clocks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.units import MINUTE
from drillbook.world.faults.kind import OURS, SERVING, Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_RCAEVAL = "RCAEval, https://arxiv.org/abs/2412.17015"
_NODES = "Kubernetes, Nodes, https://kubernetes.io/docs/concepts/architecture/nodes/"
_EVICTION = "Kubernetes, Node-pressure eviction, https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"
_PRIORITY = "Kubernetes, Preemption, https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"
_QUOTA = "Kubernetes, Resource quotas, https://kubernetes.io/docs/concepts/policy/resource-quotas/"
_HPA = "Kubernetes, Autoscaling, https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"
_S3 = "AWS, S3 in US-EAST-1, 28 February 2017, https://aws.amazon.com/message/41926/"
_KINESIS = "AWS, Kinesis, 25 November 2020, https://aws.amazon.com/message/11201/"
_FACEBOOK = "Facebook, 4 October 2021, https://engineering.fb.com/2021/10/05/networking-traffic/outage-details/"
_DNS = "Kubernetes, DNS, https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"
_X509 = "RFC 5280, 4.1.2.5 Validity, https://www.rfc-editor.org/rfc/rfc5280"
_CONNTRACK = "Linux, nf_conntrack, https://docs.kernel.org/networking/nf_conntrack-sysctl.html"
_LEAP = "Cloudflare, leap second 2017, https://blog.cloudflare.com/how-and-why-the-leap-second-affected-cloudflare-dns/"
_CHAOS = "Chaos Mesh, Pod faults, https://chaos-mesh.org/docs/simulate-pod-chaos-on-kubernetes/"
_NEIGHBOUR = "Netflix, Noisy neighbors, https://netflixtechblog.com/noisy-neighbor-detection-with-ebpf-64b1f4b3bbdd"
_MORE = {"scale": Remedy("cure"), "restart": Remedy("relapse", after=8 * MINUTE)}
_PUSHED = {"scale": Remedy("cure"), "failover": Remedy("cure"), "restart": Remedy("relapse", after=5 * MINUTE)}
_MOVED = {"scale": Remedy("cure"), "failover": Remedy("cure"), "restart": Remedy("relapse", after=7 * MINUTE)}
_ANEW = {"restart": Remedy("cure", tau=90_000), "scale": Remedy("ease", strength=0.3), "failover": Remedy("cure", tau=90_000)}

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "node_failure": FaultKind(
        "infrastructure", OURS, Effects(error=0.3, replicas=0.5, capacity=0.5, restarts=6, latency=2.0),
        "node of {component} is not ready: kubelet stopped posting status", "error",
        "the node that carried half of {component} failed", "replicas may share one node",
        {"scale": Remedy("cure"), "restart": Remedy("cure", tau=2 * MINUTE), "failover": Remedy("cure")}, _NODES,
        status="NodeNotReady",
    ),
    "zone_outage": FaultKind(
        "infrastructure", OURS, Effects(error=0.55, replicas=0.67, capacity=0.67, latency=2.5),
        "all nodes of {component} in one zone are unreachable", "error",
        "the zone that carried two thirds of {component} lost its power",
        "replicas are not spread over zones", {"scale": Remedy("cure", tau=90_000), "failover": Remedy("cure")}, _S3,
        status="NodeNotReady",
    ),
    "cpu_saturation": FaultKind(
        "infrastructure", OURS, Effects(error=0.28, latency=7.0, cpu=65, capacity=0.4),
        "{component}: CPU throttled 94% of the time, requests queue", "warn",
        "{component} has less CPU than its load needs", "the autoscaler's ceiling was reached unnoticed",
        {"scale": Remedy("cure", tau=90_000), "restart": Remedy("relapse", after=6 * MINUTE)}, _RCAEVAL,
    ),
    "memory_exhausted": FaultKind(
        "infrastructure", OURS, Effects(error=0.35, latency=2.5, memory=49, restarts=20, replicas=0.3),
        "{component}: OOMKilled, container exceeded its memory limit", "error",
        "{component}'s memory limit is below what its working set needs", "memory growth over days has no alert",
        {"scale": Remedy("cure"), "restart": Remedy("relapse", after=15 * MINUTE)}, _EVICTION, status="OOMKilled",
    ),
    "disk_full": FaultKind(
        "infrastructure", ("database", "replica", "queue", "service"), Effects(error=0.7, latency=3.0, disk=69),
        "{component}: write failed: No space left on device", "fatal",
        "old segments of {component} were never removed and filled its volume",
        "disk use is alerted on only when the volume is full", {"scale": Remedy("cure")}, _RCAEVAL,
    ),
    "dns_failure": FaultKind(
        "infrastructure", OURS, Effects(error=0.85, latency=3.0),
        "lookup {component}.shop.svc.cluster.local: SERVFAIL (resolver timeout)", "error",
        "names of {component} are not resolved: its records were withdrawn or its resolver is overloaded",
        "nothing watches whether names resolve", _ANEW, _FACEBOOK, edge=True, refusal="no such host",
    ),
    "stale_dns": FaultKind(
        "infrastructure", OURS, Effects(error=0.5),
        "lookup {component}: cached address 10.0.4.17 belongs to no endpoint any more", "warn",
        "callers hold an old address of {component} beyond its time to live",
        "clients cache names for ever", _ANEW, _DNS, edge=True, refusal="no route to host",
    ),
    "certificate_expired": FaultKind(
        "infrastructure", OURS, Effects(error=0.95),
        "TLS handshake error at {component}: certificate has expired (notAfter 30 minutes ago)", "error",
        "the certificate of {component} expired; it was renewed on disk and never loaded",
        "the days left of a certificate have no alert", _ANEW, _X509,
        edge=True, refusal="x509: certificate has expired or is not yet valid",
    ),
    "quota_exceeded": FaultKind(
        "infrastructure", OURS, Effects(error=0.3, replicas=0.34, capacity=0.6, latency=2.0),
        "{component}: forbidden: exceeded quota compute, requested cpu=2, used 64 of 64", "error",
        "the quota of its namespace keeps {component} from replacing its replicas",
        "quota use has no alert", {"scale": Remedy("cure"), "failover": Remedy("cure")}, _QUOTA, status="FailedCreate: exceeded quota",
    ),
    "autoscaler_stuck": FaultKind(
        "infrastructure", SERVING, Effects(error=0.2, latency=5.0, cpu=58, capacity=0.55),
        "horizontal autoscaler of {component}: unable to get metrics, keeping 1 replica below need", "warn",
        "the autoscaler of {component} sees no metrics and leaves it too small",
        "the autoscaler's own health has no alert", _MORE, _HPA,
    ),
    "preempted": FaultKind(
        "infrastructure", OURS, Effects(error=0.35, replicas=0.5, capacity=0.5, restarts=4, latency=1.6),
        "Preempted by a pod of higher priority on node 7: {component}", "warn",
        "a batch job of higher priority took the places of {component}'s replicas",
        "what serves users has no priority of its own",
        _PUSHED,
        _PRIORITY, status="Preempted",
    ),
    "evicted": FaultKind(
        "infrastructure", OURS, Effects(error=0.35, replicas=0.5, capacity=0.4, disk=50, restarts=4),
        "The node was low on resource: ephemeral-storage. Evicted {component}", "warn",
        "the node of {component} ran low on storage and evicted it",
        "logs on nodes are not rotated",
        _MOVED,
        _EVICTION, status="Evicted",
    ),
    "pods_killed": FaultKind(
        "infrastructure", SERVING, Effects(error=0.4, restarts=60, replicas=0.34, latency=1.5),
        "{component}: received SIGKILL from the container runtime, exit code 137, not out of memory", "error",
        "replicas of {component} are killed again and again by a faulty runtime",
        "restarts by signal have no alert", {"scale": Remedy("cure"), "restart": Remedy("cure", tau=90_000)}, _CHAOS,
        status="Error: exit code 137",
    ),
    "conntrack_exhausted": FaultKind(
        "infrastructure", SERVING, Effects(error=0.45, latency=2.0),
        "kernel: nf_conntrack: table full, dropping packet (node of {component})", "error",
        "the connection table of {component}'s nodes is full and new connections are dropped",
        "the connection table has no alert", {"scale": Remedy("cure"), "restart": Remedy("relapse", after=6 * MINUTE)},
        _CONNTRACK, edge=True, refusal="connection timed out",
    ),
    "clock_drift": FaultKind(
        "infrastructure", (*SERVING, "database", "replica"), Effects(error=0.42),
        "chronyd: system clock of {component} wrong by 341.2 seconds; token used before issued", "warn",
        "the clock of {component}'s node ran away and its tokens and leases are refused",
        "the offset of clocks has no alert", {"restart": Remedy("cure", tau=90_000), "failover": Remedy("cure")}, _LEAP,
    ),
    "control_plane_overloaded": FaultKind(
        "infrastructure", SERVING, Effects(error=0.25, latency=2.6, restarts=8, replicas=0.34),
        "apiserver: too many requests, endpoints of {component} are 9 minutes old", "warn",
        "the control plane is overloaded and leaves dead replicas of {component} in its endpoints",
        "clients of the control plane are not limited", {"restart": Remedy("cure", tau=90_000), "scale": Remedy("ease", strength=0.5)},
        _KINESIS, status="Unknown",
    ),
    "noisy_neighbour": FaultKind(
        "infrastructure", OURS, Effects(latency=1.25, cpu=8),
        "{component}: 9% CPU steal by another tenant of the node", "info",
        "another tenant of the node takes some of {component}'s processor time",
        "nothing, it is harmless", {"scale": Remedy("cure")}, _NEIGHBOUR,
    ),
})  # fmt: skip

"""Faults that a new version brings: it fails, crawls, does not start, or cannot be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.world.faults.kind import OURS, SERVING, UNDONE, Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_AIOPS = "AIOpsLab, https://github.com/microsoft/AIOpsLab"
_ITBENCH = "ITBench, https://github.com/itbench-hub/ITBench"
_CLOUDFLARE = "Cloudflare, 2 July 2019, https://blog.cloudflare.com/details-of-the-cloudflare-outage-on-july-2-2019/"
_ROLLING = "Kubernetes, Deployments, https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"
_IMAGES = "Kubernetes, Images, https://kubernetes.io/docs/concepts/containers/images/"
_PROBES = (
    "Kubernetes, Probes, https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"
)
_INIT = "Kubernetes, Init containers, https://kubernetes.io/docs/concepts/workloads/pods/init-containers/"
_CANARY = "Google SRE Workbook, Canarying releases, https://sre.google/workbook/canarying-releases/"
_KNIGHT = "Knight Capital 2012, SEC 34-70694, https://www.sec.gov/files/litigation/admin/2013/34-70694.pdf"

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "bad_deployment": FaultKind(
        "deployment", SERVING, Effects(error=0.62, latency=1.6, cpu=6),
        "unhandled TypeError: cannot read 'total' of undefined in {component} {version}", "error",
        "{component} {version} mishandles a field that older clients leave out",
        "the pipeline ran no test with the requests of older clients", UNDONE, _KNIGHT, change="new release",
    ),
    "slow_deployment": FaultKind(
        "deployment", SERVING, Effects(error=0.08, latency=14.0, cpu=25),
        "request took too long in {component} {version}: 214 queries for one page", "warn",
        "{component} {version} asks the database once for every row of a page",
        "no load test compares the number of queries with the version before", UNDONE, _CLOUDFLARE, change="new release",
    ),
    "canary_regression": FaultKind(
        "deployment", SERVING, Effects(error=0.24, latency=1.2),
        "unhandled KeyError: 'currency' in {component} {version} (track=canary)", "error",
        "the canary of {component} {version} fails, and nobody compares it with the rest",
        "the canary takes traffic without a check that would stop it", UNDONE, _CANARY, change="canary at 25%",
    ),
    "wrong_binary": FaultKind(
        "deployment", SERVING, Effects(error=0.7, replicas=0.6, restarts=40),
        "exec /app/{component}: exec format error", "fatal",
        "{component} {version} was built for another processor architecture",
        "the image's architecture is not compared with the nodes'", UNDONE, _AIOPS,
        change="image built on the new runners", status="CrashLoopBackOff",
    ),
    "missing_image": FaultKind(
        "deployment", OURS, Effects(error=0.45, replicas=0.5, capacity=0.5),
        "Failed to pull image \"registry/{component}:{version}\": not found", "error",
        "{component} {version} names an image that the registry does not have",
        "a manifest is applied without a look whether its image exists", UNDONE, _IMAGES,
        change="image tag bumped", status="ImagePullBackOff",
    ),
    "bad_command": FaultKind(
        "deployment", OURS, Effects(error=0.75, replicas=0.67, restarts=50),
        "Back-off restarting failed container: exec: \"/bin/{component}d\": no such file or directory", "fatal",
        "{component} {version} starts with a command that its image does not hold",
        "no smoke test starts the image with the command of the manifest", UNDONE, _ITBENCH,
        change="entry point moved", status="CrashLoopBackOff",
    ),
    "init_container_hangs": FaultKind(
        "deployment", SERVING, Effects(error=0.5, replicas=0.5, capacity=0.5),
        "init container wait-for-schema of {component} {version} still running after 14m", "warn",
        "an init container of {component} {version} waits for something that never comes",
        "init containers have no deadline", UNDONE, _INIT, change="waits for the schema before start", status="Init:0/1",
    ),
    "readiness_probe_wrong": FaultKind(
        "deployment", SERVING, Effects(error=0.8, replicas=0.75, capacity=0.7),
        "Readiness probe failed: HTTP probe of {component} on /healthz returned 404", "warn",
        "the readiness probe of {component} asks for a path that {version} does not serve",
        "probes are changed without being tried against the image", UNDONE, _PROBES,
        change="probe path renamed", status="Running, not Ready",
    ),
    "rolling_update_misconfigured": FaultKind(
        "deployment", SERVING, Effects(error=1.0, replicas=1.0, down=True),
        "Scaled down replica set of {component} to 0 before {version} became available", "error",
        "the rolling update of {component} may take all replicas away at once (maxUnavailable 100%)",
        "no policy bounds how many replicas an update may take", UNDONE, _ROLLING,
        change="faster rollout: maxUnavailable 100%", status="ContainerCreating",
    ),
    "irreversible_migration": FaultKind(
        "deployment", ("service",), Effects(error=0.45, latency=2.0),
        "unhandled KeyError: column 'amount' is gone in {component} {version}", "error",
        "{component} {version} dropped a column that other readers still use",
        "the migration was not rehearsed against a copy of production",
        {"rollback": Remedy("worsen", strength=0.8), "deploy_hotfix": Remedy("cure")},
        "Martin Fowler, Parallel change, https://martinfowler.com/bliki/ParallelChange.html",
        change="drops a column", reversible=False,
    ),
    "volume_dropped": FaultKind(
        "deployment", ("database", "replica", "queue"), Effects(error=0.9, disk=-40, risks_data=True),
        "{component}: relation \"accounts\" does not exist (data directory is empty)", "fatal",
        "{component} {version} was rolled out without its volume and came up empty",
        "nothing refuses a stateful rollout that loses its volume claim", {"rollback": Remedy("cure", tau=90_000)}, _AIOPS,
        change="chart upgrade, storage section reworked",
    ),
})  # fmt: skip

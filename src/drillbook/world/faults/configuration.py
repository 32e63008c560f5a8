"""Faults that a change of settings brings: ports, secrets, policies, selectors. What ran well is told to do otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.world.faults.kind import OURS, SERVING, UNDONE, Effects, FaultKind

__all__ = ["KINDS"]

_AIOPS = "AIOpsLab, https://github.com/microsoft/AIOpsLab"
_ITBENCH = "ITBench, https://github.com/itbench-hub/ITBench"
_SREGYM = "SREGym, https://github.com/SREGym/SREGym"
_SERVICE = "Kubernetes, Service, https://kubernetes.io/docs/concepts/services-networking/service/"
_SECRET = "Kubernetes, Secrets, https://kubernetes.io/docs/concepts/configuration/secret/"
_RBAC = "Kubernetes, RBAC, https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
_WEBHOOK = "Kubernetes, Admission control, https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/"
_MTLS = "Istio, Mutual TLS migration, https://istio.io/latest/docs/tasks/security/authentication/mtls-migration/"
_DENY = "Istio, Explicit deny, https://istio.io/latest/docs/tasks/security/authorization/authz-deny/"
_AFFINITY = "Kubernetes, Assigning pods, https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"
_LIMITS = "Kubernetes, Resources, https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
_FLAGS = "OpenFeature, https://openfeature.dev/"
_GCP = "Google Cloud, 12 June 2025, https://status.cloud.google.com/incidents/ow5i3PPK96RduMcb1SsW"
_REDIS = "Redis, ACL, https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/"
_PG_HBA = "PostgreSQL, Authentication problems, https://www.postgresql.org/docs/current/client-authentication-problems.html"

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "bad_configuration": FaultKind(
        "deployment", SERVING, Effects(error=0.9),
        "ConfigurationError: {component} {version} refuses its settings: unknown key 'timeouts.read'", "fatal",
        "{component} {version} was shipped with settings of another environment",
        "settings are not validated before they are shipped", UNDONE, _GCP, change="settings",
    ),
    "wrong_target_port": FaultKind(
        "deployment", OURS, Effects(error=0.97),
        "service {component}: no process listens on target port 9090 of its endpoints", "warn",
        "the service of {component} forwards to a port on which nothing listens",
        "target ports are not compared with the ports of the containers", UNDONE, _AIOPS,
        change="service ports tidied up", edge=True, refusal="connection refused",
    ),
    "wrong_selector": FaultKind(
        "deployment", OURS, Effects(error=1.0),
        "service {component}: selector matches no endpoints", "warn",
        "the selector of {component}'s service matches none of its replicas",
        "labels are renamed in one place and not in the other", UNDONE, _SERVICE,
        change="labels renamed", edge=True, refusal="no healthy upstream",
    ),
    "ingress_misroute": FaultKind(
        "deployment", SERVING, Effects(error=0.6),
        "route table: 60% of requests for {component} sent to backend {component}-staging", "warn",
        "a route sends requests for {component} to a backend that cannot serve them",
        "routes are not tested against the paths that users call", UNDONE, _SREGYM,
        change="route weights edited", edge=True, refusal="404 from an unexpected backend",
    ),
    "wrong_environment_variable": FaultKind(
        "deployment", SERVING, Effects(error=0.8, latency=1.4),
        "ConfigurationError: environment variable DATABASE_HOST of {component} {version} is invalid: 'db.staging'", "error",
        "{component} {version} runs with an environment variable of another stage",
        "values of environment variables are not checked against the stage", UNDONE, _ITBENCH, change="environment values",
    ),
    "feature_flag_on": FaultKind(
        "deployment", SERVING, Effects(error=0.38, latency=1.5),
        "unhandled NotImplementedError behind flag 'new_pricing' in {component}", "error",
        "a flag switched on a path of {component} that was not ready",
        "flags are switched for everybody at once", UNDONE, _FLAGS, change="flag new_pricing on for 100%",
    ),
    "secret_corrupted": FaultKind(
        "deployment", SERVING, Effects(error=0.85),
        "ConfigurationError: cannot decode secret {component}-credentials: illegal base64 data", "fatal",
        "the secret that {component} reads was written in a wrong encoding",
        "secrets are written by hand and not read back", UNDONE, _SECRET, change="secret rotated",
    ),
    "auth_revoked": FaultKind(
        "deployment", ("database", "replica"), Effects(error=0.92, refused=640, connections=-20),
        "{component}: FATAL: password authentication failed for user \"shop_app\"", "fatal",
        "the role that the services use was revoked in {component} with a clean-up of users",
        "users are removed without a look at who still logs in as them", UNDONE, _PG_HBA, change="clean-up of database roles",
    ),
    "cache_password_changed": FaultKind(
        "deployment", ("cache", "queue"), Effects(error=0.98, refused=900),
        "{component}: WRONGPASS invalid username-password pair or user is disabled", "error",
        "the password of {component} was changed, and its clients still use the old one",
        "a password and its users are not changed in one step", UNDONE, _REDIS, change="password rotated",
    ),
    "rbac_denied": FaultKind(
        "deployment", SERVING, Effects(error=0.55),
        "403 Forbidden: serviceaccount {component} cannot get resource \"configmaps\" in namespace \"shop\"", "error",
        "a tightened role took a permission from {component} that it needs",
        "roles are tightened without a record of what is used", UNDONE, _RBAC, change="role tightened",
    ),
    "admission_webhook_rejects": FaultKind(
        "deployment", OURS, Effects(error=0.4, replicas=0.5, capacity=0.6, latency=1.8),
        "admission webhook \"policy.{component}.shop\" denied the request: label 'team' is required", "error",
        "a new admission rule refuses the pods of {component}, so lost replicas are not replaced",
        "admission rules are not tried in audit mode first", UNDONE, _WEBHOOK,
        change="admission rule: labels required", status="FailedCreate",
    ),
    "sidecar_port_conflict": FaultKind(
        "deployment", SERVING, Effects(error=0.65, replicas=0.5, restarts=45),
        "listen tcp :8080: bind: address already in use (sidecar of {component})", "fatal",
        "a sidecar that was added to {component} takes the port of its main container",
        "ports of injected sidecars are not checked for conflicts", UNDONE, _SREGYM,
        change="metrics sidecar added", status="CrashLoopBackOff",
    ),
    "strict_mtls": FaultKind(
        "deployment", SERVING, Effects(error=0.9),
        "filter_chain_not_found: {component} accepts mutual TLS only, plaintext connection closed", "warn",
        "{component} was set to accept mutual TLS only while callers still speak plaintext",
        "a mesh mode is switched without a look at who is not in the mesh", UNDONE, _MTLS,
        change="mesh mode STRICT", edge=True, refusal="connection reset by peer",
    ),
    "access_policy_denies": FaultKind(
        "deployment", SERVING, Effects(error=0.75),
        "rbac_access_denied_matched_policy[none]: request to {component} denied", "warn",
        "an authorization policy denies callers of {component} that need it",
        "policies are not tried in dry-run mode", UNDONE, _DENY,
        change="authorization policy", edge=True, refusal="403 RBAC: access denied",
    ),
    "unschedulable": FaultKind(
        "deployment", OURS, Effects(error=0.5, replicas=0.67, capacity=0.6, latency=1.5),
        "0/9 nodes are available for {component}: 9 node(s) didn't match Pod's node affinity/selector", "error",
        "{component} asks for a node, a volume or a distance from its siblings that no node can give",
        "constraints of placement are not tried before they are shipped", UNDONE, _AFFINITY,
        change="placement rules", status="Pending: FailedScheduling",
    ),
    "limits_too_low": FaultKind(
        "deployment", OURS, Effects(error=0.4, latency=4.0, memory=30, restarts=24, replicas=0.3),
        "{component} {version}: limits.memory 128Mi, container terminated with exit code 137 during start", "error",
        "{component} {version} was given limits far below its needs",
        "limits are copied between services", UNDONE, _LIMITS, change="resource limits set", status="OOMKilled",
    ),
    "scaled_to_zero": FaultKind(
        "deployment", OURS, Effects(error=1.0, replicas=1.0, down=True),
        "Scaled down {component} to 0 replicas by change {version}", "warn",
        "{component} was scaled to no replicas by a change meant for another stage",
        "nothing refuses to scale what takes traffic to zero", {**UNDONE}, _AIOPS,
        change="replicas: 0", status="ScaledToZero",
    ),
    "model_misconfigured": FaultKind(
        "deployment", ("service",), Effects(error=0.5, latency=2.2),
        "ConfigurationError: model 'ranker-v9' of {component} {version} not found in the registry", "error",
        "{component} {version} names a model that is not there and answers without one",
        "names of models are not checked against the registry", UNDONE, _AIOPS, change="model updated",
    ),
})  # fmt: skip

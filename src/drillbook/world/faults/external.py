"""Faults of what others run for us."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.units import MINUTE
from drillbook.world.faults.kind import Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_FASTLY = "Fastly, 8 June 2021, https://www.fastly.com/blog/summary-of-june-8-outage"
_AIOPS = "AIOpsLab, https://github.com/microsoft/AIOpsLab"
_STRIPE = "Stripe, Rate limits, https://docs.stripe.com/rate-limits"
_SMTP = "RFC 5321, 4.2.3 Reply codes, https://www.rfc-editor.org/rfc/rfc5321"
_OIDC = "OpenID Connect Discovery, https://openid.net/specs/openid-connect-discovery-1_0.html"
_HTTP = "RFC 9110, 15.6 Server errors, https://www.rfc-editor.org/rfc/rfc9110"
_SRE = "Google SRE Book, Addressing cascading failures, https://sre.google/sre-book/addressing-cascading-failures/"
_ITBENCH = "ITBench, https://github.com/itbench-hub/ITBench"
_AWAY = {"activate_fallback": Remedy("shield", strength=0.93), "escalate_to_vendor": Remedy("cure", tau=20 * MINUTE)}

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "external_outage": FaultKind(
        "external_dependency", ("external",), Effects(error=0.96, latency=8.0, down=True),
        "{component}: 503 Service Unavailable", "error",
        "the provider of {component} has an outage in its own data centre",
        "the provider's health is read from its status page, which lags behind", _AWAY, _HTTP,
    ),
    "external_slow": FaultKind(
        "external_dependency", ("external",), Effects(error=0.15, latency=18.0),
        "{component}: response after 11800 ms", "warn",
        "the provider of {component} is overloaded", "calls to {component} have no deadline of their own",
        {"activate_fallback": Remedy("shield", strength=0.95)}, _SRE,
    ),
    "external_unreachable": FaultKind(
        "external_dependency", ("external",), Effects(error=1.0, down=True),
        "{component}: connect: connection timed out", "error",
        "the provider of {component} vanished from the network", "there is one provider and one way to it", _AWAY, _AIOPS,
    ),
    "external_rate_limit": FaultKind(
        "external_dependency", ("external",), Effects(error=0.55),
        "{component}: 429 Too Many Requests, Retry-After: 60", "warn",
        "the provider of {component} cut our share of requests", "our use of the provider's limit is not watched", _AWAY, _STRIPE,
    ),
    "external_wrong_answers": FaultKind(
        "external_dependency", ("external",), Effects(error=0.4),
        "{component}: 200 OK with a body that does not match its schema", "error",
        "the provider of {component} changed its answers without notice", "the provider's contract is not tested daily",
        _AWAY, _ITBENCH,
    ),
    "identity_outage": FaultKind(
        "external_dependency", ("external",), Effects(error=0.98, latency=5.0),
        "{component}: GET /.well-known/openid-configuration: 502 Bad Gateway", "error",
        "the provider of {component} cannot answer for who somebody is", "sessions end with the provider's health", _AWAY, _OIDC,
    ),
    "cdn_outage": FaultKind(
        "external_dependency", ("external",), Effects(error=0.85),
        "{component}: 503 backend fetch failed at 21 of 24 edge locations", "error",
        "a setting of another customer took {component} down at the edge", "static files have no second way to users",
        _AWAY, _FASTLY,
    ),
    "mail_outage": FaultKind(
        "external_dependency", ("external",), Effects(error=0.9, latency=10.0),
        "{component}: 421 4.3.2 Service not available, closing transmission channel", "warn",
        "the provider of {component} takes no mail", "mails are not kept until the provider is back", _AWAY, _SMTP,
    ),
})  # fmt: skip

"""Bugs: what is wrong in the code itself and shows when a date, an input or a load wakes it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.units import MINUTE
from drillbook.world.faults.kind import CURED_BY_CODE, SERVING, Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_AZURE = "Azure, 29 February 2012, https://azure.microsoft.com/en-us/blog/summary-of-windows-azure-service-disruption-on-feb-29th-2012/"
_FASTLY = "Fastly, 8 June 2021, https://www.fastly.com/blog/summary-of-june-8-outage"
_ROBLOX = "Roblox, 28 October 2021, https://blog.roblox.com/2022/01/roblox-return-to-service-10-28-10-31-2021/"
_RCAEVAL = "RCAEval, https://arxiv.org/abs/2412.17015"
_AIOPS = "AIOpsLab, https://github.com/microsoft/AIOpsLab"
_MDN = "MDN, ReferenceError, https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/ReferenceError"
_CLS = "web.dev, Cumulative layout shift, https://web.dev/articles/cls"
_RETRIES = "Google SRE Book, Addressing cascading failures, https://sre.google/sre-book/addressing-cascading-failures/"
_CLOUDFLARE = "Cloudflare, 2 July 2019, https://blog.cloudflare.com/details-of-the-cloudflare-outage-on-july-2-2019/"
_LEAK = "Google SRE Book, Addressing cascading failures, https://sre.google/sre-book/addressing-cascading-failures/"

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "latent_bug": FaultKind(
        "code_bug", ("service", "gateway"), Effects(error=0.48, latency=1.3),
        "unhandled ValueError: day is out of range for month, in {component}", "error",
        "{component} computes the end of a month wrongly on certain dates",
        "no test runs with the clock set to the last days of a month", CURED_BY_CODE, _AZURE,
    ),
    "data_bug": FaultKind(
        "code_bug", ("service",), Effects(error=0.4),
        "unhandled UnicodeEncodeError: character not in charset, in {component}", "error",
        "{component} fails on a kind of input that nobody had sent before",
        "no test feeds {component} with input of that kind", CURED_BY_CODE, _FASTLY,
    ),
    "load_bug": FaultKind(
        "code_bug", ("service", "gateway"), Effects(error=0.5, latency=2.5),
        "unhandled ConcurrentModificationException in {component}: 312 requests in one critical section", "error",
        "a race in {component} shows only when many requests meet", "load tests stop below the traffic of a good day",
        CURED_BY_CODE, _ROBLOX, wakes_above=1.5,
    ),
    "memory_leak": FaultKind(
        "code_bug", SERVING, Effects(error=0.3, latency=3.0, memory=48, restarts=12),
        "unhandled OutOfMemoryError: heap of {component} grew by 40 MB a minute; 1.2 million live Session objects", "error",
        "{component} keeps every session that it ever saw", "no soak test runs longer than ten minutes",
        {"deploy_hotfix": Remedy("cure"), "restart": Remedy("relapse", after=12 * MINUTE), "scale": Remedy("ease", strength=0.3)},
        _LEAK, grows=12 * MINUTE,
    ),
    "frontend_script_error": FaultKind(
        "code_bug", ("web", "mobile"), Effects(error=0.35, scripts=900),
        "Uncaught ReferenceError: IntersectionObserver is not defined, in {component}", "error",
        "{component} uses a browser feature that one browser has withdrawn",
        "the browser tests run with one version of one browser only", CURED_BY_CODE, _MDN,
    ),
    "slow_images": FaultKind(
        "code_bug", ("web", "mobile"), Effects(latency=15.0, scripts=40, network=30),
        "Uncaught TimeoutError: image decode took 9400 ms in {component}", "warn",
        "{component} loads pictures at full size, one after another", "page weight has no budget", CURED_BY_CODE, _AIOPS,
    ),
    "cosmetic_glitch": FaultKind(
        "code_bug", ("web", "mobile"), Effects(visual=22),
        "layout shift measured on the order page of {component}", "warn",
        "a style rule of {component} overlaps on narrow screens", "no visual regression test covers narrow screens",
        CURED_BY_CODE, _CLS,
    ),
    "slow_endpoint": FaultKind(
        "code_bug", ("service", "gateway"), Effects(error=0.06, latency=15.0, cpu=30),
        "unhandled slow path in {component}: regular expression took 4100 ms on one input", "warn",
        "an expression of {component} takes exponential time on some inputs",
        "expressions are not tried on long inputs", CURED_BY_CODE, _CLOUDFLARE,
    ),
    "retry_loop": FaultKind(
        "code_bug", ("service", "gateway"), Effects(error=0.3, latency=3.0, network=20, cpu=15),
        "unhandled RetryError in {component}: 1000 attempts without backoff", "error",
        "{component} tries again at once and for ever where it should give up",
        "no test makes a callee refuse", CURED_BY_CODE, _RETRIES,
    ),
    "gc_pause": FaultKind(
        "code_bug", ("service", "gateway"), Effects(error=0.12, latency=13.0, memory=20, cpu=18),
        "unhandled latency in {component}: System.gc() called by the application, pause 3800 ms", "warn",
        "{component} asks for a full collection of garbage in the midst of requests",
        "pauses of the collector are not measured", CURED_BY_CODE, _AIOPS,
    ),
    "wrong_results": FaultKind(
        "code_bug", ("service",), Effects(error=0.55),
        "AssertionError: total of {component} does not match its items, unhandled in the caller", "error",
        "{component} answers quickly and wrongly", "answers are not checked against what they must add up to",
        CURED_BY_CODE, _RCAEVAL,
    ),
    "deadlock": FaultKind(
        "code_bug", ("service", "gateway"), Effects(error=0.55, latency=10.0, capacity=0.4),
        "unhandled: thread pool of {component} exhausted, 200 of 200 threads BLOCKED on one monitor", "error",
        "two locks of {component} are taken in two orders", "no test runs two of these requests at once",
        {"deploy_hotfix": Remedy("cure"), "restart": Remedy("relapse", after=10 * MINUTE)}, _RCAEVAL,
    ),
})  # fmt: skip

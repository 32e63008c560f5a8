"""Faults that outlive what started them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.units import MINUTE
from drillbook.world.faults.kind import Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_METASTABLE = "Bronson et al., Metastable failures, HotOS 2021, https://doi.org/10.1145/3458336.3465286"
_WILD = "Huang et al., Metastable failures in the wild, OSDI 2022, https://www.usenix.org/conference/osdi22/presentation/huang-lexiang"

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "retry_storm": FaultKind(
        "infrastructure", ("service", "gateway"), Effects(error=0.45, latency=5.0, floods=1.2, cpu=45),
        "{component}: load shed, 61% of requests are retries of requests that have timed out", "warn",
        "a short peak made {component} slow, callers tried again, and their attempts keep it slow",
        "retries have no budget", {"restart": Remedy("cure", tau=90_000), "scale": Remedy("cure", tau=90_000)}, _METASTABLE,
        wakes_above=1.5, latched=True,
    ),
    "cold_cache_trap": FaultKind(
        "infrastructure", ("database", "replica"), Effects(error=0.35, latency=7.0, floods=1.0, cpu=40),
        "{component}: hit rate of the callers' caches 4%, every read reaches the disk", "warn",
        "a peak emptied the caches before {component}, and the load on it keeps them empty",
        "the database cannot carry its callers with cold caches", {"scale": Remedy("cure", tau=90_000),
                                                                   "restart": Remedy("relapse", after=4 * MINUTE)}, _WILD,
        wakes_above=1.5, latched=True,
    ),
})  # fmt: skip

"""Faults of machines: disks, memory, processors that compute wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drillbook.world.faults.kind import STORES, Effects, FaultKind, Remedy

__all__ = ["KINDS"]

_SECTORS = "Bairavasundaram et al., Latent sector errors in disk drives, SIGMETRICS 2007, https://doi.org/10.1145/1254882.1254917"
_SILENT = "Dixit et al., Silent data corruptions at scale, 2021, https://arxiv.org/abs/2102.11245"
_DRAM = "Schroeder et al., DRAM errors in the wild, SIGMETRICS 2009, https://doi.org/10.1145/1555349.1555372"
_CORES = "Hochschild et al., Cores that don't count, HotOS 2021, https://doi.org/10.1145/3458336.3465297"
_MOVED = {"failover": Remedy("cure"), "scale": Remedy("cure"), "restart": Remedy("relapse", after=300_000)}

KINDS: Mapping[str, FaultKind] = MappingProxyType({
    "disk_read_errors": FaultKind(
        "infrastructure", STORES, Effects(error=0.4, latency=6.0, checksums=12),
        "kernel: blk_update_request: critical medium error, dev nvme1n1, sector 88172 ({component})", "error",
        "the disk of {component} has sectors that it cannot read", "disks are replaced only when they fail altogether",
        _MOVED, _SECTORS,
    ),
    "silent_corruption": FaultKind(
        "infrastructure", ("database", "replica", "cache"), Effects(error=0.25, checksums=60, risks_data=True),
        "{component}: checksum mismatch on read, expected 0x8be1 found 0x21fa", "error",
        "the disk of {component} returns other data than was written, without an error",
        "checksums are not verified in the background", _MOVED, _SILENT,
    ),
    "dram_errors": FaultKind(
        "infrastructure", (*STORES, "service", "gateway"), Effects(error=0.3, restarts=14, latency=1.5),
        "EDAC MC0: 214 CE memory errors on DIMM_A2 of the node of {component}", "warn",
        "a memory module under {component} flips bits", "counts of corrected errors are not collected", _MOVED, _DRAM,
    ),
    "faulty_core": FaultKind(
        "infrastructure", ("service", "gateway"), Effects(error=0.28),
        "mce: [Hardware Error]: Machine check on CPU 17 of the node of {component}", "warn",
        "one core under {component} computes wrongly now and then", "cores are not tested while they serve", _MOVED, _CORES,
    ),
})  # fmt: skip

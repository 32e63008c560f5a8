"""The mutants that nothing kills, and why each survives: it does the same, or what it does otherwise no drill of the library shows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["SURVIVES"]

SURVIVES: Mapping[str, str] = MappingProxyType({
})  # fmt: skip
"""By a pattern of names (as fnmatch has it); the first that fits gives the reason."""

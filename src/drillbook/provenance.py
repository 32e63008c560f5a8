"""What a journal's header says of what flew it: digests of the runbook, its graph, the engine and the roles, and package versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from drillbook.agents import Role
from drillbook.graph.compiler import compile_runbook
from drillbook.inputs import plain
from drillbook.records import canonical, digest_of
from drillbook.runbook import Runbook

__all__ = ["compiled", "provenance"]

_ENGINE = (".", "alerts", "brains", "graph", "world", "world/faults")
_PACKAGES = ("drillbook", "langgraph", "networkx", "orjson", "pydantic")


def compiled(runbook: Runbook) -> Any:
    """The runbook as a LangGraph graph; those of the same text share one."""
    return _compiled(_Sheet.of(runbook))


def provenance(runbook: Runbook, roster: Mapping[str, Role]) -> dict[str, Any]:
    """The header's fields on what flies: the runbook, the graph made of it, the engine, the roles and what they share, the packages."""
    return {
        "runbook": digest_of(plain(runbook)), "graph": _shape(_Sheet.of(runbook)), "engine": _code_hash(),
        "roles": {name: _role_hash(role) for name, role in sorted(roster.items())}, "shared": _shared(roster),
        "packages": dict(_packages()),
    }  # fmt: skip


@dataclass(frozen=True)
class _Sheet:
    """A runbook that is known by its text: two with the same text are one graph."""

    text: bytes
    runbook: Runbook = field(compare=False)

    @classmethod
    def of(cls, runbook: Runbook) -> _Sheet:
        return cls(canonical(plain(runbook)), runbook)


@lru_cache(maxsize=8)
def _compiled(sheet: _Sheet) -> Any:
    return compile_runbook(sheet.runbook)


@lru_cache(maxsize=8)
def _shape(sheet: _Sheet) -> str:
    """The digest of a graph's edges."""
    return digest_of(sorted([edge.source, edge.target] for edge in _compiled(sheet).get_graph().edges))


@cache
def _packages() -> Mapping[str, str]:
    return {name: version(name) for name in _PACKAGES}


@cache
def _code_hash() -> str:
    """sha256 over the engine's source files; the same for a checkout and for an installed wheel."""
    here = Path(__file__).parent
    files = sorted(file for folder in _ENGINE for file in (here / folder).glob("*.py"))
    return sha256(b"\0".join(str(file.relative_to(here)).encode() + b"\0" + file.read_bytes() for file in files)).hexdigest()


def _role_hash(role: Role) -> str:
    return sha256(Path(str(role.module.__file__)).read_bytes()).hexdigest()


def _shared(roster: Mapping[str, Role]) -> dict[str, str]:
    """The files that several roles share, each with its sha256."""
    own = {Path(str(role.module.__file__)).name for role in roster.values()}
    files = sorted((Path(__file__).parent / "agents").glob("*.py"))
    return {f"agents/{file.name}": sha256(file.read_bytes()).hexdigest() for file in files if file.name not in own}

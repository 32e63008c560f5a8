"""How roles are wired: the runbook file, its checks, the routing table, the superstep, the compiler and the picture."""

from __future__ import annotations

from pathlib import Path

__all__ = ["INCIDENT_RESPONSE"]

INCIDENT_RESPONSE = Path(__file__).parent / "incident_response.yaml"
"""The incident response runbook that comes with the package."""

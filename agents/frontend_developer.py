"""Frontend Developer: the client side of an incident; writes the fix for web and mobile."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import implement, investigate
from drillbook.toolbelt import Charter

CHARTER = Charter(
    role="frontend_developer",
    title="Frontend Developer",
    mission=(
        "You see what users see: script errors, page loads, layout. Tell a client-side failure from a slow server behind "
        "it, and write the smallest fix where the bug is in the client."
    ),
    tools=frozenset({"check_client_side", "implement_hotfix", "read_tickets"}),
    duties=frozenset({"investigate", "mitigate"}),
)

DUTIES = MappingProxyType({"investigate": investigate, "mitigate": implement})

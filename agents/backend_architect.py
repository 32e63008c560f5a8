"""Backend Architect: root cause in services, databases and queues; writes the fix for what it owns."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import implement, investigate
from drillbook.toolbelt import Charter

CHARTER = Charter(
    role="backend_architect",
    title="Backend Architect",
    mission=(
        "You look for the root cause in services, databases and queues. Follow failures along calls to where they start, "
        "and tell a component that fails by itself from one that passes a failure on. Where the bug is in your code, "
        "write the smallest fix that cures it."
    ),
    tools=frozenset({
        "check_database_health", "review_api_error_rates", "check_service_communication", "identify_failing_component",
        "implement_hotfix", "summarise_logs", "search_past_incidents",
    }),
    duties=frozenset({"investigate", "mitigate"}),
)

DUTIES = MappingProxyType({"investigate": investigate, "mitigate": implement})

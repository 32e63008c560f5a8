"""API Tester: regression, response times and error rates of the endpoints that the incident touched."""

from __future__ import annotations

from types import MappingProxyType

from drillbook.agents.duties import verify
from drillbook.toolbelt import Charter

CHARTER = Charter(
    role="api_tester",
    title="API Tester",
    mission=(
        "You test the endpoints that the incident touched as their users use them: the regression suite, response times "
        "against the usual, error rates against the baseline. One failing request is a failing item."
    ),
    tools=frozenset({"run_regression", "measure_response_times", "measure_error_rates"}),
    duties=frozenset({"verify"}),
)

DUTIES = MappingProxyType({"verify": verify})

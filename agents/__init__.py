"""Who acts: one module a role, named as the runbook names it, and the roster of them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import NamedTuple

from drillbook.agents import (
    api_tester,
    backend_architect,
    devops_automator,
    evidence_collector,
    executive_summary_generator,
    finance_tracker,
    frontend_developer,
    infrastructure_maintainer,
    legal_compliance_checker,
    project_shepherd,
    sprint_prioritizer,
    studio_producer,
    support_responder,
    workflow_optimizer,
)  # fmt: skip
from drillbook.case import Case
from drillbook.toolbelt import Charter, Report, Task, Toolbelt

__all__ = ["ROSTER", "DutyFunction", "Role"]

DutyFunction = Callable[[Task, Case, Toolbelt], Report]


class Role(NamedTuple):
    """A role: its charter, its duties as the stub brain carries them out, and the module that holds both."""

    charter: Charter
    duties: Mapping[str, DutyFunction]
    module: ModuleType


_MODULES = (
    infrastructure_maintainer, devops_automator, backend_architect, frontend_developer, support_responder,
    executive_summary_generator, evidence_collector, api_tester, workflow_optimizer, sprint_prioritizer,
    studio_producer, project_shepherd, legal_compliance_checker, finance_tracker,
)  # fmt: skip

ROSTER: Mapping[str, Role] = MappingProxyType({
    module.CHARTER.role: Role(module.CHARTER, module.DUTIES, module) for module in _MODULES
})  # fmt: skip
"""The fourteen roles by name."""

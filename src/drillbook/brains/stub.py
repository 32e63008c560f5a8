"""The stub brain: a role's own deterministic policy, one function a duty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drillbook.case import Case
from drillbook.toolbelt import Report, Task, Toolbelt

__all__ = ["Stub"]


@dataclass(frozen=True)
class Stub:
    """Plays a role by the duties of its module."""

    duties: Mapping[str, Callable[[Task, Case, Toolbelt], Report]]

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        if task.duty not in self.duties:
            raise ValueError(f"{task.role} has no duty {task.duty!r}; valid: {', '.join(sorted(self.duties))}")
        return self.duties[task.duty](task, case, belt)

"""One way to break each law of the runbook: a brain that does its job badly, an edited runbook, or an engine that looks away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flights import ROOT

from drillbook.brains import BRAINS
from drillbook.case import Activated, Case, Declared, Diagnosed, Reached, Said, Verified
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.tools import TOOLS
from drillbook.units import MINUTE

__all__ = ["PLANTS", "Plant", "edited"]

TEXT = (ROOT / "graph" / "incident_response.yaml").read_text()
Habit = Callable[[Task, Case, Toolbelt], Report | None]
TOOL: Mapping[str, Any] = TOOLS


@dataclass(frozen=True)
class Habitual:
    """A brain with a bad habit, and otherwise another's judgement; `None` from the habit means: as the other would."""

    otherwise: Brain
    habit: Habit

    def __call__(self, task: Task, case: Case, belt: Toolbelt) -> Report:
        return self.habit(task, case, belt) or self.otherwise(task, case, belt)


class Plant(NamedTuple):
    """How a law is broken: `role` plays with a bad `habit` (or by the named brain), in a runbook with these `edits`, `unguarded` or not."""

    role: str = "*"
    habit: Habit | str = "stub"
    edits: tuple[tuple[str, str], ...] = ()
    unguarded: bool = False

    @property
    def brain(self) -> Callable[[Brain], Brain]:
        habit = self.habit
        return BRAINS[habit] if isinstance(habit, str) else lambda stub: Habitual(stub, habit)

    @property
    def cast(self) -> str:
        return f"{self.role}=planted"


def edited(plant: Plant) -> str:
    """The text of the runbook with the plant's edits."""
    text = TEXT
    for old, new in plant.edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def _falls_silent(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    """Says the first update and no other."""
    said = any(said.topic == task.topic for said in case.all(Said))
    return Report(outcome="told", why="") if task.topic == "status_update" and said else None


def _keeps_the_end_to_itself(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    return Report(outcome="told", why="") if task.topic == "status_update" and case.state == "Resolved" else None


def _always_optimistic(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.topic != "status_update":
        return None
    belt.say(TOOL["publish_status"], task.topic, "Status: Resolved", "Resolved")
    return Report(outcome="told", why="")


def _dawdles(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    belt.wait(belt.now + 5 * MINUTE)
    return None


def _pages_first(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty == "triage":
        belt.note(Activated(roles=("support_responder",)))
    return None


def _writes_nothing(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    return Report(outcome="written", why="")


def _grabs(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    belt.act(TOOL["rollback"], case.component or "checkout")
    return None


def _acts_blind(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty != "triage":
        return None
    belt.note(Declared(severity="P0", reason="a bad feeling"), Reached(milestone="declared"), Activated(roles=belt.runbook.team("P0", case)))
    return Report(outcome="P0", why="a bad feeling")


def _restarts_first(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty == "triage":
        belt.act(TOOL["restart"], case.component or case.catalogue[0].name)
    return None


def _sees_nothing(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    return Report(outcome={"check": "recovering", "verify": "recovered", "review_fix": "accepted"}[task.duty], why="it will be fine")


def _does_not_wait(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    return Report(outcome="held", why="it will be fine") if task.duty == "watch" else None


def _twice(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty != "mitigate" or task.step != "repair_infrastructure":
        return None
    for _ in range(2):
        belt.act(TOOL["restart"], case.component or "", case.grounds)
    return Report(outcome="done", why="better safe than sorry")


def _never_knows(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty != "diagnose":
        return None
    belt.note(Diagnosed(cause="unknown", component=None, why="who knows"))
    return Report(outcome="unknown", why="who knows")


def _belittles(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty == "diagnose" and case.severity != "P3":
        belt.note(Declared(severity="P3", previous=case.severity, reason=""))
    return None


def _belittles_what_it_changed(task: Task, case: Case, belt: Toolbelt) -> Report | None:
    if task.duty == "check":
        belt.note(Verified(check="Verify recovery", ok=False, detail="not content"))
        return Report(outcome="not_recovered", why="not content")
    if task.duty == "diagnose" and case.interventions and case.severity != "P3":
        belt.note(Declared(severity="P3", previous=case.severity, reason="it got better"))
    return None


COMMANDER = "infrastructure_maintainer"
_ANNOUNCED = "          - {text: Activate appropriate response team, tool: activate_team}\n"
_SWAPPED = (
    ("infrastructure issue, to: repair_infrastructure}", "infrastructure issue, to: ELSEWHERE}"),
    ("code bug, to: implement_hotfix}", "code bug, to: repair_infrastructure}"), ("to: ELSEWHERE}", "to: implement_hotfix}"),
)  # fmt: skip

PLANTS: Mapping[str, Plant] = {
    "updates-in-time": Plant("support_responder", _falls_silent),
    "briefs-only-where-wanted": Plant(edits=(("while: [p0]", "while: [p0_or_p1]"),)),
    "changes-told-at-once": Plant(edits=(("    at_changes: true\n", ""),)),
    "last-update-says-resolved": Plant("support_responder", _keeps_the_end_to_itself),
    "messages-say-what-was-known": Plant("support_responder", _always_optimistic),
    "escalations-on-time": Plant("studio_producer", _dawdles),
    "nobody-paged-for-nothing": Plant(COMMANDER, _pages_first),
    "team-is-activated": Plant(edits=((_ANNOUNCED, ""),)),
    "post-mortem-follows": Plant("workflow_optimizer", _writes_nothing),
    "within-the-charter": Plant("support_responder", _grabs, unguarded=True),
    "causes-come-first": Plant(COMMANDER, _acts_blind, edits=(("{on: P0, to: investigate}", "{on: P0, to: repair_infrastructure}"),)),
    "declared-before-anything-is-changed": Plant(COMMANDER, _restarts_first),
    "fix-then-evidence": Plant("evidence_collector", _sees_nothing),
    "watched-before-resolved": Plant(COMMANDER, _does_not_wait),
    "never-twice-the-same": Plant(COMMANDER, _twice),
    "within-the-limits": Plant(COMMANDER, _never_knows, edits=(("limits: {rounds: 3,", "limits: {rounds: 5,"),)),
    "lowered-with-a-reason": Plant(COMMANDER, _belittles),
    "the-table-decides": Plant(edits=_SWAPPED),
    "rollback-needs-a-deployment": Plant(habit="always_rollback"),
    "remedies-rest-on-evidence": Plant(habit="constant"),
    "severity-by-the-table": Plant(habit="severity_label"),
    "lowered-before-anything-is-changed": Plant(COMMANDER, _belittles_what_it_changed),
}
"""By the law that each must be found by."""

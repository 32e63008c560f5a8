"""Duties that several roles share. Each is a function of the task, the case and the belt, and returns a report."""

from __future__ import annotations

from typing import Any, cast

from drillbook.agents.evidence import read
from drillbook.agents.health import judge
from drillbook.answers import Receipt
from drillbook.case import Case, Verified
from drillbook.toolbelt import Report, Task, Toolbelt
from drillbook.tools import SECOND_LOOK, TOOLS, Tool

__all__ = ["change", "check", "implement", "investigate", "target_of", "tool_of", "verify"]


def tool_of(name: str) -> Tool[Any]:
    """A tool by name, for duties whose checks the runbook lists."""
    return cast("Tool[Any]", TOOLS[name])


def target_of(case: Case) -> str:
    """The component to act on: the diagnosed one."""
    return case.component or ""


def change(name: str) -> Tool[Receipt]:
    """A changing or speaking tool by name."""
    return cast("Tool[Receipt]", TOOLS[name])


def investigate(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Carry out the runbook's checks in order, and read what each shows."""
    seen = 0
    for _, tool in belt.checks():
        readings = read(belt.observe(tool), case)
        belt.found(*readings)
        seen += sum(reading.weight > 0 and reading.cause is not None for reading in readings)
    return Report(outcome="investigated", why=f"{len(belt.checks())} checks, {seen} readings that point to a cause")


def _judged(belt: Toolbelt, strict: bool) -> list[Verified]:
    """Every check of the task, carried out and judged."""
    results = []
    for check_, tool in belt.checks():
        fine, detail = judge(belt, tool.name, _fresh(belt, tool), strict)
        results.append(Verified(check=check_.text, ok=fine, detail=detail))
        belt.note(results[-1])
    return results


def _fresh(belt: Toolbelt, tool: Tool[Any]) -> Any:
    """What a tool shows of now: where its figures come late, a second look after as long as they take."""
    answer = belt.observe(tool)
    as_of = getattr(answer, "as_of", None)
    if as_of is None:
        return answer
    belt.wait(belt.now + (belt.now - as_of))
    return belt.observe(tool)


def check(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Right after a change: is production on its way back?"""
    return _verdict(_patiently(belt, strict=False), "recovering")


def verify(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Before the incident may count as over: every item must hold, strictly."""
    return _verdict(_patiently(belt, strict=True), "recovered")


def _patiently(belt: Toolbelt, strict: bool) -> list[Verified]:
    """What holds at once, or at a second look: a slow recovery is not a failed one."""
    results = _judged(belt, strict)
    if all(result.ok for result in results):
        return results
    belt.wait(belt.now + SECOND_LOOK)
    return _judged(belt, strict)


def _verdict(results: list[Verified], fine: str) -> Report:
    bad = [result for result in results if not result.ok]
    if bad or not results:
        return Report(outcome="not_recovered", why=f"{bad[0].check}: {bad[0].detail}" if bad else "nothing was checked")
    return Report(outcome=fine, why=f"{len(results)} of {len(results)} items hold")


def implement(task: Task, case: Case, belt: Toolbelt) -> Report:
    """Write, review and build a fix for the diagnosed component, once."""
    target = target_of(case)
    if any(done.tool == "deploy_hotfix" and done.target == target for done in case.interventions):
        return Report(outcome="failed", why=f"a fix for {target} was deployed before and did not help")
    receipt = belt.act(change(belt.checks()[0][1].name), target, case.grounds)
    return Report(outcome="done" if receipt.accepted else "failed", why=receipt.detail)

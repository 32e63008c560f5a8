"""Filling in the form that a task is reported with, field by field. One function a form; the forms are those of drillbook.brains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from drillbook.dialogue import Dialogue

__all__ = ["filled"]

Question = Mapping[str, Any]


def filled(talk: Dialogue, question: Question, outcome: str = "") -> dict[str, Any]:
    """A report: the outcome, if it is not given, what its form asks for, and why."""
    return _FORMS.get(question["form"], _plain)(talk, question, outcome)


def _outcome(talk: Dialogue, question: Question, given: str, default: str = "") -> str:
    options = [(name, meaning) for name, meaning in question["outcomes"]]
    return given or talk.choice("outcome", options, default)


def _plain(talk: Dialogue, question: Question, outcome: str) -> dict[str, Any]:
    chosen = _outcome(talk, question, outcome)
    return {"outcome": chosen, "why": talk.line("why", chosen.replace("_", " "))}


def _said(talk: Dialogue, question: Question, outcome: str) -> dict[str, Any]:
    chosen = _outcome(talk, question, outcome)
    return {"outcome": chosen, "message": talk.text("message", question["draft"]), "why": "by the person at the desk"}


def _findings(talk: Dialogue, question: Question, outcome: str) -> dict[str, Any]:
    choices, found = question["choices"], list[dict[str, Any]]()
    while choices["used"]:
        text = talk.line("finding, in your words (Enter: no more)")
        if not text:
            break
        tool = talk.choice("shown by", [(name, "") for name in choices["used"]])
        cause = talk.maybe(f"speaks of which cause: {', '.join(choices['causes'])}", choices["causes"])
        component = talk.maybe("in which component", choices["components"])
        weight = talk.number("how strongly, -10 (against it) to 10", -10, 10, "3")
        found.append({"tool": tool, "text": text, "cause": cause, "component": component, "weight": weight})
    return {**_plain(talk, question, outcome), "findings": found}


_NOWHERE = ("unknown", "recovered")


def _diagnosis(talk: Dialogue, question: Question, outcome: str) -> dict[str, Any]:
    choices = question["choices"]
    cause = _outcome(talk, question, outcome)
    place = None if cause in _NOWHERE else talk.choice("component", [(name, "") for name in choices["components"]])
    evidence = list[int]()
    if cause not in _NOWHERE and choices["findings"]:
        for seq, text in choices["findings"]:
            talk.say(f"  [{seq}] {text}")
        evidence = talk.numbers("evidence, by number", [seq for seq, _ in choices["findings"]])
    severity = talk.picked("severity", choices["severities"], choices["severity"] or choices["severities"][0])
    why = talk.line("why", f"{cause.replace('_', ' ')}{f' in {place}' if place else ''}")
    return {"outcome": cause, "component": place, "evidence": evidence, "severity": severity, "why": why}


def _checks(talk: Dialogue, question: Question, outcome: str) -> dict[str, Any]:
    checks = []
    for text in question["choices"]["checks"]:
        fine = talk.yes(f"{text}: ok?")
        detail = talk.line("what you saw", f"{'' if fine else 'not '}as it should be")
        checks.append({"check": text, "ok": fine, "detail": detail})
    worst, best = question["outcomes"][0][0], question["outcomes"][-1][0]
    chosen = _outcome(talk, question, outcome, best if all(one["ok"] for one in checks) else worst)
    held = sum(one["ok"] for one in checks)
    return {"outcome": chosen, "checks": checks, "why": talk.line("why", f"{held} of {len(checks)} items hold")}


def _actions(talk: Dialogue, question: Question) -> list[dict[str, Any]]:
    actions, owners = list[dict[str, Any]](), question["choices"]["owners"]
    while title := talk.line("action item (Enter: no more)"):
        owner = talk.choice("owner", [(name, "") for name in owners])
        days = int(talk.number("due in how many days", 0, 365, "7"))
        actions.append({"title": title, "owner": owner, "due_days": days})
    return actions


def _review(talk: Dialogue, question: Question, outcome: str) -> dict[str, Any]:
    sections = []
    for title, asks in question["choices"]["questions"]:
        talk.say(title, "bold")
        answers = [(ask, talk.line(f"  {ask}", "not known")) for ask in asks]
        sections.append({"title": title, "answers": answers})
    return {**_plain(talk, question, outcome), "sections": sections, "actions": _actions(talk, question)}


def _plan(talk: Dialogue, question: Question, outcome: str) -> dict[str, Any]:
    return {"actions": _actions(talk, question), **_plain(talk, question, outcome)}


_FORMS: Mapping[str, Callable[[Dialogue, Question, str], dict[str, Any]]] = MappingProxyType({
    "form": _plain, "said": _said, "findings": _findings, "diagnosis": _diagnosis, "checks": _checks, "review": _review, "plan": _plan,
})  # fmt: skip

"""Casts as Python has them: who plays what, by name or as a function, and what each entry of one becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from drillbook.agents.approving import approve
from drillbook.brains import is_model, model, wording
from drillbook.brains.model import Model
from drillbook.brains.stub import Stub
from drillbook.brains.wording import Wording
from drillbook.case import Case
from drillbook.errors import BadInput, expect, raised, valid_names
from drillbook.plugins import brains, roster
from drillbook.reading import parse_cast
from drillbook.toolbelt import Brain, Report, Task, Toolbelt
from drillbook.tools import WORDED, WORLD

__all__ = ["FUNCTION", "Casting", "brain_of", "casting", "name_of", "stub", "wording_of"]

Casting = Mapping[str, str | Brain]
"""Who plays what: a role to the name of a brain, or to a function of (task, case, toolbelt)."""

FUNCTION = "function "
"""How a journal's cast calls a role that a Python function played."""


_IN_PYTHON = "give it in Python, in the cast; to a journal's replay, as functions={role: function}"


def casting(cast: Casting | str | None) -> Casting:
    """A cast as a mapping of every role; functions stay what they are. Raises BadInput."""
    expect("cast", cast, (str, Mapping, type(None)), "a text as 'role=brain,*=stub', or a mapping of roles to brains")
    if isinstance(cast, str) or cast is None:
        return parse_cast(cast)
    for role, brain in cast.items():
        expect(f"cast: {role}", brain, (str, Callable), "the name of a brain, or a function of (task, case, toolbelt)")  # type: ignore[arg-type]  # an abstract type
    texts = {role: brain if isinstance(brain, str) else WORLD if role in WORDED else "stub" for role, brain in cast.items()}
    named: Casting = parse_cast(",".join(f"{role}={brain}" for role, brain in texts.items()))
    functions = {role: brain for role, brain in cast.items() if not isinstance(brain, str)}
    everyone = functions.pop("*", None)
    return {**{role: brain if role in cast or everyone is None else everyone for role, brain in named.items()}, **functions}


def stub(task: Task, case: Case, belt: Toolbelt) -> Report:
    """The stub's judgement, for a function that plays a role and wants to leave a duty to it: `return drillbook.stub(task, case, belt)`.

    It is the stub of the role whose task it is, with the same belt, so that what it looks at and notes is the function's.
    """
    return Stub({"approve": approve, **roster()[task.role].duties})(task, case, belt)


def brain_of(chosen: str | Brain, stub: Brain) -> Brain:
    """What plays a role, by the entry of a cast; `stub` is the role's. Raises BadInput."""
    if not isinstance(chosen, str):
        return replace(chosen, otherwise=stub) if isinstance(chosen, Model) else chosen
    if is_model(chosen):
        return model(chosen, stub)
    if chosen not in brains():
        raise BadInput(f"{chosen}: {_IN_PYTHON if chosen.startswith(FUNCTION) else f'no brain; {valid_names(chosen, brains())}'}")
    try:
        made = brains()[chosen](stub)
    except Exception as error:  # noqa: BLE001 - another's code: whatever is wrong with it is one line with its place
        raise BadInput([raised(error, f"brain {chosen} cannot be made")]) from None
    expect(f"brain {chosen} makes", made, Callable, "a function of (task, case, toolbelt)")  # type: ignore[arg-type]  # an abstract type
    return made


def wording_of(chosen: str | Brain) -> Wording | None:
    """What words a free-text tool's answers; None where production's own words are shown. Raises BadInput."""
    if chosen == WORLD:
        return None
    if isinstance(chosen, str):
        return wording(chosen)
    if isinstance(chosen, Model):
        return Wording(chosen.name, chosen.chat)
    raise BadInput(f"cast: a free-text tool is worded by {WORLD!r}, the name of a model, or what as_brain makes; not by {name_of(chosen)}")


def name_of(brain: Brain) -> str:
    """How a journal calls a function, or a model, that plays a role."""
    if isinstance(brain, Model):
        return brain.name.text
    named = brain if hasattr(brain, "__qualname__") else type(brain)
    return f"{FUNCTION}{named.__module__}.{named.__qualname__}"

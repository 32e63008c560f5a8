"""Invariants: temporal properties that every drill must have, checked on its journal; the runbook's own are `LAWS`.

    from drillbook.invariants import LAWS, Law, acted, check, never

    check(drill)                                                       # [] if every law of the runbook holds
    mine = Law("no-restart", "Never restart the primary", never(acted("restart", target="db_primary")))
    check(drill, laws=[*LAWS, mine])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from drillbook.agents import ROSTER
from drillbook.errors import BadInput, expect
from drillbook.inputs import Inputs, catalogue
from drillbook.invariants.history import Event, History
from drillbook.invariants.judgement import JUDGEMENT
from drillbook.invariants.order import ORDER
from drillbook.invariants.picks import Pick, acted, begins, concluded, ends, event, holding, noted, observed, passed, said
from drillbook.invariants.telling import TELLING
from drillbook.invariants.temporal import Breach, Law, Rule, Violation, always, at_most, followed_by, law, never, precedes, within
from drillbook.journal import Journal
from drillbook.runbook import Runbook
from drillbook.toolbelt import Charter
from drillbook.tools import WORDED

if TYPE_CHECKING:
    from drillbook.drill import Drill

__all__ = [
    "LAWS", "Law", "Violation", "binding", "check", "history_of", "law",
    "always", "at_most", "followed_by", "never", "precedes", "within",
    "acted", "begins", "concluded", "ends", "event", "holding", "noted", "observed", "passed", "said",
    "Breach", "Event", "History", "Pick", "Rule",
]  # fmt: skip

LAWS: tuple[Law, ...] = (*TELLING, *ORDER, *JUDGEMENT)
"""The runbook's own laws."""


def binding(cast: Mapping[str, str], laws: Iterable[Law] = LAWS) -> tuple[Law, ...]:
    """The laws that a cast must keep: all of them where everybody plays by the stub, else those that do not judge the cast."""
    played = {brain for role, brain in cast.items() if role not in WORDED} <= {"stub"}
    return tuple(one for one in laws if played or not one.judges)


def check(flown: Drill | Journal, runbook: Runbook | None = None, laws: Iterable[Law] = LAWS,
          charters: Mapping[str, Charter] | None = None) -> list[Violation]:  # fmt: skip
    """Every violation of the laws in a drill or a journal, in the order of time.

    `runbook`: the one whose laws they are, by default the one that was flown; `charters`: who may do what, by default as flown, for a
    journal as the package's roles have it. Raises BadInput for a journal that does not carry its runbook, if none is given.
    """
    history = history_of(flown, runbook, charters)
    found = [violation for one in laws for violation in one.violations(history)]
    return sorted(found, key=lambda one: (one.at, one.seq, one.law))


def history_of(flown: Drill | Journal, runbook: Runbook | None = None, charters: Mapping[str, Charter] | None = None) -> History:
    """A drill or a journal as a history; the arguments are those of `check`. Raises BadInput."""
    if isinstance(flown, Journal):
        inputs = _inputs(flown, runbook is None)
        system, roster, records = (inputs.system if inputs else None), ROSTER, flown.records
        held = runbook or (inputs.runbook if inputs else None)
    else:
        expect("check", getattr(flown, "journal", flown), Journal, "a drill, or a journal")
        system, roster, records, held = flown.system, flown.setup.simulator.roster, flown.journal.records, runbook or flown.runbook
    if held is None or not records:
        raise BadInput("the journal is empty, or does not carry its runbook; give the runbook that it is to be held against")
    charters = {name: role.charter for name, role in roster.items()} if charters is None else charters
    return History(records, held, charters, catalogue(system, held) if system else ())


def _inputs(journal: Journal, needed: bool) -> Inputs | None:
    """What the journal carries. Raises BadInput if it is `needed` and cannot be read."""
    try:
        return Inputs.of(journal.header.get("inputs") or {})
    except ValueError as error:
        if needed:
            raise BadInput(f"the journal does not carry what was flown ({error}); give the runbook that it is to be held against") from None
        return None

"""`drillbook review`: a journal and a post-mortem in, what is true of it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from drillbook.errors import BadInput, Problem
from drillbook.factcheck import Checked, Claim, check_postmortem
from drillbook.files import read_text
from drillbook.journal import read_journal
from drillbook.units import printable

__all__ = ["document", "reviewed", "show"]

_QUOTED = ("event", "messages", "action item")
"""What is quoted from the journal: where it is right, it is counted and not shown."""


def reviewed(journal: Path, postmortem: Path | None) -> Checked:
    """A post-mortem file, by default the one that was written in the drill, held against a journal. Raises BadInput."""
    read = read_journal(journal)
    text = None if postmortem is None else read_text(str(postmortem))
    try:
        return check_postmortem(read, text)
    except BadInput as error:
        raise BadInput([Problem(str(journal), error.problems[0].message, 1, 1)]) from None


def document(checked: Checked) -> dict[str, Any]:
    """All of it as one JSON document."""
    right, wrong, missing = checked.counts
    counts = {"right": right, "wrong": wrong, "unverifiable": len(checked.of("unverifiable")), "missing": missing}
    return {"fine": checked.fine, "counts": counts, "claims": [claim.model_dump() for claim in checked.claims], "missing": checked.missing}


def show(console: Console, checked: Checked, verbose: bool) -> None:
    """A row a claim, what is wrong first, then what is missing, and the counts. `verbose`: quotations and unread sentences, too."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("verdict", "line", "about", "claim", "truth"):
        table.add_column(column, overflow="fold", no_wrap=column in ("verdict", "about"))
    for claim in sorted(checked.claims, key=lambda one: (one.verdict != "wrong", one.line)):
        if verbose or _worth(claim):
            table.add_row(claim.verdict, str(claim.line), claim.about, *map(_short, (claim.claimed, claim.truth)))
    for name in checked.missing:
        table.add_row("missing", "", name, "", "a post-mortem states it")
    console.print(table, markup=False, highlight=False)
    right, wrong, missing = checked.counts
    said = f"{right} right, {wrong} wrong, {len(checked.of('unverifiable'))} unverifiable, {missing} missing"
    console.print(said, markup=False, highlight=False)


def _worth(claim: Claim) -> bool:
    return claim.verdict == "wrong" or (claim.verdict == "right" and claim.about not in _QUOTED)


def _short(text: str) -> str:
    """In one line, and not for ever."""
    line = " ".join(printable(text).split()).replace("[", "\\[")
    return line if len(line) <= 160 else f"{line[:159]}…"

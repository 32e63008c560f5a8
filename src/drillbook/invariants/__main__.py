"""`python -m drillbook.invariants JOURNAL ...`: every law that a journal breaks, a line each; exits with 1 if there is one.

`--runbook FILE` holds the journals against another runbook than the one that was flown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from drillbook.errors import BadInput
from drillbook.invariants import check
from drillbook.journal import read_journal
from drillbook.runbook import load_runbook

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the journals that are named; 0: every law holds, 1: one is broken, 2: bad input."""
    parser = argparse.ArgumentParser(prog="python -m drillbook.invariants", description="Which laws of the runbook a journal breaks.")
    parser.add_argument("journals", metavar="JOURNAL", nargs="+", type=Path)
    parser.add_argument("--runbook", metavar="FILE", type=Path, help="by default the one that the journal carries")
    try:
        given = parser.parse_args(arguments)
        runbook = load_runbook(given.runbook)[0] if given.runbook else None
        broken = [(path, one) for path in given.journals for one in check(read_journal(path), runbook)]
    except BadInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.writelines(f"{path}: {one.law}: {one}\n" for path, one in broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

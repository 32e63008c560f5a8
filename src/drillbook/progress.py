"""Long work shows how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

__all__ = ["ticking"]


@contextmanager
def ticking(what: str, total: int) -> Iterator[Callable[..., None]]:
    """A progress bar on the standard error, on a terminal only; what it gives is called after each piece of work."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal or total < 2, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda *_: bar.advance(task)

"""No network: a replay needs none, and whoever reaches for it meanwhile is told so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

__all__ = ["all_offline", "no_network", "offline"]

_REACHING = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendmsg", "socket.sendto"})
_FORBIDDEN: ContextVar[bool] = ContextVar("offline", default=False)


def no_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook under which nothing of this process reaches the network. Raises RuntimeError where something does."""
    if event in _REACHING:
        raise RuntimeError(f"a replay uses no network, and something asked for {event} {arguments[1:]}")


@cache
def _listen() -> None:
    """One hook a process: audit hooks stay for ever. It sleeps where the network is not forbidden."""
    sys.addaudithook(lambda event, arguments: no_network(event, arguments) if event in _REACHING and _FORBIDDEN.get() else None)


@contextmanager
def offline(wanted: bool = True) -> Iterator[None]:
    """Nothing of this context reaches the network meanwhile, if that is `wanted`: the block, and what LangGraph runs for it in threads.

    Other threads, such as a notebook's own, go on as they were.
    """
    if wanted:
        _listen()
    before = _FORBIDDEN.set(wanted or _FORBIDDEN.get())
    try:
        yield
    finally:
        _FORBIDDEN.reset(before)


@contextmanager
def all_offline(wanted: bool = True) -> Iterator[None]:
    """The same for every thread of a process, for a command that is alone in it."""
    guarding = [wanted]
    sys.addaudithook(lambda event, arguments: no_network(event, arguments) if guarding[0] else None)
    try:
        yield
    finally:
        guarding[0] = False

"""Bodies to a URL that a person gave: no proxy, no redirect, no other address."""

from __future__ import annotations

from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

from drillbook.errors import BadInput

__all__ = ["post"]

TIMEOUT = 10
"""Seconds that a receiver may take."""


def post(url: str, bodies: Iterable[Any], media: str = "application/json") -> int:
    """POST bodies one after another; returns how many. Raises BadInput if one is not accepted."""
    parts = _split(url)
    way = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    sent = 0
    try:
        connection = way(str(parts.hostname), parts.port, timeout=TIMEOUT)
        try:
            for body in bodies:
                _send(connection, parts, orjson.dumps(body), media, url)
                sent += 1
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        raise BadInput(f"--to {url}: {getattr(error, 'strerror', None) or error or type(error).__name__} (after {sent} bodies)") from None
    return sent


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise BadInput(f"--to {url}: no address to post to; valid: http://HOST:PORT/PATH or https://HOST/PATH")


def _send(connection: HTTPConnection, parts: SplitResult, body: bytes, media: str, url: str) -> None:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("POST", path, body, {"Content-Type": media, "User-Agent": "drillbook"})
    answer = connection.getresponse()
    said = answer.read(2000).decode(errors="replace")
    answer.read()
    if answer.status >= 300:
        lines = said.strip().splitlines() or [""]
        raise BadInput(f"--to {url}: refused with {answer.status} {answer.reason}: {lines[0][:200]}".rstrip(": "))

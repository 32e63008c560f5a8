"""Bodies to a URL that a person gave: no proxy, no redirect, no other address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

from drillbook.errors import BadInput

__all__ = ["address", "post", "shown"]

TIMEOUT = 10
"""Seconds that a receiver may take."""


def address(url: str) -> SplitResult:
    """A URL in its parts. Raises BadInput if nothing can be posted there."""
    parts = _read(url)
    if parts is None:
        raise BadInput(f"--to {shown(url)}: no address to post to; valid: http://HOST:PORT/PATH or https://HOST/PATH")
    return parts


def _read(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def shown(url: str) -> str:
    """A URL as it may be printed: without user and password. Of what is no address, nothing before its last @ is shown."""
    parts = _read(url)
    if parts is None:
        return re.sub(r"^(\w+://)?.*@", r"\1***@", url, flags=re.DOTALL)
    return parts._replace(netloc=f"***@{parts.netloc.rpartition('@')[2]}").geturl() if "@" in parts.netloc else url


def post(url: str, bodies: Iterable[Any], media: str = "application/json") -> int:
    """POST bodies one after another; returns how many. Raises BadInput if one is not accepted."""
    parts, name = address(url), shown(url)
    way = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    sent = 0
    try:
        connection = way(str(parts.hostname), parts.port, timeout=TIMEOUT)
        try:
            for body in bodies:
                _send(connection, parts, orjson.dumps(body), media, name)
                sent += 1
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        raise BadInput(f"--to {name}: {getattr(error, 'strerror', None) or error or type(error).__name__} (after {sent} bodies)") from None
    return sent


def _send(connection: HTTPConnection, parts: SplitResult, body: bytes, media: str, name: str) -> None:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("POST", path, body, {"Content-Type": media, "User-Agent": "drillbook"})
    answer = connection.getresponse()
    said = answer.read(2000).decode(errors="replace")
    answer.read()
    if answer.status >= 300:
        lines = said.strip().splitlines() or [""]
        raise BadInput(f"--to {name}: refused with {answer.status} {answer.reason}: {lines[0][:200]}".rstrip(": "))

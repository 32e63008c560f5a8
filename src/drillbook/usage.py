"""What models used in a drill: tokens as their recorded answers tell, cost by the prices of the cast, and how long they were waited for.

Tokens are in the journal, for a model's answer is (`usage: {input_tokens, output_tokens}`). Waiting is real time, which no journal holds:
it stands in a file beside it, `JOURNAL.usage.json`, with `latency_ms` (a number, or a list with one number a call).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from drillbook.units import Frozen

__all__ = ["Usage", "beside", "usage_of"]

Prices = Mapping[str, tuple[float, float]]


class Usage(Frozen):
    """What the models of one drill used: `calls` that told it, tokens, USD (None without prices), and ms of waiting (None if not kept)."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = None
    latency_ms: float | None = None


def usage_of(records: Iterable[Mapping[str, Any]], cast: Mapping[str, str], prices: Prices,
             latency_ms: float | None = None) -> Usage | None:  # fmt: skip
    """The usage of a drill by its journal's records; None where no model told any. `cast` is role to brain, `prices` are by brain."""
    told = [*_told(records)]
    if not told:
        return None
    costs = [_cost(prices.get(cast.get(role, "")), *used) for role, *used in told]
    return Usage(
        calls=len(told), input_tokens=sum(one[1] for one in told), output_tokens=sum(one[2] for one in told), latency_ms=latency_ms,
        cost_usd=None if None in costs else sum(filter(None, costs)),
    )  # fmt: skip


def _cost(price: tuple[float, float] | None, tokens_in: int, tokens_out: int) -> float | None:
    return None if price is None else (tokens_in * price[0] + tokens_out * price[1]) / 1e6


def _told(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, int, int]]:
    """(role, tokens in, tokens out) of every answer that tells its usage."""
    for record in records:
        answer = record["out"].get("answer") if record["kind"] == "ask" else None
        usage = answer.get("usage") if isinstance(answer, dict) else None
        if isinstance(usage, dict):
            yield record["actor"], _count(usage.get("input_tokens")), _count(usage.get("output_tokens"))


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def beside(journal: Path) -> float | None:
    """The ms of waiting that the file beside a journal tells; None where there is none, or nothing of the kind in it."""
    try:
        found = json.loads(journal.with_name(f"{journal.name}.usage.json").read_text(encoding="utf-8"))["latency_ms"]
        return float(sum(found)) if isinstance(found, list) else float(found)
    except (OSError, ValueError, KeyError, TypeError):
        return None

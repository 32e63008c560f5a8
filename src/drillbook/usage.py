"""What the models of a drill cost: answers and tokens, which its journal tells, and seconds, which only its sidecar does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from drillbook.files import write_whole
from drillbook.outside import asked
from drillbook.records import canonical
from drillbook.units import Frozen

__all__ = ["Usage", "sidecar", "usage"]


class Usage(Frozen):
    """`answers`: asked for; `failed` of them did not come. `tokens`: by kind, as the provider counts them. `seconds`: real time, None where
    nobody was asked live. `by_role`, `by_model`: answers and tokens of each. `cost_usd`: None where a price is not known."""

    answers: int = 0
    failed: int = 0
    tokens: dict[str, int] = Field(default_factory=dict)
    seconds: float | None = None
    by_role: dict[str, dict[str, int]] = Field(default_factory=dict)
    by_model: dict[str, dict[str, int]] = Field(default_factory=dict)
    cost_usd: float | None = None

    @property
    def input_tokens(self) -> int:
        return self.tokens.get("input_tokens", 0)

    @property
    def output_tokens(self) -> int:
        return self.tokens.get("output_tokens", 0)

    def priced(self, cast: Mapping[str, str], prices: Mapping[str, tuple[float, float]]) -> Usage:
        """The same with its cost: `cast` is role to brain, `prices` are USD a million tokens in and out, by brain."""
        costs = [_cost(prices.get(name), counts) for name, counts in self.by_model.items()]
        if None in costs:
            costs = [_cost(prices.get(cast.get(role, "").partition("?")[0]), counts) for role, counts in self.by_role.items()]
        return self.model_copy(update={"cost_usd": None if None in costs else round(sum(filter(None, costs)), 6)})


def _cost(price: tuple[float, float] | None, counts: Mapping[str, int]) -> float | None:
    kinds = ("input_tokens", "output_tokens")
    return None if price is None else sum(counts.get(kind, 0) * usd for kind, usd in zip(kinds, price, strict=True)) / 1e6


def usage(records: Iterable[Mapping[str, Any]], elapsed: Mapping[str, float]) -> Usage:
    """Add up the answers in a journal's records; `elapsed` are the seconds of each, by the digest of its request."""
    asks = [one for one in records if one["kind"] == "ask" and one["in"]["name"] != "human"]
    roles: dict[str, Counter[str]] = {}
    models: dict[str, Counter[str]] = {}
    seconds = list[float]()
    for one in asks:
        counts = _tokens(one["out"])
        for whose, name in ((roles, one["actor"]), (models, one["in"]["name"])):
            whose.setdefault(name, Counter()).update({"answers": 1, **counts})
        seconds += [elapsed[digest] for digest in [asked(one["in"]["name"], one["in"]["request"])] if digest in elapsed]
    total = sum(roles.values(), Counter())
    return Usage(
        answers=len(asks), failed=sum("answer" not in one["out"] for one in asks), seconds=round(sum(seconds), 3) if seconds else None,
        tokens={name: count for name, count in sorted(total.items()) if name != "answers"},
        by_role=_plain(roles), by_model=_plain(models),
    )  # fmt: skip


def _plain(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(count.items())) for name, count in sorted(counts.items())}


def _tokens(out: Mapping[str, Any]) -> dict[str, int]:
    answer = out.get("answer")
    counts = answer.get("usage") if isinstance(answer, dict) else None
    return {name: count for name, count in counts.items() if type(count) is int} if isinstance(counts, dict) else {}


def sidecar(journal: Path, found: Usage) -> Path:
    """Write what a drill's models cost beside its journal: `NAME.usage.json`."""
    path = journal.with_suffix(".usage.json")
    write_whole(path, canonical(found.model_dump(mode="json")) + b"\n")
    return path

"""Cast files: who plays what, who must agree to what, and what brains may use, as a team keeps it under version control."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from drillbook.units import Frozen

__all__ = ["HUMAN", "Budget", "CastFile"]

HUMAN = "human"
"""Who agrees to a change, if no role does: a person."""

Price = Annotated[float, Field(ge=0)]


class Budget(Frozen):
    """What the brains of a cast may use in one drill: `calls` of models, `tokens` in and out, `minutes` of waiting for answers."""

    calls: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)
    minutes: float | None = Field(None, gt=0)


class CastFile(Frozen):
    """A cast as its file has it: role (`*` is everyone else) to brain, and the terms on which it plays.

    `approve`: a tool that changes production to the role, or `human`, who must agree to it; `prices`: a brain to USD a million tokens
    in and out.
    """

    name: str = ""
    cast: dict[str, str] = Field(min_length=1)
    approve: dict[str, str] = Field(default_factory=dict)
    budget: Budget = Budget()
    prices: dict[str, tuple[Price, Price]] = Field(default_factory=dict)

"""Cast files: who plays what, who must agree to what, and what brains may use, as a team keeps it under version control."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from drillbook.units import Frozen

__all__ = ["Budget", "CastFile"]

Price = Annotated[float, Field(ge=0)]


class Budget(Frozen):
    """What a model of the cast may use in one task, where its name does not say: `calls`, `tokens` in and out, virtual `minutes`."""

    calls: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)
    minutes: int | None = Field(None, ge=1)


class CastFile(Frozen):
    """A cast as its file has it: role (`*` is everyone else) to brain, and the terms on which it plays.

    `approve`: a tool that changes production to the role that has to approve of it; `prices`: a brain to USD a million tokens in and out.
    """

    name: str = ""
    cast: dict[str, str] = Field(min_length=1)
    approve: dict[str, str] = Field(default_factory=dict)
    budget: Budget = Budget()
    prices: dict[str, tuple[Price, Price]] = Field(default_factory=dict)

    @property
    def played(self) -> dict[str, str]:
        """The cast, every model with the budget of the file where its own name has none."""
        terms = "&".join(f"{name}={value}" for name, value in self.budget.model_dump(exclude_none=True).items())
        return {role: f"{brain}?{terms}" if ":" in brain and "?" not in brain and terms else brain for role, brain in self.cast.items()}

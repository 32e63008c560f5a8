"""How sure a figure is: means over scenarios with 95% intervals, differences between casts, and pass^k.

The scenarios are what is sampled: several runs of one scenario are no independent evidence, so they are averaged first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from drillbook.units import Frozen

__all__ = ["Z", "Estimate", "difference", "mean", "pass_hat", "share", "wilson_bounds"]

Z = 1.959964
"""The normal distribution's 97.5% point."""


class Estimate(Frozen):
    """A mean over `n` scenarios with its 95% interval; there is none (`low` is `high`) of an amount in one scenario."""

    value: float
    low: float
    high: float
    n: int


def wilson_bounds(right: float, of: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share, 0 to 1; of nothing, nothing is known."""
    if not of:
        return 0.0, 1.0
    part = right / of
    middle, spread = part + Z * Z / (2 * of), Z * math.sqrt(part * (1 - part) / of + Z * Z / (4 * of * of))
    low, high = ((middle + sign * spread) / (1 + Z * Z / of) for sign in (-1, 1))
    return max(low, 0.0), min(high, 1.0)


def share(values: Sequence[float]) -> Estimate | None:
    """A mean of shares, 0 to 1 each, with Wilson's interval for as many scenarios; None of nothing."""
    if not values:
        return None
    value = fmean(values)
    return _rounded(value, *wilson_bounds(value * len(values), len(values)), len(values))


def mean(values: Sequence[float]) -> Estimate | None:
    """A mean of amounts of at least 0, with the normal interval of its standard error; None of nothing."""
    if not values:
        return None
    value = fmean(values)
    error = Z * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return _rounded(value, max(value - error, 0.0), value + error, len(values))


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Estimate | None:
    """How much larger one mean of shares is than another of the same scenarios, -1 to 1; None of nothing.

    The interval is Newcombe's (Statistics in Medicine 17, 1998): from the Wilson intervals of both, and their correlation where they
    go together.
    """
    one, other = share(ours), share(theirs)
    if one is None or other is None:
        return None
    together = _correlation(ours, theirs)
    down, up = ((one.value - one.low), (other.high - other.value)), ((one.high - one.value), (other.value - other.low))
    low, high = (math.sqrt(max(a * a - 2 * together * a * b + b * b, 0.0)) for a, b in (down, up))
    value = one.value - other.value
    return _rounded(value, max(value - low, -1.0), min(value + high, 1.0), len(ours))


def _correlation(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Pearson's, but 0 where it is negative or not defined: then the interval is no narrower than of two samples."""
    one, other = fmean(ours), fmean(theirs)
    both = sum((a - one) * (b - other) for a, b in zip(ours, theirs, strict=True))
    spread = math.sqrt(sum((a - one) ** 2 for a in ours) * sum((b - other) ** 2 for b in theirs))
    return max(both / spread, 0.0) if spread else 0.0


def pass_hat(passed: int, runs: int, k: int) -> float:
    """The chance that `k` runs drawn of `runs`, of which `passed` were good, are all good: C(passed, k) / C(runs, k) (tau-bench)."""
    return math.comb(passed, k) / math.comb(runs, k)


def _rounded(value: float, low: float, high: float, n: int) -> Estimate:
    return Estimate(value=round(value, 6), low=round(low, 6), high=round(high, 6), n=n)

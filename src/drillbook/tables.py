"""Rows as pandas DataFrames: the one place that knows pandas, which comes with the extra `notebook`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drillbook.errors import BadInput

__all__ = ["frame"]


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A DataFrame of rows, a column a key, in their order. Raises BadInput where pandas is not installed."""
    try:
        import pandas  # noqa: PLC0415 - declared lazy: the extra `notebook`
    except ModuleNotFoundError:
        raise BadInput("to_frame: pandas is needed: pip install 'drillbook[notebook]'") from None
    return pandas.DataFrame([dict(row) for row in rows])

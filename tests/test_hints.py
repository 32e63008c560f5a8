"""What a report says became of a task's calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from drillbook.hints import moved


def calls(text: str) -> list[dict[str, Any]]:
    return [{"kind": "observe", "in": {"name": name}, "out": {}} for name in text.split()]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("a b", "b a", "another order: observe b comes before observe a now"),
    ("a b", "b", "observe a is not there any more; observe b comes next"),
    ("b", "a b", "observe a is new here"),
    ("a b a", "b a", "observe a is not there any more; observe b comes next"),
    ("b a", "a b a", "observe a is new here"),
    ("a", "b", "observe a is not there any more, observe b is there instead"),
    ("a", "", "observe a is not there any more"),
    ("a", "a", ""),
])  # fmt: skip
def test_a_call_that_comes_again_later_is_dropped_all_the_same(old: str, new: str, said: str) -> None:
    before: Sequence[dict[str, Any]] = calls(old)
    assert moved(before, calls(new)) == said

"""The numbers of an English text, in digits and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

__all__ = ["VAGUE", "numbers"]

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SIMPLE: Mapping[str, int] = MappingProxyType(
    {word: value for value, word in enumerate(_ONES.split())} | {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
)
_SCALES: Mapping[str, int] = MappingProxyType({"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 10**9})
_ANY = "|".join((*_SIMPLE, *_SCALES))
_DIGITS = re.compile(r"(?<![\w.])(?<!\w-)\d[\d,]*(?:\.\d+)?(?![\w])")
_AND = r"(?:(?<=hundred)|(?<=thousand)|(?<=million)|(?<=billion))\s+and\s+"
_SPELLED = re.compile(rf"(?<![\w-])(?:{_ANY})(?:(?:{_AND}|[\s-]+)(?:{_ANY}))*(?![\w-])", re.IGNORECASE)
_PRONOUN = "one"
VAGUE = frozenset({
    "dozens", "hundreds", "thousands", "millions", "billions", "half", "third", "thirds", "quarter", "quarters", "double", "doubled",
    "tripled", "twice", "thrice",
})  # fmt: skip
"""Words that tell how many without a number."""


def numbers(text: str) -> Iterator[tuple[str, Decimal]]:
    """Each as it is written, with its value: `1,200`, `3.5`, `twenty-five`, `two hundred and six`. A lone `one` is a pronoun more often."""
    for found in _DIGITS.finditer(text):
        yield found[0], Decimal(found[0].replace(",", ""))
    for found in _SPELLED.finditer(text):
        if found[0].lower() != _PRONOUN:
            yield found[0], Decimal(_value(re.split(r"[\s-]+(?:and\s+)?", found[0].lower())))


def _value(words: list[str]) -> int:
    """`two hundred six thousand four` is (2 x 100 + 6) x 1000 + 4; a scale alone is one of it."""
    done = open_ = 0
    for word in words:
        scale = _SCALES.get(word)
        if scale is None:
            open_ += _SIMPLE[word]
        elif scale < 1_000:
            open_ = max(open_, 1) * scale
        else:
            done, open_ = done + max(open_, 1) * scale, 0
    return done + open_

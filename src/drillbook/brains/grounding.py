"""Whether a text keeps to its facts: every number and every name in it has to stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from drillbook.brains.numerals import VAGUE, numbers

__all__ = ["unfounded"]

_WORD = re.compile(r"[^\W\d_][\w'-]*(?:[._/-]\w+)*|\w*\d[\w.+:/-]*\w")
_SENTENCE = re.compile(r"(?:^|[.!?:;]\s+|\n\s*[-*\d.)]*\s*)$")


def unfounded(text: str, facts: Iterable[str], names: Iterable[str] = ()) -> tuple[str, ...]:
    """What of a text does not stand in its facts, in the order of the text.

    Held against them are numbers (`1,200` is `1200` is `1200.0`), `names` that are known (of components), and whatever has the form
    of a name: a capital within a sentence, an identifier (`card_gateway`, `v2.3`, `INC-12`). Numbers are seen in words, too; what a
    sentence claims of true numbers and names is not.
    """
    known = "\n".join(facts)
    words, values, others = _words(known), {value for _, value in numbers(known)}, {name.lower() for name in names}
    return tuple(dict.fromkeys(_invented(text, words, values, others)))


def _invented(text: str, words: set[str], values: set[Decimal], names: set[str]) -> Iterator[str]:
    for shown, value in numbers(text):
        if value not in values:
            yield shown
    yield from (letter for letter in text if letter.isnumeric() and not letter.isdecimal() and letter not in words)
    for found in _WORD.finditer(text):
        word = found[0].removesuffix("'s")
        if (_named(word, text[: found.start()]) or word.lower() in names | VAGUE) and not _parts(word) <= words:
            yield word


def _named(word: str, before: str) -> bool:
    """Whether a word has the form of a name, or of an identifier."""
    if re.fullmatch(r"[\d.,]+", word):
        return False
    if re.search(r"[\d_/]|[a-z][A-Z]|[^\W\d_]\.[^\W_]", word):
        return True
    return word[0].isupper() and word != "I" and not _SENTENCE.search(before)


def _words(text: str) -> set[str]:
    return {part for found in _WORD.finditer(text) for part in {found[0].lower(), *_parts(found[0])}}


def _parts(word: str) -> set[str]:
    """A name's parts: `card_gateway` may be said as card gateway, `Card-Gateway` as card_gateway."""
    return {part for part in re.split(r"[_\-/]", word.lower()) if part}

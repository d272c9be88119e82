"""The words of a text as what two texts can have in common: the mock's embeddings and its searches go by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

WORD_WEIGHT, SHORT_WEIGHT, STEM_WEIGHT = 100, 25, 50

_WORD = re.compile(r"\w+")
_SHORT, _STEM = 3, 5
_KNOWN_WORDS = 2**16


def features(text: str) -> Iterator[tuple[str, int]]:
    """What counts in a text: its words and their stems (first five letters), each with its weight.

    Case does not count; a word of up to three letters has no stem and a quarter of the weight. Text without spaces
    (Chinese, Japanese, Thai) counts by pairs of characters.
    """
    return (feature for word in words(text) for feature in features_of(word))


def words(text: str) -> list[str]:
    """The words of a text in order."""
    return _WORD.findall(text.casefold())


@lru_cache(_KNOWN_WORDS)
def features_of(word: str) -> tuple[tuple[str, int], ...]:
    """The features of one word of `words`."""
    if _is_unspaced(word):
        return tuple((f"word {pair}", WORD_WEIGHT) for pair in _pairs(word))
    if len(word) <= _SHORT:
        return ((f"word {word}", SHORT_WEIGHT),)
    return (f"word {word}", WORD_WEIGHT), (f"stem {word[:_STEM]}", STEM_WEIGHT)


def _is_unspaced(word: str) -> bool:
    """Whether the word is of a script written without spaces: Thai, Lao, kana, CJK ideographs."""
    return any("\u0e00" <= character <= "\u0eff" or "\u3040" <= character <= "\u9fff" for character in word)


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(max(1, len(word) - 1))]

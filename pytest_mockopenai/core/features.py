"""The words of a text as what two texts can have in common: the mock's embeddings and its searches go by them."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD_WEIGHT, SHORT_WEIGHT, STEM_WEIGHT = 100, 25, 50

_WORD = re.compile(r"\w+")
_SHORT, _STEM = 3, 5


def features(text: str) -> Iterator[tuple[str, int]]:
    """What counts in a text: its words and their stems (first five letters), each with its weight.

    Case does not count; a word of up to three letters has no stem and a quarter of the weight. Text without spaces
    (Chinese, Japanese, Thai) counts by pairs of characters.
    """
    for word in _WORD.findall(text.casefold()):
        if _is_unspaced(word):
            yield from ((f"word {pair}", WORD_WEIGHT) for pair in _pairs(word))
        elif len(word) > _SHORT:
            yield f"word {word}", WORD_WEIGHT
            yield f"stem {word[:_STEM]}", STEM_WEIGHT
        else:
            yield f"word {word}", SHORT_WEIGHT


def _is_unspaced(word: str) -> bool:
    """Whether the word is of a script written without spaces: Thai, Lao, kana, CJK ideographs."""
    return any("\u0e00" <= character <= "\u0eff" or "\u3040" <= character <= "\u9fff" for character in word)


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(max(1, len(word) - 1))]

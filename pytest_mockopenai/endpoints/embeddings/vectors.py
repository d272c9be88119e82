"""Texts to vectors whose cosine tells how many words two texts share.

The rule, which tests may rely on: a text's vector is the normalised sum of one fixed random direction for each of its
words (case does not count; words of up to three letters weigh a quarter), a half-weight direction for each word's first
five letters (so `painter` is near `painting`), and a small direction of the whole text, so that
different texts never have the same vector. Random directions of many dimensions are nearly orthogonal; hence texts
without a common word have a cosine near 0, the same text has 1, and every shared word raises it. Text without spaces
(Chinese, Japanese, ...) counts by pairs of characters. Each model has its own directions; the mock's seed has no part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import shake_128
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_SHORT, _STEM = 3, 5
_WORD_WEIGHT, _SHORT_WEIGHT, _STEM_WEIGHT, _TEXT_WEIGHT = 100, 25, 50, 5


def embed(text: str, *, model: str, width: int, dimensions: int) -> NDArray[numpy.float32]:
    """The unit vector of a text: of `width` dimensions, cut to the first `dimensions` and normalised again.

    Summed in whole numbers, so the last bit does not depend on the machine.
    """
    import numpy

    total = _direction(f"{model}\0text\0{text}", width).astype(numpy.int64) * _TEXT_WEIGHT
    for feature, weight in features(text):
        total += _direction(f"{model}\0{feature}", width) * numpy.int64(weight)
    cut = total[:dimensions]
    length = math.sqrt(int((cut * cut).sum()))
    return (cut / (length or 1.0)).astype("<f4")


def features(text: str) -> Iterator[tuple[str, int]]:
    """What counts in a text: its words and their stems, each with its weight."""
    for word in _WORD.findall(text.casefold()):
        if _is_unspaced(word):
            yield from ((f"word {pair}", _WORD_WEIGHT) for pair in _pairs(word))
        elif len(word) > _SHORT:
            yield f"word {word}", _WORD_WEIGHT
            yield f"stem {word[:_STEM]}", _STEM_WEIGHT
        else:
            yield f"word {word}", _SHORT_WEIGHT


def _is_unspaced(word: str) -> bool:
    """Whether the word is of a script written without spaces: Thai, Lao, kana, CJK ideographs."""
    return any("\u0e00" <= character <= "\u0eff" or "\u3040" <= character <= "\u9fff" for character in word)


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(max(1, len(word) - 1))]


@lru_cache(maxsize=4096)
def _direction(label: str, width: int) -> NDArray[numpy.int8]:
    """A fixed random direction, the same on every machine: +1 or -1 in each dimension, from a hash of the label."""
    import numpy

    data = shake_128(label.encode("utf-8", "surrogatepass")).digest((width + 7) // 8)
    bits = numpy.unpackbits(numpy.frombuffer(data, dtype=numpy.uint8))[:width]
    signs: NDArray[numpy.int8] = bits.astype(numpy.int8) * numpy.int8(2) - numpy.int8(1)
    return signs

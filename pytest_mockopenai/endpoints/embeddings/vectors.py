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
from functools import lru_cache
from hashlib import shake_128
from typing import TYPE_CHECKING

from pytest_mockopenai.core.features import features

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

_TEXT_WEIGHT = 5


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


@lru_cache(maxsize=4096)
def _direction(label: str, width: int) -> NDArray[numpy.int8]:
    """A fixed random direction, the same on every machine: +1 or -1 in each dimension, from a hash of the label."""
    import numpy

    data = shake_128(label.encode("utf-8", "surrogatepass")).digest((width + 7) // 8)
    bits = numpy.unpackbits(numpy.frombuffer(data, dtype=numpy.uint8))[:width]
    signs: NDArray[numpy.int8] = bits.astype(numpy.int8) * numpy.int8(2) - numpy.int8(1)
    return signs

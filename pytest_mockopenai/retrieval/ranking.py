"""How well a chunk answers a query: a number from 0 to 1 that a test's author can foresee.

Two things are weighed, as in OpenAI's hybrid search. *Text*: the share of the query's words that the chunk has; words
are those of `core.features`, and words that say little ("what", "about") count a quarter. *Embedding*: the cosine that
the mock's embeddings of query and chunk approach, which tells how much of the chunk is about the query. So of two
chunks the one with more of the query's words comes first, and of two with the same words the one that says less else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_mockopenai.core.features import SHORT_WEIGHT, features, features_of, words


@dataclass(frozen=True, slots=True)
class Weights:
    """How much embedding and text count, in proportion to each other."""

    embedding: float = 0.1
    text: float = 0.9


class Features:
    """What a text has in common with others: the weight of each of its features, and their vector's length."""

    __slots__ = ("_length", "weights")

    def __init__(self, text: str) -> None:
        counted: dict[str, int] = {}
        for word, times in Counter(words(text)).items():
            for name, weight in features_of(word):
                counted[name] = counted.get(name, 0) + times * weight
        self.weights: Mapping[str, int] = counted
        self._length = math.sqrt(sum(weight * weight for weight in counted.values()))

    def cosine(self, other: Features) -> float:
        """From 0, nothing in common, to 1, the same words as often."""
        if not self._length or not other._length:
            return 0.0
        few, many = sorted((self.weights, other.weights), key=len)
        product = sum(weight * many.get(name, 0) for name, weight in few.items())
        return min(1.0, product / (self._length * other._length))


class Query:
    """A query, ready to be compared with many chunks."""

    def __init__(self, text: str) -> None:
        self._features = Features(text)
        self._wanted = {
            name: SHORT_WEIGHT if name in _LITTLE_SAID else weight
            for name, weight in features(text)
            if name not in _LITTLE_SAID_STEMS
        }
        self._whole = sum(self._wanted.values())

    def score(self, chunk: Features, weights: Weights) -> float:
        """From 0 to 1, with six digits."""
        found = sum(weight for name, weight in self._wanted.items() if name in chunk.weights)
        text = found / self._whole if self._whole else 0.0
        both = weights.text * text + weights.embedding * self._features.cosine(chunk)
        return round(both / (weights.text + weights.embedding), 6)


def rewritten(query: str) -> str:
    """A query without the words that say little; as it is if it has no others."""
    kept = [word for word in query.split() if not _says_little(word)]
    return " ".join(kept).strip(_PUNCTUATION) or query


def _says_little(word: str) -> bool:
    """Also what is written together with a word that does: `I'd`, `what's`."""
    return f"word {word.strip(_PUNCTUATION).casefold().partition(_APOSTROPHE)[0]}" in _LITTLE_SAID


_APOSTROPHE = "'"
_PUNCTUATION = "?!.,;:'\"()"

_LITTLE_SAID = frozenset(
    f"word {word}"
    for word in (
        "a about all also am an and any are as at be been but by can could did do does each for from give had has have "
        "he her here his how i if in into is it its just know like many may me might more most much must my need no "
        "not of on one only or our out please shall she should show so some such tell than that the their them then "
        "there these they this those to too use very want was we were what when where which while who whom whose why "
        "will with would you your"
    ).split()
)
_LITTLE_SAID_STEMS = frozenset(
    name for little in _LITTLE_SAID for name, _ in features(little.removeprefix("word ")) if name.startswith("stem ")
)

"""How alike two texts are, from 0 to 1, by the metrics of `text_similarity` graders.

OpenAI names the metrics and publishes no code for them; these are their textbook forms. `meteor` matches words only as
they are written: no stems, no synonyms.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

_WORD = re.compile(r"\w+")
_LONGEST = 4  # words of an n-gram in BLEU and GLEU
_METEOR_ALPHA, _METEOR_BETA, _METEOR_GAMMA = 0.9, 3.0, 0.5  # of its authors (Lavie and Agarwal 2007)


def fuzzy_match(text: str, reference: str) -> float:
    """Twice the longest common subsequence of characters, by the sum of the lengths (rapidfuzz's `ratio`)."""
    whole = len(text) + len(reference)
    return 2 * _common(text, reference) / whole if whole else 1.0


def bleu(text: str, reference: str) -> float:
    """Sentence BLEU up to 4-grams, each but the first smoothed by adding one (Lin and Och 2004)."""
    said, wanted = _words(text), _words(reference)
    if not said or not wanted:
        return float(said == wanted)
    logs = 0.0
    for n in range(1, _LONGEST + 1):
        mine, theirs, smooth = _grams(said, n), _grams(wanted, n), int(n > 1)
        matched = sum((mine & theirs).values()) + smooth
        if not matched:
            return 0.0
        logs += math.log(matched / (sum(mine.values()) + smooth)) / _LONGEST
    brevity = min(0.0, 1 - len(wanted) / len(said))
    return math.exp(brevity + logs)


def gleu(text: str, reference: str) -> float:
    """Google's BLEU (Wu et al. 2016): n-grams in common, by the larger number of n-grams."""
    said, wanted = _words(text), _words(reference)
    mine, theirs = _all_grams(said), _all_grams(wanted)
    whole = max(sum(mine.values()), sum(theirs.values()))
    return sum((mine & theirs).values()) / whole if whole else 1.0


def meteor(text: str, reference: str) -> float:
    """METEOR with exact matches only."""
    said, wanted = _words(text), _words(reference)
    places = _aligned(said, wanted)
    if not places:
        return float(said == wanted)
    precision, recall = len(places) / len(said), len(places) / len(wanted)
    mean = precision * recall / (_METEOR_ALPHA * precision + (1 - _METEOR_ALPHA) * recall)
    chunks = 1 + sum(after != (one[0] + 1, one[1] + 1) for one, after in pairwise(places))
    return mean * (1 - _METEOR_GAMMA * math.pow(chunks / len(places), _METEOR_BETA))


def rouge_n(text: str, reference: str, *, n: int) -> float:
    """ROUGE-N as F1."""
    mine, theirs = _grams(_words(text), n), _grams(_words(reference), n)
    return _f1(sum((mine & theirs).values()), sum(mine.values()), sum(theirs.values()))


def rouge_l(text: str, reference: str) -> float:
    """ROUGE-L as F1, of words."""
    said, wanted = _words(text), _words(reference)
    return _f1(_common(said, wanted), len(said), len(wanted))


METRICS: Mapping[str, Callable[[str, str], float]] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    "meteor": meteor,
    **{f"rouge_{n}": partial(rouge_n, n=n) for n in range(1, 6)},
    "rouge_l": rouge_l,
}
"""Those that need nothing but the texts: all but `cosine`, which needs embeddings."""


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors, 0 where it would be below."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return max(0.0, sum(map(float.__mul__, one, other)) / lengths) if lengths else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _grams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


def _all_grams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return sum((_grams(words, n) for n in range(1, _LONGEST + 1)), Counter())


def _f1(matched: int, mine: int, theirs: int) -> float:
    return 2 * matched / (mine + theirs) if mine and theirs else float(mine == theirs)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence, with a bit for each place of `one` (Hyyrö 2004)."""
    masks: dict[str, int] = {}
    for place, each in enumerate(one):
        masks[each] = masks.get(each, 0) | 1 << place
    whole = (1 << len(one)) - 1
    open_ = whole
    for each in other:
        matched = open_ & masks.get(each, 0)
        open_ = (open_ + matched | open_ - matched) & whole
    return len(one) - bin(open_).count("1")


def _aligned(said: Sequence[str], wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Each word with the first place of the reference that holds it and is not taken."""
    free: dict[str, list[int]] = {}
    for place, word in enumerate(wanted):
        free.setdefault(word, []).append(place)
    return [(place, free[word].pop(0)) for place, word in enumerate(said) if free.get(word)]

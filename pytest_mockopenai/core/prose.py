"""Prose of an exact number of tokens, for made-up answers; it needs no vocabulary.

Every word here is one token after a space in both cl100k_base and o200k_base, and those that may begin a sentence are
so capitalised and at the start of the text too. A full stop is one token, as no other mark ever touches it. So tokens
are counted as words and stops, whatever the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_mockopenai.core.seed import Draw

__all__ = ["filler"]

NOUNS: Final = tuple(
    """
    people teams tools plans users tests systems models results examples questions answers services projects changes
    steps methods values words numbers books letters students teachers friends children parents cities countries
    companies members workers players games stories images pictures maps lines points parts pieces groups lists tables
    files pages notes links rules terms forms cases goals needs tasks jobs skills roles rights events days months years
    hours minutes times places rooms trees fields cars phones servers clients requests responses messages signals
    colors shapes sounds songs records reports reviews articles studies prices products orders items keys codes
    functions objects classes types limits agents
    """.split()
)
VERBS: Final = tuple(
    """
    help build find make take give show keep need want use see know call try feel leave move like hold bring write
    provide set learn change lead watch follow create read allow add grow open win offer remember love consider buy
    serve send expect reach raise pass sell require pull support share protect describe compare test check choose join
    cover review prepare receive return save study trust visit measure include reflect understand suggest explain
    improve carry produce solve
    """.split()
)
ADJECTIVES: Final = tuple(
    """
    small large new old good great long short early local public private simple clear common special strong free full
    easy real true recent human social natural general major minor similar different important possible available
    modern direct quick slow warm quiet bright deep wide safe fresh regular active complete normal basic daily digital
    popular positive primary related single smart smooth standard successful unique
    """.split()
)
DETERMINERS: Final = ("the", "some", "many", "most", "these", "those", "few", "all", "our", "your", "their", "several")
PREPOSITIONS: Final = (
    *("with", "for", "from", "into", "under", "about", "after", "before", "between", "through", "during", "without"),
    *("within", "against", "across", "behind", "near", "around", "along", "among", "inside", "outside"),
)
_SHORTEST, _LONGEST = 6, 15  # tokens of a sentence, its stop included; the last one may be up to 3 longer


def filler(tokens: int, draw: Draw) -> str:
    """Sentences that are exactly `tokens` tokens long in every encoding; "" for 0. A single token has no full stop."""
    sentences: list[str] = []
    left = tokens
    while left > 0:
        length = _sentence_length(left, draw)
        words = " ".join(_clause(max(length - 1, 1), draw))
        sentences.append(words[0].upper() + words[1:] + ("." if length > 1 else ""))
        left -= length
    return " ".join(sentences)


def _sentence_length(left: int, draw: Draw) -> int:
    """Tokens of the next sentence; the last one takes up a rest too short to be a sentence."""
    length = min(left, draw.integer(_SHORTEST, _LONGEST))
    return left if left - length <= 3 else length


def _clause(words: int, draw: Draw) -> Iterator[str]:
    """A subject, a verb, an object and what hangs on it by prepositions, as far as the words go."""
    subject = draw.integer(1, min(3, words - 2)) if words > 2 else 1
    yield from _noun_phrase(subject, draw)
    if words > 1:
        yield draw.choice(VERBS)
    left = words - subject - 1
    while left > 0:
        # What is not the last phrase leaves room for a preposition and a noun.
        size = left if left <= 3 else draw.integer(1, min(3, left - 2))
        yield from _noun_phrase(size, draw)
        left -= size
        if left:
            yield draw.choice(PREPOSITIONS)
            left -= 1


def _noun_phrase(words: int, draw: Draw) -> Iterator[str]:
    if words > 2:
        yield draw.choice(DETERMINERS)
    if words > 1:
        yield draw.choice(ADJECTIVES)
    yield draw.choice(NOUNS)

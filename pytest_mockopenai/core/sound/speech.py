"""How long a voice would take to say a text: an estimate from its length, not from its sounds."""

from __future__ import annotations

import re

from .formats import LONGEST

_CHARACTERS_A_SECOND = 15
_SHORTEST = 0.2
_SYLLABLE_WORTH = 3  # a kana, ideograph or Hangul block is a spoken syllable; about 5 are said in a second
_SYLLABLES = re.compile("[\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]")


def seconds_for(text: str) -> float:
    """The seconds of speech of a text, to hundredths: 15 characters a second, from 0.2 s to an hour.

    A run of spaces or line ends counts as one character; a Chinese, Japanese or Korean character as three.
    English at 150 words a minute has 15 characters a second. `synthesize` takes every result.
    """
    said = " ".join(text.split())
    characters = len(said) + (_SYLLABLE_WORTH - 1) * len(_SYLLABLES.findall(said))
    return round(min(LONGEST, max(_SHORTEST, characters / _CHARACTERS_A_SECOND)), 2)

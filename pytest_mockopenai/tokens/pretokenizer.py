"""Cuts text into the pieces that byte-pair encoding then works on, as tiktoken's regular expressions do.

tiktoken's patterns speak of Unicode properties (`\\p{L}`, `\\s`), which `re` does not know and which change with the
Unicode version. So a text with non-ASCII characters is matched through its shadow: the same text with each such
character replaced by one stand-in for its class. The patterns then need only a few ranges, and are fast.

Differences from the patterns in tiktoken, none of which changes a match: possessive quantifiers are greedy here
(Python 3.10 has none) and `(?i:...)` is spelled out.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate, pairwise

from pytest_mockopenai.tokens import vocabulary

__all__ = ["pattern", "split"]

# Stand-ins. An unclassed character is like "!", a letter without case is a "ª", a mark is U+0080.
_STAND_INS = {"upper": "A", "lower": "a", "letter": "\xaa", "mark": "\x80", "number": "0", "space": "\t"}
_UNCLASSED = "!"
_LONG_S = 0x17F  # the one non-ASCII character that equals one of "sdmtlvre" when case is ignored

_SPACE = r"\t-\r\x20"
_LETTER = r"A-Za-z\xaa"
_UPPER = r"A-Z\xaa\x80"
_LOWER = r"a-z\xaa\x80"
_WORD = rf"{_LETTER}0-9"
_ENDING = "'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])"

_PATTERNS = {
    "cl100k_base": (
        "'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])",
        rf"[^\r\n{_WORD}]?[{_LETTER}]+",
        r"[0-9]{1,3}",
        rf"\x20?[^{_SPACE}{_WORD}]+[\r\n]*",
        rf"[{_SPACE}]+\Z",
        rf"[{_SPACE}]*[\r\n]",
        rf"[{_SPACE}]+(?![^{_SPACE}])",
        rf"[{_SPACE}]",
    ),
    "o200k_base": (
        rf"[^\r\n{_WORD}]?[{_UPPER}]*[{_LOWER}]+(?:{_ENDING})?",
        rf"[^\r\n{_WORD}]?[{_UPPER}]+[{_LOWER}]*(?:{_ENDING})?",
        r"[0-9]{1,3}",
        rf"\x20?[^{_SPACE}{_WORD}]+[\r\n/]*",
        rf"[{_SPACE}]*[\r\n]+",
        rf"[{_SPACE}]+(?![^{_SPACE}])",
        rf"[{_SPACE}]+",
    ),
}


@cache
def pattern(encoding: str) -> re.Pattern[str]:
    """The expression for shadows whose matches, one after the other, are the pieces of a text."""
    return re.compile("|".join(_PATTERNS[encoding]))


def split(pieces: re.Pattern[str], text: str) -> list[str]:
    """Pieces of the text; joined they are the text. It must not hold lone surrogates."""
    if text.isascii():
        return pieces.findall(text)
    found = pieces.findall(text.translate(_shadows()))
    return [text[begin:end] for begin, end in pairwise(accumulate(map(len, found), initial=0))]


@cache
def _shadows() -> str:
    # One string of 0x110000 characters: `str.translate` looks a stand-in up by index, faster than in a dict.
    shadows = bytearray(range(0x80)) + bytearray(_UNCLASSED.encode()) * (0x110000 - 0x80)
    for name, ranges in vocabulary.character_classes().items():
        stand_in = _STAND_INS[name].encode("latin-1")
        for codes in ranges:
            shadows[codes.start : codes.stop] = stand_in * len(codes)
    shadows[_LONG_S : _LONG_S + 1] = b"s"
    return shadows.decode("latin-1")

"""A text cut into chunks of so many tokens that overlap, as the API's chunking strategies do."""

from __future__ import annotations

from itertools import accumulate

from pytest_mockopenai import tokens
from pytest_mockopenai.retrieval.documents import ENCODING


def cut(text: str, most: int, overlap: int) -> list[str]:
    """Chunks of at most `most` tokens, each beginning with the last `overlap` tokens of the one before.

    A character whose tokens would fall into two chunks belongs to the later one. `overlap` is at most half of `most`.
    """
    pieces = tokens.load(ENCODING).pieces(text)
    places = [0, *accumulate(map(len, pieces))]
    data = b"".join(pieces)
    starts = range(0, max(len(pieces) - overlap, 1), most - overlap)
    ends = (min(start + most, len(pieces)) for start in starts)
    return [_between(data, places[start], places[end]) for start, end in zip(starts, ends, strict=True)]


def _between(data: bytes, start: int, end: int) -> str:
    return data[_character(data, start) : _character(data, end)].decode()


def _character(data: bytes, place: int) -> int:
    """Where the character begins that this byte is part of."""
    while place < len(data) and data[place] & 0xC0 == 0x80:
        place -= 1
    return place

"""Byte-pair encoding with OpenAI's vocabularies: text to token ids and back, the same ids as tiktoken gives.

It never fetches anything, and special tokens do not exist: `<|endoftext|>` in a text is ordinary text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import pairwise
from threading import Lock
from typing import Final

from pytest_mockopenai.tokens import pretokenizer, vocabulary

__all__ = ["ENCODINGS", "Encoding", "load"]

# Name of an encoding -> the vocabulary with its ranks. o200k_harmony (gpt-oss) differs in special tokens only.
ENCODINGS: Final[Mapping[str, str]] = {
    "cl100k_base": "cl100k_base",
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",
}

_NO_RANK = 1 << 32  # greater than every rank
_SHORT = 128  # bytes; up to here scanning a list beats a heap
_REMEMBERED_PIECES = 20_000
_REMEMBERED_LENGTH = 64  # characters


class Encoding:
    """One vocabulary: ids, bytes and counts of tokens. Get it from `load`; it is safe to share between threads."""

    __slots__ = ("_last", "_pattern", "_ranks", "_remembered", "_tokens", "name")

    def __init__(self, name: str, tokens: Sequence[bytes], pattern: re.Pattern[str]) -> None:
        self.name = name
        self._tokens = tokens
        self._ranks = {token: rank for rank, token in enumerate(tokens)}
        self._pattern = pattern
        self._remembered: dict[str, tuple[int, ...]] = {}
        self._last: tuple[str, Sequence[int]] = ("", ())

    def __repr__(self) -> str:
        return f"<Encoding {self.name}>"

    def __len__(self) -> int:
        """Number of tokens; ids are 0 ... that minus 1."""
        return len(self._tokens)

    def encode(self, text: str) -> list[int]:
        """Token ids of the text. A lone surrogate counts as U+FFFD, as in tiktoken."""
        ids: list[int] = []
        remembered = self._remembered
        for piece in pretokenizer.split(self._pattern, _without_surrogates(text)):
            ids += remembered.get(piece) or self._encode_piece(piece)
        return ids

    def count(self, text: str) -> int:
        """Number of tokens of the text."""
        return len(self._ids(text))

    def pieces(self, text: str) -> list[bytes]:
        """Bytes of each token of the text; joined they are its UTF-8."""
        return [self._tokens[token] for token in self._ids(text)]

    def token_bytes(self, token: int) -> bytes:
        """Bytes of one token; `ValueError` for an id that the vocabulary does not have."""
        if not 0 <= token < len(self._tokens):
            last = len(self._tokens) - 1
            raise ValueError(f"{token} is not a token id of {self.name}: its ids are 0 to {last}.")
        return self._tokens[token]

    def decode(self, tokens: Iterable[int]) -> str:
        """Text of the token ids; bytes that are no UTF-8 become U+FFFD. `ValueError` names an id that is unknown."""
        return b"".join(map(self.token_bytes, tokens)).decode("utf-8", "replace")

    def _ids(self, text: str) -> Sequence[int]:
        """The token ids; of the text that was asked last they are known: what is counted is often cut up next."""
        last_text, ids = self._last
        if text != last_text:
            ids = self.encode(text)
            self._last = (text, ids)
        return ids

    def _encode_piece(self, piece: str) -> tuple[int, ...]:
        ids = merged(piece.encode(), self._ranks)
        if len(piece) <= _REMEMBERED_LENGTH:
            if len(self._remembered) >= _REMEMBERED_PIECES:
                self._remembered.clear()
            self._remembered[piece] = ids
        return ids


_loading = Lock()


def load(name: str) -> Encoding:
    """The encoding of that name, read from disk on its first use; `ValueError` for an unknown name."""
    if name not in ENCODINGS:
        raise ValueError(_unknown(name))
    with _loading:
        return _load(ENCODINGS[name])


@cache
def _load(name: str) -> Encoding:
    return Encoding(name, vocabulary.tokens(name), pretokenizer.pattern(name))


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(str(name), ENCODINGS, 1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"Unknown encoding {name!r}; the encodings are {', '.join(ENCODINGS)}.{hint}"


def _without_surrogates(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def merged(piece: bytes, ranks: Mapping[bytes, int]) -> tuple[int, ...]:
    """Token ids of one piece: neighbours of the lowest joint rank are joined, leftmost first, until none has a rank."""
    if (whole := ranks.get(piece)) is not None:
        return (whole,)
    cuts = _scanned_cuts(piece, ranks) if len(piece) <= _SHORT else _heaped_cuts(piece, ranks)
    return tuple(ranks[piece[begin:end]] for begin, end in pairwise(cuts))


def _scanned_cuts(piece: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """Token boundaries, by looking through all pairs for each join: quadratic, and fast on a short piece."""
    cuts = list(range(len(piece) + 1))
    pairs = [ranks.get(piece[at : at + 2], _NO_RANK) for at in range(len(piece) - 1)]
    while pairs and (lowest := min(pairs)) != _NO_RANK:
        at = pairs.index(lowest)
        del cuts[at + 1], pairs[at]
        if at < len(pairs):
            pairs[at] = ranks.get(piece[cuts[at] : cuts[at + 2]], _NO_RANK)
        if at:
            pairs[at - 1] = ranks.get(piece[cuts[at - 1] : cuts[at + 1]], _NO_RANK)
    return cuts


def _heaped_cuts(piece: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """Token boundaries, with the pairs in a heap: n log n. A heap entry is rank * (n + 1) + start."""
    size = len(piece)
    unit = size + 1
    after = [*range(1, unit), size]  # start of a part -> start of the next part
    before = [0, *range(size)]
    rank_at = [ranks.get(piece[at : at + 2], _NO_RANK) for at in range(size - 1)] + [_NO_RANK, _NO_RANK]
    heap = [rank * unit + at for at, rank in enumerate(rank_at) if rank != _NO_RANK]
    heapify(heap)
    while heap:
        rank, start = divmod(heappop(heap), unit)
        if rank_at[start] != rank:
            continue
        joined = after[start]
        rank_at[joined] = _NO_RANK
        end = after[start] = after[joined]
        before[end] = start
        for left in (before[start], start) if start else (start,):
            right = after[left]
            rank = ranks.get(piece[left : after[right]], _NO_RANK) if right < size else _NO_RANK
            rank_at[left] = rank
            if rank != _NO_RANK:
                heappush(heap, rank * unit + left)
    return _walk(after, size)


def _walk(after: Sequence[int], size: int) -> list[int]:
    cuts = [0]
    while cuts[-1] < size:
        cuts.append(after[cuts[-1]])
    return cuts

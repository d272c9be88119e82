"""Randomness as a function: the same seed and labels give the same numbers on every host, thread and Python version.

`random.Random` is not used because what its `choice` and `randrange` draw has changed between Python versions, and a
recorded test must not change with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_WORD = 8  # bytes
_BLOCK = 64  # bytes of one hash
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = bytes(ord(_BASE62[byte % 62]) for byte in range(256))
_PAIRS = tuple(low + high for high in _BASE62 for low in _BASE62)
"""Two digits of base 62, the lower one first."""


class Draw:
    """A stream of numbers that is fixed by its key; `child` gives independent streams by label."""

    __slots__ = ("_at", "_block", "_count", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0
        self._block = b""
        self._at = _BLOCK

    def child(self, label: str | int) -> Draw:
        """The stream of this label; drawing from it leaves this one as it is."""
        return Draw(blake2b(str(label).encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest())

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        span = high - low + 1
        if span <= 0:
            raise ValueError(f"no whole number from {low} to {high}")
        words = 1 + ((span - 1).bit_length() + 63) // 64  # at least 64 bits more than needed, so no value is favoured
        return low + int.from_bytes(self._take(words), "big") % span

    def uniform(self) -> float:
        """A float from 0 up to, not including, 1."""
        return (int.from_bytes(self._take(1), "big") >> 11) / 2**53

    def choice(self, options: Sequence[T]) -> T:
        """One of a non-empty sequence."""
        return options[self.integer(0, len(options) - 1)]

    def hex(self, digits: int) -> str:
        """So many lower-case hexadecimal digits."""
        return self._take((digits + 15) // 16).hex()[:digits]

    def alphanumeric(self, length: int) -> str:
        """So many letters and digits, as in OpenAI's ids."""
        number = self.integer(0, 62**length - 1)
        pairs = []
        for _ in range(0, length, 2):
            number, pair = divmod(number, 62 * 62)
            pairs.append(_PAIRS[pair])
        return "".join(pairs)[:length]

    def token(self, label: str, length: int) -> str:
        """At most 64 letters and digits of this label, by one hash: ids are drawn with every call."""
        return self._digest(label).translate(_LETTERS)[:length].decode()

    def hex_token(self, label: str, digits: int) -> str:
        """At most 128 hexadecimal digits of this label, by one hash."""
        return self._digest(label).hex()[:digits]

    def _digest(self, label: str) -> bytes:
        return blake2b(label.encode(), key=self._key, digest_size=_BLOCK, person=b"token").digest()

    def _take(self, words: int) -> bytes:
        """The next words of the stream, 8 bytes each."""
        start = self._at
        self._at = end = start + words * _WORD
        if end <= _BLOCK:
            return self._block[start:end]
        data = self._block[start:]
        while len(data) < words * _WORD:
            self._block = blake2b(self._count.to_bytes(8, "big"), key=self._key, digest_size=_BLOCK).digest()
            self._count += 1
            data += self._block
        self._at = _BLOCK - (len(data) - words * _WORD)
        return data[: words * _WORD]


class Source:
    """A seed and labels, hashed once for many streams: `draw(*more)` is `draw_for(seed, *labels, *more)`."""

    __slots__ = ("_hash",)

    def __init__(self, seed: int, *labels: str | int | bytes) -> None:
        self._hash = blake2b(str(seed).encode(), digest_size=32)
        for label in labels:
            self._hash.update(_part(label))

    def draw(self, *more: str | int | bytes) -> Draw:
        """The stream of these labels and more."""
        digest = self._hash.copy()
        for label in more:
            digest.update(_part(label))
        return Draw(digest.digest())


def draw_for(seed: int, *labels: str | int | bytes) -> Draw:
    """The stream of a seed and labels; a request's canonical text is one of them."""
    return Source(seed, *labels).draw()


def _part(label: str | int | bytes) -> bytes:
    part = label if isinstance(label, bytes) else str(label).encode("utf-8", "surrogatepass")
    return len(part).to_bytes(8, "big") + part

"""Randomness as a function: the same seed and labels give the same numbers on every host, thread and Python version.

`random.Random` is not used because what its `choice` and `randrange` draw has changed between Python versions, and a
recorded test must not change with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct
from typing import TypeVar

T = TypeVar("T")

_WORD = 2**64
_words = Struct(">8Q").unpack
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Draw:
    """A stream of numbers that is fixed by its key; `child` gives independent streams by label."""

    __slots__ = ("_count", "_key", "_pool")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0
        self._pool: list[int] = []

    def child(self, label: str | int) -> Draw:
        """The stream of this label; drawing from it leaves this one as it is."""
        return Draw(blake2b(str(label).encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest())

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        span = high - low + 1
        if span <= 0:
            raise ValueError(f"no whole number from {low} to {high}")
        value, bound = self._next(), _WORD
        while bound < span * _WORD:  # at least 64 bits more than needed, so no value is favoured
            value, bound = value * _WORD + self._next(), bound * _WORD
        return low + value % span

    def uniform(self) -> float:
        """A float from 0 up to, not including, 1."""
        return (self._next() >> 11) / 2**53

    def choice(self, options: Sequence[T]) -> T:
        """One of a non-empty sequence."""
        return options[self.integer(0, len(options) - 1)]

    def hex(self, digits: int) -> str:
        """So many lower-case hexadecimal digits."""
        text = ""
        while len(text) < digits:
            text += f"{self._next():016x}"
        return text[:digits]

    def alphanumeric(self, length: int) -> str:
        """So many letters and digits, as in OpenAI's ids."""
        number = self.integer(0, 62**length - 1)
        digits = []
        for _ in range(length):
            number, digit = divmod(number, 62)
            digits.append(_BASE62[digit])
        return "".join(digits)

    def _next(self) -> int:
        if not self._pool:
            block = blake2b(self._count.to_bytes(8, "big"), key=self._key, digest_size=64).digest()
            self._pool = [*reversed(_words(block))]
            self._count += 1
        return self._pool.pop()


def draw_for(seed: int, *labels: str | int | bytes) -> Draw:
    """The stream of a seed and labels; a request's canonical text is one of them."""
    digest = blake2b(str(seed).encode(), digest_size=32)
    for label in labels:
        part = label if isinstance(label, bytes) else str(label).encode("utf-8", "surrogatepass")
        digest.update(len(part).to_bytes(8, "big") + part)
    return Draw(digest.digest())

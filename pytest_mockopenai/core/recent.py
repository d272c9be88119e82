"""The values last used, by key: a cache that is bounded by the sum of its values' weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps the last values that were put or got, up to `limit` by weight, and at most twice as many.

    Values are kept in two generations: when the young one is full it becomes the old one, and what was old and has not
    been used since is forgotten. So each use costs the same, however many are kept. Threads that put at the same time
    can at worst make each other's values be forgotten.
    """

    __slots__ = ("_limit", "_old", "_weigh", "_weight", "_young")

    def __init__(self, limit: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._limit = limit
        self._weigh = weigh
        self._weight = 0
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value, or None if it was never put or is forgotten."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value, in the place of one of the same key, which weighs the same."""
        more = 0 if key in self._young else self._weigh(value)
        self._young[key] = value
        self.grow(more)

    def grow(self, weight: int) -> None:
        """Told that a value which is kept weighs so much more than when it was put."""
        self._weight += weight
        if self._weight > self._limit:
            self._old, self._young, self._weight = self._young, {}, 0

"""The values last used, by key: a cache that is bounded by the sum of its values' weights."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps the last values that were put or got, up to `limit` by weight, and at most twice as many.

    Values are kept in two generations: when the young one is full it becomes the old one, and what was old and has not
    been used since is forgotten. So each use costs the same, however many are kept. Threads that put at the same time
    can at worst make each other's values be forgotten.
    """

    __slots__ = ("_limit", "_old", "_weight", "_young")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        """The value, or None if it was never put or is forgotten."""
        found = self._young.get(key)
        if found is not None:
            return found[0]
        found = self._old.get(key)
        if found is None:
            return None
        self.put(key, *found)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a value, in the place of one of the same key."""
        known = self._young.get(key)
        self._weight += weight - (known[1] if known else 0)
        self._young[key] = (value, weight)
        if self._weight > self._limit:
            self._old, self._young, self._weight = self._young, {}, 0

"""What is due when, for very many things at once. No clock, no loop: times are handed in."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import ceil
from typing import Generic, TypeVar

T = TypeVar("T")

_UNTIDY = 64


class Wheel(Generic[T]):
    """Things that wait, each until its time (seconds of any one clock), sorted into slots of `tick` seconds.

    A thing waits for one time only, which it remembers itself. It is given out with its slot: never early, and late by
    less than a tick. Putting and taking off costs the same however many wait, as only slots are sorted.
    """

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._slots: dict[int, dict[T, None]] = {}
        self._order: list[int] = []

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    def put(self, due: float, thing: T) -> None:
        """Lets a thing, which must not be waiting, wait until it is due."""
        slot = ceil(due / self._tick)
        things = self._slots.get(slot)
        if things is None:
            self._slots[slot] = {thing: None}
            heappush(self._order, slot)
        else:
            things[thing] = None

    def discard(self, due: float, thing: T) -> None:
        """Lets a thing wait no longer that was put until `due`; nothing if it does not wait."""
        slot = ceil(due / self._tick)
        things = self._slots.get(slot)
        if things and thing in things:
            del things[thing]
            if not things:
                del self._slots[slot]
                self._tidy()

    @property
    def next(self) -> float | None:
        """When something is due next; None if nothing waits."""
        while self._order and self._order[0] not in self._slots:
            heappop(self._order)
        return self._order[0] * self._tick if self._order else None

    def take(self, now: float) -> list[T]:
        """Takes off all that is due by now, what is due first before the rest."""
        due: list[T] = []
        while self._order and self._order[0] * self._tick <= now:
            due.extend(self._slots.pop(heappop(self._order), ()))
        return due

    def _tidy(self) -> None:
        """Forgets the slots that nothing waits for, once they are the most."""
        if len(self._order) > 2 * len(self._slots) + _UNTIDY:
            self._order = list(self._slots)
            heapify(self._order)

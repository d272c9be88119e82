"""The one timer of a host: wakes all that is due in one tick."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Protocol

from pytest_mockopenai.hosts.aio.wheel import Wheel

TICK = 0.001
"""Seconds: what is due within one tick is played together."""


class Wakes(Protocol):
    """Something that waits for its time."""

    def wake(self, now: float) -> None:
        """Its time has come; `now` is in the seconds of `monotonic`."""


class Ticker:
    """Wakes things when they are due, in the seconds of `monotonic`, with one timer of the loop for all of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._wheel: Wheel[Wakes] = Wheel(TICK)
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0

    def put(self, due: float, thing: Wakes) -> None:
        """Wakes a thing at its time."""
        self._wheel.put(due, thing)
        if self._timer is None or due < self._wakes_at:
            self._set()

    def discard(self, due: float, thing: Wakes) -> None:
        """Does not wake it any more at the time that was said; nothing if it was not to be woken."""
        self._wheel.discard(due, thing)

    def stop(self) -> None:
        """Wakes nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._wakes_at = 0.0  # what is put while things are woken sets no timer
        now = monotonic()
        things = iter(self._wheel.take(now))
        try:
            for thing in things:
                thing.wake(now)
        finally:
            for thing in things:  # after a failure: the others wait for the next tick
                self._wheel.put(now, thing)
            self._set()

    def _set(self) -> None:
        self.stop()
        due = self._wheel.next
        if due is not None:
            self._wakes_at = due
            self._timer = self._loop.call_later(max(0.0, due - monotonic()), self._tick)

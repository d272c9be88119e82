"""Who watches calls, and what they are told: when one begins, and when it has ended. Nobody watching costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pytest_mockopenai.core.wire import Ending
from pytest_mockopenai.recorder import Entry


class Seen(NamedTuple):
    """A call that has ended, and how; times in seconds.

    `duration` is from the request to the end. `first` is the time to the first byte of the body: what the mock took to
    answer and what the reply waits; None if nothing was to be sent. `late` is how much later the end came than the
    reply itself says; None for a call in a WebSocket, and for one that did not end in order.
    """

    call: Entry
    ended: Ending
    duration: float
    first: float | None = None
    late: float | None = None


class Observer(Protocol):
    """Someone who watches calls; called by the thread or loop that plays them, so it must not take long."""

    def began(self, call: Entry) -> None:
        """A call is about to be answered."""

    def ended(self, seen: Seen) -> None:
        """A call has ended, or is about to write its last byte; told once for each."""


class Locked:
    """Tells observers of one call at a time, whatever threads calls are on."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)
        self._lock = threading.Lock()

    def began(self, call: Entry) -> None:
        """Tells them."""
        with self._lock:
            for observer in self._observers:
                observer.began(call)

    def ended(self, seen: Seen) -> None:
        """Tells them."""
        with self._lock:
            for observer in self._observers:
                observer.ended(seen)


class InFlight:
    """An observer that counts the calls being answered."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def began(self, call: Entry) -> None:
        """One more."""
        with self._lock:
            self.count += 1

    def ended(self, seen: Seen) -> None:
        """One less."""
        with self._lock:
            self.count -= 1

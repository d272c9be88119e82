"""Webhooks that are due some time: kept in the store, sent by a thread that lives while there is one to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from pytest_mockopenai.core.endpoint import JSON, Collection, Store
from pytest_mockopenai.core.errors import Refused

_CAUGHT_UP = 10.0  # seconds that somebody who moves the clock waits for what is due
_AGAIN = 1.0  # seconds until a store that could not be reached is tried again


class HasStore(Protocol):
    """Where they are kept: `state.State`."""

    @property
    def store(self) -> Store:
        """The objects that were stored."""


class ShowsTime(Protocol):
    """What they go by: `clock.Clock`."""

    @property
    def now(self) -> float:
        """What it shows, in Unix seconds."""

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""


class Waiting:
    """Entries with a `key` and a time `at` (Unix seconds by the clock), each handed to `send` once, from then on.

    Of mocks that share a store only one sends an entry: whoever takes it out of the store.
    """

    def __init__(self, state: HasStore, clock: ShowsTime, send: Callable[[JSON], None]) -> None:
        self._state = state
        self._clock = clock
        self._send = send
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._sending = False
        self._closed = False

    def put(self, entry: JSON) -> None:
        """Keep an entry, in the place of one of the same `key`."""
        self._entries.put(entry["key"], entry)
        self.wake()

    def drop(self, key: str) -> None:
        """Forget an entry."""
        self._entries.delete(key)

    def wake(self) -> None:
        """Look at the clock and the entries anew."""
        with self._changed:
            if self._thread is None and not self._closed and self._wait() is not None:
                self._thread = threading.Thread(target=self._run, name="mock-openai-webhooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def catch_up(self) -> None:
        """Wait until all that is due has been sent, though not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: not self.due, _CAUGHT_UP)

    @property
    def due(self) -> bool:
        """Whether an entry is due, or being sent."""
        return self._sending or self._wait() == 0

    def open(self) -> None:
        """Send again, after a `close`."""
        self._closed = False
        self.wake()

    def close(self) -> None:
        """Send no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def _entries(self) -> Collection:
        return self._state.store.collection("webhooks.waiting")

    def _wait(self) -> float | None:
        """Seconds until the next entry is due, 0 if one is; None if there is nothing to wait for."""
        times = [entry["at"] for entry in self._entries.all()]
        if self._closed or not times:
            return None
        left = float(min(times)) - self._clock.now
        return 0 if left <= 0 else None if self._clock.frozen else left

    def _run(self) -> None:
        try:
            while self._has_more():
                with suppress(Refused):  # a store that has just gone; what is left in it is sent when it is back
                    self._send_due()
        except BaseException:
            with self._changed:  # nobody is to wait for a thread that has died of a mistake
                self._thread, self._sending = None, False
                self._changed.notify_all()
            raise

    def _has_more(self) -> bool:
        """Wait for the next entry; False if there is none, and then the thread is no longer the one that is woken."""
        with self._changed:
            while True:
                left = self._left()
                self._sending = left == 0
                if left is None:
                    self._thread = None
                self._changed.notify_all()
                if not left:
                    return left == 0
                self._changed.wait(left)

    def _left(self) -> float | None:
        """As `_wait`, while the store can be reached; else a moment."""
        try:
            return self._wait()
        except Refused:
            return _AGAIN

    def _send_due(self) -> None:
        entries = self._entries
        due = [entry for entry in entries.all() if entry["at"] <= self._clock.now]
        for entry in sorted(due, key=lambda entry: float(entry["at"])):
            if entries.delete(entry["key"]):
                self._send(entry)

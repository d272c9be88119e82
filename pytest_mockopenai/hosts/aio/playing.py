"""Plays a reply that takes time, or more than one write."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from pytest_mockopenai.core.wire import Ending
from pytest_mockopenai.hosts.aio.ticker import TICK
from pytest_mockopenai.hosts.desk import Answering
from pytest_mockopenai.hosts.framing import Act

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.aio.connection import Connection


class Playing:
    """A reply being played: its acts, each in its time, and what is due together in one write.

    Times are counted from when the act before was due, so lateness does not add up. While the client takes nothing,
    nothing is written.
    """

    __slots__ = ("_act", "_acts", "_answering", "_connection", "_due", "_slept", "_waits")
    held = False

    def __init__(self, connection: Connection, answering: Answering) -> None:
        self._connection = connection
        self._answering = answering
        self._acts = iter(answering.framed.acts)
        self._act: Act | None = next(self._acts)
        self._due = 0.0
        self._waits = self._slept = False

    def begin(self) -> None:
        """Plays what is due at once."""
        self._connection.hub.streams += 1
        now = self._due = monotonic()
        self._due += self._act.after if self._act else 0.0
        self._play(now)

    def wake(self, now: float) -> None:
        """Plays what has become due."""
        self._waits = False
        connection = self._connection
        if connection.activity is not self or connection.paused:
            return
        connection.hub.lag.add(now - self._due)
        connection.go_on(self._play, now)

    def received(self, data: bytes) -> None:
        """Keeps it for later."""
        self._connection.keep(data)

    def left(self) -> None:
        """Breaks a wait off; what is being written is written."""
        if self._waits:
            self._break_off()

    def writable(self) -> None:
        """Goes on, unless it waits for its time."""
        if not self._waits:
            self._play(monotonic())

    def lost(self) -> None:
        """Tells that the client has gone, or the host."""
        self._stop()
        self._answering.ended("cut" if self._connection.hung_up else "client_gone")

    def _play(self, now: float) -> None:
        connection = self._connection
        while (act := self._act) is not None:
            if connection.paused or (act.after > 0 and not self._is_due(act, now)):
                connection.flush()
                return
            ending = act.ending
            if ending:
                self._answering.ended(ending)
            connection.write(act.data, self._answering if ending == "done" else None)
            if ending:
                self._finish(ending)
                return
            self._advance(now)
        self._converse()

    def _advance(self, now: float) -> None:
        self._act = act = next(self._acts, None)
        self._slept = False
        if act is not None:
            # Never later than its wait after now: a test may have stopped the clock.
            self._due = min(self._due, now) + act.after

    def _is_due(self, act: Act, now: float) -> bool:
        """Whether the act is due; else waits for that."""
        connection = self._connection
        sleep = connection.hub.sleep
        if sleep is not None and not self._slept:
            self._slept = True
            connection.flush()
            sleep(act.after)
            self._due = now + TICK  # in which the loop sees whether the client has left
        elif self._due <= now:
            return True
        if connection.half_closed:
            self._break_off()
        else:
            self._waits = True
            connection.hub.ticker.put(self._due, self)
        return False

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
        connection.go_on(self._play_due, now)

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

    def retire(self) -> None:
        """Plays to the end."""

    def _play_due(self, now: float) -> None:
        """Plays the act that has become due: nearly always one write, and then the next act has to wait."""
        connection, act = self._connection, self._act
        if act is None or act.ending or connection.hub.sleep is not None:
            self._play(now)
            return
        self._advance()
        if self._act is not None and self._due > now:
            connection.send(act.data)
            self._waits = True
            connection.hub.ticker.put(self._due, self)
        else:
            connection.write(act.data)
            self._play(now)

    def _play(self, now: float) -> None:
        connection = self._connection
        while (act := self._act) is not None:
            if connection.paused:
                return
            if act.after > 0 and not self._is_due(act, now):
                self._wait()
                return
            if act.ending:
                self._finish(act, act.ending)
                return
            connection.write(act.data)
            self._advance()
        self._converse()

    def _advance(self) -> None:
        self._act = act = next(self._acts, None)
        self._slept = False
        if act is not None:
            self._due += act.after

    def _is_due(self, act: Act, now: float) -> bool:
        sleep = self._connection.hub.sleep
        if sleep is None or self._slept:
            return self._due <= now
        self._connection.flush()
        sleep(act.after)
        self._slept = True
        self._due = now + TICK  # in which the loop sees whether the client has left
        return False

    def _wait(self) -> None:
        connection = self._connection
        connection.flush()
        if connection.half_closed:
            self._break_off()
        else:
            self._waits = True
            connection.hub.ticker.put(self._due, self)

    def _finish(self, act: Act, ending: Ending) -> None:
        self._stop()
        self._answering.ended(ending)
        self._connection.write(act.data, self._answering if ending == "done" else None)
        self._connection.end(ending, self._answering.framed.keep_alive)

    def _break_off(self) -> None:
        self._stop()
        self._answering.ended("client_gone")
        self._connection.end("client_gone", False)

    def _converse(self) -> None:
        from pytest_mockopenai.hosts.aio.talking import Talking  # loads the extra `websockets`

        self._stop()
        connection = self._connection
        connection.activity = talking = Talking(connection, self._answering)
        talking.begin(connection.reader.rest())

    def _stop(self) -> None:
        self._connection.hub.streams -= 1
        if self._waits:
            self._connection.hub.ticker.discard(self._due, self)

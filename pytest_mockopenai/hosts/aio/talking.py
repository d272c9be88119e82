"""Plays a dialogue on a connection. Loads the extra `websockets`."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from pytest_mockopenai.core.wire import Step
from pytest_mockopenai.hosts.aio.ticker import TICK
from pytest_mockopenai.hosts.desk import Answering
from pytest_mockopenai.hosts.dialogue import Speaker

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.aio.connection import Connection

# What a client may send while it takes nothing, in bytes; the rest is left in its socket.
_AHEAD = 64 * 1024 * 1024


class Talking:
    """A dialogue: each step in its time, and what the client says as it comes.

    While the client takes nothing, nothing is said and nothing is answered, but it is listened to: a client may send
    much before it reads.
    """

    held = True

    def __init__(self, connection: Connection, answering: Answering) -> None:
        dialogue = answering.framed.dialogue
        assert dialogue is not None
        self._connection = connection
        self._answering = answering
        self._speaker = Speaker(dialogue, answering, connection.write)
        self._slept: Step | None = None
        self._waits = False
        self._due = 0.0
        self._ahead = 0

    def begin(self, ahead: bytes) -> None:
        """Begins; `ahead` is what the client has sent already."""
        if self._connection.era != self._connection.hub.era:
            self._connection.flush()
            self._connection.hang_up()
            return
        self._connection.resume_reading()
        self._speaker.hear(ahead)
        self._go_on()

    def received(self, data: bytes) -> None:
        """Hears what the client says."""
        self._speaker.hear(data)
        if self._connection.paused:
            self._ahead += len(data)
            if self._ahead > _AHEAD:
                self._connection.pause_reading()
        else:
            self._go_on()

    def left(self) -> None:
        """The client has gone without a close frame."""
        self._wait_no_more()
        self._answering.ended("client_gone")
        self._connection.end("client_gone", False)

    def writable(self) -> None:
        """Goes on."""
        self._ahead = 0
        self._connection.resume_reading()
        self._go_on()

    def lost(self) -> None:
        """Tells that the client has gone, or the host."""
        self._wait_no_more()
        self._answering.ended("cut" if self._connection.hung_up else "client_gone")

    def wake(self, now: float) -> None:
        """Says what has become due."""
        self._waits = False
        if self._connection.activity is self and not self._connection.paused:
            self._connection.go_on(lambda _: self._go_on(), now)

    def retire(self) -> None:
        """Closes once nothing more is to be said."""
        if self._speaker.next is None and not self._connection.paused:
            self._speaker.go_away()
            self._connection.go_on(lambda _: self._go_on(), monotonic())

    def _go_on(self) -> None:
        self._wait_no_more()
        ending = None
        while ending is None and not self._connection.paused:
            ending = self._speaker.turn()
            step = self._speaker.next
            if ending is None:
                if step is None or not self._is_due(step):
                    break
                ending = self._speaker.play(step)
        if ending is None:
            self._connection.flush()
        else:
            self._wait_no_more()
            self._connection.end(ending, False)

    def _is_due(self, step: Step) -> bool:
        """Whether the step is due; else waits for that."""
        left = self._speaker.left(step)
        sleep = self._connection.hub.sleep
        if sleep is not None and step.after > 0:
            if self._slept is step:
                return True
            self._slept = step
            self._connection.flush()
            sleep(step.after)
            left = TICK
        if left > 0:
            self._waits = True
            self._due = monotonic() + left
            self._connection.hub.ticker.put(self._due, self)
        return left <= 0

    def _wait_no_more(self) -> None:
        if self._waits:
            self._waits = False
            self._connection.hub.ticker.discard(self._due, self)

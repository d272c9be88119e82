"""Plays a dialogue: sends each step in its time, and listens all the while.

`Speaker` is what every host does alike, without a socket; `Player` does it on a socket that has a thread of its own.
"""

from __future__ import annotations

import selectors
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from pytest_mockopenai.core.wire import ENDINGS, Cut, Dialogue, Ending, Send, Step
from pytest_mockopenai.hosts.port import Sleep
from pytest_mockopenai.hosts.websocket import Codec

_RECEIVE = 64 * 1024
# More than any client sends ahead while a message is being written to it.
_AHEAD = 64 * 1024 * 1024


class Duplex:
    """A socket that is read while it is written: a client may send without reading, and both would wait for ever."""

    def __init__(self, sock: socket.socket, hear: Callable[[bytes], None]) -> None:
        self.gone = False
        self._socket = sock
        self._hear = hear
        self._ahead = 0

    def listen(self, seconds: float | None) -> None:
        """Takes what comes within so many seconds (None: however long it takes), and returns after the first of it."""
        self._wait(selectors.EVENT_READ, seconds)
        self._ahead = 0

    def write(self, data: bytes) -> None:
        """Writes all of it, unless the client leaves."""
        rest = memoryview(data)
        while rest and not self.gone:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                self._wait(selectors.EVENT_WRITE | (selectors.EVENT_READ if self._ahead < _AHEAD else 0), None)
            except OSError:
                self.gone = True

    def _wait(self, events: int, seconds: float | None) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, events)
            ready = selector.select(seconds)
        if any(event & selectors.EVENT_READ for _, event in ready):
            self._receive()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.gone = self.gone or not data
        self._ahead += len(data)
        if data:
            self._hear(data)


class Due:
    """When each step is due, in the seconds of `monotonic`.

    A step keeps its time while others, which are sent at once, are put before it.
    """

    def __init__(self) -> None:
        self._last = monotonic()
        self._timed: tuple[Step, float] | None = None

    def of(self, step: Step) -> float:
        """When the step is to be played; it counts from the one before."""
        if self._timed is not None and self._timed[0] is step:
            return self._timed[1]
        due = self._last + step.after
        if step.after > 0:
            self._timed = (step, due)
        return due

    def begin(self) -> None:
        """What is first now counts from now."""
        self._last = monotonic()

    def played(self, step: Step) -> None:
        """The next step counts from when this one was due."""
        self._last = self.of(step)


class Told(Protocol):
    """Who is told of a dialogue."""

    def ended(self, how: Ending) -> None:
        """How it ended, just before the last write."""

    def failed(self, error: Exception) -> None:
        """What it raised."""


class Speaker:
    """One dialogue, what is heard and what is said: hand it what comes with `hear`, then take its `turn`.

    What it has to say it says with `write`. Once it gives an ending, that has been told, and the connection ends so.
    """

    def __init__(self, dialogue: Dialogue, told: Told, write: Callable[[bytes], None]) -> None:
        self.heard: deque[str | bytes] = deque()
        self._codec = Codec()
        self._dialogue = dialogue
        self._told = told
        self._write = write
        self._due = Due()

    @property
    def next(self) -> Step | None:
        """The step that is to be played next, if there is one yet."""
        return self._dialogue.steps[0] if self._dialogue.steps else None

    def hear(self, data: bytes) -> None:
        """Takes bytes as they came."""
        self.heard += self._codec.feed(data)

    def turn(self) -> Ending | None:
        """Hands the dialogue the messages that came, and says what the protocol asks for."""
        if not self._received():
            return self._failed()
        if self._codec.closing:
            return self._closed()
        self._write(self._codec.outgoing())
        return None

    def left(self, step: Step) -> float:
        """The seconds until the step is to be played."""
        return min(step.after, self._due.of(step) - monotonic())

    def play(self, step: Step) -> Ending | None:
        """Plays the next step."""
        self._due.played(step)
        self._dialogue.advance()
        if isinstance(step, Send):
            self._write(self._codec.text(step.data, half=self._is_halved()))
            return None
        ending = ENDINGS[step.how]
        self._told.ended(ending)
        return ending

    def go_away(self) -> None:
        """Closes with the next turn, because the server ends: 1001."""
        self._codec.go_away()

    def _received(self) -> bool:
        """Hands the dialogue what came; False if that raised."""
        while self.heard:
            steps = self._dialogue.steps
            first = steps[0] if steps else None
            try:
                self._dialogue.receive(self.heard.popleft())
            except Exception as error:
                self._told.failed(error)
                return False
            steps = self._dialogue.steps
            if steps and steps[0] is not first:
                self._due.begin()
        return True

    def _is_halved(self) -> bool:
        following = self.next
        return isinstance(following, Cut) and following.how == "half_chunk"

    def _closed(self) -> Ending:
        ending: Ending = "done" if self._codec.in_order else "cut"
        self._told.ended(ending)
        self._write(self._codec.outgoing())
        return ending

    def _failed(self) -> Ending:
        self._told.ended("cut")
        self._write(self._codec.failed())
        return "cut"


class Player:
    """Plays one dialogue on a socket."""

    def __init__(self, sock: socket.socket, dialogue: Dialogue, told: Told, sleep: Sleep | None = None) -> None:
        self._speaker = Speaker(dialogue, told, lambda data: self._line.write(data))
        self._line = Duplex(sock, self._speaker.hear)
        self._sleep = sleep
        self._slept: Step | None = None

    def play(self, ahead: bytes) -> Ending | None:
        """Plays until either side ends it; `ahead` is what the client has sent already.

        Returns how it ended, None if the client left or the connection broke off: then nobody has been told.
        """
        self._speaker.hear(ahead)
        while True:
            if (ending := self._speaker.turn()) is not None:
                return ending
            if self._line.gone:
                return None
            step = self._speaker.next
            if step is None:
                self._line.listen(None)
            elif (ending := self._next(step)) is not None:
                return ending

    def _next(self, step: Step) -> Ending | None:
        """Plays the step if it is due, else waits for that, or for a message."""
        left = self._speaker.left(step)
        if self._sleep is not None and step.after > 0:
            if self._slept is not step:
                self._slept = step
                self._sleep(step.after)
                self._line.listen(0)
                return None
        elif left > 0:
            self._line.listen(left)
            return None
        return self._speaker.play(step)

"""Answers that take a thread to get: waits for one, and passes on what arrives piece by piece."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_mockopenai.hosts.desk import Answering
from pytest_mockopenai.hosts.framing import Act
from pytest_mockopenai.hosts.reading import Incoming

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.aio.connection import Connection


class Waiting:
    """A request whose answer a thread is getting; it is got also if the client leaves."""

    held = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, threads: Executor, incoming: Incoming) -> None:
        """Gives the request to a thread."""
        threads.submit(self._connection.hub.desk.answer, incoming).add_done_callback(self._got)

    def _got(self, answered: Future[Answering]) -> None:
        """Called on the thread."""
        with suppress(RuntimeError):  # the loop has been closed in the meantime
            self._connection.hub.loop.call_soon_threadsafe(self._answer, answered)

    def _answer(self, answered: Future[Answering]) -> None:
        connection = self._connection
        if connection.activity is self:
            connection.activity = None
            connection.go_on(lambda _: connection.play_and_serve(answered.result()), 0.0)
        else:
            answered.result().ended("cut" if connection.hung_up else "client_gone")

    def received(self, data: bytes) -> None:
        """Keeps it for later."""
        self._connection.keep(data)

    def left(self) -> None:
        """Closes."""
        self._connection.end("client_gone", False)

    def writable(self) -> None:
        """Goes on waiting."""

    def lost(self) -> None:
        """Nobody is to be told yet."""

    def wake(self, now: float) -> None:
        """There is no time that it waits for."""

    def retire(self) -> None:
        """Waits to the end."""


class Relaying:
    """A reply that is passed on while it arrives; while the client takes nothing, nothing is written."""

    held = False

    def __init__(self, connection: Connection, answering: Answering) -> None:
        self._connection = connection
        self._answering = answering
        self._acts = iter(answering.framed.acts)
        self._arriving = answering.framed.arriving

    def begin(self) -> None:
        """Writes the head, and what is there already."""
        self._connection.hub.streams += 1
        self._connection.write(next(self._acts).data)
        if self._arriving is not None:
            self._arriving.listen(self._told)

    def _told(self) -> None:
        """Called on any thread."""
        with suppress(RuntimeError):
            self._connection.hub.loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        if self._connection.activity is self:
            self._connection.go_on(self._play, 0.0)

    def _play(self, _: float) -> None:
        connection, arriving = self._connection, self._arriving
        while not connection.paused and arriving is not None and arriving.ready:
            act = next(self._acts)
            if act.ending:
                self._finish(act)
                return
            connection.write(act.data)
        connection.flush()

    def _finish(self, act: Act) -> None:
        connection, answering = self._connection, self._answering
        connection.hub.streams -= 1
        if act.ending:
            answering.ended(act.ending)
            connection.write(act.data, answering if act.ending == "done" else None)
            connection.end(act.ending, answering.framed.keep_alive)

    def received(self, data: bytes) -> None:
        """Keeps it for later."""
        self._connection.keep(data)

    def left(self) -> None:
        """Stops, and closes."""
        self._gone()
        self._connection.end("client_gone", False)

    def writable(self) -> None:
        """Goes on."""
        self._play(0.0)

    def lost(self) -> None:
        """Tells that the client has gone, or the host."""
        self._gone()

    def _gone(self) -> None:
        self._connection.hub.streams -= 1
        self._answering.ended("cut" if self._connection.hung_up else "client_gone")

    def wake(self, now: float) -> None:
        """There is no time that it waits for."""

    def retire(self) -> None:
        """Goes on to the end."""

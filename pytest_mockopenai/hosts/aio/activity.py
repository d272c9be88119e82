"""What a connection may be doing other than reading requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.aio.connection import Connection

_LINGERING = 5.0


class Activity(Protocol):
    """Takes what happens on a connection, until it is over."""

    held: bool
    """Whether the next release of what is stalled ends it."""

    def received(self, data: bytes) -> None:
        """The client sends."""

    def left(self) -> None:
        """The client sends no more: it has left, or has closed its side."""

    def writable(self) -> None:
        """All that was written has been taken, after a while in which it was not."""

    def lost(self) -> None:
        """The connection is no more."""

    def wake(self, now: float) -> None:
        """The time has come that it waited for."""

    def retire(self) -> None:
        """The host is about to stop: what has no end of its own ends."""


class Quiet:
    """Does nothing about anything, and takes no notice of what the client sends."""

    held = False

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def received(self, data: bytes) -> None:
        """Forgets it."""

    def left(self) -> None:
        """Closes."""
        self.connection.close()

    def writable(self) -> None:
        """Goes on doing nothing."""

    def lost(self) -> None:
        """Nobody is to be told."""

    def wake(self, now: float) -> None:
        """Closes."""
        self.connection.close()

    def retire(self) -> None:
        """Goes on, for it will not take long."""


class Stalled(Quiet):
    """Holds the connection until the client leaves or the stall is released."""

    held = True

    def retire(self) -> None:
        """Closes."""
        self.connection.hang_up()


class Lingering(Quiet):
    """Lets a client that is still sending read the reply first: closing with unread bytes in the socket is a reset.

    A reset may take the reply from the client. So what comes is forgotten for a few seconds, or until it ends.
    """

    def __init__(self, connection: Connection, now: float) -> None:
        super().__init__(connection)
        self._until = now + _LINGERING
        connection.hub.ticker.put(self._until, self)

    def lost(self) -> None:
        """Waits for nothing any more."""
        self.connection.hub.ticker.discard(self._until, self)


class Resetting(Quiet):
    """Waits until what was written has been taken, then resets."""

    def writable(self) -> None:
        """Resets."""
        self.connection.reset()

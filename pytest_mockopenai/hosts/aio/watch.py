"""Who takes too long: looks at all connections, now and then, so that no connection needs a timer of its own."""

from __future__ import annotations

import asyncio
from time import monotonic

from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.hosts.aio.connection import Connection
from pytest_mockopenai.hosts.aio.hub import Hub
from pytest_mockopenai.hosts.aio.limits import Limits


class Watch:
    """Ends the connections that are over one of the limits' times, from `start` to `stop`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Looks, from now on."""
        if self._timer is None:
            self._timer = self._hub.loop.call_later(self._hub.limits.resolution, self._look)

    def stop(self) -> None:
        """Looks no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now = monotonic()
        for connection in list(self._hub.connections):
            look_at(connection, self._hub.limits, now)
        self.start()


def look_at(connection: Connection, limits: Limits, now: float) -> None:
    """Ends a connection if it is over a time: a late request is answered with 408."""
    waited = now - connection.seen(now)
    if connection.paused:
        if _over(waited, limits.taking) and not connection.progressed(now):
            connection.leave()
    elif connection.activity is None:
        _look_at_request(connection, limits, waited)


def _look_at_request(connection: Connection, limits: Limits, waited: float) -> None:
    part = connection.reader.midway
    if part is None and _over(waited, limits.idle):
        connection.close()
    elif part == "head" and _over(waited, limits.sending_head):
        connection.refuse(_late(part, limits.sending_head))
    elif part == "body" and _over(waited - connection.earned / limits.rate, limits.sending_body):
        connection.refuse(_late(part, limits.sending_body))


def _over(waited: float, limit: float | None) -> bool:
    return limit is not None and waited > limit


def _late(part: str, limit: float | None) -> Error:
    return Error(408, f"The request took too long to arrive: its {part} was not complete after {limit:g} seconds.")

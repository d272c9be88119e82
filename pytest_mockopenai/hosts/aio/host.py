"""The standalone host: listens, and plays what its handler replies."""

from __future__ import annotations

import asyncio
import socket
import ssl as tls
from concurrent.futures import Executor
from contextlib import suppress
from time import monotonic

from pytest_mockopenai.core.wire import HOWS
from pytest_mockopenai.hosts.aio.connection import Connection
from pytest_mockopenai.hosts.aio.hub import Hub
from pytest_mockopenai.hosts.aio.lag import Lag
from pytest_mockopenai.hosts.aio.limits import Limits
from pytest_mockopenai.hosts.aio.listening import Listener, bound, bound_unix, listen, url_of
from pytest_mockopenai.hosts.aio.watch import Watch
from pytest_mockopenai.hosts.desk import Desk
from pytest_mockopenai.hosts.port import Handler, Sleep

_PAUSE = 0.01
# Of the loop, until connections that are closed, or were just being accepted, are gone.
_TURNS = 100


class AioHost:
    """Serves on the asyncio loop on which it is told to listen.

    The handler is called on the loop, and must not wait; with `threads`, which the caller closes, it is called on them,
    and may. `handler` may be changed at any time, from any thread: a request is answered by the handler of the moment
    it came in. A `sleep` (seconds) waits in the place of the host, for tests without a real clock: then nothing else is
    served meanwhile.
    """

    plays = HOWS

    def __init__(
        self,
        handler: Handler | None = None,
        *,
        limits: Limits | None = None,
        sleep: Sleep | None = None,
        threads: Executor | None = None,
    ) -> None:
        self._hub = Hub(Desk(handler, self.plays), limits or Limits(), sleep, threads)
        self._watch: Watch | None = None
        self._listeners: list[Listener] = []

    # --- listening ----------------------------------------------------------------------------------------------------

    async def listen(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        reuse_port: bool = False,
        ssl: tls.SSLContext | None = None,
    ) -> str:
        """Accepts connections on all addresses of a host (`localhost` may have two), and gives the URL of the first.

        Port 0 is any free one. With `reuse_port` other processes may listen there too. Raises CannotListen.
        """
        return await self._listen(bound(host, port, reuse_port=reuse_port), "https" if ssl else "http", ssl)

    async def listen_unix(self, path: str, *, ssl: tls.SSLContext | None = None) -> str:
        """Accepts connections on a unix socket; a file that a server left behind is replaced. Raises CannotListen."""
        return await self._listen([bound_unix(path)], "https" if ssl else "http", ssl)

    @property
    def urls(self) -> tuple[str, ...]:
        """What clients on this machine call the host, one for each listening socket, in order."""
        return tuple(listener.url for listener in self._listeners)

    # --- serving ------------------------------------------------------------------------------------------------------

    @property
    def handler(self) -> Handler | None:
        """Who answers; None answers 503. Another one also ends the stalls and the dialogues of the one before."""
        return self._hub.desk.handler

    @handler.setter
    def handler(self, handler: Handler | None) -> None:
        self._hub.desk.handler = handler
        self.release_stalled()

    @property
    def sleep(self) -> Sleep | None:
        """What waits in the place of the host; None: the host itself."""
        return self._hub.sleep

    @sleep.setter
    def sleep(self, sleep: Sleep | None) -> None:
        self._hub.sleep = sleep

    @property
    def errors(self) -> list[BaseException]:
        """What the handler raised, and any other failure of the mock itself."""
        return self._hub.desk.errors

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._hub.connections)

    @property
    def streams(self) -> int:
        """How many replies are being played that take time, or more than one write."""
        return self._hub.streams

    @property
    def lag(self) -> Lag:
        """How late paced replies are: `lag.p99`, `lag.worst`, in seconds."""
        return self._hub.lag

    def release_stalled(self) -> None:
        """Closes the connections held by a stall and all WebSockets, and lets no request taken before now begin one.

        May be called from any thread; the closing follows on the loop.
        """
        self._hub.era += 1
        if self._watch is not None:
            with suppress(RuntimeError):  # the loop has just been closed, and all connections with it
                self._hub.loop.call_soon_threadsafe(self._release)

    # --- ending -------------------------------------------------------------------------------------------------------

    async def drain(self, patience: float, *, grace: float = 0.25) -> bool:
        """Stops without losing a request; whether all replies ended within `patience` seconds.

        No more connections are accepted. Requests that come on open ones are answered, with `connection: close`; a
        connection closes once it has been idle for `grace` seconds, a WebSocket once nothing more is to be said on it
        (1001). Stalls end. What is still open after `patience` is cut off.
        """
        deadline = monotonic() + patience
        self._hub.draining = True
        await asyncio.gather(*(listener.retire() for listener in self._listeners))
        self._listeners.clear()
        enough = monotonic() + grace
        while self._is_busy() and (now := monotonic()) < deadline:
            self._retire(now - grace if now >= enough else 0.0)
            await asyncio.sleep(_PAUSE)
        drained = not self._is_busy()
        await self.close()
        return drained

    async def close(self) -> None:
        """Closes every connection and stops listening, without waiting for any client."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        self._hub.closed = True
        for connection in list(self._hub.connections):
            connection.hang_up()
        for turn in range(_TURNS):
            if turn > 1 and not self._is_busy():
                break
            await asyncio.sleep(0)
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
            self._hub.ticker.stop()

    def _is_busy(self) -> bool:
        """Whether there are connections, or some are just being accepted."""
        return bool(self._hub.connections or self._hub.expected)

    def _connect(self) -> Connection:
        return Connection(self._hub)

    async def _listen(self, sockets: list[socket.socket], scheme: str, context: tls.SSLContext | None) -> str:
        if self._watch is None:
            self._hub.bind(asyncio.get_running_loop())
            self._watch = Watch(self._hub)
            self._watch.start()
        listeners = [await listen(sock, url_of(sock, scheme), self._connect, context) for sock in sockets]
        self._listeners += listeners
        return listeners[0].url

    def _release(self) -> None:
        for connection in list(self._hub.connections):
            activity = connection.activity
            if activity is not None and activity.held and connection.era < self._hub.era:
                connection.hang_up()

    def _retire(self, idle_since: float) -> None:
        for connection in list(self._hub.connections):
            connection.retire(idle_since)

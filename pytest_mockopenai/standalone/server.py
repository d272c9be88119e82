"""One process that serves: from listening to the last reply."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_mockopenai.standalone import signals
from pytest_mockopenai.standalone.building import build, records, warm_up
from pytest_mockopenai.standalone.certificates import context_of
from pytest_mockopenai.standalone.complaints import Complaints
from pytest_mockopenai.standalone.config import Config
from pytest_mockopenai.standalone.lines import Lines
from pytest_mockopenai.standalone.signals import Stop
from pytest_mockopenai.standalone.stubbing import Stubbing

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.aio import AioHost, Limits

STDOUT = 1
_THREADS = 64  # calls that wait at the same time for the API that is recorded; more wait for these
_LOOK = 0.5  # how often it is looked for what went wrong in the mock, in seconds


class Server:
    """A mock on a host, from `run` until it is told to stop.

    `ready` is called with the URLs when connections are accepted; `log_fd` takes the log; a `shares_port` server lets
    other processes listen on its port.
    """

    def __init__(
        self,
        config: Config,
        ready: Callable[[Sequence[str]], None],
        *,
        log_fd: int = STDOUT,
        shares_port: bool = False,
    ) -> None:
        self._config = config
        self._ready = ready
        self._log_fd = log_fd
        self._shares_port = shares_port
        self.stop: Stop | None = None

    async def run(self) -> int:
        """Serves; returns the exit code: 0, or 1 if replies had to be cut off. Raises BadOption, CannotListen."""
        from pytest_mockopenai.hosts.aio import AioHost

        self.stop = stop = Stop()
        loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor(_THREADS, "mock-openai-recording") if records(self._config) else None

        def later(seconds: float, call: Callable[[], None]) -> None:
            loop.call_soon_threadsafe(loop.call_later, seconds, call)

        lines = Lines(self._log_fd, loop.call_later if threads is None else later)
        host = AioHost(limits=limits_of(self._config), threads=threads)
        mock = build(
            self._config,
            lines.write,
            gauges=lambda: (host.connections, host.streams),
            later=loop.call_later if threads is None else later,
            ready=lambda: not stop.asked.is_set(),
        )
        host.handler = mock.handler
        stubbing = Stubbing(mock.scene, self._config.stubs, say)
        warm_up()
        await self._listen(host)
        signals.listen(stop, stubbing.reload)
        stubbing.start()
        self._ready(host.urls)
        complaints = Complaints(mock.scene.app, say)
        looking = asyncio.ensure_future(_look(host, complaints))
        await stop.asked.wait()
        drained = await self._drained(host, stop)
        looking.cancel()
        stubbing.stop()
        complaints.tell()
        lines.flush()
        if mock.deck is not None:
            mock.deck.close()
        if mock.spans:
            mock.spans.close()
        return 0 if drained else 1

    async def _listen(self, host: AioHost) -> None:
        config, context = self._config, context_of(self._config)
        if config.unix is not None:
            await host.listen_unix(str(config.unix), ssl=context)
        else:
            await host.listen(config.host, config.port, reuse_port=self._shares_port, ssl=context)

    async def _drained(self, host: AioHost, stop: Stop) -> bool:
        """Waits for the open replies; whether all ended before patience did, or somebody asked again."""
        draining = asyncio.ensure_future(host.drain(self._config.drain))
        impatient = asyncio.ensure_future(stop.at_once.wait())
        await asyncio.wait((draining, impatient), return_when=asyncio.FIRST_COMPLETED)
        impatient.cancel()
        if draining.done():
            return draining.result()
        draining.cancel()
        with suppress(asyncio.CancelledError):
            await draining
        await host.close()
        return False


def limits_of(config: Config) -> Limits:
    """What a client may cost."""
    from pytest_mockopenai.hosts.aio import Limits

    return Limits(
        head=config.head_limit,
        body=config.body_limit,
        connections=config.max_connections,
        idle=config.idle_timeout,
        sending_head=config.head_timeout,
        sending_body=config.body_timeout,
        taking=config.write_timeout,
    )


async def _look(host: AioHost, complaints: Complaints) -> None:
    while True:
        complaints.tell()
        host.errors.clear()  # it has logged them itself
        await asyncio.sleep(_LOOK)


def say(text: str) -> None:
    """Writes a message to standard error, if there is still somebody to read it."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), f"mockopenai: {text}\n".encode("utf-8", "backslashreplace"))


def run(server: Server) -> int:
    """Runs a server on a loop of its own; see `Server.run`."""
    from pytest_mockopenai.hosts.aio import new_loop

    loop = new_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(server.run())
    finally:
        asyncio.set_event_loop(None)
        loop.close()

"""What the tests of the standalone host share: a host on the test's own loop, and a client that sees every byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib.util import find_spec

import pytest
import pytest_asyncio

from pytest_mockopenai.core.wire import Reply
from pytest_mockopenai.hosts.aio import AioHost, Limits, new_loop
from tests.hosts.conftest import OK, PATIENCE, FixedApp, undated

Serve = Callable[..., Awaitable[AioHost]]
_LIMIT = 2**30
CLOSE = b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: D\r\ncontent-length: 5\r\n"


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Both loops, each test of this folder on each of them."""
    return {"asyncio": asyncio.new_event_loop, **({"uvloop": new_loop} if find_spec("uvloop") else {})}


class Client:
    """A connection to a host."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes = GET) -> Client:
        self.writer.write(data)
        await self.writer.drain()
        return self

    async def until(self, end: bytes) -> bytes:
        return undated(await asyncio.wait_for(self.reader.readuntil(end), PATIENCE))

    async def rest(self) -> tuple[bytes, str]:
        """All that comes, and whether the connection then was `closed` or `reset`."""
        got = b""
        try:
            while data := await asyncio.wait_for(self.reader.read(65536), PATIENCE):
                got += data
        except ConnectionResetError:
            return undated(got), "reset"
        return undated(got), "closed"

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


class Clients:
    """Opens connections, which are closed after the test."""

    def __init__(self) -> None:
        self.opened: list[Client] = []

    async def __call__(self, url: str) -> Client:
        scheme, _, address = url.partition("://")
        if scheme.endswith("+unix"):
            streams = await asyncio.open_unix_connection(address, limit=_LIMIT)
        else:
            host, _, port = address.rpartition(":")
            streams = await asyncio.open_connection(host.strip("[]"), int(port), limit=_LIMIT)
        self.opened.append(Client(*streams))
        return self.opened[-1]


@pytest_asyncio.fixture
async def connect() -> AsyncIterator[Clients]:
    """`await connect(url)` is a new connection."""
    clients = Clients()
    yield clients
    for client in clients.opened:
        await client.close()


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(reply, ..., limits=...)` is a listening host; `host.handler` has the exchanges."""
    hosts: list[AioHost] = []

    async def start(*replies: Reply, limits: Limits | None = None) -> AioHost:
        hosts.append(AioHost(FixedApp(*(replies or (OK,))), limits=limits))
        await hosts[-1].listen()
        return hosts[-1]

    yield start
    for host in hosts:
        await host.close()
        assert host.connections == host.streams == 0
        assert host.errors == []


async def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true in time."""
    for _ in range(int(PATIENCE * 1000)):
        if condition():
            return True
        await asyncio.sleep(0.001)
    return False


def app_of(host: AioHost) -> FixedApp:
    assert isinstance(host.handler, FixedApp)
    return host.handler

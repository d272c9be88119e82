"""What the hosts' tests share: an app with fixed replies, a client that sees every byte, and the hosts themselves."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from pytest_mockopenai.core.wire import Reply, Request, Whole
from pytest_mockopenai.hosts.aio import ThreadedAioHost
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
from pytest_mockopenai.hosts.port import Ending, Host

HOSTS: dict[str, Callable[[], Host]] = {
    "aio": partial(ThreadedAioHost, loop=asyncio.new_event_loop),
    "httpserver": HTTPServerHost,
    **({"uvloop": ThreadedAioHost} if find_spec("uvloop") else {}),
}
"""Every host, by name; all of them run `test_every_host.py`."""

OK = Whole(200, (("content-type", "text/plain"),), b"hello")
PATIENCE = 30.0  # seconds until a test that waits for something fails


class FixedExchange:
    """An exchange that notes how it ended."""

    def __init__(self, request: Request, reply: Reply) -> None:
        self.request = request
        self.reply = reply
        self.endings: list[Ending] = []

    def ended(self, how: Ending) -> None:
        self.endings.append(how)


class FixedApp:
    """A handler that gives its replies in turn, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.exchanges: list[FixedExchange] = []
        self._lock = threading.Lock()

    def exchange(self, request: Request) -> FixedExchange:
        with self._lock:
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            self.exchanges.append(FixedExchange(request, reply))
            return self.exchanges[-1]

    @property
    def requests(self) -> list[Request]:
        return [exchange.request for exchange in self.exchanges]

    @property
    def endings(self) -> list[list[Ending]]:
        return [exchange.endings for exchange in self.exchanges]


class Wire:
    """A client that sends bytes as they are, and tells what came back and how it ended."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.socket = socket.create_connection((str(address.hostname), address.port or 80), timeout=PATIENCE)

    def send(self, data: bytes) -> Wire:
        self.socket.sendall(data)
        return self

    def get(self, target: str = "/x", *headers: str) -> Wire:
        return self.send("\r\n".join([f"GET {target} HTTP/1.1", *headers, "", ""]).encode())

    def until(self, end: bytes) -> bytes:
        """What comes, up to and with these bytes; dates are replaced by D."""
        got = b""
        while not got.endswith(end):
            data = self.socket.recv(1)
            assert data, f"closed after {got!r}, before {end!r}"
            got += data
        return undated(got)

    def rest(self) -> tuple[bytes, str]:
        """All that comes, and whether the connection then was `closed` or `reset`."""
        got = b""
        try:
            while data := self.socket.recv(65536):
                got += data
        except ConnectionResetError:
            return undated(got), "reset"
        return undated(got), "closed"

    def silent(self, seconds: float = 0.02) -> bool:
        """Whether nothing comes for so long, and the connection stays."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b"never"
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)

    def close(self) -> None:
        self.socket.close()


def undated(data: bytes) -> bytes:
    """The same bytes with the time taken out of the Date headers, which must have been right in form."""
    return re.sub(rb"\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", b"\r\ndate: D\r\n", data)


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true in time."""
    deadline = monotonic() + PATIENCE
    while not condition():
        if monotonic() > deadline:
            return False
        sleep(0.001)
    return True


_EARLIER = {thread.ident for thread in threading.enumerate()}


@pytest.fixture(autouse=True)
def _earlier_threads() -> None:
    """Threads that other tests of this process have left running, such as the run's own mock, are not ours to count."""
    _EARLIER.clear()
    _EARLIER.update(thread.ident for thread in threading.enumerate())


def serving_threads() -> list[str]:
    """The names of the threads that the hosts of this test have running."""
    running = (thread for thread in threading.enumerate() if thread.ident not in _EARLIER)
    return [thread.name for thread in running if thread.name.startswith("mock-openai")]


@pytest.fixture(params=sorted(HOSTS))
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """A running host whose handler says OK; when it stops nothing of it may be left."""
    host = HOSTS[request.param]()
    host.handler = FixedApp(OK)
    host.start()
    yield host
    host.stop()
    assert serving_threads() == []
    assert host.errors == []


@pytest.fixture
def serve(host: Host) -> Callable[..., FixedApp]:
    """`serve(reply, ...)` makes an app with these replies the host's handler."""

    def put(*replies: Reply) -> FixedApp:
        app = FixedApp(*replies)
        host.handler = app
        return app

    return put


@pytest.fixture
def connect(host: Host) -> Iterator[Callable[[], Wire]]:
    """`connect()` is a new raw connection to the host."""
    with ExitStack() as stack:

        def open_one() -> Wire:
            wire = Wire(host.url)
            stack.callback(wire.close)
            return wire

        yield open_one

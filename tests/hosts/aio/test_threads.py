"""Handlers that may wait: they are called on threads, and nobody else waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.hosts.aio import ThreadedAioHost
from tests.hosts.conftest import OK, FixedApp, FixedExchange, Wire, eventually, undated

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: D\r\ncontent-length: 5\r\n\r\nhello"


class Patient(FixedApp):
    """Waits for `go` on the path `/slow`."""

    def __init__(self) -> None:
        super().__init__(OK)
        self.go = threading.Event()

    def exchange(self, request: Request) -> FixedExchange:
        if request.path == "/slow":
            assert self.go.wait(5)
        return super().exchange(request)


@pytest.fixture
def app() -> Patient:
    return Patient()


@pytest.fixture
def connect(app: Patient) -> Iterator[Callable[[], Wire]]:
    wires: list[Wire] = []
    with ThreadPoolExecutor(4) as threads, ThreadedAioHost(app, threads=threads) as host:

        def connect() -> Wire:
            wires.append(Wire(host.url))
            return wires[-1]

        yield connect
        app.go.set()
        for wire in wires:
            wire.close()
        assert eventually(lambda: host.aio.connections == 0)
    assert host.errors == []


def test_others_are_answered_while_one_waits(app: Patient, connect: Callable[[], Wire]) -> None:
    slow, quick = connect().get("/slow"), connect()
    for _ in range(2):
        assert quick.get("/quick").until(b"hello") == ANSWER
    assert slow.silent()
    app.go.set()
    assert slow.until(b"hello") == ANSWER
    assert slow.get("/slow").until(b"hello") == ANSWER


def test_requests_sent_ahead_are_answered_in_order(app: Patient, connect: Callable[[], Wire]) -> None:
    wire = connect().get("/slow").get("/b").get("/c", "connection: close")
    app.go.set()
    got, ended = wire.rest()
    assert got.replace(b"content-length: 5\r\nconnection: close", b"content-length: 5") == undated(ANSWER * 3)
    assert ended == "closed"
    assert [request.path for request in app.requests] == ["/slow", "/b", "/c"]


def test_a_client_that_left_meanwhile_is_told_as_gone(app: Patient, connect: Callable[[], Wire]) -> None:
    connect().get("/slow").close()
    app.go.set()
    assert eventually(lambda: app.endings == [["client_gone"]])

"""Dialogues on the standalone host: many at once, and how they end when it stops."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Any

import pytest

pytest.importorskip("websockets")
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pytest_mockopenai.core.handshake import accepting
from pytest_mockopenai.core.wire import Ending, Request, Send, Step, Upgrade
from pytest_mockopenai.hosts.aio import AioHost
from tests.hosts.aio.conftest import Serve, eventually
from tests.hosts.conftest import PATIENCE, FixedExchange


class Echo:
    """A dialogue that says its steps, and what it hears."""

    def __init__(self, *steps: Step) -> None:
        self.steps: deque[Step] = deque(steps)

    def advance(self) -> None:
        self.steps.popleft()

    def receive(self, message: str | bytes) -> None:
        self.steps.append(Send(message if isinstance(message, bytes) else message.encode()))

    def ended(self, how: Ending) -> None:
        raise AssertionError("a host tells the exchange")


class Talking:
    """A handler that accepts every upgrade."""

    def __init__(self, *steps: Step) -> None:
        self.exchanges: list[FixedExchange] = []
        self.steps = steps

    def exchange(self, request: Request) -> FixedExchange:
        self.exchanges.append(FixedExchange(request, Upgrade(accepting(request, ()), Echo(*self.steps))))
        return self.exchanges[-1]

    @property
    def endings(self) -> list[list[Ending]]:
        return [exchange.endings for exchange in self.exchanges]


async def talk(host: AioHost) -> ClientConnection:
    url = host.urls[0].replace("http", "ws")
    return await connect(url, open_timeout=PATIENCE, close_timeout=PATIENCE, compression=None, proxy=None)


async def heard(client: ClientConnection) -> Any:
    return await asyncio.wait_for(client.recv(), PATIENCE)


@pytest.mark.asyncio
async def test_five_hundred_dialogues_take_no_thread(serve: Serve) -> None:
    host = await serve()
    host.handler = app = Talking(Send(b"1"), Send(b"2", 0.005))
    threads = threading.active_count()
    clients = await asyncio.gather(*(talk(host) for _ in range(500)))
    assert threading.active_count() == threads
    for client in clients:
        await client.send("three")
    for client in clients:
        assert sorted([await heard(client) for _ in range(3)]) == ["1", "2", "three"]
    await asyncio.gather(*(client.close() for client in clients))
    assert await eventually(lambda: app.endings == [["done"]] * 500)


@pytest.mark.asyncio
async def test_when_the_host_drains_a_dialogue_ends_once_all_is_said(serve: Serve) -> None:
    host = await serve()
    host.handler = app = Talking(Send(b"1"), Send(b"2", 0.03))
    client = await talk(host)
    assert await heard(client) == "1"
    draining = asyncio.create_task(host.drain(PATIENCE, grace=0.0))
    assert await heard(client) == "2"
    with pytest.raises(ConnectionClosed) as closed:
        await heard(client)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert await draining
    assert app.endings == [["cut"]]


@pytest.mark.asyncio
async def test_a_dialogue_of_an_earlier_handler_does_not_begin(serve: Serve) -> None:
    host = await serve()

    class Late(Talking):
        def exchange(self, request: Request) -> FixedExchange:
            host.release_stalled()
            return super().exchange(request)

    host.handler = app = Late()
    client = await talk(host)
    with pytest.raises(ConnectionClosed):
        await heard(client)
    assert app.endings == [["cut"]]


@pytest.mark.asyncio
async def test_what_a_dialogue_raises_when_it_advances_ends_it(serve: Serve) -> None:
    class Breaks(Echo):
        def advance(self) -> None:
            raise ZeroDivisionError

    class App(Talking):
        def exchange(self, request: Request) -> FixedExchange:
            self.exchanges.append(FixedExchange(request, Upgrade(accepting(request, ()), Breaks(Send(b"1", 0.001)))))
            return self.exchanges[-1]

    host = await serve()
    host.handler = app = App()
    client = await talk(host)
    with pytest.raises(ConnectionClosed):
        await heard(client)
    assert await eventually(lambda: app.endings == [["cut"]])
    assert [type(error) for error in host.errors] == [ZeroDivisionError]
    host.errors.clear()

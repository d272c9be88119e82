"""Many replies at once, each in its time, with one timer: laws about order and completeness, none about speed."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import cast

import pytest

from pytest_mockopenai.core.wire import Cut, Send, Stream, Whole
from pytest_mockopenai.hosts.aio.line import Line
from pytest_mockopenai.hosts.aio.playing import Playing
from pytest_mockopenai.hosts.aio.ticker import Ticker
from tests.hosts.aio.conftest import CLOSE, GET, HELLO, Clients, Serve, app_of, eventually
from tests.hosts.conftest import undated

CHUNKED = b"HTTP/1.1 200 OK\r\ndate: D\r\ntransfer-encoding: chunked\r\n\r\n"


def paced(chunks: int, each: float) -> Stream:
    return Stream(200, (), tuple(Send(b"%03d" % number, each) for number in range(chunks)))


def chunks_of(count: int) -> bytes:
    return b"".join(b"3\r\n%03d\r\n" % number for number in range(count)) + b"0\r\n\r\n"


@pytest.mark.asyncio
async def test_a_thousand_streams_come_whole_and_in_order(serve: Serve, connect: Clients) -> None:
    host = await serve(paced(20, 0.003))
    clients = [await connect(host.urls[0]) for _ in range(1000)]
    began = monotonic()
    for client in clients:
        await client.send(CLOSE)
    received = await asyncio.gather(*(client.rest() for client in clients))
    assert monotonic() - began >= 0.06
    expected = CHUNKED.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + chunks_of(20)
    assert set(received) == {(expected, "closed")}
    assert app_of(host).endings == [["done"]] * 1000
    assert host.lag.count >= 1000
    assert host.lag.p99 <= host.lag.worst


@pytest.mark.asyncio
async def test_lateness_does_not_add_up(serve: Serve, connect: Clients) -> None:
    """After the loop was busy, what has become due meanwhile is sent at once; the next step waits for its time."""
    host = await serve(paced(50, 0.01))
    client = await (await connect(host.urls[0])).send()
    assert await eventually(lambda: host.streams == 1)
    (connection,) = host._hub.connections
    playing = cast(Playing, connection.activity)
    began = playing._due - 0.01
    while monotonic() < began + 0.105:
        pass  # busy
    await client.until(b"009\r\n")
    steps = round((playing._due - began) / 0.01, 6)
    assert steps == int(steps) >= 11
    assert await client.until(b"0\r\n\r\n") == chunks_of(50)[10 * 8 :]


@pytest.mark.asyncio
async def test_what_is_due_in_one_tick_is_one_write(serve: Serve, connect: Clients, writes: list[bytes]) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Send(b"b"), Send(b"c", 0.002), Send(b"d"), Send(b"e", 0.0))))
    client = await (await connect(host.urls[0])).send()
    await client.until(b"0\r\n\r\n")
    expected = [CHUNKED + b"1\r\na\r\n1\r\nb\r\n", b"1\r\nc\r\n1\r\nd\r\n1\r\ne\r\n0\r\n\r\n"]
    assert [undated(data) for data in writes] == expected


@pytest.mark.asyncio
async def test_pipelined_requests_are_answered_in_one_write(
    serve: Serve, connect: Clients, writes: list[bytes]
) -> None:
    host = await serve()
    client = await (await connect(host.urls[0])).send(GET * 100)
    for _ in range(100):
        assert await client.until(b"hello") == HELLO + b"\r\nhello"
    assert len(writes) == 1


@pytest.mark.asyncio
async def test_many_pipelined_streams_are_no_recursion(serve: Serve, connect: Clients) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Send(b"b"))))
    client = await (await connect(host.urls[0])).send(GET * 2000)
    for _ in range(2000):
        assert await client.until(b"0\r\n\r\n") == CHUNKED + b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    assert app_of(host).endings == [["done"]] * 2000


@pytest.mark.asyncio
async def test_a_paced_reply_keeps_its_place_among_pipelined_ones(serve: Serve, connect: Clients) -> None:
    short = Whole(200, (), b"hello")
    host = await serve(short, Whole(200, (), b"late", after=0.005), paced(2, 0.002), short)
    client = await (await connect(host.urls[0])).send(GET * 3 + CLOSE)
    received, _ = await client.rest()
    assert [received.find(part) > 0 for part in (b"hello", b"late", b"000", b"001")] == [True] * 4
    assert received.index(b"hello") < received.index(b"late") < received.index(b"000") < received.rindex(b"hello")


@pytest.mark.asyncio
async def test_two_thousand_idle_connections_do_no_harm(serve: Serve, connect: Clients) -> None:
    host = await serve()
    clients = [await connect(host.urls[0]) for _ in range(2000)]
    assert await eventually(lambda: host.connections == 2000)
    for client in (clients[0], clients[999], clients[-1]):
        await client.send()
        assert await client.until(b"hello") == HELLO + b"\r\nhello"


@pytest.mark.asyncio
async def test_clients_that_leave_leave_nothing(serve: Serve, connect: Clients) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Send(b"b", 3600))), Stream(200, (), (Cut("stall", 3600),)))
    clients = [await (await connect(host.urls[0])).send() for _ in range(50)]
    assert await eventually(lambda: host.streams == 50)
    for client in clients:
        await client.close()
    assert await eventually(lambda: host.connections == 0)
    assert app_of(host).endings == [["client_gone"]] * 50
    assert (host.streams, len(host._hub.ticker._wheel)) == (0, 0)


class _Wakes:
    def __init__(self) -> None:
        self.woken: list[float] = []

    def wake(self, now: float) -> None:
        self.woken.append(now)
        if len(self.woken) > 1:
            raise ZeroDivisionError


@pytest.mark.asyncio
async def test_the_timer_goes_on_after_a_failure() -> None:
    loop = asyncio.get_running_loop()
    failures: list[object] = []
    loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
    ticker, breaks, later = Ticker(loop), _Wakes(), _Wakes()
    now = monotonic()
    breaks.woken.append(0.0)
    ticker.put(now, breaks)
    ticker.put(now, later)
    assert await eventually(lambda: len(later.woken) == 1)
    assert [type(failure) for failure in failures] == [ZeroDivisionError]
    ticker.stop()


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the host's connections write."""
    seen: list[bytes] = []
    send = Line.send

    def seen_and_sent(line: Line, data: bytes) -> None:
        seen.append(data)
        send(line, data)

    monkeypatch.setattr(Line, "send", seen_and_sent)
    return seen

"""Slow clients, silent clients, too many clients, clients that send or take too much: with limits of milliseconds."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_mockopenai.core.wire import Cut, Send, Stream, Whole
from pytest_mockopenai.hosts.aio import Limits
from pytest_mockopenai.hosts.aio.watch import look_at
from tests.hosts.aio.conftest import CLOSE, GET, HELLO, Clients, Serve, app_of, eventually
from tests.hosts.conftest import OK

QUICK = Limits(idle=0.02, sending_head=0.02, sending_body=0.02, taking=0.02, rate=1_000_000)
BODY = b"POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\n"


@pytest.mark.asyncio
async def test_an_idle_connection_is_closed_without_a_word(serve: Serve, connect: Clients) -> None:
    host = await serve(limits=QUICK)
    fresh = await connect(host.urls[0])
    assert await fresh.rest() == (b"", "closed")
    used = await (await connect(host.urls[0])).send()
    assert await used.rest() == (HELLO + b"\r\nhello", "closed")


@pytest.mark.asyncio
@pytest.mark.parametrize(("part", "begun"), [("head", b"GET / HT"), ("body", BODY + b"x")])
async def test_a_slow_loris_is_told_so(serve: Serve, connect: Clients, part: str, begun: bytes) -> None:
    host = await serve(limits=replace(QUICK, idle=None))
    client = await connect(host.urls[0])
    trickle = asyncio.create_task(_trickle(client, begun))
    received, how = await client.rest()
    trickle.cancel()
    assert received.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert f"its {part} was not complete after 0.02 seconds" in received.decode()
    assert how == "closed"
    assert app_of(host).requests == []


async def _trickle(client: Any, begun: bytes) -> None:
    await client.send(begun)
    while True:
        await asyncio.sleep(0.002)
        await client.send(b"x")


def looked_at(limits: Limits, **state: Any) -> list[str]:
    """What is done about a connection in this state that has gone on for 10 seconds."""
    done: list[str] = []
    reader = SimpleNamespace(midway=state.pop("midway", None))
    connection = SimpleNamespace(
        **{"paused": False, "activity": None, "earned": 0, "reader": reader, **state},
        close=lambda: done.append("close"),
        leave=lambda: done.append("leave"),
        refuse=lambda error: done.append(f"refuse {error.status}"),
        progressed=lambda now: state.get("untaken") == "less",
        seen=lambda now: 90.0,
    )
    look_at(connection, limits, 100.0)  # type: ignore[arg-type]
    return done


NONE = Limits(idle=None, sending_head=None, sending_body=None, taking=None)


@pytest.mark.parametrize(
    ("name", "state", "done"),
    [
        ("idle", {}, ["close"]),
        ("sending_head", {"midway": "head"}, ["refuse 408"]),
        ("sending_body", {"midway": "body"}, ["refuse 408"]),
        ("taking", {"paused": True}, ["leave"]),
    ],
)
def test_each_limit_is_for_its_state_alone(name: str, state: dict[str, Any], done: list[str]) -> None:
    assert looked_at(replace(NONE, **{name: 9.9}), **state) == done
    assert looked_at(replace(NONE, **{name: 10.1}), **state) == []
    assert looked_at(replace(Limits(1, 1, 1, 1, 1, 1, 1, 1), **{name: None}), **state) == []


def test_a_body_that_comes_fast_enough_may_take_long() -> None:
    limits = replace(NONE, sending_body=1.0, rate=100)
    assert looked_at(limits, midway="body", earned=899) == ["refuse 408"]
    assert looked_at(limits, midway="body", earned=900) == []


def test_who_takes_something_now_and_then_is_not_left() -> None:
    assert looked_at(Limits(taking=1.0), paused=True, untaken="less") == []


def test_a_reply_that_takes_its_time_is_nobody_s_fault() -> None:
    assert looked_at(Limits(1, 1, 1, 1, 1, 1, 1, 1), activity=object()) == []


@pytest.mark.parametrize(("limits", "seconds"), [(Limits(), 1.0), (NONE, 1.0), (QUICK, 0.005)])
def test_it_is_looked_often_enough(limits: Limits, seconds: float) -> None:
    assert limits.resolution == seconds


@pytest.mark.asyncio
async def test_one_connection_too_many_is_told_so(serve: Serve, connect: Clients) -> None:
    host = await serve(limits=Limits(connections=2))
    first, second = await connect(host.urls[0]), await connect(host.urls[0])
    await eventually(lambda: host.connections == 2)
    third = await (await connect(host.urls[0])).send(CLOSE * 1000)
    received, how = await third.rest()
    assert received.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"This mock has 2 open connections, as many as it may have." in received
    assert how == "closed"
    await first.send()
    assert await first.until(b"hello") == HELLO + b"\r\nhello"
    await second.close()


@pytest.mark.asyncio
async def test_a_body_of_100_mb_is_refused_before_it_is_sent(serve: Serve, connect: Clients) -> None:
    host = await serve()
    client = await connect(host.urls[0])
    await client.send(b"POST / HTTP/1.1\r\ncontent-length: 100000000\r\n\r\n")
    for _ in range(100):
        await client.send(b"x" * 1_000_000)
    received, how = await client.rest()
    assert received.startswith(b"HTTP/1.1 413 ")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["error"]["type"] == "invalid_request_error"
    assert how == "closed"
    assert app_of(host).requests == []


@pytest.mark.asyncio
async def test_the_limits_of_head_and_body(serve: Serve, connect: Clients) -> None:
    host = await serve(limits=Limits(head=100, body=50))
    big_head = await (await connect(host.urls[0])).send(b"GET / HTTP/1.1\r\nx: " + b"x" * 100 + b"\r\n\r\n")
    assert (await big_head.rest())[0].startswith(b"HTTP/1.1 431 ")
    big_body = await (await connect(host.urls[0])).send(BODY)
    assert (await big_body.rest())[0].startswith(b"HTTP/1.1 413 ")


# --- clients that do not read ----------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_nothing_more_is_written_for_a_client_that_takes_nothing(serve: Serve, connect: Clients) -> None:
    big = Stream(200, (), tuple(Send(b"x" * 100_000) for _ in range(1000)))
    host = await serve(big)
    client = await (await connect(host.urls[0])).send()
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    (connection,) = await _paused(host)
    assert connection._transport.get_write_buffer_size() < 1_000_000
    client.reader._transport.resume_reading()  # type: ignore[attr-defined]
    await client.until(b"0\r\n\r\n")
    assert app_of(host).endings == [["done"]]


@pytest.mark.asyncio
async def test_requests_of_a_client_that_takes_nothing_are_not_answered_yet(serve: Serve, connect: Clients) -> None:
    host = await serve(Whole(200, (), b"x" * 1_000_000))
    client = await connect(host.urls[0])
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    client.writer.write(GET * 100)
    await _paused(host)
    await asyncio.sleep(0.01)
    assert len(app_of(host).requests) < 20
    client.reader._transport.resume_reading()  # type: ignore[attr-defined]
    for _ in range(100):
        await client.reader.readuntil(b"\r\n\r\n")
        await client.reader.readexactly(1_000_000)
    assert app_of(host).endings == [["done"]] * 100


@pytest.mark.asyncio
async def test_what_a_client_that_takes_nothing_sends_is_left_in_the_socket(serve: Serve, connect: Clients) -> None:
    host = await serve(Whole(200, (), b"x" * 20_000_000), OK)
    client = await (await connect(host.urls[0])).send()
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    (connection,) = await _paused(host)
    body = b"x" * 30_000_000
    client.writer.write(b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    assert await eventually(lambda: not connection.reading)
    assert connection.reader.buffered < 1_000_000
    client.reader._transport.resume_reading()  # type: ignore[attr-defined]
    await client.until(b"hello")
    assert [len(request.body) for request in app_of(host).requests] == [0, len(body)]


@pytest.mark.asyncio
async def test_a_stall_finds_that_its_client_has_left_however_much_it_sent(serve: Serve, connect: Clients) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Cut("stall", 0.02))))
    client = await (await connect(host.urls[0])).send()
    await client.send(b"x" * 1_000_000)
    assert await eventually(lambda: app_of(host).endings == [["stalled"]])
    await client.close()
    assert await eventually(lambda: host.connections == 0)


@pytest.mark.asyncio
async def test_a_client_that_takes_nothing_for_long_is_left(serve: Serve, connect: Clients) -> None:
    host = await serve(Whole(200, (), b"x" * 20_000_000), limits=QUICK)
    client = await (await connect(host.urls[0])).send()
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    assert await eventually(lambda: app_of(host).endings == [["done", "client_gone"]])
    assert host.connections == 0


@pytest.mark.asyncio
async def test_what_is_sent_ahead_without_end_is_left_in_the_socket(serve: Serve, connect: Clients) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Cut("stall", 3600))))
    client = await (await connect(host.urls[0])).send()
    client.writer.write(b"x" * 50_000_000)
    (connection,) = host._hub.connections
    assert await eventually(lambda: connection.reader.buffered > 256 * 1024)
    await asyncio.sleep(0.01)
    assert connection.reader.buffered < 1_000_000
    client.writer.transport.abort()


async def _paused(host: Any) -> list[Any]:
    assert await eventually(lambda: any(connection.paused for connection in host._hub.connections))
    return list(host._hub.connections)

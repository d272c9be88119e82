"""Stopping without losing a request."""

from __future__ import annotations

import asyncio

import pytest

from pytest_mockopenai.core.wire import Cut, Send, Stream, Whole
from pytest_mockopenai.hosts.aio import AioHost
from tests.hosts.aio.conftest import CLOSE, GET, HELLO, Client, Clients, Serve, app_of, eventually
from tests.hosts.conftest import OK

LAST = HELLO + b"connection: close\r\n\r\nhello"


@pytest.mark.asyncio
async def test_under_load_no_request_is_lost(serve: Serve, connect: Clients) -> None:
    """Clients that ask again and again get an answer to each request they sent, the last with `connection: close`."""
    host = await serve()

    async def ask(client: Client) -> int:
        answered = 0
        while True:
            await client.send()
            head = await client.until(b"\r\n\r\n")
            assert await client.reader.readexactly(5) == b"hello"
            answered += 1
            if b"connection: close" in head:
                assert await client.rest() == (b"", "closed")
                return answered

    asking = [asyncio.create_task(ask(await connect(host.urls[0]))) for _ in range(50)]
    assert await eventually(lambda: len(app_of(host).requests) > 500)
    assert await host.drain(5.0)
    answered = await asyncio.gather(*asking)
    assert sum(answered) == len(app_of(host).requests)


@pytest.mark.asyncio
async def test_who_has_just_connected_is_still_served(serve: Serve, connect: Clients) -> None:
    host = await serve()
    url = host.urls[0]
    clients = await asyncio.gather(*(connect(url) for _ in range(100)))
    for client in clients:
        client.writer.write(GET)
    draining = asyncio.create_task(host.drain(5.0))
    received = [await client.rest() for client in clients]
    assert {how for _, how in received} == {"closed"}
    assert {data for data, _ in received} <= {LAST, HELLO + b"\r\nhello"}  # some may have been answered before
    assert await draining
    with pytest.raises(ConnectionRefusedError):
        await connect(url)


@pytest.mark.asyncio
async def test_a_running_stream_ends_in_its_time(serve: Serve, connect: Clients) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Send(b"b", 0.03))), OK)
    client = await (await connect(host.urls[0])).send()
    await client.until(b"a\r\n")
    assert await host.drain(5.0, grace=0.0)
    assert await client.rest() == (b"1\r\nb\r\n0\r\n\r\n", "closed")
    assert app_of(host).endings == [["done"]]


@pytest.mark.asyncio
async def test_pipelined_requests_are_all_answered_and_the_last_says_close(serve: Serve, connect: Clients) -> None:
    host = await serve(Whole(200, (), b"late", after=0.02), OK)
    client = await (await connect(host.urls[0])).send(GET * 3)
    assert await eventually(lambda: len(app_of(host).requests) == 1)
    draining = asyncio.create_task(host.drain(5.0))
    await client.until(b"late")
    assert await client.rest() == (HELLO + b"\r\nhello" + LAST, "closed")
    assert await draining


@pytest.mark.asyncio
async def test_an_idle_connection_may_still_ask_for_a_moment(serve: Serve, connect: Clients) -> None:
    host = await serve()
    asks, idles = await connect(host.urls[0]), await connect(host.urls[0])
    assert await eventually(lambda: host.connections == 2)
    draining = asyncio.create_task(host.drain(5.0, grace=0.1))
    await asyncio.sleep(0.01)
    assert await (await asks.send()).rest() == (LAST, "closed")
    assert await idles.rest() == (b"", "closed")
    assert await draining


@pytest.mark.asyncio
async def test_a_request_on_its_way_is_waited_for(serve: Serve, connect: Clients) -> None:
    host = await serve()
    client = await (await connect(host.urls[0])).send(b"GET / HTT")
    assert await eventually(lambda: host.connections == 1)
    draining = asyncio.create_task(host.drain(5.0, grace=0.0))
    await asyncio.sleep(0.03)
    await client.send(b"P/1.1\r\n\r\n")
    assert await client.rest() == (LAST, "closed")
    assert await draining


@pytest.mark.asyncio
async def test_a_stall_has_no_end_and_is_not_waited_for(serve: Serve, connect: Clients) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Cut("stall"))))
    client = await (await connect(host.urls[0])).send()
    await client.until(b"a\r\n")
    assert await host.drain(5.0, grace=0.0)
    assert await client.rest() == (b"", "closed")


@pytest.mark.asyncio
async def test_patience_ends(serve: Serve, connect: Clients) -> None:
    host = await serve(Stream(200, (), (Send(b"a"), Send(b"b", 3600))))
    client = await (await connect(host.urls[0])).send()
    await client.until(b"a\r\n")
    assert not await host.drain(0.02, grace=0.0)
    assert await client.rest() == (b"", "closed")
    assert app_of(host).endings == [["cut"]]


@pytest.mark.asyncio
async def test_a_host_without_connections_ends_at_once_and_may_listen_again(serve: Serve, connect: Clients) -> None:
    host = await serve()
    assert await host.drain(3600)
    assert host.urls == ()
    client = await connect(await host.listen())
    assert await (await client.send(CLOSE)).rest() == (LAST, "closed")


@pytest.mark.asyncio
async def test_a_host_that_never_listened_is_closed() -> None:
    host = AioHost()
    host.release_stalled()
    assert await host.drain(3600)
    await host.close()

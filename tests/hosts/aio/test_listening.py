"""Where the host listens: ports, addresses, unix sockets, TLS, several at once."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_mockopenai.hosts.aio import CannotListen, Limits, ThreadedAioHost, new_loop
from tests.hosts.aio.conftest import CLOSE, HELLO, Clients, Serve, app_of
from tests.hosts.conftest import OK, PATIENCE, FixedApp, Wire

LAST = HELLO + b"connection: close\r\n\r\nhello"


@pytest.mark.asyncio
async def test_several_at_once(serve: Serve, connect: Clients, tmp_path: Path) -> None:
    host = await serve()
    await host.listen("localhost")
    await host.listen_unix(str(tmp_path / "s"))
    assert host.urls[0].startswith("http://127.0.0.1:")
    assert host.urls[-1] == f"http+unix://{tmp_path / 's'}"
    for url in host.urls:
        assert await (await (await connect(url)).send(CLOSE)).rest() == (LAST, "closed")
    assert len(app_of(host).requests) == len(host.urls) >= 3


@pytest.mark.asyncio
async def test_localhost_has_one_port(serve: Serve) -> None:
    host = await serve()
    await host.listen("localhost")
    assert len({url.rpartition(":")[2] for url in host.urls[1:]}) == 1


@pytest.mark.asyncio
async def test_ipv6(serve: Serve, connect: Clients) -> None:
    host = await serve()
    try:
        url = await host.listen("::1")
    except CannotListen:
        pytest.skip("no IPv6 here")
    assert url.startswith("http://[::1]:")
    assert await (await (await connect(url)).send(CLOSE)).rest() == (LAST, "closed")


@pytest.mark.asyncio
async def test_the_url_of_any_address_is_the_loopback(serve: Serve, connect: Clients) -> None:
    host = await serve()
    for address in ("0.0.0.0", ""):
        url = await host.listen(address)
        assert url.startswith("http://127.0.0.1:")
        assert await (await (await connect(url)).send(CLOSE)).rest() == (LAST, "closed")


@pytest.mark.asyncio
@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT here")
async def test_a_port_may_be_shared(serve: Serve) -> None:
    one, other = await serve(), await serve()
    url = await one.listen(reuse_port=True)
    port = int(url.rpartition(":")[2])
    assert await other.listen(port=port, reuse_port=True) == url
    with pytest.raises(CannotListen):
        await other.listen(port=port)


@pytest.mark.asyncio
async def test_why_it_cannot_listen_is_said_in_a_sentence(serve: Serve) -> None:
    host = await serve()
    port = int(host.urls[0].rpartition(":")[2])
    with pytest.raises(CannotListen, match=f"^Port {port} of 127.0.0.1 is taken by another program. Choose another"):
        await host.listen(port=port)
    with pytest.raises(CannotListen, match=r"^Cannot listen on port 0 of '192\.0\.2\.1': "):
        await host.listen("192.0.2.1")
    with pytest.raises(CannotListen, match=r"^Cannot listen on 'no such host': there is no such address here"):
        await host.listen("no such host")
    assert len(host.urls) == 1


# --- unix sockets -----------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_file_of_a_unix_socket_goes_with_the_host(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "s"
    host = await serve()
    await host.listen_unix(str(path))
    assert path.is_socket()
    await host.close()
    assert not path.exists()


@pytest.mark.asyncio
async def test_a_file_left_behind_is_replaced_and_no_other(serve: Serve, connect: Clients, tmp_path: Path) -> None:
    host, (left, taken, file) = await serve(), (str(tmp_path / name) for name in ("left", "taken", "file"))
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(left)
    assert await (await (await connect(await host.listen_unix(left))).send(CLOSE)).rest() == (LAST, "closed")
    Path(file).touch()
    with pytest.raises(CannotListen, match="is a file, and no socket"):
        await host.listen_unix(file)
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(taken)
        alive.listen()
        with pytest.raises(CannotListen, match="is taken by another program"):
            await host.listen_unix(taken)
    with pytest.raises(CannotListen, match="Cannot listen on '/nowhere/s': No such file or directory"):
        await host.listen_unix("/nowhere/s")


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [5, 5_000_000])
async def test_tls(serve: Serve, contexts: tuple[ssl.SSLContext, ssl.SSLContext], size: int) -> None:
    server, client = contexts
    host = await serve(OK if size == 5 else type(OK)(200, (), b"x" * size))
    url = await host.listen(ssl=server)
    assert url.startswith("https://127.0.0.1:")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]), ssl=client)
    for _ in range(3):
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert len(await reader.readexactly(size)) == size
    writer.close()
    await writer.wait_closed()


@pytest.mark.asyncio
async def test_a_refused_body_over_tls_gets_its_answer(
    serve: Serve, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    host = await serve(limits=Limits(body=10))
    url = await host.listen(ssl=contexts[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]), ssl=contexts[1])
    writer.write(b"POST / HTTP/1.1\r\ncontent-length: 2000000\r\n\r\n" + b"x" * 2_000_000)
    assert (await asyncio.wait_for(reader.readuntil(b"}}"), PATIENCE)).startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()


@pytest.mark.asyncio
async def test_plain_http_on_a_tls_port_is_closed(
    serve: Serve, connect: Clients, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    host = await serve()
    url = await host.listen(ssl=contexts[0])
    await (await (await connect(url)).send(CLOSE)).rest()
    assert app_of(host).requests == []


# --- on a thread of its own -------------------------------------------------------------------------------------------


def test_a_thread_that_cannot_listen_says_why_and_is_gone() -> None:
    with ThreadedAioHost(FixedApp(OK)) as host:
        other = ThreadedAioHost(port=int(host.url.rpartition(":")[2]))
        with pytest.raises(CannotListen, match="is taken by another program"):
            other.start()
        other.stop()
        with pytest.raises(RuntimeError, match="running already"):
            host.start()


def test_a_handler_may_stop_the_host() -> None:
    class Stops(FixedApp):
        def exchange(self, request):  # type: ignore[no-untyped-def]
            running.stop()
            return super().exchange(request)

    with ThreadedAioHost(Stops(OK)) as running:
        wire = Wire(running.url).get()
        wire.rest()
        wire.close()


def test_an_error_in_sleep_ends_the_connection_and_is_kept() -> None:
    from pytest_mockopenai.core.wire import Send, Stream

    def breaks(seconds: float) -> None:
        raise ZeroDivisionError

    app = FixedApp(Stream(200, (), (Send(b"a"), Send(b"b", after=1))))
    with ThreadedAioHost(app, sleep=breaks) as host:
        wire = Wire(host.url).get()
        received, how = wire.rest()
        wire.close()
    assert (received[-6:], how, app.endings) == (b"1\r\na\r\n", "closed", [["cut"]])
    assert [type(error) for error in host.errors] == [ZeroDivisionError]


def test_a_loop_is_uvloop_s_where_it_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = new_loop()
    assert type(loop).__module__.startswith(("uvloop", "asyncio"))
    loop.close()
    monkeypatch.setattr("pytest_mockopenai.hosts.aio.loops.find_spec", lambda name: None)
    loop = new_loop()
    assert type(loop).__module__.startswith("asyncio")
    loop.close()


def test_the_host_needs_nothing_of_a_test_run() -> None:
    code = (
        "import sys, pytest_mockopenai.hosts.aio\n"
        "heavy = {'pytest', 'werkzeug', 'pytest_httpserver', 'uvloop', 'websockets', 'openai'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})

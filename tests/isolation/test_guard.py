"""Every way that Python code has to a real host is refused before its address is asked for."""

from __future__ import annotations

import asyncio
import concurrent.futures
import http.client
import pickle
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from pytest_mockopenai.isolation.guard import MAX_REFUSALS, RealHostRefused, Refusal, guarded

MOCK = "http://127.0.0.1:43121"
ERRORS = (Exception,)  # each library wraps the refusal in one of its own
HOST = "mockopenai-test.openai.azure.com"  # real in form, and of nobody
URL = f"https://{HOST}/openai/v1/models"


def refused(error: BaseException | None) -> RealHostRefused:
    """The refusal in an error of some HTTP library, which may have wrapped it more than once."""
    seen: list[Any] = [error]
    while seen:
        each = seen.pop()
        if isinstance(each, RealHostRefused):
            return each
        if isinstance(each, BaseException):
            seen += [each.__context__, each.__cause__, getattr(each, "reason", None), *each.args]
    raise AssertionError(f"not refused: {error!r}")


def _urllib(url: str, proxy: str | None = None) -> None:
    handlers = [urllib.request.ProxyHandler({"https": proxy, "http": proxy} if proxy else {})]
    urllib.request.build_opener(*handlers).open(url)


def _http_client(url: str, proxy: str | None = None) -> None:
    assert proxy is None
    http.client.HTTPSConnection(HOST).request("GET", "/openai/v1/models")


def _requests(url: str, proxy: str | None = None) -> None:
    requests = pytest.importorskip("requests")
    requests.get(url, proxies={"https": proxy, "http": proxy} if proxy else None)


def _httpx(name: str) -> Callable[..., None]:
    def get(url: str, proxy: str | None = None) -> None:
        module = pytest.importorskip(name)
        with module.Client(proxy=proxy) as client:
            client.get(url)

    return get


def _async_httpx(name: str) -> Callable[..., None]:
    def get(url: str, proxy: str | None = None) -> None:
        module = pytest.importorskip(name)

        async def main() -> None:
            async with module.AsyncClient(proxy=proxy) as client:
                await client.get(url)

        asyncio.run(main())

    return get


def _aiohttp(url: str, proxy: str | None = None) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> None:
        async with aiohttp.ClientSession() as session, session.get(url, proxy=proxy) as response:
            await response.read()

    asyncio.run(main())


LIBRARIES = {
    "urllib": _urllib,
    "http.client": _http_client,
    "requests": _requests,
    "httpx": _httpx("httpx"),
    "httpx async": _async_httpx("httpx"),
    "httpx2": _httpx("httpx2"),
    "httpx2 async": _async_httpx("httpx2"),
    "aiohttp": _aiohttp,
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_http_libraries(library: str, url: str) -> None:
    with guarded(MOCK) as guard, pytest.raises(ERRORS) as caught:
        LIBRARIES[library](URL)
    assert refused(caught.value).refusal == guard.refusals[0]
    assert guard.refused == 1
    assert guard.refusals[0].host == HOST
    assert guard.refusals[0].port == 443


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("library", [name for name in LIBRARIES if name != "http.client"])
def test_through_a_proxy_of_their_own(library: str, scheme: str, dead: str) -> None:
    with guarded(MOCK) as guard, pytest.raises(ERRORS) as caught:
        LIBRARIES[library](f"{scheme}://{HOST}/openai/v1/models", dead)
    assert refused(caught.value).refusal == guard.refusals[0]
    assert guard.refused == 1


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_hosts_are_untouched(library: str, url: str) -> None:
    if library == "http.client":
        pytest.skip("goes to one host")
    with guarded(MOCK) as guard:
        LIBRARIES[library](url + "/anything")
    assert guard.refused == 0


def _connect(how: str) -> Callable[[], object]:
    def connect() -> object:
        with socket.socket() as sock:
            return getattr(sock, how)((HOST, 443))

    return connect


def _bio() -> object:
    return ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=HOST)


def _bio_by_position() -> object:
    return ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), False, HOST)


def _tls() -> object:
    with socket.socket() as sock:
        return ssl.create_default_context().wrap_socket(sock, server_hostname=HOST)


SOCKETS: dict[str, Callable[[], object]] = {
    "getaddrinfo": lambda: socket.getaddrinfo(HOST, 443),
    "getaddrinfo named": lambda: socket.getaddrinfo(host=HOST, port="https"),
    "getaddrinfo bytes": lambda: socket.getaddrinfo(HOST.upper().encode(), "443"),
    "gethostbyname": lambda: socket.gethostbyname(HOST),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex(HOST + "."),
    "create_connection": lambda: socket.create_connection((HOST, 443)),
    "connect": _connect("connect"),
    "connect_ex": _connect("connect_ex"),
    "asyncio": lambda: asyncio.run(asyncio.open_connection(HOST, 443)),
    "wrap_bio": _bio,
    "wrap_bio by position": _bio_by_position,
    "wrap_socket": _tls,
}


@pytest.mark.parametrize("how", SOCKETS)
def test_sockets(how: str) -> None:
    with guarded(MOCK) as guard, pytest.raises(RealHostRefused):
        SOCKETS[how]()
    assert guard.refused == 1
    assert guard.refusals[0].port in (443, None)


def _websocket(url: str) -> object:
    return pytest.importorskip("websockets.sync.client").connect(url)


def _async_websocket(url: str) -> object:
    client = pytest.importorskip("websockets.asyncio.client")

    async def main() -> None:
        async with client.connect(url):
            pass

    return asyncio.run(main())


def _websocket_of_aiohttp(url: str) -> object:
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(url):
            pass

    return asyncio.run(main())


WEBSOCKETS = {"sync": _websocket, "async": _async_websocket, "aiohttp": _websocket_of_aiohttp}


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("how", WEBSOCKETS)
def test_websockets(how: str, proxied: bool, dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if proxied:
        monkeypatch.setenv("https_proxy", dead)
    with guarded(MOCK) as guard, pytest.raises(ERRORS) as caught:
        WEBSOCKETS[how](f"wss://{HOST}/openai/v1/realtime?model=m")
    error = refused(caught.value)
    assert guard.refusals[0] == error.refusal
    assert guard.refusals[0].url == f"wss://{HOST}/openai/v1/realtime"
    assert f"-  {'GET ' if how == 'aiohttp' else ''}wss://{HOST}/openai/v1/realtime" in str(error)
    assert f"{MOCK.replace('http', 'ws')}/openai/v1/realtime" in str(error)


def test_sockets_to_other_places_are_untouched() -> None:
    with guarded(MOCK) as guard, socket.create_server(("127.0.0.1", 0)) as server:
        assert socket.getaddrinfo("127.0.0.1", 80)
        assert socket.getaddrinfo(None, 80)
        with socket.socket() as sock:
            assert sock.connect_ex(server.getsockname()) == 0
        left, right = socket.socketpair()
        left.close()
        right.close()
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="example.org")
    assert guard.refused == 0


@pytest.mark.parametrize("how", ["getaddrinfo", "create_connection"])
def test_uvloop_resolves_in_c(how: str) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        if how == "getaddrinfo":
            await loop.getaddrinfo(HOST, 443)
        else:
            await loop.create_connection(asyncio.Protocol, HOST, 443)

    with guarded(MOCK) as guard, pytest.raises(RealHostRefused):
        uvloop.run(main())
    assert guard.refusals == [Refusal(HOST, 443)]


@pytest.mark.parametrize("library", ["httpx async", "httpx2 async", "aiohttp"])
def test_http_libraries_on_uvloop(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = pytest.importorskip("uvloop").new_event_loop()
    monkeypatch.setattr(asyncio, "run", loop.run_until_complete)
    with guarded(MOCK), pytest.raises(ERRORS) as caught:
        LIBRARIES[library](URL)
    loop.close()
    refused(caught.value)


def test_a_connection_kept_alive_from_before_is_refused(url: str) -> None:
    connection = http.client.HTTPConnection(HOST)
    connection.sock = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    with connection.sock, guarded(MOCK) as guard, pytest.raises(RealHostRefused):
        connection.request("POST", "/openai/v1/responses?api-key=secret")
    assert guard.refusals == [Refusal(HOST, 80, "POST", f"http://{HOST}/openai/v1/responses")]


def test_a_mock_of_the_users_own_is_no_escape() -> None:
    httpx = pytest.importorskip("httpx")
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text="theirs"))
    with guarded(MOCK) as guard, httpx.Client(transport=transport) as client:
        assert client.get(URL).text == "theirs"
    assert guard.refused == 0


def test_the_message_says_what_why_where_and_what_to_do() -> None:
    with guarded(MOCK + "/"), pytest.raises(ERRORS) as caught:
        LIBRARIES["httpx"](f"https://user:secret@{HOST}/openai/v1/models?api-key=secret")
    lines = str(refused(caught.value)).splitlines()
    assert lines[0] == f"pytest-mockopenai refused a connection to {HOST}: nothing reaches OpenAI while the mock is on."
    assert lines[2:4] == [f"  -  GET {URL}", f"  +  GET {MOCK}/openai/v1/models"]
    assert "OPENAI_BASE_URL" in lines[6]
    assert "secret" not in "".join(lines)


def test_the_message_with_less_known() -> None:
    with guarded(MOCK), pytest.raises(RealHostRefused) as caught:
        socket.create_connection((HOST, 443))
    assert str(caught.value).splitlines()[2:4] == [f"  -  {HOST}:443", f"  +  {MOCK}"]


def test_the_error_is_a_connection_error_that_travels() -> None:
    with guarded(MOCK), pytest.raises(ConnectionError) as caught:
        socket.getaddrinfo(HOST, None)
    copied = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copied, RealHostRefused)
    assert copied.refusal == Refusal(HOST)
    assert str(copied) == str(caught.value)


def _try(host: str = HOST) -> None:
    with pytest.raises(RealHostRefused):
        socket.getaddrinfo(host, 443)


def test_each_level_lists_what_happened_while_it_was_on() -> None:
    with guarded(MOCK) as outer:
        _try()
        with guarded("http://127.0.0.1:2") as inner:
            _try("api.openai.com")
        _try()
    assert [each.host for each in outer.refusals] == [HOST, "api.openai.com", HOST]
    assert [each.host for each in inner.refusals] == ["api.openai.com"]


def test_the_list_is_bounded_and_the_count_is_not() -> None:
    with guarded(MOCK) as guard:
        for _ in range(MAX_REFUSALS + 5):
            _try()
    assert len(guard.refusals) == MAX_REFUSALS
    assert guard.refused == MAX_REFUSALS + 5


def test_all_threads_are_guarded_and_counted() -> None:
    start = threading.Barrier(8)

    def work(_: int) -> None:
        start.wait()
        for _ in range(10):
            _try()

    with guarded(MOCK) as guard, concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert guard.refused == len(guard.refusals) == 80


def test_a_function_of_ours_that_somebody_saved_lets_all_pass_once_off() -> None:
    with guarded(MOCK) as guard:
        saved = ssl.SSLContext.wrap_bio
    assert saved(ssl.create_default_context(), ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=HOST)
    assert guard.refused == 0

"""Refuses connections of this process to OpenAI's real hosts while on; every other host is untouched."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .hosts import is_real_host
from .patching import Patches, Point, Stack

__all__ = ["MAX_REFUSALS", "Guard", "RealHostRefused", "Refusal", "guarded", "permitted"]

MAX_REFUSALS = 100
"""How many refusals a guard keeps, the first ones; `Guard.refused` counts all."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One connection that was refused; what the caller's layer did not know is None. `url` has no query."""

    host: str
    port: int | None = None
    method: str | None = None
    url: str | None = None

    def __str__(self) -> str:
        if self.url is None:
            return self.host if self.port is None else f"{self.host}:{self.port}"
        return self.url if self.method is None else f"{self.method} {self.url}"


class RealHostRefused(ConnectionError):
    """A connection to a real OpenAI host was tried while the mock is on; `refusal` says which."""

    refusal: Refusal | None = None


@dataclass(slots=True)
class Guard:
    """What was refused while one guard was on, `url` being where the calls should have gone."""

    url: str
    refusals: list[Refusal] = field(default_factory=list)
    refused: int = 0

    def error(self, refusal: Refusal) -> RealHostRefused:
        """The exception for a refusal: what, why, where it should have gone and what to do."""
        error = RealHostRefused(_message(refusal, self.url))
        error.refusal = refusal
        return error


_guards: Stack[Guard] = Stack()
_counting = threading.Lock()
_permitted = threading.local()


@contextmanager
def permitted() -> Iterator[None]:
    """Let this thread connect to real hosts, whatever guards are on: the mock's own client that records them."""
    before = getattr(_permitted, "now", False)
    _permitted.now = True
    try:
        yield
    finally:
        _permitted.now = before


@contextmanager
def guarded(url: str) -> Iterator[Guard]:
    """Refuse real hosts in all threads of this process; nestable, each level lists what it saw."""
    with _PATCHES.on(), _guards.holding(Guard(url.rstrip("/"))) as guard:
        yield guard


def _check(host: Any, port: Any = None) -> None:
    __tracebackhide__ = True
    guards = _guards.entries
    if guards and _is_real(host):
        _refuse(guards, Refusal(_text(host), _number(port)))


def _check_request(host: Any, method: str | None, url: Any) -> None:
    __tracebackhide__ = True
    guards = _guards.entries
    if guards and _is_real(host):
        parts = urlsplit(str(url))
        port = parts.port or {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(parts.scheme)
        _refuse(guards, Refusal(_text(host), port, method, _bare(parts)))


def _is_real(host: Any) -> bool:
    named = isinstance(host, (str, bytes, bytearray)) and is_real_host(host)
    return named and not getattr(_permitted, "now", False)


def _refuse(guards: tuple[Guard, ...], refusal: Refusal) -> None:
    __tracebackhide__ = True
    with _counting:
        for guard in guards:
            guard.refused += 1
            if len(guard.refusals) < MAX_REFUSALS:
                guard.refusals.append(refusal)
    raise guards[-1].error(refusal)


def _text(host: str | bytes | bytearray) -> str:
    return host if isinstance(host, str) else bytes(host).decode("latin-1")


def _number(port: Any) -> int | None:
    try:
        return None if port is None else int(port)
    except ValueError:  # a service name such as "https"
        return None


def _bare(url: SplitResult) -> str:
    """Without user and query: both may hold secrets."""
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def _message(refusal: Refusal, mock: str) -> str:
    path = "" if refusal.url is None else urlsplit(refusal.url).path
    method = "" if refusal.method is None else refusal.method + " "
    if (refusal.url or "").startswith("ws"):
        mock = mock.replace("http", "ws", 1)
    return (
        f"pytest-mockopenai refused a connection to {refusal.host}: "
        f"nothing reaches OpenAI while the mock is on.\n"
        f"\n"
        f"  -  {refusal}\n"
        f"  +  {method}{mock}{path}\n"
        f"\n"
        f"How to fix:\n"
        f"  * Take the base URL from the environment variable OPENAI_BASE_URL, not from the code.\n"
        f"    (A client of the openai package needs no change: it is sent to the mock by itself.)\n"
        f"  * If the real API is meant, call it where the mock is off."
    )


# What stands in for each function. All are transparent while no guard is on, for `_check` does nothing then.


def _named(original: Any) -> Any:
    """A function whose first argument is the host and second, if any, the port."""

    @functools.wraps(original)
    def checked(host: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        _check(host, kwargs.get("port", args[0] if args else None))
        return original(host, *args, **kwargs)

    return checked


def _addressed(original: Any) -> Any:
    """`connect` of a socket: an address of an internet family begins with host and port."""

    @functools.wraps(original)
    def checked(self: Any, address: Any) -> Any:
        __tracebackhide__ = True
        if isinstance(address, tuple) and len(address) > 1:
            _check(address[0], address[1])
        return original(self, address)

    return checked


def _tls(position: int) -> Callable[[Any], Any]:
    """A method that starts TLS; the server's name is at `position` or a keyword.

    The last net: it also holds for tunnels through a proxy, for resolvers written in C and for
    addresses that were resolved before.
    """

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            _check(kwargs.get("server_hostname", args[position] if len(args) > position else None))
            return original(self, *args, **kwargs)

        return checked

    return make


def _method(position: int) -> Callable[[Any], Any]:
    """A method with the host at `position`, the port after it, or both as keywords."""

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            named = dict(zip(("host", "port"), args[position:], strict=False)) | kwargs
            _check(named.get("host"), named.get("port"))
            return original(self, *args, **kwargs)

        return checked

    return make


def _put_request(original: Any) -> Any:
    """`http.client`: a connection may be an old one kept alive, or one to a proxy that gets a whole URL."""

    @functools.wraps(original)
    def checked(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if _guards.entries:
            whole = url if url.startswith(("http://", "https://")) else _whole(self, url)
            _check_request(urlsplit(whole).hostname, method, whole)
        return original(self, method, url, *args, **kwargs)

    return checked


def _whole(connection: Any, path: str) -> str:
    tunnel = getattr(connection, "_tunnel_host", None)
    host, port = (tunnel, connection._tunnel_port) if tunnel else (connection.host, connection.port)
    scheme = "https" if connection.default_port == 443 else "http"
    name = f"[{host}]" if ":" in str(host) else host
    return f"{scheme}://{name}{'' if port == connection.default_port else f':{port}'}{path}"


def _http_request(original: Any) -> Any:
    """A method whose first argument is a request with `method` and `url`: httpx's, httpx2's and aiohttp's."""

    @functools.wraps(original)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if _guards.entries:
            request = args[0] if args else next(iter(kwargs.values()))
            _check_request(request.url.host, request.method, request.url)
        return original(self, *args, **kwargs)

    return checked


def _websocket(original: Any) -> Any:
    """`parse_uri`, which every client of `websockets` asks first, whatever proxy it then goes through."""

    @functools.wraps(original)
    def checked(uri: str, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if _guards.entries:
            _check_request(urlsplit(uri).hostname, None, uri)
        return original(uri, *args, **kwargs)

    return checked


_PATCHES = Patches(
    (
        Point("socket", "getaddrinfo", _named),
        Point("socket", "gethostbyname", _named),
        Point("socket", "gethostbyname_ex", _named),
        Point("socket", "socket.connect", _addressed),
        Point("socket", "socket.connect_ex", _addressed),
        Point("ssl", "SSLContext.wrap_socket", _tls(4)),
        Point("ssl", "SSLContext.wrap_bio", _tls(3)),
        Point("http.client", "HTTPConnection.putrequest", _put_request),
        Point("http.client", "HTTPConnection.set_tunnel", _method(0)),
        Point("httpx", "HTTPTransport.handle_request", _http_request),
        Point("httpx", "AsyncHTTPTransport.handle_async_request", _http_request),
        Point("httpx2", "HTTPTransport.handle_request", _http_request),
        Point("httpx2", "AsyncHTTPTransport.handle_async_request", _http_request),
        Point("aiohttp", "BaseConnector.connect", _http_request),
        Point("websockets.sync.client", "parse_uri", _websocket),
        Point("websockets.asyncio.client", "parse_uri", _websocket),
        Point("websockets.legacy.client", "parse_uri", _websocket),
        Point("uvloop", "Loop.getaddrinfo", _method(0)),
        Point("uvloop", "Loop.create_connection", _method(1)),
    )
)

"""Listening sockets, and how to stop listening without losing who has connected already."""

from __future__ import annotations

import asyncio
import errno
import os
import selectors
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from stat import S_ISSOCK

from pytest_mockopenai.hosts.aio.connection import Connection

_BACKLOG = 4096
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_TURNS = 100  # of the loop, at most, for those who have connected and were not accepted yet


class CannotListen(OSError):
    """Raised with a sentence that says why the host cannot listen, and what to do."""


class Listener:
    """One listening socket. `url` is for a client on this machine."""

    def __init__(self, sock: socket.socket, url: str, server: asyncio.AbstractServer) -> None:
        self.url = url
        self._socket = sock
        self._server = server

    async def retire(self) -> None:
        """Stops listening; who has connected before is still accepted."""
        with suppress(OSError):
            self._socket.listen(0)  # nobody queues up any more
        turns = 0
        while _queued(self._socket) and turns < _TURNS:
            turns += 1
            await asyncio.sleep(0.001)
        self.close()

    def close(self) -> None:
        """Stops listening; the file of a unix socket is removed."""
        path = self._socket.getsockname() if _is_unix(self._socket) else None
        self._server.close()
        if path:
            with suppress(OSError):
                os.unlink(path)


async def listen(
    sock: socket.socket, url: str, connect: Callable[[], Connection], context: ssl.SSLContext | None
) -> Listener:
    """Accepts on a bound socket."""
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connect, sock=sock, ssl=context, backlog=_BACKLOG)
    return Listener(sock, url, server)


def bound(host: str, port: int, *, reuse_port: bool) -> list[socket.socket]:
    """A bound socket for each address of a host, all with one port. Raises CannotListen."""
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            sockets.append(_bound(family, (address, port), reuse_port=reuse_port))
            port = port or sockets[0].getsockname()[1]
    except CannotListen:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def bound_unix(path: str) -> socket.socket:
    """A socket bound to a path; a file that a server left behind is replaced. Raises CannotListen."""
    if not hasattr(socket, "AF_UNIX"):
        raise CannotListen("This system has no unix sockets. Listen on a port instead.")
    _remove_left_behind(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
    except OSError as error:
        sock.close()
        raise CannotListen(f"Cannot listen on {path!r}: {error.strerror or error}.") from error
    return sock


def url_of(sock: socket.socket, scheme: str) -> str:
    """What a client on this machine calls a bound socket: `http://127.0.0.1:8080`, `http+unix:///run/mock.sock`."""
    if _is_unix(sock):
        return f"{scheme}+unix://{sock.getsockname()}"
    host, port = sock.getsockname()[:2]
    host = _ANY.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"Cannot listen on {host!r}: there is no such address here ({error}).") from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bound(family: socket.AddressFamily, address: tuple[str, int], *, reuse_port: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            _share_port(sock)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise CannotListen(_why_not(*address, error)) from error
    return sock


def _share_port(sock: socket.socket) -> None:
    if not hasattr(socket, "SO_REUSEPORT"):
        raise CannotListen("This system cannot share a port among processes (SO_REUSEPORT). Use one worker.")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program. Choose another port, or 0 for any free one."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this user. Choose one from 1024 on."
    if isinstance(error, CannotListen):
        return str(error)
    return f"Cannot listen on port {port} of {host!r}: {error.strerror or error}."


def _remove_left_behind(path: str) -> None:
    with suppress(FileNotFoundError):
        if not S_ISSOCK(os.stat(path).st_mode):
            raise CannotListen(f"{path!r} is a file, and no socket. Choose another path.")
        if _answers(path):
            raise CannotListen(f"{path!r} is taken by another program. Choose another path.")
        os.unlink(path)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True


def _queued(sock: socket.socket) -> bool:
    """Whether somebody waits to be accepted."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def _is_unix(sock: socket.socket) -> bool:
    return sock.family == getattr(socket, "AF_UNIX", None)

"""Werkzeug's server made to keep connections alive: accepts, gives each connection a thread, and converses on it.

The mock's replies do not take the WSGI way, which can neither keep a connection nor break a reply off: they are written
to the socket itself. Only what `answered_by_user` takes goes through werkzeug.
"""

from __future__ import annotations

import io
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPMessage
from threading import Thread
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler, select_address_family

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.hosts.desk import Desk
from pytest_mockopenai.hosts.playing import Line, Lines
from pytest_mockopenai.hosts.port import Sleep
from pytest_mockopenai.hosts.reading import Incoming, Reader

_BACKLOG = 1024
# How long a client may go on sending a body that was refused and still get the answer, in seconds.
_PATIENCE = 5.0
# Out of file handles, accepting fails at once and again; so long it is left alone, in seconds.
_WITHOUT_FILES = 0.01
_REWRITTEN = frozenset({"content-length", "transfer-encoding", "expect"})


class NotExpected(BaseException):
    """Raised through werkzeug, which would answer to an Exception: the user expects no such request, so it is ours."""


@dataclass(slots=True)
class Shared:
    """What all connections of a host share. `sleep` may be changed at any time."""

    desk: Desk
    lines: Lines
    body_limit: int
    sleep: Sleep | None
    user_expects: Callable[[], bool]


class Listener(ThreadedWSGIServer):
    """Listens from its creation on, accepts from `serve_forever` to `shutdown`. Raises OSError if it cannot listen."""

    def __init__(self, host: str, port: int, app: Any, shared: Shared) -> None:
        self.shared = shared
        with socket.create_server(
            (host, port), family=select_address_family(host, port), backlog=_BACKLOG
        ) as listening:
            super().__init__(host, port, app, Conversation, fd=listening.fileno())
        self.socket.setblocking(False)
        self._waker, self._wakes = socket.socketpair()

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Accepts until `shutdown`; nothing is polled, so `poll_interval` means nothing here."""
        with self.socket, self._wakes, selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._wakes, selectors.EVENT_READ)
            while self._wakes not in [key.fileobj for key, _ in selector.select()]:
                self._accept()

    def shutdown(self) -> None:
        """Ends `serve_forever` at once."""
        with suppress(OSError):
            self._waker.send(b"!")
            self._waker.close()

    def _accept(self) -> None:
        try:
            sock, address = self.socket.accept()
        except BlockingIOError:
            return  # The client has left again.
        except OSError:
            time.sleep(_WITHOUT_FILES)
            return
        self._open(sock, address)

    def _open(self, sock: socket.socket, address: Any) -> None:
        sock.setblocking(True)
        lines = self.shared.lines
        line = Line(sock, Reader(body_limit=self.shared.body_limit), lines)
        thread = Thread(target=self._converse, args=(line, address), daemon=True, name="mock-openai-connection")
        lines.open(line, thread)
        try:
            thread.start()
        except RuntimeError as error:
            lines.close(line)
            self.shared.desk.keep(error)

    def _converse(self, line: Line, address: Any) -> None:
        try:
            Conversation(line, address, self)
        except OSError:
            pass  # The connection broke off; who was to be told has been.
        except BaseException as error:
            self.shared.desk.keep(error)
        finally:
            self.shared.lines.close(line)


class Conversation(WSGIRequestHandler):
    """One connection from its first request to its last."""

    server: Listener
    disable_nagle_algorithm = True

    def __init__(self, line: Line, address: Any, server: Listener) -> None:
        self.line = line
        super().__init__(line.socket, address, server)

    def handle(self) -> None:
        """Answers one request after the other."""
        try:
            while (incoming := self.line.next_request()) is not None:
                if not self._answered(incoming):
                    return
        except Refused as refused:
            self.line.play(self.server.shared.desk.refuse(refused.error))
            self.line.close_in_order(_PATIENCE)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Logs nothing: a test's output is the user's."""

    def _answered(self, incoming: Incoming) -> bool:
        """Answers one request; whether another may follow."""
        shared = self.server.shared
        if shared.user_expects() and self._answered_by_user(incoming):
            return False
        answering = shared.desk.answer(incoming)
        try:
            return self.line.play(answering, shared.sleep)
        except BaseException:
            answering.ended("cut")
            raise

    def _answered_by_user(self, incoming: Incoming) -> bool:
        """Answers by werkzeug if the user expects this request; werkzeug closes the connection after that."""
        request = incoming.request
        self.command, self.path = request.method, request.target
        self.request_version = "HTTP/1.1" if incoming.http11 else "HTTP/1.0"
        self.requestline = f"{self.command} {self.path} {self.request_version}"
        self.headers = _wsgi_headers(incoming)
        self.rfile = io.BytesIO(request.body)
        try:
            self.run_wsgi()
        except NotExpected:
            return False
        return True


def _wsgi_headers(incoming: Incoming) -> HTTPMessage:
    """The request's headers, for a body that has been read already."""
    message = HTTPMessage()
    for name, value in incoming.request.headers:
        if name.lower() not in _REWRITTEN:
            message[name] = value
    message["Content-Length"] = str(len(incoming.request.body))
    return message

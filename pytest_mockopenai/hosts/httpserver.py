"""The host inside a test run: pytest-httpserver's server, and the mock behind it for what its user does not expect."""

from __future__ import annotations

import errno
from itertools import chain
from threading import Thread
from types import TracebackType

from pytest_httpserver import HTTPServer, HTTPServerError
from werkzeug import Request, Response

from pytest_mockopenai.core.wire import HOWS
from pytest_mockopenai.hosts.desk import Desk
from pytest_mockopenai.hosts.listening import Listener, NotExpected, Shared
from pytest_mockopenai.hosts.playing import Lines
from pytest_mockopenai.hosts.port import Handler, Sleep
from pytest_mockopenai.hosts.reading import BODY_LIMIT

PLAYS = HOWS
"""The ways of ending early that this host can play: all of them."""

_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
# Threads end by themselves once their sockets are shut down; this is for one that is stuck in the handler, in seconds.
_PATIENCE = 1.0


class ExpectingServer(HTTPServer):
    """pytest-httpserver's server, for which a request that no expectation matches is not its own.

    So such requests are neither in its log, nor among its assertions, nor do they break an order of expectations.
    """

    def __init__(self, host: str, port: int, shared: Shared) -> None:
        super().__init__(host, port, threaded=True)
        self._shared = shared

    def start(self) -> None:
        """Listens, in a thread of its own. Raises HTTPServerError if it cannot."""
        if self.is_running():
            raise HTTPServerError("Server is already running")
        app = Request.application(self._response_to)
        try:
            self.server = Listener(self.host, self.port, app, self._shared)
        except OSError as error:
            raise HTTPServerError(_why_not(self.host, self.port, error)) from error
        self.port = self.server.port
        self.server_thread = Thread(target=self.thread_target, daemon=True, name="mock-openai-server")
        self.server_thread.start()

    def stop(self) -> None:
        """Stops listening and closes every connection, without waiting for any client."""
        super().stop()
        self._shared.lines.hang_up(_PATIENCE)

    def _response_to(self, request: Request) -> Response:
        """What the base's `application` does, which is a WSGI application in some of its versions and not in others."""
        request.get_data()
        response = self.dispatch(request)
        self.log.append((request, response))
        return response

    def expects_any(self) -> bool:
        """Whether the user has registered any expectation."""
        return bool(self.ordered_handlers or self.oneshot_handlers or self.handlers)

    def dispatch(self, request: Request) -> Response:
        """The user's response. Raises NotExpected if no expectation matches."""
        handlers = chain(self.ordered_handlers, self.oneshot_handlers, self.handlers)
        if any(handler.matcher.match(request) for handler in handlers):
            return super().dispatch(request)
        raise NotExpected

    def respond_nohandler(self, request: Request, extra_message: str = "") -> Response:
        """An assertion if an order was broken. Raises NotExpected for a oneshot that was used up in the meantime."""
        if self.permanently_failed:
            return super().respond_nohandler(request, extra_message)
        raise NotExpected


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program. Choose another port, or 0 for any free one."
    return f"Cannot listen on port {port} of {host!r}: {error.strerror or error}."


class HTTPServerHost:
    """Serves one handler after the other, for as long as a test run lasts.

    `handler` may be changed at any time: a request is answered by the handler of the moment it came in. `body_limit` is
    in bytes. `server` is pytest-httpserver's own object; expectations registered with it win over the handler.

    The host waits so that a client that leaves, or `stop`, ends the wait. A `sleep` (seconds) waits in its place: the
    host then looks for the client afterwards.
    """

    plays = PLAYS

    def __init__(
        self,
        handler: Handler | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        body_limit: int = BODY_LIMIT,
        sleep: Sleep | None = None,
    ) -> None:
        self._desk = Desk(handler, PLAYS)
        self._shared = Shared(self._desk, Lines(), body_limit, sleep, lambda: self._server.expects_any())
        self._server = ExpectingServer(host, port, self._shared)

    @property
    def server(self) -> HTTPServer:
        """pytest-httpserver's own object."""
        return self._server

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, without a path. Raises HTTPServerError before the first `start` on any free port."""
        if not self._server.port:
            raise HTTPServerError("The server has no port yet: start it first.")
        host = _ANY.get(self._server.host, self._server.host)
        return f"http://{self._server.format_host(host)}:{self._server.port}"

    @property
    def handler(self) -> Handler | None:
        """Who answers; None answers 503. Another one also ends the stalls and the dialogues of the one before."""
        return self._desk.handler

    @handler.setter
    def handler(self, handler: Handler | None) -> None:
        self._desk.handler = handler
        self.release_stalled()

    @property
    def sleep(self) -> Sleep | None:
        """What waits in the place of the host; None: the host itself."""
        return self._shared.sleep

    @sleep.setter
    def sleep(self, sleep: Sleep | None) -> None:
        self._shared.sleep = sleep

    @property
    def errors(self) -> list[BaseException]:
        """What the handler raised, and any other failure of the mock itself."""
        return self._desk.errors

    def start(self) -> None:
        """Listens; returns when connections are accepted. Raises HTTPServerError if it cannot."""
        self._server.start()

    def stop(self) -> None:
        """Closes every connection and stops listening, without waiting for any client; nothing if it does not run."""
        if self._server.is_running():
            self._server.stop()

    def clear(self) -> None:
        """Forgets the user's expectations and what came of them, and `errors`."""
        self._server.clear()
        self._desk.errors.clear()

    def release_stalled(self) -> None:
        """Closes the connections held by a stall and all WebSockets, and lets no request taken before now begin one."""
        self._shared.lines.release()

    def __enter__(self) -> HTTPServerHost:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

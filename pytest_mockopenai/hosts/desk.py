"""The desk of a host: takes each request to whoever is the handler now, and never fails itself."""

from __future__ import annotations

import json
import logging
import time
from email.utils import formatdate
from functools import lru_cache
from itertools import count

from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.wire import Request, Whole
from pytest_mockopenai.hosts.framing import Framed, frame
from pytest_mockopenai.hosts.port import Ending, Exchange, Handler, must_play
from pytest_mockopenai.hosts.reading import Incoming

_LOG = logging.getLogger("pytest_mockopenai")
_UNREADABLE = Incoming(Request("GET", "/"), http11=True, keep_alive=False)
# openai's clients repeat a 5xx twice, slower each time; that cures no bug of ours.
_NO_RETRY = ("x-should-retry", "false")


class Answering:
    """One request being answered: what to play, and whom to tell how it ended."""

    __slots__ = ("_desk", "_exchange", "_told", "framed")

    def __init__(self, framed: Framed, exchange: Exchange | None, desk: Desk) -> None:
        self.framed = framed
        self._exchange = exchange
        self._desk = desk
        self._told: Ending | None = None

    def ended(self, how: Ending) -> None:
        """Tells the exchange, once; a later `client_gone` corrects it. What the exchange raises, the desk keeps."""
        if self._told == "client_gone" or (self._told is not None and how != "client_gone"):
            return
        self._told = how
        exchange = self._exchange
        if exchange is not None:
            self._desk.tell(exchange, how)

    def failed(self, error: BaseException) -> None:
        """Keeps what a dialogue raised."""
        self._desk.keep(error)


class Desk:
    """Answers every request with something to play: the handler's reply, or OpenAI's envelope around what went wrong.

    `errors` holds what the handler raised, for the test to fail on. One raised by a handler that was replaced in the
    meantime is only logged: the test that it belongs to is over.
    """

    def __init__(self, handler: Handler | None, plays: frozenset[str]) -> None:
        self.handler = handler
        self.errors: list[BaseException] = []
        self._plays = plays
        self._ids = count(1)

    def answer(self, incoming: Incoming) -> Answering:
        """What to play for a request."""
        handler = self.handler
        if handler is None:
            return self._own(_unattended(incoming.request), incoming)
        exchange: Exchange | None = None
        try:
            exchange = handler.exchange(incoming.request)
            reply = exchange.reply
            if not isinstance(reply, Whole):
                must_play(reply, self._plays)
            return Answering(frame(reply, incoming, http_date()), exchange, self)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.keep(error, still_wanted=handler is self.handler)
            if exchange is not None:
                self.tell(exchange, "cut")
            return self._own(_failed(incoming.request, error), incoming)

    def refuse(self, error: Error) -> Answering:
        """What to play for bytes that could not be read as a request; the connection is closed after it."""
        return self._own(error, _UNREADABLE)

    def tell(self, exchange: Exchange, how: Ending) -> None:
        """Tells an exchange how it ended, and keeps what it raises."""
        try:
            exchange.ended(how)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.keep(error)

    def keep(self, error: BaseException, *, still_wanted: bool = True) -> None:
        """Logs an exception with its traceback and, if `still_wanted`, keeps it for the test."""
        _LOG.error("The mock failed: %r", error, exc_info=error)
        if still_wanted:
            self.errors.append(error)

    def _own(self, error: Error, incoming: Incoming) -> Answering:
        own = (("content-type", "application/json"), ("x-request-id", f"req_{next(self._ids):032x}"))
        body = json.dumps(error.envelope()).encode()
        whole = Whole(error.status, (*own, *error.headers), body)
        return Answering(frame(whole, incoming, http_date()), None, self)


def _failed(request: Request, error: BaseException) -> Error:
    where = f"{request.method} {request.raw_path}"
    message = f"The mock itself failed on {where}: {type(error).__name__}: {error}"
    return Error(500, message, type="server_error", headers=(_NO_RETRY,))


def _unattended(request: Request) -> Error:
    message = (
        f"Nobody answers {request.method} {request.raw_path}: the mock's server runs, but no mock is on. "
        "Was this request sent outside of the test that it belongs to?"
    )
    return Error(503, message, type="server_error", headers=(_NO_RETRY,))


def http_date() -> str:
    """The Date header's value, now."""
    return _date_of(int(time.time()))


@lru_cache(maxsize=1)
def _date_of(second: int) -> str:
    return formatdate(second, usegmt=True)

"""Records of calls: bounded in number, free of secrets, one place where a call is recorded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from pytest_mockopenai.core.endpoint import Contract
from pytest_mockopenai.core.headers import BATCH_ID, CUSTOM_ID, INNER, SECRET
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Headers, Request

Ended = Literal["open", "done", "cut", "reset", "stalled", "client_gone"]
"""How an exchange ended.

`open` while it lasts; `done` in order; `cut`, `reset`, `stalled` as a fault; `client_gone` when the client left before
the end.
"""

REDACTED = "[redacted]"


class _Told:
    """What is told of a call by what it asked."""

    __slots__ = ()
    inquiry: Inquiry

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.inquiry.request.method

    @property
    def endpoint(self) -> str:
        """The SDK's resource, such as `chat.completions`; empty for an unknown path."""
        return self.inquiry.endpoint

    @property
    def model(self) -> str:
        """The model asked for; empty if none was."""
        return self.inquiry.model

    @property
    def body(self) -> Mapping[str, Any]:
        """The request's JSON."""
        return self.inquiry.body

    @property
    def headers(self) -> Headers:
        """The request's headers, secrets redacted."""
        return self.inquiry.request.headers

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages or input items sent."""
        return self.inquiry.messages

    @property
    def last_message(self) -> str:
        """The text of the last user message, or the input text."""
        return self.inquiry.last_message

    @property
    def tools(self) -> list[str]:
        """The names of the tools offered."""
        return self.inquiry.tools

    @property
    def turn(self) -> int:
        """The conversation's turn: 1 without an assistant message."""
        return self.inquiry.turn

    @property
    def retry_count(self) -> int:
        """How many times the SDK says it has tried this call before (`x-stainless-retry-count`)."""
        count = self.header("x-stainless-retry-count") or ""
        return int(count) if count.isdecimal() and len(count) < 10 else 0

    @property
    def inner(self) -> bool:
        """Whether the mock made this call itself while it answered another: a batch's line, a run's turn."""
        return self.header(INNER) is not None

    @property
    def batch_id(self) -> str | None:
        """The batch whose line this call is; None for a call of a client's own."""
        return self.header(BATCH_ID)

    @property
    def custom_id(self) -> str | None:
        """The `custom_id` of that line."""
        return self.header(CUSTOM_ID)

    def header(self, name: str) -> str | None:
        """A request header, whatever its case."""
        return self.inquiry.request.header(name)


@dataclass(frozen=True, slots=True)
class Call(_Told):
    """One HTTP call that the mock got, or one call in a WebSocket (its method is `WS`), and what it answered.

    `index` counts from 0. `word` is the scripted word as written, None for a made-up answer; `source` says where the
    reply came from (`core.scenario.Source`). `contract` says whether the endpoint is modelled or derived from the
    installed SDK; None if there is none. `response` is the finished object (also of a stream) or the error's envelope.
    `usage` is what the call is billed, None for errors and for endpoints without tokens. `retry_after` is in seconds,
    as scripted. `started` is when it came by the mock's clock, `arrived` by the real one (Unix seconds), by which its
    exchange `finished` (None while it is open); `seconds` is the time the mock took to answer, without the waits of the
    reply.
    """

    index: int
    inquiry: Inquiry
    path: str
    status: int
    stream: bool = False
    response: Any = None
    usage: Usage | None = None
    word: str | None = None
    source: Source = "default"
    contract: Contract | None = "modelled"
    fault: str | None = None
    retry_after: float | None = None
    request_id: str = ""
    response_headers: Headers = ()
    ended: Ended = "open"
    started: float = 0.0
    arrived: float = 0.0
    seconds: float = 0.0
    finished: float | None = None

    @property
    def scripted(self) -> bool:
        """Whether a scripted word was played."""
        return self.word is not None


@dataclass(slots=True, eq=False)
class Entry(_Told):
    """A call in the record, with the fields of `Call`: what is not known yet is filled in, and a `Call` made of it when
    somebody looks. `size` is how many bytes it takes, about.
    """

    inquiry: Inquiry
    status: int
    stream: bool = False
    response: Any = None
    usage: Usage | None = None
    word: str | None = None
    source: Source = "default"
    contract: Contract | None = "modelled"
    fault: str | None = None
    retry_after: float | None = None
    request_id: str = ""
    response_headers: Headers = ()
    started: float = 0.0
    arrived: float = 0.0
    seconds: float = 0.0
    size: int = 0
    index: int = 0
    ended: Ended = "open"
    finished: float | None = None
    _call: Call | None = None

    def end(self, how: Ended, finished: float) -> None:
        """Note how and when (Unix time) it ended."""
        self.ended, self.finished = how, finished
        self._call = None

    def revise(self, response: Any, usage: Usage | None) -> None:
        """Note another response and usage."""
        self.response, self.usage = response, usage
        self._call = None

    def call(self) -> Call:
        """What is known of it now."""
        if self._call is None:
            if isinstance(self.response, Unread):
                self.response = self.response.read()
            known = {name: getattr(self, name) for name in _SAME}
            self._call = Call(path=self.inquiry.request.path, **known)
        return self._call


_SAME = tuple(field.name for field in fields(Call) if field.name != "path")


def redacted(request: Request) -> Request:
    """The request without secrets and without the body's bytes: what may be kept and shown."""
    headers = [(pair[0], REDACTED) if pair[0].lower() in SECRET else pair for pair in request.headers]
    return Request(request.method, request.target, tuple(headers))


def redacted_inquiry(asked: Inquiry) -> Inquiry:
    """The same of a request without secrets."""
    kept = redacted(asked.request)
    return Inquiry(asked.endpoint, kept, asked.body, asked.model, asked.earlier_turns, asked.earlier_message)


@dataclass(slots=True, eq=False)
class _Sum:
    """The usage of the calls of one model. Calls that come again have the same usage, and are only counted."""

    settled: Usage = field(default_factory=Usage)
    last: Usage = field(default_factory=Usage)
    times: int = 0

    def add(self, usage: Usage) -> None:
        if usage is not self.last:
            self.settled, self.last, self.times = self.total(), usage, 0
        self.times += 1

    def replace(self, usage: Usage, by: Usage) -> None:
        self.settled, self.times = self.total().less(usage) + by, 0

    def total(self) -> Usage:
        return self.settled + self.last.times(self.times)


class Recorder:
    """Keeps the last calls and the usage of all of them; safe to use from many threads.

    At most `limit` calls are kept, and no more than `room` bytes of them (but always the last one).
    """

    def __init__(self, limit: int = 10_000, room: int = 256 * 2**20) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._limit = limit
        self._left = room
        self._count = 0
        self._usage: dict[str, _Sum] = {}

    def add(self, entry: Entry) -> None:
        """Keep a call, and number it."""
        with self._lock:
            entry.index = self._count
            self._count += 1
            self._entries.append(entry)
            self._left -= entry.size
            if len(self._entries) > self._limit or self._left < 0:
                self._forget()
            if entry.usage is not None:
                self._sum(entry.inquiry.model).add(entry.usage)

    def _sum(self, model: str) -> _Sum:
        known = self._usage.get(model)
        if known is None:
            known = self._usage[model] = _Sum()
        return known

    def _forget(self) -> None:
        """Drop the oldest calls beyond what may be kept."""
        while len(self._entries) > self._limit or (self._left < 0 and len(self._entries) > 1):
            self._left += self._entries.popleft().size

    def end(self, entry: Entry, ended: Ended, finished: float) -> None:
        """Note how and when (Unix time) an exchange ended."""
        entry.end(ended, finished)

    def revise(self, entry: Entry, response: Any, usage: Usage | None) -> None:
        """Put another response and usage in the place of a call's; the sums of one no longer kept stay."""
        with self._lock:
            if self._entries and self._entries[0].index <= entry.index <= self._entries[-1].index:
                self._sum(entry.model).replace(entry.usage or Usage(), usage or Usage())
            entry.revise(response, usage)

    @property
    def count(self) -> int:
        """How many calls there were, those no longer kept included."""
        return self._count

    def calls(self) -> tuple[Call, ...]:
        """The calls kept, oldest first."""
        with self._lock:
            return tuple([entry.call() for entry in self._entries])

    def usage(self) -> dict[str, Usage]:
        """The usage of all calls, by model."""
        with self._lock:
            return {model: known.total() for model, known in self._usage.items()}

    def clear(self) -> None:
        """Forget everything; numbering goes on, so a call still open finds itself gone."""
        with self._lock:
            self._left += sum(entry.size for entry in self._entries)
            self._entries.clear()
            self._usage.clear()

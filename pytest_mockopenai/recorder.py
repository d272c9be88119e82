"""Records of calls: bounded in number, free of secrets, one place where a call is recorded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pytest_mockopenai.core.headers import SECRET
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Headers, Request

Ended = Literal["open", "done", "cut", "reset", "stalled", "client_gone"]
"""How an exchange ended.

`open` while it lasts; `done` in order; `cut`, `reset`, `stalled` as a fault; `client_gone` when the client left before
the end.
"""

REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call that the mock got, or one call in a WebSocket (its method is `WS`), and what it answered.

    `index` counts from 0. `word` is the scripted word as written, None for a made-up answer; `source` says where the
    reply came from (`core.scenario.Source`). `response` is the finished
    object (also of a stream) or the error's envelope. `usage` is what the call is billed, None for errors and for
    endpoints without tokens. `retry_after` is in seconds, as scripted. `seconds` is the time the mock took to answer.
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
    fault: str | None = None
    retry_after: float | None = None
    request_id: str = ""
    response_headers: Headers = ()
    ended: Ended = "open"
    started: float = 0.0
    seconds: float = 0.0

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
    def scripted(self) -> bool:
        """Whether a scripted word was played."""
        return self.word is not None

    def header(self, name: str) -> str | None:
        """A request header, whatever its case."""
        return self.inquiry.request.header(name)


def redacted(request: Request) -> Request:
    """The request without secrets and without the body's bytes: what may be kept and shown."""
    headers = tuple((name, REDACTED if name.lower() in SECRET else value) for name, value in request.headers)
    return replace(request, headers=headers, body=b"")


class Recorder:
    """Keeps the last `limit` calls and the usage of all of them; safe to use from many threads."""

    def __init__(self, limit: int = 10_000) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=limit)
        self._count = 0
        self.limit = limit
        self._usage: dict[str, Usage] = {}

    def add(self, call: Call) -> int:
        """Keep a call, numbered; returns its index."""
        with self._lock:
            index = self._count
            self._count += 1
            self._calls.append(replace(call, index=index))
            if call.usage is not None:
                self._usage[call.model] = self._usage.get(call.model, Usage()) + call.usage
            return index

    def end(self, index: int, ended: Ended) -> None:
        """Note how an exchange ended; nothing if the call is no longer kept."""
        with self._lock:
            place = index - (self._count - len(self._calls))
            if 0 <= place < len(self._calls):
                self._calls[place] = replace(self._calls[place], ended=ended)

    def revise(self, index: int, response: Any, usage: Usage | None) -> None:
        """Put another response and usage in the place of a call's; nothing if the call is no longer kept."""
        with self._lock:
            place = index - (self._count - len(self._calls))
            if not 0 <= place < len(self._calls):
                return
            call = self._calls[place]
            total = self._usage.get(call.model, Usage()).less(call.usage or Usage()) + (usage or Usage())
            self._usage[call.model] = total
            self._calls[place] = replace(call, response=response, usage=usage)

    @property
    def count(self) -> int:
        """How many calls there were, those no longer kept included."""
        return self._count

    def calls(self) -> tuple[Call, ...]:
        """The calls kept, oldest first."""
        with self._lock:
            return tuple(self._calls)

    def usage(self) -> dict[str, Usage]:
        """The usage of all calls, by model."""
        with self._lock:
            return dict(self._usage)

    def clear(self) -> None:
        """Forget everything; numbering goes on, so a call still open finds itself gone."""
        with self._lock:
            self._calls.clear()
            self._usage.clear()

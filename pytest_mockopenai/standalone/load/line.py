"""One client connection: a request out, and its reply measured as it comes in.

Its own, on asyncio and httptools: an HTTP client library costs several times what the mock does for a call, and would
measure itself.
"""

from __future__ import annotations

import asyncio
import json
import re
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pytest_mockopenai.standalone.load.figures import Outcome

if TYPE_CHECKING:
    from httptools import HttpResponseParser

_ENDS = (b"data: [DONE]", b"event: response.completed", b"event: response.incomplete")
_USAGE = re.compile(rb'"usage": ?(\{)')
_TAIL = 256 * 1024  # bytes of a stream that are kept, for its end


class Line(asyncio.Protocol):
    """A connection that carries one call at a time; `open` says whether it can carry another."""

    def __init__(self) -> None:
        self.open = False
        self._transport: asyncio.Transport | None = None
        self._done: asyncio.Future[Outcome] | None = None

    # --- one call -----------------------------------------------------------------------------------------------------

    async def call(self, request: bytes, *, stream: bool, timeout: float) -> Outcome:
        """Sends a request and reads its reply; what goes wrong is in the outcome."""
        from httptools import HttpResponseParser

        loop = asyncio.get_running_loop()
        self._done = loop.create_future()
        self._parser: HttpResponseParser = HttpResponseParser(self)
        self._outcome = Outcome()
        self._stream = stream
        self._body = bytearray()
        self._head = self._framed = False
        self._began = self._last = perf_counter()
        timer = loop.call_later(timeout, self._failed, f"no complete reply within {timeout:g} s")
        if self._transport is not None:
            self._transport.write(request)
        try:
            return await self._done
        finally:
            timer.cancel()

    def close(self) -> None:
        """Closes the connection."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    # --- of the transport ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = transport  # type: ignore[assignment]
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Bytes of a reply."""
        from httptools import HttpParserError

        if self._done is None or self._done.done():
            return
        self._now = perf_counter()
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._failed(f"not HTTP: {error}")

    def connection_lost(self, error: Exception | None) -> None:
        """The server closed, in order or not; a reply may be framed by that."""
        self.open = False
        if self._done is None or self._done.done():
            return
        if self._head and not self._framed and error is None:
            self.on_message_complete()
        elif error is not None:
            self._failed(f"connection broken: {error.strerror or error}" if isinstance(error, OSError) else str(error))
        else:
            self._failed("closed in the middle of a reply" if self._head else "closed without a reply")

    # --- of the parser ------------------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """Notes what frames the body."""
        self._framed = self._framed or name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        """The status is known."""
        self._head = True
        self._outcome.status = self._parser.get_status_code()
        self._now = perf_counter()

    def on_body(self, body: bytes) -> None:
        """Part of the body; each event of a stream is a token, near enough."""
        self._body += body
        if not self._stream:
            return
        outcome = self._outcome
        events = body.count(b"\n\n")
        if outcome.first is None:
            outcome.first = self._now - self._began
            events -= 1
        elif events > 0:
            outcome.gaps.append(self._now - self._last)
            events -= 1
        outcome.gaps += [0.0] * events
        self._last = self._now
        if len(self._body) > 2 * _TAIL:
            del self._body[:-_TAIL]

    def on_message_complete(self) -> None:
        """The reply is there."""
        outcome, body = self._outcome, bytes(self._body)
        outcome.seconds = perf_counter() - self._began
        outcome.prompt_tokens, outcome.completion_tokens = tokens_of(body)
        if outcome.status >= 400:
            outcome.failure = f"HTTP {outcome.status}"
        elif self._stream and not any(end in body for end in _ENDS):
            outcome.failure = "a stream without its end"
        if self._framed and not self._parser.should_keep_alive():
            self.close()
        self._finish()

    def _failed(self, why: str) -> None:
        self._outcome.failure = why
        self._outcome.seconds = perf_counter() - self._began
        self._finish()
        self.close()

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(self._outcome)


def tokens_of(body: bytes) -> tuple[int, int]:
    """The prompt and completion tokens that a reply, whole or streamed, reports last; 0 where it reports none."""
    for found in reversed(list(_USAGE.finditer(body))):
        try:
            usage: dict[str, Any] = json.JSONDecoder().raw_decode(body[found.start(1) :].decode("utf-8", "replace"))[0]
        except ValueError:
            continue
        prompt = usage.get("prompt_tokens", usage.get("input_tokens")) or 0
        return prompt, usage.get("completion_tokens", usage.get("output_tokens")) or 0
    return 0, 0

"""The API itself: requests are sent there, and what comes back is noted with its times while it is passed on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_mockopenai import isolation
from pytest_mockopenai.core.heading import SCENARIO
from pytest_mockopenai.core.pace import without_wait
from pytest_mockopenai.core.wire import Cut, Headers, How, Request, Send, Step
from pytest_mockopenai.recordings import redaction
from pytest_mockopenai.recordings.events import Splitter
from pytest_mockopenai.recordings.interaction import RecordedReply

if TYPE_CHECKING:
    import httpx

_NOT_PASSED_ON = frozenset(
    {
        *("host", "content-length", "accept-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"),
        *("transfer-encoding", "expect", "proxy-authorization", "proxy-connection", SCENARIO),
    }
)
_KEYS = ("authorization", "api-key")
_PATIENCE = 600.0  # seconds without a byte, as the SDK's own
_TO_CONNECT = 10.0
_DONE = b"data: [DONE]"


class Unreachable(Exception):
    """The upstream could not be asked; the message says why."""


class Upstream:
    """The API at `url`, such as `https://api.openai.com/v1`. Safe to use from many threads.

    A `placeholder` in the place of a key is replaced by the true one of `keys`, by the header that it is in; None: any
    key is. What a client says is its own key is passed on otherwise.
    """

    def __init__(self, url: str, *, keys: Mapping[str, str], placeholder: str | None) -> None:
        import httpx

        self.url = url.rstrip("/")
        self._keys = dict(keys)
        self._placeholder = placeholder
        self._is_real = isolation.is_real_host(urlsplit(url).hostname)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        timeout = httpx.Timeout(_PATIENCE, connect=_TO_CONNECT)
        self._client = httpx.Client(timeout=timeout, limits=limits, follow_redirects=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys that it is asked with."""
        return tuple(self._keys.values())

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def ask(self, request: Request) -> RecordedReply | Arrival:
        """Send a request; what came back, or what is coming. Raises `Unreachable`."""
        import httpx

        sent = self._client.build_request(
            request.method, self._target(request), headers=self._headers(request.headers), content=request.body
        )
        began = monotonic()
        try:
            with isolation.permitted():
                response = self._client.send(sent, stream=True)
        except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError) as error:
            return RecordedReply(0, (), (Cut(_broken(error), monotonic() - began),))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unreachable(f"{self.url} cannot be reached: {_told(error)}") from None
        arrival = Arrival(response, began)
        return arrival if arrival.streamed else arrival.whole()

    def _target(self, request: Request) -> str:
        target = request.target if request.target.startswith("/") else f"/{request.target}"  # never another host
        return self.url + (target.removeprefix("/v1") if target.startswith("/v1/") else target)

    def _headers(self, headers: Headers) -> list[tuple[str, str]]:
        passed = [(name, value) for name, value in headers if name.lower() not in _NOT_PASSED_ON]
        if self._placeholder is None and "authorization" in self._keys and not _has_key(passed):
            passed.append(("authorization", ""))
        return [
            *((name, self._with_key(name.lower(), value)) for name, value in passed),
            ("accept-encoding", "identity"),
        ]

    def _with_key(self, name: str, value: str) -> str:
        if name not in _KEYS:
            return value
        scheme, given = ("Bearer ", value.partition(" ")[2]) if name == "authorization" else ("", value)
        if self._placeholder is not None and given != self._placeholder:
            return value
        key = self._keys.get(name)
        if key is None and self._placeholder is not None and self._is_real:
            raise Unreachable(f"{self.url} is asked with a key, and there is none in the environment (OPENAI_API_KEY)")
        return value if key is None else scheme + key


class Arrival:
    """A reply that is coming; a thread of its own reads it to the end, whoever still listens."""

    def __init__(self, response: httpx.Response, began: float) -> None:
        self.status = response.status_code
        self.headers = redaction.reply_headers(response.headers.multi_items())
        self.streamed = (response.headers.get("content-type") or "").startswith("text/event-stream")
        self._response = response
        self._last = began
        self._cut: tuple[Cut, ...] = ()
        self._waiting: deque[Step] = deque()
        self._told: Callable[[], object] = lambda: None
        self._over = False
        self._changed = threading.Condition()

    def whole(self) -> RecordedReply:
        """All of it, once it is here."""
        data = b"".join(self._pieces())
        return RecordedReply(self.status, self.headers, (Send(data, self._elapsed()), *self._cut))

    def begin(self, complete: Callable[[RecordedReply], object]) -> None:
        """Read it from now on; `complete` is told all before the last event is passed on."""
        threading.Thread(target=self._read, args=(complete,), daemon=True, name="mock-openai-upstream").start()

    def wait(self, seconds: float) -> bool:
        """Whether it is complete, now or after so long at most."""
        with self._changed:
            return self._changed.wait_for(lambda: self._over, seconds)

    # --- `core.wire.Arriving` -----------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Step]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.ready)
                if not self._waiting:
                    return
                step = self._waiting.popleft()
            yield step

    @property
    def ready(self) -> bool:
        """Whether the next step, or the end, is here."""
        return bool(self._waiting) or self._over

    def listen(self, told: Callable[[], object]) -> None:
        """Call `told` whenever there may be something new, and at once."""
        self._told = told
        told()

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, complete: Callable[[RecordedReply], object]) -> None:
        """Clients that have read `[DONE]` look at once at what was recorded: so that waits for the end."""
        came: list[Step] = []
        passed = 0
        try:
            for step in self._steps():
                came.append(step)
                if not (isinstance(step, Send) and step.data.startswith(_DONE)):
                    self._pass_on(came[passed:])
                    passed = len(came)
            complete(RecordedReply(self.status, self.headers, tuple(came), streamed=True))
        finally:
            self._pass_on(came[passed:], over=True)

    def _steps(self) -> Iterator[Step]:
        """The events as they come, half a one where they break off, and how."""
        splitter = Splitter()
        for data in self._pieces():
            for event in splitter.feed(data):
                yield Send(event, self._elapsed())
        if splitter.rest:
            yield Send(splitter.rest, self._elapsed())
        yield from self._cut

    def _pass_on(self, steps: list[Step], *, over: bool = False) -> None:
        with self._changed:
            self._waiting.extend(map(without_wait, steps))
            self._over = self._over or over
            self._changed.notify_all()
        self._told()

    def _pieces(self) -> Iterator[bytes]:
        """The bytes as they come; where they break off, `_cut` says how."""
        import httpx

        try:
            yield from self._response.iter_bytes()
        except (httpx.HTTPError, OSError) as error:
            self._cut = (Cut(_broken(error), self._elapsed()),)
        finally:
            self._response.close()

    def _elapsed(self) -> float:
        """Seconds since it was asked last."""
        now = monotonic()
        elapsed, self._last = now - self._last, now
        return elapsed


def _has_key(headers: Iterable[tuple[str, str]]) -> bool:
    return any(name.lower() in _KEYS for name, _ in headers)


def _broken(error: Any) -> How:
    """How a connection ended, by what httpx says of it."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "stall"
    return "reset" if isinstance(error, httpx.ReadError) else "close"


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

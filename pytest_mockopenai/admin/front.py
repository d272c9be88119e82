"""What stands before the app: the admin API below `/_mock/`, and CORS for pages of a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from pytest_mockopenai.core.wire import Ending, Headers, Reply, Request, Whole

PREFIX = "/_mock"

EXPOSED = (
    *("x-request-id", "retry-after", "retry-after-ms", "x-should-retry", "location"),
    *("openai-processing-ms", "openai-version", "openai-organization", "openai-project"),
    *(f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")),
    *("x-mock-word", "x-mock-source", "x-mock-origin", "x-mock-usage", "x-mock-hint"),
)
"""The reply's headers that a page may read."""

_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_DAY = "86400"  # seconds for which a browser need not ask again


class Exchange(Protocol):
    """One request being answered, as a host sees it."""

    @property
    def reply(self) -> Reply:
        """What the host shall send."""

    def ended(self, how: Ending) -> None:
        """Told how that went."""


class Handler(Protocol):
    """Whoever answers requests."""

    def exchange(self, request: Request) -> Exchange:
        """Answer one; called on any thread."""


@dataclass(frozen=True, slots=True)
class Own:
    """An exchange that nobody records."""

    reply: Reply

    def ended(self, how: Ending) -> None:
        """Nothing comes of it."""


@dataclass(frozen=True, slots=True)
class _Allowed:
    """An exchange whose reply a page may read."""

    reply: Reply
    ended: Callable[[Ending], None]


class Front:
    """A handler before another one. Without `admin` there is nothing below `/_mock/`; `cors` lets any page in.

    A request for the admin API is no call: it is neither scripted nor recorded.
    """

    def __init__(self, app: Handler, admin: Callable[[Request], Whole] | None = None, *, cors: bool = False) -> None:
        self.app = app
        self._admin = admin
        self._cors = cors

    def exchange(self, request: Request) -> Exchange:
        """Answer a request."""
        if not self._cors:
            return self._answered(request)
        if _is_preflight(request):
            return Own(Whole(204, _preflight(request), b""))
        answered = self._answered(request)
        return _Allowed(_readable(answered.reply), answered.ended)

    def _answered(self, request: Request) -> Exchange:
        if self._admin is not None and request.target.startswith(PREFIX) and _is_below(request):
            return Own(self._admin(request))
        return self.app.exchange(request)


def _is_below(request: Request) -> bool:
    return request.raw_path == PREFIX or request.raw_path.startswith(f"{PREFIX}/")


def _is_preflight(request: Request) -> bool:
    """https://fetch.spec.whatwg.org/#cors-preflight-request"""
    asks = request.header("access-control-request-method")
    return request.method == "OPTIONS" and asks is not None and request.header("origin") is not None


def _preflight(request: Request) -> Headers:
    """`*` would not allow `authorization`, so the headers asked for are named."""
    asked = request.header("access-control-request-headers")
    private = request.header("access-control-request-private-network")
    return (
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", _METHODS),
        ("access-control-allow-headers", asked or "authorization, content-type"),
        *((("access-control-allow-private-network", "true"),) if private else ()),
        ("access-control-max-age", _DAY),
        ("vary", "access-control-request-headers"),
    )


def _readable(reply: Reply) -> Reply:
    return replace(reply, headers=reply.headers + _READABLE)


_READABLE: Headers = (("access-control-allow-origin", "*"), ("access-control-expose-headers", ", ".join(EXPOSED)))

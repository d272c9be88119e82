"""Sends clients of the openai package to the mock wherever they point, while it is on; imports no openai.

The rule: a client of the openai package whose URL has a real OpenAI host is redirected, path kept, whether it
was built before or while the mock is on; every other way to a real host is refused (see `guard`). A client
that points elsewhere, at a gateway for instance, is left alone.

The SDK builds each request's URL in `BaseClient._prepare_url` (Azure overrides it) and each WebSocket's from
`websocket_base_url` or `_base_url` (`_base_client.py`, `resources/realtime/realtime.py`; 1.109, 2.52 and 3.54
agree). `client.base_url` itself keeps saying what it was given, and so do copies made by `with_options`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .hosts import is_real_host
from .patching import Patches, Point, Stack

__all__ = ["Target", "redirected"]

_WEBSOCKET = "websocket_base_url"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the mock listens: `port` is None if the scheme's own, `prefix` the path before all its paths."""

    scheme: str
    host: str
    port: int | None
    prefix: str

    @classmethod
    def of(cls, url: str) -> Target:
        """The target that `url`, such as "http://127.0.0.1:43121", says."""
        parts = urlsplit(url.rstrip("/"))
        port = None if parts.port == {"http": 80, "https": 443}.get(parts.scheme) else parts.port
        return cls(parts.scheme, parts.hostname or "", port, parts.path)

    def is_at(self, url: Any) -> bool:
        """Whether `url`, of httpx or httpx2, has this target's host and port."""
        return bool(url.host == self.host and url.port == self.port)

    def moved(self, url: Any) -> Any:
        """`url`, of httpx or httpx2, with this target's origin and its own path."""
        raw_path = self.prefix.encode() + url.raw_path
        return url.copy_with(scheme=self.scheme, host=self.host, port=self.port, raw_path=raw_path)


_targets: Stack[Target] = Stack()


@contextmanager
def redirected(url: str) -> Iterator[Target]:
    """Redirect SDK clients of all threads to the mock at `url`; when nested, the innermost one wins."""
    with _PATCHES.on(), _targets.holding(Target.of(url)) as target:
        yield target


def _moved(url: Any) -> Any:
    targets = _targets.entries
    return targets[-1].moved(url) if targets and is_real_host(url.host) else url


# What stands in for each attribute. All are transparent while no target is on.


def _prepare_url(original: Any) -> Any:
    @functools.wraps(original)
    def prepared(self: Any, url: str) -> Any:
        return _moved(original(self, url))

    return prepared


class _Own(str):
    """A WebSocket URL of ours: copies of a client that hold it remember what the client had."""

    __slots__ = ("before",)
    before: Any


class _WebSocketBase:
    """The attribute `websocket_base_url` while on; the client's own value stays in its `__dict__`.

    The SDK turns `http` into `wss` in places (1.109: everywhere; Azure in all versions), but the mock speaks
    no TLS. A given `websocket_base_url` is taken as it is, so one is given.
    """

    def __get__(self, client: Any, owner: type | None = None) -> Any:
        if client is None:
            return self
        try:
            own = client.__dict__[_WEBSOCKET]
        except KeyError:
            raise AttributeError(_WEBSOCKET) from None
        url = _websocket_url(client, own)
        if url is None:
            return own
        ours = _Own(url)
        ours.before = own
        return ours

    def __set__(self, client: Any, value: Any) -> None:
        client.__dict__[_WEBSOCKET] = value.before if isinstance(value, _Own) else value


def _websocket_url(client: Any, own: Any) -> str | None:
    """Where a client of a real host or of the mock connects, without the resource; None for any other."""
    targets = _targets.entries
    base = _websocket_base(client) if own is None else type(client._base_url)(str(own))
    if targets and is_real_host(base.host):
        base = targets[-1].moved(base)
    elif own is not None or not any(target.is_at(base) for target in targets):
        return None
    secure = base.scheme in ("https", "wss")
    return str(base.copy_with(scheme="wss" if secure else "ws"))


def _websocket_base(client: Any) -> Any:
    """Azure's realtime API is not below the deployment (`_prepare_url` of `lib/azure.py`)."""
    endpoint = getattr(client, "_azure_endpoint", None)
    if endpoint is None or not getattr(client, "_azure_deployment", None):
        return client._base_url
    return endpoint.copy_with(raw_path=endpoint.raw_path.rstrip(b"/") + b"/openai")


def _direct(original: Any) -> Any:
    """The choice of a transport by URL: a client built before may have one for the environment's proxy."""

    @functools.wraps(original)
    def chosen(self: Any, url: Any) -> Any:
        transport = original(self, url)
        if any(target.is_at(url) for target in _targets.entries) and _is_proxy(transport):
            return self._transport
        return transport

    return chosen


def _is_proxy(transport: Any) -> bool:
    pool = getattr(transport, "_pool", None)
    return getattr(pool, "_proxy_url", None) is not None or getattr(transport, "proxy", None) is not None


_PATCHES = Patches(
    (
        Point("openai._base_client", "BaseClient._prepare_url", _prepare_url),
        Point("openai.lib.azure", "BaseAzureClient._prepare_url", _prepare_url),
        Point("openai._base_client", f"BaseClient.{_WEBSOCKET}", lambda _: _WebSocketBase(), adds=True),
        Point("httpx", "Client._transport_for_url", _direct),
        Point("httpx", "AsyncClient._transport_for_url", _direct),
        Point("httpx2", "Client._transport_for_url", _direct),
        Point("httpx2", "AsyncClient._transport_for_url", _direct),
    )
)

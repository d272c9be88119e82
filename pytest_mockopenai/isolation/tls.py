"""One TLS context for all clients built alike while on: making one is most of what building a client costs.

A context is shared between transports of one class (of httpx, of httpx2, and those for aiohttp) that verify
in the default way or not at all. One that gets its own `SSLContext`, file or certificate is never touched,
and `httpx.create_ssl_context()`, which users call to change the result, always makes a new one.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .patching import Patches, Point

if TYPE_CHECKING:
    import ssl

__all__ = ["shared"]

_KEPT = 16
_FIRST = ("verify", "cert", "trust_env", "http1", "http2")  # every transport's first parameters
_ENVIRONMENT = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")

# A transport, its module, and the module whose `create_ssl_context` it calls.
_TRANSPORTS = (
    ("HTTPTransport", "httpx._transports.default", "httpx._transports.default"),
    ("AsyncHTTPTransport", "httpx._transports.default", "httpx._transports.default"),
    ("HTTPTransport", "httpx2._transports.default", "httpx2._transports.default"),
    ("AsyncHTTPTransport", "httpx2._transports.default", "httpx2._transports.default"),
    ("AiohttpTransport", "httpx_aiohttp.transport", "httpx"),
    ("AiohttpTransport", "httpx_aiohttp.httpx2.transport", "httpx2"),
    ("AiohttpTransport", "openai._vendor.httpx_aiohttp.transport", "httpx2"),
)

_lock = threading.Lock()
_contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}


@contextmanager
def shared() -> Iterator[None]:
    """Share contexts in all threads of this process; those made are kept for the next time, at most 16."""
    with _PATCHES.on():
        yield


def _sharing(creator: str) -> Callable[[Any], Any]:
    """The `__init__` of a transport, given the module that makes its contexts."""

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            context = _context(creator, original, args, kwargs) if _PATCHES.active else None
            if context is None:
                original(self, *args, **kwargs)
            elif args:
                original(self, context, *args[1:], **kwargs)
            else:
                original(self, **{**kwargs, "verify": context})

        return init

    return make


def _context(creator: str, init: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ssl.SSLContext | None:
    """The context to share among the calls of `init` with these arguments; None if it must have its own."""
    import ssl

    named = {"verify": True, "cert": None} | dict(zip(_FIRST, args, strict=False)) | kwargs
    create = vars(sys.modules[creator]).get("create_ssl_context")
    if create is None or named["cert"] is not None or not isinstance(named["verify"], bool):
        return None
    arguments = {"verify": named["verify"], "trust_env": bool(named.get("trust_env", True))}
    # httpcore sets the context's ALPN protocols by http2 at each connection: they must not share.
    how = (*arguments.values(), bool(named.get("http2", False)), *_environment())
    return _kept((init, create, ssl.SSLContext, ssl.create_default_context, how), lambda: create(**arguments))


def _kept(key: tuple[Any, ...], create: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    with _lock:
        context = _contexts.pop(key, None) or create()
        _contexts[key] = context
        if len(_contexts) > _KEPT:
            del _contexts[next(iter(_contexts))]
    return context


def _environment() -> tuple[Any, ...]:
    return tuple((value, _stamp(value)) for value in map(os.environ.get, _ENVIRONMENT))


def _stamp(path: str | None) -> tuple[int, int] | None:
    """Tells a file that was written anew from the one that a context was made of."""
    try:
        status = os.stat(path) if path else None
    except OSError:
        return None
    return None if status is None else (status.st_mtime_ns, status.st_size)


_PATCHES = Patches(tuple(Point(module, f"{name}.__init__", _sharing(creator)) for name, module, creator in _TRANSPORTS))

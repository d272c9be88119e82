"""Refuses connections to OpenAI's real hosts in a Python process that was started while the mock is on.

Needs nothing but Python 3.8, and hands over to the next `sitecustomize` on the path.
"""

import os
import sys

TYPE_CHECKING = False  # importing `typing` would be most of this file's time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_mock, *_patterns = os.environ.get("PYTEST_MOCKOPENAI_GUARD", "").split() or [""]
_exact = tuple(pattern for pattern in _patterns if not pattern.startswith("."))
_below = tuple("." + pattern.lstrip(".") for pattern in _patterns)
_tls_guarded = False


class RealHostRefused(ConnectionError):
    """A connection to a real OpenAI host was tried in a child process while the mock is on."""


def _check(host: "object") -> None:
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("latin-1")
    if not isinstance(host, str):
        return
    name = (host if host.isascii() else host.encode("idna").decode()).lower().rstrip(".")
    if name in _exact or name.endswith(_below):
        raise RealHostRefused(
            f"pytest-mockopenai refused a connection to {host}: the mock at {_mock} is on in the process "
            "that started this one. Take the base URL from the environment variable OPENAI_BASE_URL."
        )


def _guard_tls(context: "Any") -> None:
    """The last net: tunnels through a proxy and addresses resolved elsewhere."""
    global _tls_guarded
    _tls_guarded = True
    context.wrap_socket = _named(context.wrap_socket, 4)
    context.wrap_bio = _named(context.wrap_bio, 3)


def _named(original: "Callable[..., Any]", position: int) -> "Callable[..., Any]":
    def checked(self: "Any", *args: "Any", **kwargs: "Any") -> "Any":
        _check(kwargs.get("server_hostname", args[position] if len(args) > position else None))
        return original(self, *args, **kwargs)

    return checked


def _hook(event: str, args: "tuple[Any, ...]") -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _check(args[0])
    elif event == "socket.connect":
        _check(args[1][0] if isinstance(args[1], tuple) and args[1] else None)
    elif not _tls_guarded and hasattr(sys.modules.get("ssl"), "SSLContext"):
        _guard_tls(sys.modules["ssl"].SSLContext)


def _hand_over() -> None:
    """Import the `sitecustomize` that this one hides, and get out of the way of later imports."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    this = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = this


if _mock:
    # An audit hook sees the calls of every library, and imports none: `socket` and `ssl` may never be needed.
    sys.addaudithook(_hook)
_hand_over()

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

# Methods to guard once their module is there, and where the host stands among their arguments: of `connect`
# the address, whose name C code resolves unseen; of TLS the last net, also for a tunnel through a proxy.
_pending = [
    ("socket", "socket", "connect", 0),
    ("socket", "socket", "connect_ex", 0),
    ("ssl", "SSLContext", "wrap_socket", 4),
    ("ssl", "SSLContext", "wrap_bio", 3),
]


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


def _guard_methods() -> None:
    for entry in tuple(_pending):
        module, name, method, position = entry
        owner = getattr(sys.modules.get(module), name, None)
        # A module half imported may still have C's class by that name, which takes no attributes.
        if getattr(owner, "__module__", None) == module:
            _pending.remove(entry)
            setattr(owner, method, _guarded(getattr(owner, method), position))


def _guarded(original: "Callable[..., Any]", position: int) -> "Callable[..., Any]":
    def checked(self: "Any", *args: "Any", **kwargs: "Any") -> "Any":
        host = kwargs.get("server_hostname", args[position] if len(args) > position else None)
        _check(host[0] if isinstance(host, tuple) and host else host)
        return original(self, *args, **kwargs)

    return checked


def _hook(event: str, args: "tuple[Any, ...]") -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _check(args[0])
    elif _pending and event in ("import", "socket.__new__"):
        _guard_methods()


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
    # An audit hook sees the calls of every library and imports none: `socket` and `ssl` may never be needed.
    sys.addaudithook(_hook)
    # The traces of openai-agents would be tried, and tried again, when this process ends.
    os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")
_hand_over()

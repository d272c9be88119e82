"""The environment variables that point this process and its children at the mock, and their exact undoing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from .hosts import PATTERNS

__all__ = ["API_KEY", "GUARD", "applied", "patched"]

API_KEY = "sk-mock-0000000000000000000000000000000000000000"
"""The key clients get when none is given: shaped like OpenAI's, worth nothing."""

GUARD = "PYTEST_MOCKOPENAI_GUARD"
"""Read by `sitecustomize.py` in child processes: the mock's URL, then the patterns of real hosts."""

_API_VERSION = "2024-10-21"
_PROXIES = tuple(
    spelt(f"{scheme}_proxy") for scheme in ("http", "https", "all", "ws", "wss") for spelt in (str.lower, str.upper)
)
_SITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sitecustomize")


def patched(
    url: str, *, api_key: str = API_KEY, base_url: str | None = None, webhook_secret: str | None = None
) -> dict[str, str]:
    """The variables to set so that clients find the mock at `url`, given the environment as it stands.

    `OPENAI_BASE_URL` and the keys are the SDK's, `OPENAI_API_BASE` is LangChain's and LiteLLM's. A configured
    proxy is kept away from the mock and from the real hosts, where it would carry an escape. `webhook_secret` is what
    the mock signs with; None leaves what clients believe as it is.
    """
    root = url.rstrip("/")
    return {
        "OPENAI_BASE_URL": base_url or f"{root}/v1",
        "OPENAI_API_BASE": base_url or f"{root}/v1",
        "OPENAI_API_KEY": api_key,
        "OPENAI_ADMIN_KEY": api_key,
        **({"OPENAI_WEBHOOK_SECRET": webhook_secret} if webhook_secret else {}),
        "AZURE_OPENAI_ENDPOINT": root,
        "AZURE_OPENAI_API_KEY": api_key,
        "OPENAI_API_VERSION": os.environ.get("OPENAI_API_VERSION") or _API_VERSION,
        "NO_PROXY": _direct("NO_PROXY", "no_proxy", root),
        "no_proxy": _direct("no_proxy", "NO_PROXY", root),
        "PYTHONPATH": _python_path(),
        GUARD: " ".join((root, *PATTERNS)),
    }


@contextmanager
def applied(
    variables: Mapping[str, str], setenv: Callable[[str, str], object] | None = None
) -> Iterator[dict[str, str | None]]:
    """Set the variables and yield what they were before (None: unset); put all back on leaving.

    `setenv`, if given, does the setting and its owner the undoing, as pytest's `monkeypatch.setenv` does.
    """
    before = {name: os.environ.get(name) for name in variables}
    try:
        for name, value in variables.items():
            (setenv or os.environ.__setitem__)(name, value)
        yield before
    finally:
        if setenv is None:
            _restore(before)


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _direct(name: str, twin: str, url: str) -> str:
    value = os.environ.get(name) or os.environ.get(twin) or ""
    entries = [entry.strip() for entry in value.split(",") if entry.strip()]
    real = PATTERNS if any(map(os.environ.get, _PROXIES)) else ()  # each entry costs httpx time for each client
    wanted = ("127.0.0.1", "localhost", urlsplit(url).hostname or "127.0.0.1", *real)
    return ",".join(dict.fromkeys((*entries, *wanted)))


def _python_path() -> str:
    path = os.environ.get("PYTHONPATH")
    if not path:
        return _SITE
    return path if path.split(os.pathsep)[0] == _SITE else _SITE + os.pathsep + path

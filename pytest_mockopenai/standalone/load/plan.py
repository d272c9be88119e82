"""What is sent, and how much of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pytest_mockopenai.isolation.hosts import is_real_host
from pytest_mockopenai.standalone.config import BadOption


@dataclass(frozen=True, slots=True)
class Target:
    """Where calls go: `path` is that of the API's base, such as `/v1`."""

    host: str
    port: int
    path: str
    tls: bool

    @property
    def authority(self) -> str:
        """Host and port, as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.path}"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent: `total` calls or, if that is None, as many as begin within `seconds`; so many at a time.

    `timeout`: seconds for one call. `stream` says whether `request` asks for a stream.
    """

    target: Target
    request: bytes
    stream: bool
    concurrency: int
    total: int | None
    seconds: float | None
    timeout: float


def target_of(url: str) -> Target:
    """The parts of a base URL. Raises BadOption for one that is none, and for OpenAI's own."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadOption(f"'{url}' is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadOption(f"'{url}' is no base URL such as http://127.0.0.1:8080/v1")
    if is_real_host(parts.hostname):
        raise BadOption(f"{parts.hostname} is no mock: load tests it at your expense and against its terms")
    tls = parts.scheme == "https"
    default = 443 if tls else 80
    return Target(parts.hostname, default if port is None else port, parts.path.rstrip("/"), tls)


def _chat(model: str, prompt: str, *, stream: bool) -> tuple[str, dict[str, Any]]:
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    return "/chat/completions", body | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})


def _responses(model: str, prompt: str, *, stream: bool) -> tuple[str, dict[str, Any]]:
    return "/responses", {"model": model, "input": prompt} | ({"stream": True} if stream else {})


def _embeddings(model: str, prompt: str, *, stream: bool) -> tuple[str, dict[str, Any]]:
    if stream:
        raise BadOption("embeddings are not streamed: leave --stream out")
    return "/embeddings", {"model": model, "input": prompt}


KINDS: Mapping[str, tuple[str, Callable[..., tuple[str, dict[str, Any]]]]] = {
    "chat": ("gpt-4o", _chat),
    "responses": ("gpt-4o", _responses),
    "embeddings": ("text-embedding-3-small", _embeddings),
}
"""What can be asked for: the model if none is named, and path and body."""


def request_of(
    target: Target, kind: str, *, model: str | None, prompt: str, stream: bool, key: str, header: str | None = None
) -> bytes:
    """The bytes of one request; `header` is one more, as written. Raises BadOption."""
    usual, make = KINDS[kind]
    path, body = make(model or usual, prompt, stream=stream)
    data = json.dumps(body).encode()
    lines = [
        f"POST {target.path}{path} HTTP/1.1",
        f"host: {target.authority}",
        "content-type: application/json",
        f"content-length: {len(data)}",
        f"authorization: Bearer {key}",
        "user-agent: mockopenai-load",
        *([header] if header else []),
    ]
    if any("\r" in line or "\n" in line for line in lines) or (header and ":" not in header):
        raise BadOption("--header is one line such as 'X-Test-Scenario: rate-limit'")
    try:
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + data
    except UnicodeEncodeError:
        raise BadOption("--key and --header take Latin-1 characters only") from None

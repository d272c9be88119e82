"""A stand-in for the mock, and the proof that no test here ever asks for the address of a real host."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pytest_mockopenai.isolation.hosts import is_real_host

VARIABLES = ("OPENAI_", "AZURE_OPENAI_", "PYTEST_MOCKOPENAI_")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class _Echo(BaseHTTPRequestHandler):
    """Answers every request with what it was, in the shape of a chat completion."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        said = {
            "id": "echo",
            "method": self.command,
            "path": self.path,
            "key": self._key(),
            "size": len(body),
        }
        answer = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def _key(self) -> str:
        return self.headers.get("api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def _echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(_echo: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the echo listens; the environment holds nothing of OpenAI or of proxies."""
    for name in list(os.environ):
        if name.startswith(VARIABLES) or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    return _echo


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch, url: str) -> str:
    """A proxy at a port where nobody listens, configured in the environment as companies do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    return proxy


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every address asked for below the guard: none may be a real host's."""
    asked: list[Any] = []

    def recorded(original: Any) -> Any:
        def ask(host: Any, *args: Any, **kwargs: Any) -> Any:
            asked.append(host)
            if is_real_host(host):
                raise socket.gaierror(f"a test asked for {host}")
            return original(host, *args, **kwargs)

        return ask

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        monkeypatch.setattr(socket, name, recorded(getattr(socket, name)))
    yield
    assert [host for host in asked if is_real_host(host)] == []

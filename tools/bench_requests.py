"""Requests per second that each contender's server answers, asked one after the other by one client.

Run as a script it is such a server: `python bench_requests.py NAME` prints its base URL, and serves until its standard
input ends.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import monotonic
from urllib.parse import urlsplit

from bench_runs import Limits, environment, in_turns
from bench_suites import COMPLETION, CONTENDERS, OURS

_ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Capital of France?"}]}
_HEADERS = {"content-type": "application/json", "authorization": "Bearer sk-test"}
_PATIENCE = 10.0  # seconds for one reply


# --- the servers, in processes of their own ---------------------------------------------------------------------------


@contextmanager
def _ours() -> Iterator[str]:
    from pytest_mockopenai import MockOpenAI

    with MockOpenAI() as mock:
        mock.always("Paris")
        yield mock.base_url


@contextmanager
def _pytest_httpserver() -> Iterator[str]:
    from pytest_httpserver import HTTPServer

    with HTTPServer(threaded=True) as server:
        server.expect_request("/v1/chat/completions", method="POST").respond_with_json(json.loads(COMPLETION))
        yield server.url_for("/v1")


@contextmanager
def _llmock() -> Iterator[str]:
    from llmock.scenarios import Reply
    from llmock.testing import LLMockServer

    with LLMockServer() as server:
        server.state.scenarios.add(Reply(text="Paris", times=None))
        yield server.base_url()


_SERVERS = {OURS: _ours, "pytest-httpserver": _pytest_httpserver, "llmock": _llmock}


def serve(name: str) -> None:
    """Print the base URL of a contender's server, and serve until standard input ends."""
    with _SERVERS[name]() as base_url:
        print(base_url, flush=True)
        sys.stdin.read()


# --- the client -------------------------------------------------------------------------------------------------------


@contextmanager
def _served(python: Path, folder: Path, name: str) -> Iterator[str]:
    command = [python, Path(__file__).resolve(), name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=environment(), **pipes) as child:
        try:
            yield child.stdout.readline().strip()
        finally:
            child.stdin.close()


def rate(base_url: str, requests: int) -> float:
    """Requests per second on one connection; one that the server closes is opened again."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.netloc, timeout=_PATIENCE)
    body = json.dumps(_ASKED)
    begun = monotonic()
    for _ in range(requests):
        connection.request("POST", f"{address.path}/chat/completions", body, _HEADERS)
        response = connection.getresponse()
        if b"Paris" not in response.read():
            raise SystemExit(f"{base_url} answered {response.status}")
    connection.close()
    return requests / (monotonic() - begun)

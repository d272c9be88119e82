"""Requests per second of each contender's server in a process of its own, asked one after the other by one client."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import monotonic
from urllib.parse import urlsplit

from bench_runs import Limits, environment, in_turns
from bench_suites import COMPLETION, OURS

_PATIENCE = 10.0  # seconds for one reply
_HEADERS = {"content-type": "application/json", "authorization": "Bearer sk-test"}
_ASKED = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Capital of France?"}]})

_OURS = """\
from pytest_mockopenai import MockOpenAI
with MockOpenAI() as server:
    server.always("Paris")
    serve(server.base_url)
"""
# Without pytest, werkzeug would write a line for each request.
_HTTPSERVER = f"""\
import logging
from pytest_httpserver import HTTPServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
with HTTPServer(threaded=True) as server:
    server.expect_request("/v1/chat/completions", method="POST").respond_with_json({COMPLETION!r})
    serve(server.url_for("/v1"))
"""
_LLMOCK = """\
from llmock.scenarios import Reply
from llmock.testing import LLMockServer
with LLMockServer() as server:
    server.state.scenarios.add(Reply(text="Paris", times=None))
    serve(server.base_url())
"""
_SERVERS = {OURS: _OURS, "pytest-httpserver": _HTTPSERVER, "llmock": _LLMOCK}

_SERVE = """\
import sys

def serve(base_url):
    print(base_url, flush=True)
    sys.stdin.read()

"""


def run(python: Path, folder: Path, requests: int, limits: Limits) -> dict[str, float]:
    """The median rate of each contender, by its name; what the first request has to load is not counted."""
    with ExitStack() as stack:
        urls = {name: stack.enter_context(_served(python, folder, _SERVE + _SERVERS[name])) for name in _SERVERS}
        for url in urls.values():
            _rate(url, 1)
        rates = in_turns({name: partial(_rate, url, requests) for name, url in urls.items()}, limits)
    return {name: median(each) for name, each in rates.items()}


@contextmanager
def _served(python: Path, folder: Path, program: str) -> Iterator[str]:
    """The base URL that a program prints; it serves until its standard input ends."""
    with subprocess.Popen(
        [python, "-c", program],
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield _line(child)
        finally:
            child.communicate(timeout=_PATIENCE)


def _line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise SystemExit("a server did not start; what it said is above")
    return line.strip()


def _rate(base_url: str, requests: int) -> float:
    """Requests per second on one connection; one that the server closes is opened again."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.netloc, timeout=_PATIENCE)
    begun = monotonic()
    for _ in range(requests):
        connection.request("POST", f"{address.path}/chat/completions", _ASKED, _HEADERS)
        response = connection.getresponse()
        if b"Paris" not in response.read():
            raise SystemExit(f"{base_url} answered {response.status}")
    connection.close()
    return requests / (monotonic() - begun)

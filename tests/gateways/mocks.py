"""Mocks for a gateway to stand before: the only place that knows how one is started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pytest_mockopenai import MockOpenAI, overloaded, rate_limit
from pytest_mockopenai.core.headers import RetryWaits
from pytest_mockopenai.hosts.httpserver import HTTPServerHost


@contextmanager
def mock_server() -> Iterator[MockOpenAI]:
    """A mock that serves anybody, and what a test needs of it: `url`, `reply`, `when`, `calls`, `usage`, `reset`."""
    with HTTPServerHost() as host:
        mock = MockOpenAI(host=host, require_key=False)
        mock.settings = replace(mock.settings, retry_waits=RetryWaits(), close_async=False)
        mock.reset()
        yield mock


def limit(mock: MockOpenAI) -> None:
    """The rules of docs/gateways/limited.yaml."""
    mock.when(contains="you are limited").always(rate_limit(retry_after=20))
    mock.when(contains="you are down").always(overloaded())

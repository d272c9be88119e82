"""The fixtures. They are registered late (see `plugin.pytest_configure`), so that they win over another plugin's."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mockopenai import marker, summary

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.httpserver import HTTPServerHost
    from pytest_mockopenai.mock import MockOpenAI

MOCK = pytest.StashKey["MockOpenAI | None"]()
"""The mock of a test, in the test's stash; None if it uses none."""

PASSED = pytest.StashKey[bool]()
"""Whether the test itself ran and passed, in the test's stash."""

DEFAULTS = pytest.StashKey[Mapping[str, Any]]()
"""The options that the command line and the configuration file set, in the configuration's stash."""


@pytest.fixture(scope="session")
def mock_openai_listen_address() -> tuple[str, int]:
    """Host and port of the mock's server; port 0 is any free one. Override it in your `conftest.py`."""
    return ("127.0.0.1", 0)


@pytest.fixture(scope="session")
def _mock_openai_host(mock_openai_listen_address: tuple[str, int]) -> Iterator[HTTPServerHost]:
    """The one server of a test run, started by the first test that uses the mock."""
    from pytest_mockopenai.hosts.httpserver import HTTPServerHost

    host, port = mock_openai_listen_address
    with HTTPServerHost(host=host, port=port) as server:
        yield server


@pytest.fixture
def mock_openai(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _mock_openai_host: HTTPServerHost
) -> Iterator[MockOpenAI]:
    """A mock of OpenAI's API on a real HTTP server, new for each test; OPENAI_BASE_URL and OPENAI_API_KEY point at it.

    The marker `@pytest.mark.mock_openai(*replies, **options)` sets it up. After a test that passed, scripted replies
    that no call asked for, calls that a strict mock refused and exceeded budgets fail it.
    """
    item = request.node
    mock = _made(item, _mock_openai_host)
    item.stash[MOCK] = mock
    _offer(request.instance, mock)
    _mock_openai_host.clear()
    mock.start(setenv=monkeypatch.setenv)
    try:
        yield mock
    finally:
        mock.stop()
    item.user_properties += summary.properties(mock)
    problems = mock.problems if item.stash[PASSED] else []
    if problems:
        pytest.fail("\n\n".join(problems), pytrace=False)


def _made(item: pytest.Item, host: HTTPServerHost) -> MockOpenAI:
    from pytest_mockopenai.mock import MockOpenAI

    marked = marker.read(item)
    defaults = item.config.stash[DEFAULTS]
    options: dict[str, Any] = {**defaults, **marked.options}
    if not marked.replies:
        return MockOpenAI(host=host, **options)
    try:
        return MockOpenAI(*marked.replies, host=host, origin=marked.place, **options)
    except (TypeError, ValueError) as error:
        raise marker.wrong(error, marked.text, marked.place) from None


def _offer(instance: object, mock: MockOpenAI) -> None:
    """Methods of a `unittest.TestCase` take no fixtures, so the mock is their `self.mock_openai`."""
    unittest: Any = sys.modules.get("unittest")
    if unittest and isinstance(instance, unittest.TestCase) and not hasattr(instance, "mock_openai"):
        instance.mock_openai = mock

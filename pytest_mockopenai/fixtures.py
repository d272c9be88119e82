"""The fixtures. They are registered late (see `plugin.pytest_configure`), so that they win over another plugin's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mockopenai import marker, recorded, summary

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.httpserver import HTTPServerHost
    from pytest_mockopenai.mock import MockOpenAI

MOCK = pytest.StashKey["MockOpenAI | None"]()
"""The mock of a test, in the test's stash; None if it uses none."""

PASSED = pytest.StashKey[bool]()
"""Whether the test itself ran and passed, in the test's stash."""

DEFAULTS = pytest.StashKey[Mapping[str, Any]]()
"""The options that the command line and the configuration file set, in the configuration's stash."""

REMOTE = pytest.StashKey[Mapping[str, str]]()
"""Of a mock in another process: `url`, `token`, `base_url`, `api_key`, as far as they are given; else empty."""


@pytest.fixture(scope="session")
def mock_openai_listen_address() -> tuple[str, int]:
    """Host and port of the mock's server; port 0 is any free one. Override it in your `conftest.py`."""
    return ("127.0.0.1", 0)


@pytest.fixture(scope="session")
def _mock_openai_host(
    pytestconfig: pytest.Config, mock_openai_listen_address: tuple[str, int]
) -> Iterator[HTTPServerHost | None]:
    """The one server of a test run, started by the first test that uses the mock; None if that is elsewhere."""
    if pytestconfig.stash[REMOTE]:
        yield None
        return
    from pytest_mockopenai.hosts.httpserver import HTTPServerHost

    host, port = mock_openai_listen_address
    with HTTPServerHost(host=host, port=port) as server:
        yield server


@pytest.fixture
def mock_openai(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _mock_openai_host: HTTPServerHost | None
) -> Iterator[MockOpenAI]:
    """A mock of OpenAI's API on a real HTTP server, new for each test; OPENAI_BASE_URL and OPENAI_API_KEY point at it.

    The marker `@pytest.mark.mock_openai(*replies, **options)` sets it up. After a test that passed, scripted replies
    that no call asked for, calls that a strict mock refused and exceeded budgets fail it.
    """
    item = request.node
    mock = _made(item, _mock_openai_host)
    item.stash[MOCK] = mock
    _offer(request.instance, mock)
    if _mock_openai_host is not None:
        _mock_openai_host.clear()
    try:
        _start(mock, monkeypatch)
        yield mock
    finally:
        _stop(mock)
    item.user_properties += summary.properties(mock)
    problems = mock.problems if item.stash[PASSED] else []
    if problems:
        pytest.fail("\n\n".join(problems), pytrace=False)


def _made(item: pytest.Item, host: HTTPServerHost | None) -> MockOpenAI:
    marked = marker.read(item)
    defaults: Mapping[str, Any] = item.config.stash[DEFAULTS]
    options = recorded.options(item, {**defaults, **marked.options})
    if isinstance(options.get("stubs"), (str, os.PathLike)):
        options["stubs"] = item.config.rootpath / options["stubs"]
    if marked.replies:
        options["origin"] = marked.place
    try:
        return _new(item.config, host, marked.replies, options)
    except (TypeError, ValueError) as error:
        if not marked.text:  # said by a file or the command line
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        raise marker.wrong(error, marked.text, marked.place) from None
    except (ConnectionError, RuntimeError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _new(
    config: pytest.Config, host: HTTPServerHost | None, replies: Sequence[object], options: dict[str, Any]
) -> MockOpenAI:
    from pytest_mockopenai.mock import MockOpenAI

    remote = config.stash[REMOTE]
    if not remote:
        return MockOpenAI(*replies, host=host, **options)
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        raise RuntimeError("Tests that share a mock elsewhere run one by one: leave out -n, or mock_openai_url.")
    where: Any = dict(remote)
    return MockOpenAI.connect(where.pop("url"), *replies, fresh=True, **where, **options)


def _start(mock: MockOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_mockopenai.taping import BadRecording

    try:
        mock.start(setenv=monkeypatch.setenv)
    except BadRecording as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _stop(mock: MockOpenAI) -> None:
    from pytest_mockopenai.taping import BadRecording

    try:
        mock.stop()
    except BadRecording as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _offer(instance: object, mock: MockOpenAI) -> None:
    """Methods of a `unittest.TestCase` take no fixtures, so the mock is their `self.mock_openai`."""
    unittest: Any = sys.modules.get("unittest")
    if unittest and isinstance(instance, unittest.TestCase) and not hasattr(instance, "mock_openai"):
        instance.mock_openai = mock

"""`openai.chat.completions.create(...)` is sent to the mock, and the module is after as it was before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest

from pytest_mockopenai.isolation.environment import applied, patched
from pytest_mockopenai.isolation.module_client import module_client
from pytest_mockopenai.isolation.redirect import redirected

MESSAGES: Any = [{"role": "user", "content": "hi"}]
UNSET = ("_client", "api_key", "api_type", "api_version", "azure_endpoint", "base_url", "http_client")
OTHER = ("default_headers", "default_query", "max_retries", "organization", "project", "timeout")


def settings() -> dict[str, Any]:
    """What building the module's client may write."""
    return {name: vars(openai).get(name) for name in (*UNSET, *OTHER)}


@pytest.fixture(autouse=True)
def _unused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module whose client was never asked for."""
    for name in (*UNSET, "default_headers", "default_query"):
        monkeypatch.setattr(openai, name, None)
    monkeypatch.setattr(openai, "max_retries", 0)


@contextmanager
def mocked(url: str) -> Iterator[None]:
    """What the module's client needs to find the mock."""
    env = patched(url)
    with applied(env) as before, redirected(url), module_client(env, before):
        yield


def _path() -> str:
    answer: Any = openai.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    path: str = answer.path
    return path


def test_a_client_built_meanwhile(url: str) -> None:
    was = settings()
    with mocked(url):
        assert _path() == "/v1/chat/completions"
        assert _path() == "/v1/chat/completions"
        assert openai._client is not None
    assert settings() == was


def test_a_client_built_before(url: str) -> None:
    openai.api_key = "sk-early"
    with redirected(url):
        assert _path() == "/v1/chat/completions"
    was = settings()
    assert was["_client"] is not None
    with mocked(url):
        assert _path() == "/v1/chat/completions"
    assert settings() == was


def test_a_base_url_of_the_module(url: str) -> None:
    openai.base_url = "https://api.openai.com/v1/"
    was = settings()
    with mocked(url):
        assert _path() == "/v1/chat/completions"
    assert settings() == was


def test_what_the_application_sets_meanwhile_stays(url: str) -> None:
    with mocked(url):
        openai.api_key = "sk-theirs"
        openai.base_url = url + "/gateway/"
        openai.default_headers = {"x-theirs": "1"}
        assert _path() == "/gateway/chat/completions"
    assert openai._client is None
    assert (openai.api_key, openai.base_url) == ("sk-theirs", url + "/gateway/")
    assert openai.default_headers == {"x-theirs": "1"}


def test_azure_is_chosen_where_only_azure_was_configured(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "real")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mockopenai-test.openai.azure.com")
    was = settings()
    with mocked(url):
        assert _path().startswith("/openai/deployments/gpt-4o/chat/completions?")
    assert settings() == was


def test_openai_is_chosen_where_both_were_configured(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "real")
    monkeypatch.setenv("OPENAI_API_KEY", "real")
    with mocked(url):
        assert openai.api_type == "openai"
    assert openai.api_type is None


def test_a_kind_that_was_chosen_stays(url: str) -> None:
    openai.api_type = "azure"
    with mocked(url):
        assert _path().startswith("/openai/deployments/")
    assert openai.api_type == "azure"


def test_nested(url: str) -> None:
    was = settings()
    with mocked(url):
        with mocked(url + "/inner"):
            assert _path() == "/inner/v1/chat/completions"
        assert _path() == "/v1/chat/completions"
    assert settings() == was


def _fails() -> None:
    assert _path() == "/v1/chat/completions"
    raise ZeroDivisionError


def test_after_an_error(url: str) -> None:
    was = settings()
    with pytest.raises(ZeroDivisionError), mocked(url):
        _fails()
    assert settings() == was


@pytest.mark.parametrize("stub", [object(), None])
def test_a_stub_in_openais_place_is_left_alone(stub: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", stub)
    with mocked(url):
        assert sys.modules["openai"] is stub

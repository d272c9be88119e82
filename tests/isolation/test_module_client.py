"""`openai.chat.completions.create(...)` is sent to the mock, and the module is after as it was before."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from pytest_mockopenai.isolation import isolated
from pytest_mockopenai.isolation.environment import applied, patched
from pytest_mockopenai.isolation.module_client import _SETTINGS, module_client
from pytest_mockopenai.isolation.redirect import redirected

MESSAGES: Any = [{"role": "user", "content": "hi"}]


def settings() -> dict[str, Any]:
    """What building the module's client may write."""
    return {name: vars(openai).get(name) for name in _SETTINGS}


@pytest.fixture(autouse=True)
def _unused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module whose client was never asked for."""
    for name in (
        "_client",
        "api_key",
        "api_type",
        "api_version",
        "azure_endpoint",
        "http_client",
        "base_url",
    ):
        monkeypatch.setattr(openai, name, None)
    monkeypatch.setattr(openai, "max_retries", 0)


def _path() -> str:
    answer: Any = openai.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    path: str = answer.path
    return path


def test_a_client_built_meanwhile(url: str) -> None:
    was = settings()
    with applied(patched(url)) as before, redirected(url), module_client(ENV, before):
        assert _path() == "/v1/chat/completions"
        assert _path() == "/v1/chat/completions"
        openai.http_client.close()  # type: ignore[union-attr]
    assert settings() == was


def test_a_client_built_before(url: str) -> None:
    openai.api_key = "sk-early"
    with redirected(url):
        assert _path() == "/v1/chat/completions"
    was = settings()
    assert was["_client"] is not None
    with applied(patched(url)) as before, redirected(url), module_client(ENV, before):
        assert _path() == "/v1/chat/completions"
    assert settings() == was
    openai.http_client.close()  # type: ignore[union-attr]


def test_a_base_url_of_the_module(url: str) -> None:
    openai.base_url = "https://api.openai.com/v1/"
    with applied(patched(url)) as before, redirected(url), module_client(ENV, before):
        assert _path() == "/v1/chat/completions"
        openai.http_client.close()  # type: ignore[union-attr]
    assert openai.base_url == "https://api.openai.com/v1/"


def test_azure_is_chosen_where_only_azure_was_configured(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "real")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mockopenai-test.openai.azure.com")
    was = settings()
    with applied(patched(url)) as before, redirected(url), module_client(ENV, before):
        assert _path().startswith("/openai/deployments/gpt-4o/chat/completions?")
        openai.http_client.close()  # type: ignore[union-attr]
    assert settings() == was


def test_openai_is_chosen_where_both_were_configured(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "real")
    monkeypatch.setenv("OPENAI_API_KEY", "real")
    with applied(patched(url)) as before, module_client(ENV, before):
        assert openai.api_type == "openai"
    assert openai.api_type is None


def test_a_kind_that_was_chosen_stays(url: str) -> None:
    openai.api_type = "azure"
    with applied(patched(url)) as before, redirected(url), module_client(ENV, before):
        assert _path().startswith("/openai/deployments/")
        openai.http_client.close()  # type: ignore[union-attr]
    assert openai.api_type == "azure"


def test_nested(url: str) -> None:
    was = settings()
    with applied(patched(url)) as before, redirected(url), module_client(ENV, before):
        with applied(patched(url + "/inner")) as inner, redirected(url), module_client(ENV, inner):
            assert _path() == "/inner/v1/chat/completions"
            openai.http_client.close()  # type: ignore[union-attr]
        assert _path() == "/v1/chat/completions"
        openai.http_client.close()  # type: ignore[union-attr]
    assert settings() == was


def _fails() -> None:
    assert _path() == "/v1/chat/completions"
    openai.http_client.close()  # type: ignore[union-attr]
    raise ZeroDivisionError


def test_after_an_error(url: str) -> None:
    was = settings()
    with pytest.raises(ZeroDivisionError), isolated(url):
        _fails()
    assert settings() == was

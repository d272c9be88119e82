"""The variables: what they say, and that they are put back exactly."""

from __future__ import annotations

import os
import urllib.request

import pytest

from pytest_mockopenai.isolation.environment import API_KEY, GUARD, applied, patched

HERE = "http://127.0.0.1:43121"


@pytest.fixture(autouse=True)
def _clean(url: str) -> None:
    """The environment without anything of OpenAI."""


def test_clients_find_the_mock() -> None:
    variables = patched(HERE + "/")
    assert variables["OPENAI_BASE_URL"] == variables["OPENAI_API_BASE"] == "http://127.0.0.1:43121/v1"
    assert variables["AZURE_OPENAI_ENDPOINT"] == HERE
    names = ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "AZURE_OPENAI_API_KEY")
    assert {variables[name] for name in names} == {API_KEY}
    assert patched(HERE, api_key="sk-other")["OPENAI_API_KEY"] == "sk-other"


def test_an_api_version_is_given_only_if_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert patched(HERE)["OPENAI_API_VERSION"]
    monkeypatch.setenv("OPENAI_API_VERSION", "2030-01-01")
    assert patched(HERE)["OPENAI_API_VERSION"] == "2030-01-01"


def test_no_proxy_keeps_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "internal.example, localhost")
    entries = patched("http://mock.test:1")["NO_PROXY"].split(",")
    assert entries == ["internal.example", "localhost", "127.0.0.1", "mock.test"]


def test_a_configured_proxy_gets_neither_the_mock_nor_a_real_host(dead: str) -> None:
    with applied(patched(HERE)):
        for host in ("127.0.0.1:43121", "api.openai.com", "eu.api.openai.com", "x.openai.azure.com:443"):
            assert urllib.request.proxy_bypass(host)
        assert not urllib.request.proxy_bypass("example.org")


@pytest.mark.parametrize("path", [None, "", "/one", os.pathsep.join(("/one", "", "/two"))])
def test_python_path_begins_with_ours_and_keeps_the_rest(path: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    if path is not None:
        monkeypatch.setenv("PYTHONPATH", path)
    site, *rest = patched(HERE)["PYTHONPATH"].split(os.pathsep)
    assert "sitecustomize.py" in os.listdir(site)
    assert os.pathsep.join(rest) == (path or "")
    monkeypatch.setenv("PYTHONPATH", patched(HERE)["PYTHONPATH"])
    assert patched(HERE)["PYTHONPATH"] == os.environ["PYTHONPATH"]


def test_the_guard_of_children_knows_the_mock_and_the_hosts() -> None:
    mock, *patterns = patched(HERE)[GUARD].split()
    assert mock == HERE
    assert "api.openai.com" in patterns


def test_all_is_put_back_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    was = dict(os.environ)
    with applied(patched(HERE)) as before:
        assert before["OPENAI_API_KEY"] == "sk-real"
        assert before["OPENAI_BASE_URL"] is None
        with applied(patched("http://127.0.0.1:2")):
            assert os.environ["OPENAI_BASE_URL"] == "http://127.0.0.1:2/v1"
            del os.environ["AZURE_OPENAI_ENDPOINT"]
        assert os.environ["OPENAI_BASE_URL"] == HERE + "/v1"
        assert os.environ["AZURE_OPENAI_ENDPOINT"] == HERE
    assert dict(os.environ) == was


def test_all_is_put_back_after_an_error() -> None:
    was = dict(os.environ)
    with pytest.raises(ZeroDivisionError), applied(patched(HERE)):
        raise ZeroDivisionError
    assert dict(os.environ) == was


def test_another_tool_may_set_and_put_back() -> None:
    was = dict(os.environ)
    with pytest.MonkeyPatch.context() as theirs:
        with applied(patched(HERE), theirs.setenv) as before:
            assert before["OPENAI_API_KEY"] is None
            theirs.setenv("OPENAI_API_KEY", "sk-test")
        assert os.environ["OPENAI_API_KEY"] == "sk-test"
    assert dict(os.environ) == was

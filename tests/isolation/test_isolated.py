"""Everything together: one `with`, and after it all is as it was."""

from __future__ import annotations

import gc
import http.client
import importlib.util
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from typing import Any

import openai
import pytest

from pytest_mockopenai.isolation import API_KEY, RealHostRefused, Refusal, isolated

EARLY = openai.OpenAI(api_key="sk-early", base_url="https://api.openai.com/v1", max_retries=0)
MESSAGES: Any = [{"role": "user", "content": "hi"}]


def _chat(client: Any) -> Any:
    return client.chat.completions.create(model="gpt-4o", messages=MESSAGES)


def _state() -> list[Any]:
    """All that isolation may touch."""
    owners: list[Any] = [socket, socket.socket, ssl.SSLContext, http.client.HTTPConnection]
    owners += [openai._base_client.BaseClient, openai.lib.azure.BaseAzureClient]
    for name, classes in (
        ("httpx", ("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport")),
        ("httpx2", ("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport")),
        ("aiohttp", ("BaseConnector",)),
    ):
        owners += [getattr(sys.modules[name], each) for each in classes if name in sys.modules]
    settings = {name: vars(openai).get(name) for name in ("_client", "api_type", "azure_endpoint", "api_version")}
    return [dict(os.environ), list(sys.meta_path), settings, *(dict(vars(owner)) for owner in owners)]


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, that finds the same packages."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_clients_reach_the_mock_and_nothing_else_reaches_openai(url: str) -> None:
    with isolated(url) as on:
        with openai.OpenAI() as client:
            assert _chat(client).key == API_KEY
        assert _chat(EARLY).path == "/v1/chat/completions"
        assert on.refusals == []
        with pytest.raises(OSError, match="OPENAI_BASE_URL"):
            urllib.request.urlopen("https://api.openai.com/v1/models")
    assert on.refusals == [Refusal("api.openai.com", 443, "GET", "https://api.openai.com/v1/models")]
    assert on.refused == 1
    assert on.url == url
    assert on.env["OPENAI_BASE_URL"] == url + "/v1"


def test_all_is_undone(url: str) -> None:
    was = _state()
    with isolated(url):
        assert _state() != was
        with isolated("http://127.0.0.1:2"):
            pass
        assert _chat(EARLY).path == "/v1/chat/completions"
    assert _state() == was


def test_all_is_undone_after_an_error(url: str) -> None:
    was = _state()
    with pytest.raises(ZeroDivisionError), isolated(url), isolated(url):
        raise ZeroDivisionError
    assert _state() == was


def test_what_fails_on_the_way_in_is_undone(url: str) -> None:
    def fails(name: str, value: str) -> None:
        raise ZeroDivisionError

    was = _state()
    with pytest.raises(ZeroDivisionError), isolated(url, setenv=fails):
        pass
    assert _state() == was


def test_a_key_of_ones_own(url: str) -> None:
    with isolated(url, api_key="sk-mine"), openai.OpenAI() as client:
        assert _chat(client).key == "sk-mine"


def test_nested(url: str) -> None:
    with isolated(url) as outer:
        with isolated(url + "/inner") as inner:
            assert _chat(EARLY).path == "/inner/v1/chat/completions"
            with pytest.raises(RealHostRefused):
                socket.getaddrinfo("api.openai.com", 443)
        assert _chat(EARLY).path == "/v1/chat/completions"
    assert len(outer.refusals) == len(inner.refusals) == 1


def _context(client: Any) -> Any:
    return client._client._transport._pool._ssl_context


@pytest.mark.parametrize("share", [True, False])
def test_sharing_contexts_is_an_option(share: bool, url: str) -> None:
    with isolated(url, share_tls=share), openai.OpenAI() as one, openai.OpenAI() as other:
        assert (_context(one) is _context(other)) == share


def test_a_client_is_cheap_while_on_and_so_is_going_on_and_off(url: str) -> None:
    def best(work: Any, times: int) -> float:
        gc.collect()
        spent = []
        for _ in range(times):
            start = time.perf_counter()
            work()
            spent.append(time.perf_counter() - start)
        return min(spent)

    def on_and_off() -> None:
        with isolated(url):
            pass

    plain = best(lambda: openai.OpenAI(api_key="k"), 3)
    with isolated(url):
        openai.OpenAI(api_key="k")
        assert best(lambda: openai.OpenAI(api_key="k"), 10) < plain / 5
    assert best(on_and_off, 20) < 0.001


LATE_HTTP = """
import sys, importlib
from pytest_mockopenai.isolation import isolated
with isolated(sys.argv[1]) as on:
    for name in sys.argv[2:]:
        http = importlib.import_module(name)
        try:
            http.Client(proxy="http://127.0.0.1:9").get("http://api.openai.com/v1/models")
        except ConnectionError as error:
            print(name, error.refusal)
        contexts = {id(http.Client()._transport._pool._ssl_context) for _ in range(3)}
        print(len(contexts))
"""


def test_http_libraries_imported_only_when_the_mock_is_on(url: str) -> None:
    names = [name for name in ("httpx", "httpx2") if importlib.util.find_spec(name)]
    done = _python(LATE_HTTP, url, *names)
    assert done.stderr == ""
    expected = [f"{name} GET http://api.openai.com/v1/models\n1\n" for name in names]
    assert done.stdout == "".join(expected)


LATE = """
import sys
from pytest_mockopenai.isolation import isolated
finders = list(sys.meta_path)
with isolated(sys.argv[1]) as on:
    assert "openai" not in sys.modules
    import openai
    client = openai.OpenAI(base_url="https://api.openai.com/v1", max_retries=0)
    print(client.get("/models", cast_to=object)["path"])
    print(openai.models.list().path)
    print(openai.AzureOpenAI(azure_endpoint="https://x.openai.azure.com").models.list().path.split("?")[0])
    print(on.refusals)
assert sys.meta_path == finders
print(openai._client, openai.api_type, openai.api_key, openai.api_version, openai.azure_endpoint)
print(type(openai.__loader__).__module__, openai.__spec__.loader is openai.__loader__)
"""


def test_openai_imported_only_when_the_mock_is_on(url: str) -> None:
    done = _python(LATE, url)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "/v1/models",
        "/v1/models",
        "/openai/models",
        "[]",
        "None None None None None",
        "_frozen_importlib_external True",
    ]


def test_it_imports_nothing_heavy(url: str) -> None:
    code = (
        "import sys, pytest_mockopenai.isolation as i\n"
        "with i.isolated(sys.argv[1]): pass\n"
        "heavy = {'openai', 'httpx', 'httpx2', 'aiohttp', 'werkzeug', 'asyncio', 'pytest'}\n"
        "print(sorted(heavy.intersection(sys.modules)))"
    )
    done = _python(code, url)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_monkeypatch_of_the_test_is_put_back_in_the_right_order(url: str) -> None:
    was = dict(os.environ)
    with pytest.MonkeyPatch.context() as theirs, isolated(url, setenv=theirs.setenv):
        theirs.setenv("OPENAI_API_KEY", "sk-test")
        theirs.setattr(socket, "getaddrinfo", lambda *args: [])
    assert dict(os.environ) == was
    with isolated(url), pytest.raises(RealHostRefused):
        socket.getaddrinfo("api.openai.com", 443)

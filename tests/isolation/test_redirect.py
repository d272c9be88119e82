"""Clients of the openai package are sent to the mock, whenever and however they were built."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import openai
import pytest

from pytest_mockopenai.isolation.environment import applied, patched
from pytest_mockopenai.isolation.guard import RealHostRefused, guarded
from pytest_mockopenai.isolation.redirect import Target, redirected

KEY = "sk-early"
AZURE = {"azure_endpoint": "https://mockopenai-test.openai.azure.com", "api_version": "2024-10-21"}

# Built as an application's module builds them: when it is imported, long before any mock.
EARLY = openai.OpenAI(api_key=KEY, base_url="https://api.openai.com/v1", max_retries=0)
EARLY_ASYNC = openai.AsyncOpenAI(api_key=KEY, base_url="https://eu.api.openai.com/v1/", max_retries=0)
EARLY_AZURE = openai.AzureOpenAI(api_key=KEY, max_retries=0, **AZURE)
EARLY_AZURE_ASYNC = openai.AsyncAzureOpenAI(api_key=KEY, max_retries=0, azure_deployment="mine", **AZURE)


def chat(client: Any) -> Any:
    """What the echo says of a chat completion of this client."""
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])


def chat_async(client: Any) -> Any:
    """The same for an async client."""

    async def main() -> Any:
        try:
            return await chat(client)
        finally:
            await client.close()

    return asyncio.run(main())


def test_clients_built_at_import_time(url: str) -> None:
    with redirected(url):
        assert chat(EARLY).path == "/v1/chat/completions"
        assert chat(EARLY).key == KEY
        assert chat(EARLY_AZURE).path.startswith("/openai/deployments/gpt-4o/chat/completions?")
        assert EARLY.models.list().path == "/v1/models"
        assert EARLY_AZURE.models.list().path.startswith("/openai/models?")


def test_async_clients_built_at_import_time(url: str) -> None:
    with redirected(url):
        assert chat_async(EARLY_ASYNC.copy(http_client=_async_http())).path == "/v1/chat/completions"
        answer = chat_async(EARLY_AZURE_ASYNC.copy(http_client=_async_http()))
        assert answer.path.startswith("/openai/deployments/mine/chat/completions?")


def test_an_azure_client_with_a_deployment_calls_what_is_not_below_it(url: str) -> None:
    with openai.AzureOpenAI(api_key=KEY, azure_deployment="mine", **AZURE) as client, redirected(url):
        assert chat(client).path.startswith("/openai/deployments/mine/chat/completions?")
        assert client.models.list().path.startswith("/openai/models?")


@pytest.mark.parametrize(
    "base",
    ["https://api.openai.com/v1", "https://us.api.openai.com/v1", "https://API.openai.com:443/v1/", None],
)
def test_clients_built_meanwhile(base: str | None, url: str) -> None:
    with redirected(url), openai.OpenAI(api_key=KEY, base_url=base, max_retries=0) as client:
        assert chat(client).path == "/v1/chat/completions"


def test_a_whole_url_given_to_a_client(url: str) -> None:
    with redirected(url):
        answer: Any = EARLY.get("https://api.openai.com/v1/models/m?after=1", cast_to=object)
        assert answer["path"] == "/v1/models/m?after=1"


def test_a_base_url_set_later(url: str) -> None:
    with (
        openai.OpenAI(api_key=KEY, base_url="http://127.0.0.1:9/v1", max_retries=0) as client,
        redirected(url),
    ):
        client.base_url = "https://api.openai.com/v2"
        assert chat(client).path == "/v2/chat/completions"


def test_a_gateway_is_left_alone(url: str) -> None:
    with redirected("http://127.0.0.1:9"), openai.OpenAI(api_key=KEY, base_url=url + "/gateway") as client:
        assert chat(client).path == "/gateway/chat/completions"
        assert client.websocket_base_url is None


def test_a_mock_below_a_path(url: str) -> None:
    with redirected(url + "/below/"):
        assert chat(EARLY).path == "/below/v1/chat/completions"


def _http(name: str, kind: str, **options: Any) -> Any:
    return getattr(pytest.importorskip(name), kind)(**options)


def _async_http() -> Any:
    return openai.DefaultAsyncHttpxClient()


def _accepted(name: str) -> str:
    """Both, from openai 3; before it only httpx."""
    if name == "httpx2" and "httpx2" not in sys.modules:
        pytest.skip("this openai is built on httpx")
    return name


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_a_custom_http_client(name: str, url: str) -> None:
    with _http(_accepted(name), "Client", headers={"x-own": "1"}) as http:
        client = openai.OpenAI(api_key=KEY, http_client=http)
        with redirected(url):
            assert chat(client).path == "/v1/chat/completions"


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_a_custom_async_http_client(name: str, url: str) -> None:
    client = openai.AsyncOpenAI(api_key=KEY, http_client=_http(_accepted(name), "AsyncClient"))
    with redirected(url):
        assert chat_async(client).path == "/v1/chat/completions"


def test_the_aiohttp_transport(url: str) -> None:
    pytest.importorskip("aiohttp")
    try:
        client = openai.AsyncOpenAI(api_key=KEY, http_client=openai.DefaultAioHttpClient())
    except RuntimeError:
        pytest.skip("openai[aiohttp] is not installed")
    with redirected(url):
        assert chat_async(client).path == "/v1/chat/completions"


def test_copies_are_redirected_and_stay_what_they_were(url: str) -> None:
    with redirected(url):
        copy = EARLY.with_options(timeout=3)
        assert chat(copy).path == "/v1/chat/completions"
        azure = EARLY_AZURE.with_options(timeout=3)
        assert chat(azure).path.startswith("/openai/deployments/gpt-4o/")
    assert str(copy.base_url) == "https://api.openai.com/v1/"
    assert copy.websocket_base_url is None
    assert azure.base_url.host == "mockopenai-test.openai.azure.com"


def test_off_again(url: str) -> None:
    classes = [openai._base_client.BaseClient, openai.lib.azure.BaseAzureClient]
    was = [dict(vars(each)) for each in classes]
    own = dict(vars(EARLY))
    with redirected(url):
        assert chat(EARLY)
        assert str(EARLY.base_url) == "https://api.openai.com/v1/"
    assert [dict(vars(each)) for each in classes] == was
    assert {name: vars(EARLY)[name] for name in own} == own
    with guarded(url) as guard, pytest.raises((openai.APIConnectionError, RealHostRefused)):
        chat(EARLY)
    assert guard.refusals[0].url == "https://api.openai.com/v1/chat/completions"


def test_the_innermost_mock_wins(url: str) -> None:
    with redirected("http://127.0.0.1:9"), redirected(url + "/inner"):
        assert chat(EARLY).path == "/inner/v1/chat/completions"
    with redirected(url + "/outer"):
        with redirected("http://127.0.0.1:9"):
            pass
        assert chat(EARLY).path == "/outer/v1/chat/completions"


def test_a_client_built_with_the_environments_proxy(dead: str, url: str) -> None:
    with openai.OpenAI(api_key=KEY, max_retries=0) as client:
        with redirected(url):
            assert chat(client).path == "/v1/chat/completions"
        with pytest.raises(openai.APIConnectionError):
            client.with_options(base_url=url).models.list()


def test_an_async_client_built_with_the_environments_proxy(dead: str, url: str) -> None:
    client = openai.AsyncOpenAI(api_key=KEY, max_retries=0)
    with redirected(url):
        assert chat_async(client).path == "/v1/chat/completions"


def test_an_aiohttp_client_built_with_the_environments_proxy(dead: str, url: str) -> None:
    pytest.importorskip("aiohttp")
    try:
        client = openai.AsyncOpenAI(api_key=KEY, http_client=openai.DefaultAioHttpClient(), max_retries=0)
    except RuntimeError:
        pytest.skip("openai[aiohttp] is not installed")
    with redirected(url):
        assert chat_async(client).path == "/v1/chat/completions"


def test_a_client_of_the_mock_with_a_proxy_set_meanwhile(url: str, dead: str) -> None:
    with applied(patched(url)), redirected(url), openai.OpenAI(max_retries=0) as client:
        assert chat(client).key == os.environ["OPENAI_API_KEY"]


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (EARLY, "ws://127.0.0.1:1/v1/"),
        (EARLY_AZURE, "ws://127.0.0.1:1/openai/"),
        (EARLY_AZURE_ASYNC, "ws://127.0.0.1:1/openai"),
    ],
    ids=["openai", "azure", "azure deployment"],
)
def test_websockets_go_to_the_mock_without_tls(client: Any, expected: str) -> None:
    with redirected("http://127.0.0.1:1"):
        assert client.websocket_base_url == expected
    with redirected("https://127.0.0.1:1"):
        assert client.websocket_base_url == expected.replace("ws://", "wss://")
    assert client.websocket_base_url is None


def test_a_websocket_url_of_the_clients_own(url: str) -> None:
    real = openai.OpenAI(api_key=KEY, websocket_base_url="wss://api.openai.com/v1")
    own = openai.OpenAI(api_key=KEY, websocket_base_url="wss://gateway.example/v1")
    ours = openai.OpenAI(api_key=KEY, base_url=url + "/v1")
    with real, own, ours, redirected(url):
        assert real.websocket_base_url == url.replace("http", "ws") + "/v1"
        assert own.websocket_base_url == "wss://gateway.example/v1"
        assert ours.websocket_base_url == url.replace("http", "ws") + "/v1/"
        own.websocket_base_url = None
        assert real.with_options(timeout=1).websocket_base_url == url.replace("http", "ws") + "/v1"
    assert real.websocket_base_url == "wss://api.openai.com/v1"
    assert own.websocket_base_url is None


@pytest.mark.parametrize(
    ("client", "resource", "path"),
    [
        (EARLY, lambda client: client.realtime, "/v1/realtime?model=m"),
        (EARLY, lambda client: client.beta.realtime, "/v1/realtime?model=m"),
        (EARLY_AZURE, lambda client: client.realtime, "/openai/realtime?api-version=2024-10-21&deployment=m"),
    ],
    ids=["openai", "beta", "azure"],
)
def test_a_realtime_connection(client: Any, resource: Callable[[Any], Any], path: str) -> None:
    server = pytest.importorskip("websockets.sync.server")
    with server.serve(lambda socket: socket.send(socket.request.path), "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        mock = redirected(f"http://127.0.0.1:{running.socket.getsockname()[1]}")
        with mock, resource(client).connect(model="m") as connection:
            assert connection.recv_bytes().decode() == path
        running.shutdown()
        thread.join()


def test_an_async_realtime_connection() -> None:
    server = pytest.importorskip("websockets.asyncio.server")

    async def say(socket: Any) -> None:
        await socket.send(socket.request.path)

    async def main() -> bytes:
        async with server.serve(say, "127.0.0.1", 0) as running:
            port = next(iter(running.sockets)).getsockname()[1]
            with redirected(f"http://127.0.0.1:{port}"):
                async with EARLY_ASYNC.realtime.connect(model="m") as connection:
                    said: bytes = await connection.recv_bytes()
                    return said

    assert asyncio.run(main()) == b"/v1/realtime?model=m"


def test_targets() -> None:
    assert Target.of("http://[::1]:8080/a/") == Target("http", "::1", 8080, "/a")
    assert Target.of("http://mock") == Target.of("http://mock:80") == Target("http", "mock", None, "")

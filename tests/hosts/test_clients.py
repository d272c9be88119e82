"""Real clients against every host: what they get, and that they keep their connections."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import aiohttp
import httpx
import openai
import pytest

from pytest_mockopenai.core.wire import Cut, Request, Send, Stream, Whole
from pytest_mockopenai.hosts.port import Host
from tests.hosts.conftest import FixedApp, FixedExchange

Serve = Callable[..., FixedApp]

JSON = (("content-type", "application/json"),)
SSE = (("content-type", "text/event-stream"),)


def completion(text: str) -> Whole:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [choice]}
    return Whole(200, JSON, json.dumps(body).encode())


def chunks(*texts: str, after: float = 0.0) -> Stream:
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
    events = [
        json.dumps(frame | {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})
        for text in texts
    ]
    return Stream(200, SSE, tuple(Send(f"data: {event}\n\n".encode(), after) for event in (*events, "[DONE]")))


def test_httpx_keeps_its_connection(host: Host, serve: Serve) -> None:
    serve(
        Whole(200, JSON, b'{"a": 1}'), chunks("a", "b"), Whole(204, (), b""), Whole(404, JSON, b"{}"), completion("x")
    )
    with httpx.Client(base_url=host.url) as client:
        sockets = set()
        for _ in range(8):
            with client.stream("POST", "/v1/x", json={"stream": True}) as response:
                sockets.add(response.extensions["network_stream"].get_extra_info("client_addr"))
                response.read()
    assert len(sockets) == 1


def test_httpx_keeps_its_connection_from_one_handler_to_the_next(host: Host, serve: Serve) -> None:
    with httpx.Client(base_url=host.url) as client:
        sockets = set()
        for number in range(3):
            serve(Whole(200, JSON, b"%d" % number))
            with client.stream("GET", "/") as response:
                sockets.add(response.extensions["network_stream"].get_extra_info("client_addr"))
                assert response.read() == b"%d" % number
    assert len(sockets) == 1


def test_httpx_sees_faults_as_its_own_errors(host: Host, serve: Serve) -> None:
    serve(Stream(200, SSE, (Send(b"data: 1\n\n"), Cut("half_chunk"))))
    with httpx.Client(base_url=host.url) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/")
        serve(Stream(200, SSE, (Cut("close"),)))
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/")
        serve(Stream(200, SSE, (Cut("reset"),)))
        with pytest.raises(httpx.ReadError):
            client.get("/")
        serve(Stream(200, SSE, (Cut("stall"),)))
        with pytest.raises(httpx.ReadTimeout):
            client.get("/", timeout=0.01)
        serve(Stream(200, SSE, (Send(b"abc"),), length=9))
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/")


def test_httpx_sends_a_generated_body_in_chunks(host: Host, serve: Serve) -> None:
    app = serve(Whole(200, JSON, b"{}"))
    httpx.post(host.url, content=(b"%d," % number for number in range(1000)))
    assert app.requests[0].body == b"".join(b"%d," % number for number in range(1000))


def test_httpx_reads_the_refusal_of_a_body_that_it_is_still_sending(host: Host) -> None:
    response = httpx.post(host.url, content=(b"x" * 1_000_000 for _ in range(80)))
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "request_too_large"


def test_http_client_keeps_its_connection(host: Host, serve: Serve) -> None:
    serve(Whole(200, JSON, b"{}"), chunks("a", "b"), Whole(200, JSON, b"{}"))
    connection = http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=5)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", "/")
        connection.getresponse().read()
    assert connection.sock is first
    connection.close()


def test_http_client_notices_half_a_chunk(host: Host, serve: Serve) -> None:
    serve(Stream(200, (), (Send(b"abcd"), Cut("half_chunk"))))
    connection = http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=5)
    connection.request("GET", "/")
    with connection.getresponse() as response, pytest.raises(http.client.IncompleteRead):
        response.read()
    connection.close()


async def in_aiohttp(url: str) -> tuple[list[bytes], int]:
    async with aiohttp.ClientSession(base_url=url, connector=aiohttp.TCPConnector(limit=1)) as session:
        bodies = []
        for _ in range(3):
            async with session.post("/v1/x", data=b"body" * 10, expect100=True) as response:
                bodies.append(await response.read())
        assert session.connector is not None
        return bodies, len(session.connector._conns)


def test_aiohttp(host: Host, serve: Serve) -> None:
    app = serve(Whole(200, JSON, b"{}"), Stream(200, SSE, (Send(b"a"), Send(b"b", 0.001))), Whole(200, JSON, b"[]"))
    bodies, kept = asyncio.run(in_aiohttp(host.url))
    assert bodies == [b"{}", b"ab", b"[]"]
    assert kept == 1
    assert [request.body for request in app.requests] == [b"body" * 10] * 3


async def gathered(url: str, count: int) -> list[bytes]:
    async with aiohttp.ClientSession(base_url=url, connector=aiohttp.TCPConnector(limit=count)) as session:

        async def one() -> bytes:
            async with session.get("/") as response:
                return await response.read()

        return await asyncio.gather(*(one() for _ in range(count)))


def test_fifty_aiohttp_streams_at_once(host: Host, serve: Serve) -> None:
    steps = tuple(Send(b"%02d" % number, after=0.0005) for number in range(20))
    app = serve(Stream(200, SSE, steps))
    assert asyncio.run(gathered(host.url, 50)) == [b"".join(b"%02d" % number for number in range(20))] * 50
    assert app.endings == [["done"]] * 50


def test_many_threads_share_a_client(host: Host) -> None:
    class Echo(FixedApp):
        def exchange(self, request: Request) -> FixedExchange:
            self.exchanges.append(FixedExchange(request, Whole(200, (), request.target.encode() + request.body)))
            return self.exchanges[-1]

    host.handler = app = Echo()
    with httpx.Client(base_url=host.url) as client, ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda n: client.post(f"/{n}", content=b"-%d" % n).content, range(300)))
    assert got == [b"/%d-%d" % (n, n) for n in range(300)]
    assert app.endings == [["done"]] * 300


@pytest.fixture
def client(host: Host) -> openai.OpenAI:
    return openai.OpenAI(base_url=host.url + "/v1", api_key="sk-test", max_retries=0)


def test_openai_plain(client: openai.OpenAI, serve: Serve) -> None:
    app = serve(completion("Paris"))
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Capital?"}])
    client.close()
    assert answer.choices[0].message.content == "Paris"
    assert app.requests[0].target == "/v1/chat/completions"
    assert json.loads(app.requests[0].body)["messages"][0]["content"] == "Capital?"


def test_openai_streamed(client: openai.OpenAI, serve: Serve) -> None:
    app = serve(chunks("Pa", "ris", after=0.001))
    ask = client.chat.completions.create
    with ask(model="gpt-4o", messages=[{"role": "user", "content": "Capital?"}], stream=True) as answer:
        assert [chunk.choices[0].delta.content for chunk in answer] == ["Pa", "ris"]
    client.close()
    assert app.endings == [["done"]]


def test_openai_sees_our_own_failure_once(host: Host) -> None:
    host.handler = app = FixedApp()
    failure = pytest.raises(openai.InternalServerError, match="The mock itself failed on GET /v1/models: IndexError")
    with openai.OpenAI(base_url=host.url + "/v1", api_key="sk-test") as client, failure:
        client.models.list()
    assert len(host.errors) == 1
    assert app.requests == []
    host.errors.clear()

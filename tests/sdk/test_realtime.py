"""The Realtime API as the SDK speaks it, sync and async, over a real WebSocket; and with a plain client."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

websockets = pytest.importorskip("websockets")
pytest.importorskip("openai.types.realtime")
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

from pytest_mockopenai import (  # noqa: E402
    MockOpenAI,
    bad_request,
    cut,
    error_event,
    malformed,
    no_done,
    rate_limit,
    reset,
    says,
    short_body,
    slow,
    stall,
    tool_call,
)
from pytest_mockopenai.core import sound  # noqa: E402

EARLY = openai.OpenAI(api_key="sk-early", base_url="https://api.openai.com/v1", max_retries=0)
EARLY_ASYNC = openai.AsyncOpenAI(api_key="sk-early", base_url="https://api.openai.com/v1", max_retries=0)
"""Built before any mock is on."""

MODEL = "gpt-realtime"
TEXT: Any = {"type": "realtime", "output_modalities": ["text"]}
PATIENCE = 30.0


def user(text: str) -> Any:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def until(connection: Any, kind: str) -> list[Any]:
    """The events up to and with the first of this kind."""
    events = []
    for event in connection:
        events.append(event)
        if event.type == kind:
            return events
    raise AssertionError(f"closed before {kind}")


def kinds(events: list[Any]) -> list[str]:
    return [event.type for event in events]


def ask(connection: Any, text: str, **response: Any) -> Any:
    """Say something; the finished response to it."""
    connection.conversation.item.create(item=user(text))
    connection.response.create(**({"response": response} if response else {}))
    return until(connection, "response.done")[-1].response


def test_a_written_conversation(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris", "Rome")
    with openai.OpenAI() as client, client.realtime.connect(model=MODEL) as connection:
        assert connection.recv().type == "session.created"
        connection.session.update(session=TEXT)
        assert until(connection, "session.updated")[-1].session.output_modalities == ["text"]
        assert ask(connection, "Capital of France?").output[0].content[0].text == "Paris"
        assert ask(connection, "And of Italy?").output[0].content[0].text == "Rome"
    handshake, *calls = mock_openai.calls
    assert (handshake.method, handshake.status, handshake.ended) == ("GET", 101, "done")
    assert [(call.method, call.path, call.status, call.ended) for call in calls] == [
        ("WS", "/v1/realtime", 200, "done"),
        ("WS", "/v1/realtime", 200, "done"),
    ]
    assert [call.last_message for call in calls] == ["Capital of France?", "And of Italy?"]
    assert [call.turn for call in calls] == [1, 2]
    assert mock_openai.usage.total_tokens == sum(call.response["usage"]["total_tokens"] for call in calls)
    assert mock_openai.calls.to("realtime").where(method="WS") == list(calls)


def test_a_client_built_before_the_mock_is_redirected(mock_openai: MockOpenAI) -> None:
    with EARLY.realtime.connect(model=MODEL) as connection:
        assert connection.recv().type == "session.created"
    assert mock_openai.calls[0].path == "/v1/realtime"

    async def main() -> str:
        async with EARLY_ASYNC.realtime.connect(model=MODEL) as connection:
            return str((await connection.recv()).type)

    assert asyncio.run(main()) == "session.created"


def test_a_spoken_answer_on_an_async_client(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello there, how are you?")

    async def main() -> tuple[str, bytes]:
        transcript, data = "", b""
        async with openai.AsyncOpenAI() as client, client.realtime.connect(model=MODEL) as connection:
            await connection.conversation.item.create(item=user("Hi"))
            await connection.response.create()
            async for event in connection:
                if event.type == "response.output_audio_transcript.delta":
                    transcript += event.delta
                elif event.type == "response.output_audio.delta":
                    data += base64.b64decode(event.delta)
                elif event.type == "response.done":
                    break
        return transcript, data

    text, data = asyncio.run(main())
    assert text == "Hello there, how are you?"
    assert data == sound.synthesize(sound.seconds_for(text), "pcm")


def test_what_is_heard_is_answered(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("I heard you.")
    speech = base64.b64encode(sound.synthesize(0.5, "pcm") + bytes(48_000)).decode()
    with openai.OpenAI() as client, client.realtime.connect(model=MODEL) as connection:
        connection.session.update(session=TEXT)
        connection.input_audio_buffer.append(audio=speech)
        events = until(connection, "response.done")
    assert "input_audio_buffer.speech_started" in kinds(events)
    assert events[-1].response.output[0].content[0].text == "I heard you."


def test_a_tool_loop(mock_openai: MockOpenAI) -> None:
    mock_openai.when(contains="weather", turn=1).reply(tool_call("get_weather", city="Paris"))
    mock_openai.when(turn=2).reply("It is sunny.")
    tool: Any = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
    with openai.OpenAI() as client, client.realtime.connect(model=MODEL) as connection:
        connection.session.update(session={**TEXT, "tools": [tool]})
        (call,) = ask(connection, "The weather in Paris?").output
        assert json.loads(call.arguments) == {"city": "Paris"}
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        connection.conversation.item.create(item=output)
        connection.response.create()
        assert until(connection, "response.done")[-1].response.output[0].content[0].text == "It is sunny."
    assert mock_openai.calls[-1].tools == ["get_weather"]


def test_errors(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(rate_limit(), bad_request("No.", code="nope"), "Fine")
    with openai.OpenAI() as client, client.realtime.connect(model=MODEL) as connection:
        failed = ask(connection, "Hi")
        assert (failed.status, failed.status_details.error.code) == ("failed", "rate_limit_exceeded")
        connection.response.create(event_id="mine")
        error = until(connection, "error")[-1].error
        assert (error.code, error.event_id) == ("nope", "mine")
        assert ask(connection, "Hi").status == "completed"
    assert [call.status for call in mock_openai.calls] == [101, 429, 400, 200]


def test_cancelling_what_is_slow(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says("One two three four") | slow(first=0, each=0.02))
    with openai.OpenAI() as client, client.realtime.connect(model=MODEL) as connection:
        connection.session.update(session=TEXT)
        connection.response.create()
        until(connection, "response.output_text.delta")
        connection.response.cancel()
        response = until(connection, "response.done")[-1].response
    assert response.status == "cancelled"
    assert "One two three four".startswith(response.output[0].content[0].text)
    call = mock_openai.calls[-1]
    assert call.response["status"] == "cancelled"
    assert call.usage is not None
    assert call.usage.completion_tokens == response.usage.output_tokens == mock_openai.usage.completion_tokens


def test_cancelling_what_would_take_for_ever(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says("Late") | slow(first=3600))

    async def main() -> Any:
        async with openai.AsyncOpenAI() as client, client.realtime.connect(model=MODEL) as connection:
            await connection.response.create()
            await connection.response.cancel()
            async for event in connection:
                if event.type == "response.done":
                    return event.response
            raise AssertionError("closed")

    assert asyncio.run(main()).status == "cancelled"


@pytest.mark.parametrize(
    ("word", "ended"),
    [(cut(after=2), "cut"), (reset(after=2), "reset"), (short_body(), "cut")],
    ids=["cut", "reset", "short"],
)
def test_faults_break_the_connection(mock_openai: MockOpenAI, word: Any, ended: str) -> None:
    mock_openai.reply(says("Hello there") | word)
    with openai.OpenAI() as client, client.realtime.connect(model=MODEL) as connection:
        connection.response.create()
        with pytest.raises(ConnectionClosedError):
            until(connection, "response.done")
    assert [call.ended for call in mock_openai.calls] == [ended, ended]


def test_a_stall_is_silence(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says("Hello there") | stall(after=2))

    async def main() -> None:
        async with openai.AsyncOpenAI() as client, client.realtime.connect(model=MODEL) as connection:
            await connection.response.create()
            for _ in range(3):
                await connection.recv()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(connection.recv(), 0.02)
            connection._connection.close_timeout = 0.01

    asyncio.run(main())
    assert mock_openai.calls[-1].ended in ("stalled", "client_gone")


def test_faults_that_leave_the_connection(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says("x") | malformed(after=0), says("x") | no_done(), says("x") | error_event(after=1), "Fine")
    with openai.OpenAI() as client, client.realtime.connect(model=MODEL) as connection:
        connection.recv()
        connection.response.create()
        with pytest.raises(json.JSONDecodeError):
            connection.recv()
        until(connection, "response.done")
        connection.response.create()
        until(connection, "conversation.item.done")
        connection.response.create()
        assert until(connection, "error")[-1].error.type == "server_error"
        assert ask(connection, "Hi").status == "completed"


def test_client_secrets(mock_openai: MockOpenAI) -> None:
    with openai.OpenAI() as client:
        secret = client.realtime.client_secrets.create(session={"type": "realtime", "instructions": "Be brief."})
    assert secret.session.type == "realtime"
    with openai.OpenAI(api_key=secret.value) as browser, browser.realtime.connect(model=MODEL) as connection:
        assert connection.recv().session.instructions == "Be brief."


def test_calls(mock_openai: MockOpenAI) -> None:
    with openai.OpenAI() as client:
        if not hasattr(client.realtime, "calls"):
            pytest.skip("this SDK makes no calls")
        offer = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
        made = client.realtime.calls.create(sdp=offer, session={"type": "realtime"})
        assert made.text.startswith("v=0")
        id_ = made.response.headers["location"].rpartition("/")[2]
        client.realtime.calls.accept(id_, type="realtime")
        client.realtime.calls.hangup(id_)
        with pytest.raises(openai.NotFoundError):
            client.realtime.calls.hangup(id_)


def test_the_beta_client(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris")
    with openai.OpenAI() as client:
        if not hasattr(client.beta, "realtime"):
            pytest.skip("this SDK has no beta client")
        with client.beta.realtime.connect(model="gpt-4o-realtime-preview") as connection:
            connection.session.update(session={"modalities": ["text"]})
            connection.conversation.item.create(item=user("Capital of France?"))
            connection.response.create()
            events = until(connection, "response.done")
    assert "".join(event.delta for event in events if event.type == "response.text.delta") == "Paris"


# --- other clients ----------------------------------------------------------------------------------------------------


@pytest.fixture
def plain(mock_openai: MockOpenAI) -> Callable[..., Any]:
    """`plain(target, **headers)` opens a connection with the package `websockets`."""

    def start(target: str = f"/v1/realtime?model={MODEL}", **more: Any) -> Any:
        more.setdefault("additional_headers", {"Authorization": "Bearer sk-test"})
        return connect(mock_openai.url.replace("http", "ws") + target, open_timeout=PATIENCE, **more)

    return start


def test_a_plain_client_compressed_or_not(plain: Callable[..., Any]) -> None:
    for more in ({}, {"compression": None}):
        with plain(**more) as client:
            assert json.loads(client.recv(PATIENCE))["type"] == "session.created"
            client.send('{"type": "nonsense"}')
            assert json.loads(client.recv(PATIENCE))["error"]["param"] == "type"


def test_aiohttp(mock_openai: MockOpenAI) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> str:
        url = f"{mock_openai.base_url}/realtime?model={MODEL}"
        headers = {"authorization": "Bearer sk-test"}
        async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers) as socket:
            await socket.ping(b"?")
            return str((await socket.receive_json(timeout=PATIENCE))["type"])

    assert asyncio.run(main()) == "session.created"
    assert mock_openai.calls[0].ended == "done"


def test_a_client_that_closes_in_the_middle_of_a_response(mock_openai: MockOpenAI, plain: Callable[..., Any]) -> None:
    mock_openai.reply(says("Hello there") | slow(first=0, each=3600))
    with plain() as client:
        client.send('{"type": "response.create"}')
        client.recv(PATIENCE)
        client.recv(PATIENCE)
    assert [call.ended for call in mock_openai.calls] == ["done", "client_gone"]


def test_a_browser(plain: Callable[..., Any], mock_openai: MockOpenAI) -> None:
    protocols = ["realtime", "openai-insecure-api-key.sk-test"]
    with plain(additional_headers={}, subprotocols=protocols) as client:
        assert client.subprotocol == "realtime"
    assert mock_openai.calls[0].header("sec-websocket-protocol") == "[redacted]"


def test_refusals_before_the_upgrade(plain: Callable[..., Any]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        plain(additional_headers={})
    assert refused.value.response.status_code == 401
    assert "You didn't provide an API key" in refused.value.response.body.decode()
    with pytest.raises(InvalidStatus) as refused:
        plain("/v1/realtime")
    assert json.loads(refused.value.response.body)["error"]["code"] == "missing_model"


def test_the_end_of_the_mock_ends_open_connections() -> None:
    with MockOpenAI() as mock:
        client = connect(mock.url.replace("http", "ws") + "/v1/realtime?model=m", additional_headers={"api-key": "x"})
        client.recv(PATIENCE)
    with pytest.raises(ConnectionClosed):
        client.recv(PATIENCE)
    client.close()

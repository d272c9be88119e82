"""The Responses API's WebSocket as the SDK speaks it, sync and async."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI, rate_limit, tool_call

pytest.importorskip("websockets")
if not hasattr(openai.OpenAI(api_key="x").responses, "connect"):
    pytest.skip("responses.connect() is of newer SDKs", allow_module_level=True)

ENDS = ("response.completed", "error")


def final(connection: Any, **asked: Any) -> Any:
    """The last event that answers a `response.create`."""
    connection.response.create(**{"model": "gpt-4o", **asked})
    return next(event for event in connection if event.type in ENDS)


def test_a_tool_loop_without_storing(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris"), "It is sunny.")
    with mock_openai.client.responses.connect() as connection:
        called = final(connection, input="Weather?", store=False).response
        (call,) = called.output
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        said = final(connection, input=[output], previous_response_id=called.id, store=False).response
    assert said.output_text == "It is sunny."
    assert [(each.method, each.status) for each in mock_openai.calls] == [("GET", 101), ("WS", 200), ("WS", 200)]
    assert mock_openai.calls[2].last_message == "Weather?"
    assert mock_openai.usage.total_tokens > 0


def test_an_error_and_on(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(rate_limit(), "Paris")
    with mock_openai.client.responses.connect() as connection:
        limited = final(connection, input="France?")
        assert limited.to_dict()["error"]["code"] == "rate_limit_exceeded"  # openai 2 has no type for this event
        assert final(connection, input="France?").response.output_text == "Paris"


def test_async(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris")

    async def ask() -> str:
        async with mock_openai.async_client.responses.connect() as connection:
            await connection.response.create(model="gpt-4o", input="France?")
            async for event in connection:
                if event.type == "response.completed":
                    return event.response.output_text
        raise AssertionError("closed early")

    assert asyncio.run(ask()) == "Paris"

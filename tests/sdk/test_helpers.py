"""The SDK's own helpers on the mock: parse, stream, raw responses, module-level client, Azure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

from pytest_mockopenai import MockOpenAI, refuses, says, tool_call

MESSAGES: Any = [{"role": "user", "content": "What is the weather in Paris?"}]


class Weather(pydantic.BaseModel):
    """A structured answer."""

    city: str
    celsius: float
    tags: list[str]


@pytest.fixture
def client(mock_openai: MockOpenAI) -> Iterator[openai.OpenAI]:
    """A client that is closed in the end: older SDKs leave connections open for the garbage collector to warn of."""
    with openai.OpenAI() as made:
        yield made


@pytest.fixture
def completions(client: Any) -> Any:
    """Where this SDK has `parse` and `stream`."""
    return client.chat.completions if hasattr(client.chat.completions, "parse") else client.beta.chat.completions


def test_parse_makes_a_conforming_object(mock_openai: MockOpenAI, completions: Any) -> None:
    parsed = completions.parse(model="gpt-4o", messages=MESSAGES, response_format=Weather)
    assert isinstance(parsed.choices[0].message.parsed, Weather)


def test_parse_of_a_scripted_object(mock_openai: MockOpenAI, completions: Any) -> None:
    mock_openai.reply({"city": "Paris", "celsius": 21.5, "tags": ["sunny"]})
    parsed = completions.parse(model="gpt-4o", messages=MESSAGES, response_format=Weather)
    assert parsed.choices[0].message.parsed == Weather(city="Paris", celsius=21.5, tags=["sunny"])


def test_parse_of_a_refusal_and_of_a_cut_answer(mock_openai: MockOpenAI, completions: Any) -> None:
    mock_openai.reply(refuses("No."), says("{", finish_reason="length"), says("{", finish_reason="content_filter"))
    refused = completions.parse(model="gpt-4o", messages=MESSAGES, response_format=Weather)
    assert refused.choices[0].message.parsed is None
    assert refused.choices[0].message.refusal == "No."
    with pytest.raises(openai.LengthFinishReasonError):
        completions.parse(model="gpt-4o", messages=MESSAGES, response_format=Weather)
    with pytest.raises(openai.ContentFilterFinishReasonError):
        completions.parse(model="gpt-4o", messages=MESSAGES, response_format=Weather)


def test_parsed_tools(mock_openai: MockOpenAI, completions: Any) -> None:
    tool = openai.pydantic_function_tool(Weather)
    parsed = completions.parse(model="gpt-4o", messages=MESSAGES, tools=[tool], tool_choice="required")
    assert isinstance(parsed.choices[0].message.tool_calls[0].function.parsed_arguments, Weather)


@pytest.mark.parametrize("said", ["It is sunny.", tool_call("f", city="Paris"), refuses()], ids=str)
def test_the_stream_helper_folds_to_the_whole(
    mock_openai: MockOpenAI, completions: Any, client: openai.OpenAI, said: Any
) -> None:
    mock_openai.reply(said, said)
    tools: Any = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    whole = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, tools=tools)
    with completions.stream(model="gpt-4o", messages=MESSAGES, tools=tools) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    message, streamed = whole.choices[0].message, final.choices[0].message
    assert (streamed.content or None, streamed.refusal) == (message.content, message.refusal)
    assert [call.function.arguments for call in streamed.tool_calls or ()] == [
        call.function.arguments
        for call in message.tool_calls or ()  # type: ignore[union-attr]
    ]
    assert final.choices[0].finish_reason == whole.choices[0].finish_reason
    assert "chunk" in kinds


def test_raw_response(mock_openai: MockOpenAI, client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES)
    assert raw.headers["x-ratelimit-limit-requests"] == "10000"
    assert raw.parse().id.startswith("chatcmpl-")


def test_module_level_client(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Sunny")
    assert openai.chat.completions.create(model="gpt-4o", messages=MESSAGES).choices[0].message.content == "Sunny"


@pytest.mark.parametrize("options", [{}, {"azure_deployment": "my-gpt"}])
def test_azure(mock_openai: MockOpenAI, options: dict[str, str]) -> None:
    mock_openai.reply("Sunny", "Sunny")
    with openai.AzureOpenAI(**options) as client:  # type: ignore[call-overload]
        assert client.chat.completions.create(model="gpt-4o", messages=MESSAGES).choices[0].message.content == "Sunny"
        chunks = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Sunny"
    assert mock_openai.calls[0].endpoint == "chat.completions"


def test_ready_clients(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("one", "two")
    assert mock_openai.client is mock_openai.client
    first = mock_openai.client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    second = asyncio.run(_ask(mock_openai.async_client))
    assert [reply.choices[0].message.content for reply in (first, second)] == ["one", "two"]


async def _ask(client: openai.AsyncOpenAI) -> Any:
    async with client:
        return await client.chat.completions.create(model="gpt-4o", messages=MESSAGES)


def test_sequences_are_shared_out_once_among_threads(mock_openai: MockOpenAI, client: openai.OpenAI) -> None:
    scripted = [f"answer {number}" for number in range(64)]
    mock_openai.reply(scripted)
    got: list[Any] = []

    def ask() -> None:
        for _ in range(8):
            got.append(client.chat.completions.create(model="gpt-4o", messages=MESSAGES).choices[0].message.content)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(scripted)


def test_moderations(mock_openai: MockOpenAI, client: openai.OpenAI) -> None:
    from pytest_mockopenai import flags

    mock_openai.reply(flags(violence=True, self_harm_intent=0.7))
    scripted = client.moderations.create(input="anything")
    assert scripted.results[0].flagged
    assert scripted.results[0].categories.violence
    assert scripted.results[0].category_scores.self_harm_intent == 0.7
    clean, dirty = client.moderations.create(input=["a fine day", "I will kill you"]).results
    assert (clean.flagged, dirty.flagged, dirty.categories.violence) == (False, True, True)

"""What the tests of every gateway ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from openai import OpenAI

from pytest_mockopenai import MockOpenAI, tool_call

MESSAGES: Any = [{"role": "user", "content": "Capital of France?"}]
BODY = {"model": "gpt-4o", "messages": MESSAGES}
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@contextmanager
def sdk(base_url: str, *, key: str = "sk-test", retries: int = 0, **options: Any) -> Iterator[OpenAI]:
    """A client of the openai package that, unless told otherwise, does not retry."""
    with closing(OpenAI(base_url=base_url, api_key=key, max_retries=retries, **options)) as client:
        yield client


def ask(client: OpenAI, **more: Any) -> Any:
    """The chat completion of a question."""
    return client.chat.completions.create(**{"model": "gpt-4o", "messages": MESSAGES, **more})


def streamed(client: OpenAI, **more: Any) -> tuple[str, Any]:
    """The text of a streamed chat completion, and its usage."""
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}, **more))
    text = "".join(part.delta.content or "" for chunk in chunks for part in chunk.choices)
    (usage,) = (chunk.usage for chunk in chunks if chunk.usage)
    return text, usage


def streams_with_usage(client: OpenAI, mock: MockOpenAI) -> None:
    """Asserts that a stream comes through the gateway whole, with the usage that the mock has counted."""
    mock.reply("Paris, of course.")
    text, usage = streamed(client)
    assert text == "Paris, of course."
    assert usage.total_tokens == mock.usage.total_tokens


def calls_tools(client: OpenAI, mock: MockOpenAI) -> None:
    """Asserts that tools reach the mock, and its call of one the client."""
    mock.reply(tool_call("get_weather", city="Paris"))
    (called,) = ask(client, tools=[WEATHER]).choices[0].message.tool_calls
    assert (called.function.name, called.function.arguments) == ("get_weather", '{"city":"Paris"}')
    assert mock.calls[-1].tools == ["get_weather"]


def embeds(client: OpenAI, mock: MockOpenAI) -> None:
    """Asserts that embeddings come through, as many and as long as asked for, with their usage."""
    reply = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], dimensions=256)
    assert [len(item.embedding) for item in reply.data] == [256, 256]
    assert reply.usage.total_tokens == mock.usage.total_tokens == 2

"""What the tests of every gateway ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from openai import OpenAI

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

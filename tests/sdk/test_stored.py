"""Stored chat completions through the SDK: its pages, sync and async, and every method that names a stored one."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI

MESSAGES: Any = [{"role": "user", "content": "Hi"}, {"role": "user", "content": "there"}]

if not hasattr(openai.resources.chat.Completions, "retrieve"):
    pytest.skip("this SDK has no stored completions", allow_module_level=True)


def stored(mock: MockOpenAI, count: int, **more: Any) -> list[str]:
    create = mock.client.chat.completions.create
    return [create(model="gpt-4o", messages=MESSAGES, store=True, **more).id for _ in range(count)]


def test_iterating_goes_over_all_pages(mock_openai: MockOpenAI) -> None:
    ids = stored(mock_openai, 5)
    completions = mock_openai.client.chat.completions
    assert [item.id for item in completions.list(limit=2)] == ids
    assert [item.id for item in completions.list(limit=2, order="desc")] == ids[::-1]
    assert [message.id for message in completions.messages.list(ids[0], limit=1)] == [f"{ids[0]}-0", f"{ids[0]}-1"]
    assert [call.method for call in mock_openai.calls].count("GET") == 3 + 3 + 2


def test_iterating_without_blocking(mock_openai: MockOpenAI) -> None:
    ids = stored(mock_openai, 5)

    async def listed() -> list[str]:
        async with mock_openai.async_client as client:
            return [item.id async for item in client.chat.completions.list(limit=2)]

    assert asyncio.run(listed()) == ids


def test_filters(mock_openai: MockOpenAI) -> None:
    ids = stored(mock_openai, 2, metadata={"case": "a"})
    stored(mock_openai, 1, metadata={"case": "b"})
    completions = mock_openai.client.chat.completions
    assert [item.id for item in completions.list(metadata={"case": "a"})] == ids
    assert not completions.list(model="gpt-4.1").data


def test_one_from_creation_to_deletion(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello.")
    (id_,) = stored(mock_openai, 1)
    completions = mock_openai.client.chat.completions
    assert completions.retrieve(id_).choices[0].message.content == "Hello."
    assert completions.update(id_, metadata={"a": "1"}).model_dump()["metadata"] == {"a": "1"}
    assert completions.messages.list(id_).data[0].content == "Hi"
    assert completions.delete(id_).deleted
    with pytest.raises(openai.NotFoundError):
        completions.retrieve(id_)


def test_a_stream_is_stored(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello there.")
    completions = mock_openai.client.chat.completions
    chunks = list(completions.create(model="gpt-4o", messages=MESSAGES, store=True, stream=True))
    assert completions.retrieve(chunks[0].id).choices[0].message.content == "Hello there."

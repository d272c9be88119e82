"""The Assistants API through the SDK: polling, streaming, tools. Run by `make sdks` with openai 1, 2 and 3."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI, tool_call

if not hasattr(openai, "AssistantEventHandler"):
    pytest.skip("this SDK has no helpers for runs", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK deprecates all of it

CITY: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": CITY}}


def begun(mock: MockOpenAI, said: str) -> tuple[Any, str, str]:
    beta = mock.client.beta
    assistant = beta.assistants.create(model="gpt-4o", instructions="Be kind", tools=[WEATHER])
    thread = beta.threads.create(messages=[{"role": "user", "content": said}])
    return beta.threads, thread.id, assistant.id


def test_a_run_is_polled_through_its_tools(mock_openai: MockOpenAI) -> None:
    mock_openai.when(contains="weather").reply(tool_call("get_weather", city="Paris"), "It is sunny.")
    threads, thread, assistant = begun(mock_openai, "How is the weather?")
    run = threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert run.status == "requires_action"
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Paris"}')
    outputs: Any = [{"tool_call_id": call.id, "output": "sunny"}]
    run = threads.runs.submit_tool_outputs_and_poll(thread_id=thread, run_id=run.id, tool_outputs=outputs)
    assert run.status == "completed"
    assert threads.messages.list(thread).data[0].content[0].text.value == "It is sunny."
    assert [step.type for step in threads.runs.steps.list(run.id, thread_id=thread)] == [
        "message_creation",
        "tool_calls",
    ]
    assert run.usage.total_tokens == mock_openai.usage.total_tokens


def test_a_run_is_streamed(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello there")
    threads, thread, assistant = begun(mock_openai, "Hi")
    with threads.runs.stream(thread_id=thread, assistant_id=assistant) as stream:
        assert "".join(stream.text_deltas) == "Hello there"
        assert stream.get_final_run().status == "completed"
        assert stream.get_final_messages()[0].content[0].text.value == "Hello there"
        assert stream.get_final_run_steps()[0].type == "message_creation"


def test_a_run_is_streamed_asynchronously(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello there")
    _, thread, assistant = begun(mock_openai, "Hi")

    async def streamed() -> str:
        client = mock_openai.async_client
        async with client, client.beta.threads.runs.stream(thread_id=thread, assistant_id=assistant) as stream:
            return "".join([text async for text in stream.text_deltas])

    assert asyncio.run(streamed()) == "Hello there"


def test_a_thread_is_made_and_run(mock_openai: MockOpenAI) -> None:
    beta = mock_openai.client.beta
    assistant = beta.assistants.create(model="gpt-4o")
    thread: Any = {"messages": [{"role": "user", "content": "Hi"}]}
    run = beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
    assert run.status == "completed"
    assert len(beta.threads.messages.list(run.thread_id).data) == 2


def test_what_is_unknown_is_not_found(mock_openai: MockOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="No thread found with id 'thread_x'"):
        mock_openai.client.beta.threads.retrieve("thread_x")


def test_a_run_searches_files(mock_openai: MockOpenAI) -> None:
    client: Any = mock_openai.client
    file = client.files.create(file=("manual.md", b"Refunds are paid within ten days."), purpose="assistants")
    store = client.vector_stores.create()
    client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "When are refunds paid?"}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        stream.until_done()
        (message,) = stream.get_final_messages()
        search, _ = stream.get_final_run_steps()
    text = message.content[0].text
    (citation,) = text.annotations
    assert text.value.endswith(citation.text)
    assert citation.file_citation.file_id == file.id
    assert search.step_details.tool_calls[0].file_search.results[0].file_name == "manual.md"

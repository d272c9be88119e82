"""LangChain's models on the mock: ChatOpenAI on chat completions and on responses, and OpenAIEmbeddings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import openai
import pydantic
import pytest

from pytest_mockopenai import (
    MockOpenAI,
    built_in_call,
    cut,
    embeds,
    rate_limit,
    refuses,
    says,
    server_error,
    thinks,
    tool_call,
)

langchain_openai = pytest.importorskip("langchain_openai")
messages = pytest.importorskip("langchain_core.messages")
tools = pytest.importorskip("langchain_core.tools")

QUESTION = "What is the weather like?"
ENDPOINTS = {"chat.completions": False, "responses": True}

asked_for: list[str] = []


@tools.tool
def get_weather(city: str) -> str:
    """What the weather is like."""
    asked_for.append(city)
    return f"sunny in {city}"


class Weather(pydantic.BaseModel):
    """A structured answer."""

    city: str
    celsius: int


@pytest.fixture(params=ENDPOINTS)
def endpoint(request: pytest.FixtureRequest) -> str:
    """The endpoint that the models of this test call."""
    return str(request.param)


@pytest.fixture
def chat(endpoint: str, mock_openai: MockOpenAI) -> Callable[..., Any]:
    """Makes models that answer through this endpoint."""
    asked_for.clear()

    def make(**options: Any) -> Any:
        return langchain_openai.ChatOpenAI(model="gpt-4o", use_responses_api=ENDPOINTS[endpoint], **options)

    return make


def responses(**options: Any) -> Any:
    return langchain_openai.ChatOpenAI(use_responses_api=True, **{"model": "gpt-4o", **options})


def joined(chunks: list[Any]) -> Any:
    """What the chunks of a stream add up to."""
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


# --- whole and streamed -----------------------------------------------------------------------------------------------


def test_invoke(chat: Any, endpoint: str, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("It is sunny.")
    answer = chat().invoke([("system", "Be brief."), ("user", QUESTION)])
    assert answer.text == "It is sunny."
    (call,) = mock_openai.calls
    assert (call.endpoint, call.model, call.last_message) == (endpoint, "gpt-4o", QUESTION)
    assert answer.usage_metadata["total_tokens"] == call.usage.total_tokens > 0
    assert answer.response_metadata["model_name"] == "gpt-4o"


def test_a_stream_adds_up_to_the_whole(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.always("It is sunny.")
    whole = chat().invoke(QUESTION)
    chunks = list(chat(stream_usage=True).stream(QUESTION))
    streamed = joined(chunks)
    assert streamed.text == whole.text
    assert streamed.usage_metadata == whole.usage_metadata
    assert [chunk.text for chunk in chunks if chunk.text] == ["It", " is", " sunny", "."]


def test_without_blocking(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.always("It is sunny.")

    async def both() -> tuple[str, str]:
        whole = await chat().ainvoke(QUESTION)
        return whole.text, "".join([chunk.text async for chunk in chat().astream(QUESTION)])

    assert asyncio.run(both()) == ("It is sunny.", "It is sunny.")
    assert [call.stream for call in mock_openai.calls] == [False, True]


def test_the_last_answer_and_why_it_ended(chat: Any, endpoint: str, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says(tokens=50))
    answer = chat(max_tokens=16).invoke(QUESTION)
    assert answer.usage_metadata["output_tokens"] == 16
    metadata = answer.response_metadata
    if endpoint == "responses":
        assert (metadata["status"], metadata["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    else:
        assert metadata["finish_reason"] == "length"


# --- tools ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streaming", [False, True])
def test_a_tool_is_called_and_its_output_sent_back(chat: Any, mock_openai: MockOpenAI, streaming: bool) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris"), "It is sunny.")
    model = chat().bind_tools([get_weather])
    ask = (lambda said: joined(list(model.stream(said)))) if streaming else model.invoke
    said: list[Any] = [messages.HumanMessage(QUESTION)]
    said.append(ask(said))
    assert [(call["name"], call["args"]) for call in said[-1].tool_calls] == [("get_weather", {"city": "Paris"})]
    said += [get_weather.invoke(call) for call in said[-1].tool_calls]
    assert ask(said).text == "It is sunny."
    assert asked_for == ["Paris"]
    assert [call.turn for call in mock_openai.calls] == [1, 2]
    assert [call.tools for call in mock_openai.calls] == [["get_weather"]] * 2
    last = mock_openai.calls[1].messages[-1]
    assert last.get("content") or last["output"] == "sunny in Paris"


def test_parallel_and_demanded_calls(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris") | tool_call("get_weather", city="Rome"))
    model = chat().bind_tools([get_weather], tool_choice="any")
    assert [call["args"]["city"] for call in model.invoke(QUESTION).tool_calls] == ["Paris", "Rome"]
    (made_up,) = model.invoke(QUESTION).tool_calls  # not scripted: from the tool's schema
    assert (made_up["name"], list(made_up["args"])) == ("get_weather", ["city"])


# --- structured output ------------------------------------------------------------------------------------------------


def test_structured_output_by_schema(chat: Any, endpoint: str, mock_openai: MockOpenAI) -> None:
    mock_openai.reply({"city": "Paris", "celsius": 21})
    model = chat().with_structured_output(Weather, method="json_schema")
    assert model.invoke(QUESTION) == Weather(city="Paris", celsius=21)
    assert isinstance(model.invoke(QUESTION), Weather)  # made up
    body = mock_openai.calls[0].body
    asked = body["text"]["format"] if endpoint == "responses" else body["response_format"]
    assert asked["type"] == "json_schema"


def test_structured_output_by_a_call(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("Weather", city="Paris", celsius=21))
    model = chat().with_structured_output(Weather, method="function_calling")
    assert model.invoke(QUESTION) == Weather(city="Paris", celsius=21)
    assert isinstance(model.invoke(QUESTION), Weather)  # made up: the call is demanded
    assert mock_openai.calls[0].tools == ["Weather"]


def test_structured_output_in_json_mode(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply({"city": "Paris", "celsius": 21})
    model = chat().with_structured_output(Weather, method="json_mode")
    assert model.invoke(f"{QUESTION} Answer in JSON.") == Weather(city="Paris", celsius=21)


def test_a_refusal(chat: Any, endpoint: str, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(refuses("No."), refuses("No."))
    answer = chat().invoke(QUESTION)
    refusal = answer.content[0] if endpoint == "responses" else answer.additional_kwargs
    assert refusal["refusal"] == "No."
    with pytest.raises(langchain_openai.chat_models.base.OpenAIRefusalError, match=r"^No\.$"):
        chat().with_structured_output(Weather, method="json_schema").invoke(QUESTION)


# --- what only the Responses API has ----------------------------------------------------------------------------------


def test_previous_response(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello Ann.", "Your name is Ann.", "Still Ann.")
    first = responses().invoke("My name is Ann.")
    second = responses().invoke("What is my name?", previous_response_id=first.response_metadata["id"])
    assert second.text == "Your name is Ann."
    by_itself = responses(use_previous_response_id=True)
    said = [("user", "My name is Ann."), first, ("user", "What is my name?"), second, ("user", "Again?")]
    assert by_itself.invoke(said).text == "Still Ann."
    assert [call.turn for call in mock_openai.calls] == [1, 2, 3]
    assert [len(call.messages) for call in mock_openai.calls] == [1, 1, 1]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_summary_of_the_reasoning(mock_openai: MockOpenAI, streaming: bool) -> None:
    mock_openai.reply(thinks("Look out of the window.") | says("It is sunny."))
    model = responses(model="gpt-5", reasoning={"effort": "low", "summary": "auto"})
    answer = joined(list(model.stream(QUESTION))) if streaming else model.invoke(QUESTION)
    reasoning, text = answer.content_blocks
    assert (reasoning["type"], reasoning["reasoning"]) == ("reasoning", "Look out of the window.")
    assert (text["type"], text["text"]) == ("text", "It is sunny.")
    assert answer.usage_metadata["output_token_details"]["reasoning"] == 6


@pytest.mark.parametrize("streaming", [False, True])
def test_citations_of_a_built_in_tool(mock_openai: MockOpenAI, streaming: bool) -> None:
    mock_openai.reply(built_in_call("web_search") | says("Look. It is sunny."))
    model = responses().bind_tools([{"type": "web_search"}])
    answer = joined(list(model.stream(QUESTION))) if streaming else model.invoke(QUESTION)
    assert answer.content_blocks[0]["type"] == "server_tool_call"
    text = answer.content_blocks[-1]
    assert text["text"] == "Look. It is sunny."
    (citation,) = text["annotations"]
    assert citation["url"].startswith("https://example.com/")
    assert text["text"][citation["start_index"] : citation["end_index"]] == "It is sunny."


OFFERED: dict[str, dict[str, Any]] = {
    "web_search": {"type": "web_search"},
    "code_interpreter": {"type": "code_interpreter", "container": {"type": "auto"}},
    "file_search": {"type": "file_search", "vector_store_ids": ["vs_1"]},
    "image_generation": {"type": "image_generation"},
    "mcp": {"type": "mcp", "server_label": "s", "server_url": "https://x.org", "require_approval": "never"},
}


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("version", ["responses/v1", "v1"])
@pytest.mark.parametrize("tool", OFFERED)
def test_the_use_of_a_built_in_tool_can_be_sent_back(
    mock_openai: MockOpenAI, tool: str, version: str, streaming: bool
) -> None:
    model = responses(model="gpt-5.2", output_version=version).bind_tools([OFFERED[tool], get_weather])
    ask = (lambda said: joined(list(model.stream(said)))) if streaming else model.invoke
    call = tool_call("get_weather", city="Paris")
    mock_openai.reply(thinks("Hm.") | built_in_call(tool) | says("Let me look.") | call, "It is sunny.", "So it was.")
    said: list[Any] = [messages.HumanMessage(QUESTION)]
    said.append(ask(said))
    said += [get_weather.invoke(call) for call in said[-1].tool_calls]
    said += [ask(said), messages.HumanMessage("And yesterday?")]
    assert ask(said).text == "So it was."
    assert [call.turn for call in mock_openai.calls] == [1, 2, 3]
    kinds = [item["type"] for item in mock_openai.calls[-1].messages]
    assert {"reasoning", f"{tool}_call", "function_call", "function_call_output", "message"} <= set(kinds)


def test_pictures_and_files(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("A sunny day.")
    picture = {"type": "image", "url": "https://example.org/a.png"}
    file = {"type": "file", "base64": "JVBERi0=", "mime_type": "application/pdf", "filename": "a.pdf"}
    answer = chat().invoke([messages.HumanMessage([{"type": "text", "text": "What is it?"}, picture, file])])
    assert answer.text == "A sunny day."
    assert mock_openai.calls[0].last_message == "What is it?"


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors_are_retried(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(rate_limit(retry_after=20), server_error(), "It is sunny.")
    assert chat().invoke(QUESTION).text == "It is sunny."
    assert [call.status for call in mock_openai.calls] == [429, 500, 200]


def test_a_limit_that_stays_is_raised(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.always("rate_limit")
    with pytest.raises(openai.RateLimitError):
        chat(max_retries=1).invoke(QUESTION)
    assert len(mock_openai.calls) == 2


def test_a_context_that_is_too_long(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("context_length_exceeded")
    with pytest.raises(openai.BadRequestError) as raised:
        chat().invoke(QUESTION)
    assert raised.value.code == "context_length_exceeded"
    assert len(mock_openai.calls) == 1


def test_a_broken_stream_raises(chat: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(cut(after=3))
    with pytest.raises(openai.APIConnectionError):
        list(chat().stream(QUESTION))


# --- embeddings -------------------------------------------------------------------------------------------------------


def test_embeddings(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(embeds([1.0, 0.0], [0.0, 1.0]))
    model = langchain_openai.OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False)
    assert model.embed_documents(["sunny", "rainy"]) == [[1.0, 0.0], [0.0, 1.0]]
    assert len(model.embed_query("sunny")) == 1536
    assert asyncio.run(model.aembed_query("sunny")) == model.embed_query("sunny")
    assert mock_openai.calls[0].body["input"] == ["sunny", "rainy"]

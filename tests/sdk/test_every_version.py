"""What every SDK version must see: run by `make sdks` with openai 1, 2 and 3, sync, async and over aiohttp.

Each test drives the real client of the installed openai package; `call` runs a request on the client's own kind.
"""

from __future__ import annotations

import asyncio
import importlib.util
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest

from pytest_mockopenai import (
    cut,
    embeds,
    error,
    error_event,
    malformed,
    no_done,
    quota_exceeded,
    rate_limit,
    refuses,
    reset,
    says,
    server_error,
    short_body,
    slow,
    stall,
    thinks,
    tool_call,
    unauthorized,
    usage,
)

QUESTION = [{"role": "user", "content": "Capital of France?"}]
CHAT = {"model": "gpt-4o", "messages": QUESTION}
Call = Callable[[Callable[[Any], Any]], Any]

LEFT_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""The SDK before version 3 leaves aiohttp's connection open when a stream breaks, which warns when it is collected."""

KINDS = ["sync", "async", *(["aiohttp"] if importlib.util.find_spec("httpx_aiohttp") else [])]


@pytest.fixture(params=KINDS)
def call(request: pytest.FixtureRequest, mock_openai: Any) -> Call:
    """Run `use(client)`; what it returns is awaited where the client is asynchronous."""
    if request.param == "sync":
        return _sync
    return lambda use, **options: asyncio.run(_async(request.param, use, options))


def _sync(use: Callable[[Any], Any], **options: Any) -> Any:
    with openai.OpenAI(**options) as client:
        return use(client)


async def _async(kind: str, use: Callable[[Any], Any], options: dict[str, Any]) -> Any:
    async with _async_client(kind, options) as client:
        result = await use(client)
        return [item async for item in result] if hasattr(result, "__aiter__") else result


@asynccontextmanager
async def _async_client(kind: str, options: dict[str, Any]) -> AsyncIterator[openai.AsyncOpenAI]:
    transport = {"http_client": openai.DefaultAioHttpClient()} if kind == "aiohttp" else {}
    async with openai.AsyncOpenAI(**transport, **options) as client:
        yield client


def chat(**more: Any) -> Callable[[Any], Any]:
    """A chat call on whichever client."""
    return lambda client: client.chat.completions.create(**{**CHAT, **more})


def streamed(**more: Any) -> Callable[[Any], Any]:
    """A streamed chat call, read to its end."""

    def use(client: Any) -> Any:
        stream = chat(stream=True, **more)(client)
        return list(stream) if isinstance(client, openai.OpenAI) else stream

    return use


def text_of(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


# --- whole and streamed -----------------------------------------------------------------------------------------------


def test_says_what_is_scripted(call: Call, mock_openai: Any) -> None:
    mock_openai.reply("Paris")
    completion = call(chat())
    assert completion.choices[0].message.content == "Paris"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == "gpt-4o"
    assert completion.usage.prompt_tokens == 11
    assert completion.usage.completion_tokens == 1
    assert completion.usage.total_tokens == 12


def test_stream_says_the_same_as_the_whole(call: Call) -> None:
    whole = call(chat(seed=1))
    chunks = call(streamed(seed=1))
    assert text_of(chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_comes_only_when_asked_for(call: Call) -> None:
    whole = call(chat())
    chunks = call(streamed(stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_one_chunk_for_each_token(call: Call, mock_openai: Any) -> None:
    mock_openai.reply(says(tokens=30))
    chunks = call(streamed(stream_options={"include_usage": True}))
    said = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(said) == 30 == chunks[-1].usage.completion_tokens


def test_several_choices(call: Call) -> None:
    whole = call(chat(n=3))
    assert [choice.index for choice in whole.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in whole.choices}) == 3
    chunks = call(streamed(n=3))
    by_index = {index: [] for index in range(3)}  # type: dict[int, list[str]]
    for chunk in chunks:
        by_index[chunk.choices[0].index].append(chunk.choices[0].delta.content or "")
    assert ["".join(parts) for parts in by_index.values()] == [choice.message.content for choice in whole.choices]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_is_cut_exactly_at_the_limit(call: Call, mock_openai: Any, name: str) -> None:
    mock_openai.reply(says(tokens=50))
    completion = call(chat(**{name: 7}))
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == 7


def test_stops_before_a_stop_sequence(call: Call, mock_openai: Any) -> None:
    mock_openai.reply("one, two; three")
    completion = call(chat(stop=["; ", ","]))
    assert completion.choices[0].message.content == "one"
    assert completion.choices[0].finish_reason == "stop"


def test_log_probabilities_are_of_the_true_tokens(call: Call, mock_openai: Any) -> None:
    mock_openai.reply("Paris, naïve 🦉!").reply("Paris, naïve 🦉!")
    whole = call(chat(logprobs=True, top_logprobs=2)).choices[0]
    entries = whole.logprobs.content
    assert b"".join(bytes(entry.bytes) for entry in entries).decode() == "Paris, naïve 🦉!"
    assert all(entry.logprob <= 0 and len(entry.top_logprobs) == 2 for entry in entries)
    assert all(math.fsum(math.exp(top.logprob) for top in entry.top_logprobs) <= 1 for entry in entries)
    chunks = call(streamed(logprobs=True, top_logprobs=2))
    seen = [entry for chunk in chunks if chunk.choices[0].logprobs for entry in chunk.choices[0].logprobs.content]
    assert [entry.token for entry in seen] == [entry.token for entry in entries]


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
            "required": ["city", "days"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


@pytest.mark.parametrize(
    ("choice", "finish"),
    [("required", "tool_calls"), ({"type": "function", "function": {"name": "get_weather"}}, "stop")],
)
def test_a_demanded_tool_call_conforms(call: Call, choice: Any, finish: str) -> None:
    import json

    completion = call(chat(tools=[WEATHER], tool_choice=choice)).choices[0]
    arguments = json.loads(completion.message.tool_calls[0].function.arguments)
    assert set(arguments) == {"city", "days"}
    assert 1 <= arguments["days"] <= 7
    assert completion.message.content is None
    assert completion.finish_reason == finish


def test_tools_are_not_called_unless_scripted(call: Call, mock_openai: Any) -> None:
    assert call(chat(tools=[WEATHER])).choices[0].message.tool_calls is None
    assert call(chat(tools=[WEATHER], tool_choice="none")).choices[0].message.tool_calls is None
    mock_openai.reply(tool_call("get_weather", city="Paris") | tool_call("get_weather", city="Rome"))
    calls = call(chat(tools=[WEATHER])).choices[0].message.tool_calls
    assert [one.function.arguments for one in calls] == ['{"city":"Paris"}', '{"city":"Rome"}']


@pytest.mark.parametrize("cities", [["Paris"], ["Paris", "Rome"]])
def test_streamed_tool_calls_open_once_and_add_up(call: Call, mock_openai: Any, cities: list[str]) -> None:
    words = [tool_call("get_weather", city=city, days=3) for city in cities]
    mock_openai.reply(words[0] if len(words) == 1 else words[0] | words[1])
    deltas = [
        part
        for chunk in call(streamed(tools=[WEATHER]))
        for choice in chunk.choices
        for part in choice.delta.tool_calls or ()
    ]
    for index, city in enumerate(cities):
        mine = [part for part in deltas if part.index == index]
        assert [bool(part.id) for part in mine] == [True] + [False] * (len(mine) - 1)
        assert mine[0].function.name == "get_weather"
        assert "".join(part.function.arguments for part in mine) == f'{{"city":"{city}","days":3}}'


def test_structured_output_conforms(call: Call) -> None:
    import json

    schema = {"name": "w", "strict": True, "schema": WEATHER["function"]["parameters"]}  # type: ignore[index]
    completion = call(chat(response_format={"type": "json_schema", "json_schema": schema}))
    assert 1 <= json.loads(completion.choices[0].message.content)["days"] <= 7


def test_refusal(call: Call, mock_openai: Any) -> None:
    mock_openai.reply(refuses("No.")).reply(refuses("No."))
    message = call(chat()).choices[0].message
    assert message.refusal == "No."
    assert message.content is None
    parts = [choice.delta.refusal or "" for chunk in call(streamed()) for choice in chunk.choices]
    assert "".join(parts) == "No."


def test_reasoning_is_counted(call: Call, mock_openai: Any) -> None:
    mock_openai.reply(thinks(tokens=128) | says("Paris"))
    completion = call(chat(model="gpt-5"))
    assert completion.usage.completion_tokens_details.reasoning_tokens == 128
    assert completion.usage.completion_tokens > 128


def test_usage_as_given(call: Call, mock_openai: Any) -> None:
    mock_openai.reply(says("Paris") | usage(prompt_tokens=1000, completion_tokens=5))
    assert call(chat()).usage.total_tokens == 1005


# --- embeddings and models --------------------------------------------------------------------------------------------


def embed(**more: Any) -> Callable[[Any], Any]:
    body = {"model": "text-embedding-3-small", "input": "hello world", **more}
    return lambda client: client.embeddings.create(**body)


def test_embeddings_are_the_same_in_both_encodings(call: Call) -> None:
    by_base64 = call(embed())
    by_float = call(embed(encoding_format="float"))
    assert by_base64.data[0].embedding == pytest.approx(by_float.data[0].embedding, abs=1e-7)
    assert len(by_base64.data[0].embedding) == 1536
    assert math.hypot(*by_base64.data[0].embedding) == pytest.approx(1, abs=1e-5)
    assert by_base64.usage.prompt_tokens == 2


def test_embeddings_of_many_inputs_and_token_ids(call: Call) -> None:
    reply = call(embed(input=["hello world", "bye"], dimensions=64))
    assert [(item.index, len(item.embedding)) for item in reply.data] == [(0, 64), (1, 64)]
    ids = call(embed(input=[15339, 1917], dimensions=64))
    assert ids.data[0].embedding == reply.data[0].embedding


def test_scripted_embeddings(call: Call, mock_openai: Any) -> None:
    mock_openai.reply("not for embeddings", embeds([1.0, 0.0]))
    mock_openai.when(endpoint="embeddings").reply(embeds([0.5, 0.5]))
    assert call(embed()).data[0].embedding == [0.5, 0.5]
    assert call(chat()).choices[0].message.content == "not for embeddings"
    assert call(embed()).data[0].embedding == [1.0, 0.0]


def test_models(call: Call) -> None:
    def names(client: Any) -> Any:
        return (
            [model.id for model in client.models.list()] if isinstance(client, openai.OpenAI) else client.models.list()
        )

    listed = call(names)
    assert "gpt-4o" in [getattr(model, "id", model) for model in listed]
    assert call(lambda client: client.models.retrieve("gpt-4o")).id == "gpt-4o"
    with pytest.raises(openai.NotFoundError) as refused:
        call(lambda client: client.models.retrieve("nope"))
    assert refused.value.code == "model_not_found"


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [chat, streamed])
def test_retries_through_errors(call: Call, mock_openai: Any, ask: Callable[[], Any]) -> None:
    mock_openai.reply(rate_limit(retry_after=20), server_error(), "Paris")
    result = call(ask())
    assert (text_of(result) if isinstance(result, list) else result.choices[0].message.content) == "Paris"
    assert [one.status for one in mock_openai.calls] == [429, 500, 200]
    assert [one.retry_count for one in mock_openai.calls] == [0, 1, 2]
    assert mock_openai.calls[0].retry_after == 20


@pytest.mark.parametrize(
    ("word", "kind", "status", "code"),
    [
        (rate_limit(), openai.RateLimitError, 429, "rate_limit_exceeded"),
        (quota_exceeded(), openai.RateLimitError, 429, "insufficient_quota"),
        (server_error(), openai.InternalServerError, 500, None),
        (unauthorized(), openai.AuthenticationError, 401, "invalid_api_key"),
        (error(409), openai.ConflictError, 409, None),
        (error(422, "Unfit.", code="unfit"), openai.UnprocessableEntityError, 422, "unfit"),
        ("permission_denied", openai.PermissionDeniedError, 403, "unsupported_country_region_territory"),
        ("not_found", openai.NotFoundError, 404, "model_not_found"),
        ("overloaded", openai.InternalServerError, 503, "server_is_overloaded"),
        ("context_length_exceeded", openai.BadRequestError, 400, "context_length_exceeded"),
        ("content_filtered", openai.BadRequestError, 400, "invalid_prompt"),
        ("bad_request;param=messages;code=x", openai.BadRequestError, 400, "x"),
    ],
)
def test_each_error(call: Call, mock_openai: Any, word: Any, kind: Any, status: int, code: str | None) -> None:
    mock_openai.always(word)
    with pytest.raises(kind) as raised:
        call(chat(), max_retries=0)
    assert (raised.value.status_code, raised.value.code) == (status, code)
    assert raised.value.request_id == mock_openai.calls[0].request_id


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": "hi"}, "messages", "invalid_type"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "messages[0].role", "invalid_value"),
        ({"temperature": 99}, "temperature", "decimal_above_max_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "array_above_max_length"),
        ({"extra_body": {"temprature": 1}}, "temprature", "unknown_parameter"),
        ({"model": "o3", "max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "y"}]}, "messages.[0].role", None),
    ],
)
def test_refuses_what_openai_refuses(call: Call, body: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        call(chat(**body))
    assert (raised.value.param, raised.value.code) == (param, code)


def test_strict_schema_without_additional_properties_is_refused(call: Call) -> None:
    schema = {"name": "w", "strict": True, "schema": {"type": "object", "properties": {}}}
    with pytest.raises(openai.BadRequestError, match="additionalProperties"):
        call(chat(response_format={"type": "json_schema", "json_schema": schema}))


@pytest.mark.mock_openai(invalid_keys=["sk-stolen"])
def test_keys(call: Call) -> None:
    with pytest.raises(openai.AuthenticationError) as raised:
        call(chat(), api_key="sk-stolen")
    assert raised.value.code == "invalid_api_key"


@pytest.mark.mock_openai(models="strict")
def test_unknown_model_in_strict_mode(call: Call, mock_openai: Any) -> None:
    mock_openai.add_models("my-model")
    assert call(chat(model="my-model")).model == "my-model"
    with pytest.raises(openai.NotFoundError) as raised:
        call(chat(model="gpt-99"))
    assert raised.value.code == "model_not_found"


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [cut(after=0), reset(after=0), reset(), cut(), short_body(), no_done()], ids=str)
def test_broken_whole_replies_are_connection_errors(call: Call, mock_openai: Any, word: Any) -> None:
    mock_openai.always(word)
    with pytest.raises(openai.APIConnectionError):
        call(chat(), max_retries=0)


@LEFT_OPEN
@pytest.mark.parametrize("word", ["hang", stall(), stall(after=0)], ids=str)
@pytest.mark.parametrize("ask", [chat, streamed])
def test_silence_is_a_timeout(call: Call, mock_openai: Any, word: Any, ask: Callable[[], Any]) -> None:
    mock_openai.always(word)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - openai 1 and 2 let the transport's own error through
        call(ask(), max_retries=0, timeout=0.05)
    assert "timeout" in type(raised.value).__name__.lower() or "timed out" in str(raised.value)


@LEFT_OPEN
@pytest.mark.parametrize("word", [cut(after=2), reset(after=2), short_body()], ids=str)
def test_broken_streams_raise(call: Call, mock_openai: Any, word: Any) -> None:
    mock_openai.always(word)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - openai 1 and 2 let the transport's own error through
        call(streamed(), max_retries=0)
    assert "rror" in type(raised.value).__name__


@LEFT_OPEN
@pytest.mark.parametrize("ask", [chat, streamed])
def test_malformed_json(call: Call, mock_openai: Any, ask: Callable[[], Any]) -> None:
    import json

    mock_openai.always(malformed())
    with pytest.raises((json.JSONDecodeError, openai.APIError)):
        call(ask(), max_retries=0)


@LEFT_OPEN
def test_error_in_the_middle_of_a_stream(call: Call, mock_openai: Any) -> None:
    mock_openai.always(error_event(after=2))
    with pytest.raises(openai.APIError, match="server had an error"):
        call(streamed(), max_retries=0)


def test_stream_without_done_just_ends(call: Call, mock_openai: Any) -> None:
    mock_openai.reply(says("Paris") | no_done())
    assert text_of(call(streamed())) == "Paris"


def test_slow_replies_arrive_whole(call: Call, mock_openai: Any) -> None:
    mock_openai.reply(says("Paris") | slow(first=0.002, each=0.001)).reply(says("Paris") | slow(first=0.002))
    assert text_of(call(streamed())) == "Paris"
    assert call(chat()).choices[0].message.content == "Paris"


def raw_chat(client: Any) -> Any:
    return client.chat.completions.with_raw_response.create(**CHAT)


def test_a_client_that_nobody_closes_keeps_no_connection(call: Call) -> None:
    """Its socket would warn in whichever test it is collected."""
    assert call(raw_chat).headers["connection"] == "close"


@pytest.mark.mock_openai(keep_alive=True)
def test_connections_are_kept_if_asked(call: Call) -> None:
    assert "connection" not in call(raw_chat).headers


@pytest.fixture(autouse=True)
def _close_loops() -> Iterator[None]:
    """`asyncio.run` closes its loop; what a reset left behind is collected while warnings are still watched."""
    import gc

    yield
    gc.collect()


def test_the_administration_of_an_organization_is_reached(mock_openai: Any) -> None:
    for client in (mock_openai.client, openai.OpenAI()):
        if not hasattr(client, "admin"):
            pytest.skip("this SDK has no admin")
        assert client.admin.organization.projects.create(name="Atlas").name == "Atlas"

"""Laws of chat completions, over many requests, and the corners that the SDK does not show."""

from __future__ import annotations

import base64
import io
import json
import wave
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from pytest_mockopenai.core import words
from pytest_mockopenai.core.word import Word
from tests.endpoints.conftest import Api, folded, whole_choice

FUNCTION = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}},
}
CUSTOM = {"type": "custom", "custom": {"name": "c"}}

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
SAID = st.one_of(
    TEXT.map(words.says),
    st.integers(0, 80).map(lambda tokens: words.says(tokens=tokens)),
    TEXT.map(words.refuses),
    st.just(words.says()),
    st.dictionaries(TEXT, TEXT, max_size=2).map(words.says_json),
    TEXT.map(lambda text: words.tool_call("f", a=text)),
    TEXT.map(lambda text: words.says("Look:") | words.tool_call("f", a=text) | words.custom_tool_call("c", text)),
    st.builds(lambda text, tokens: words.thinks(tokens=tokens) | words.says(text), TEXT, st.integers(0, 200)),
)
REQUESTS = st.fixed_dictionaries(
    {"messages": st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": TEXT}), min_size=1, max_size=3)},
    optional={
        "n": st.integers(1, 3),
        "max_completion_tokens": st.integers(1, 60),
        "stop": st.one_of(
            st.sampled_from([" ", "e", "."]), st.lists(st.sampled_from(["a", "\n"]), min_size=1, max_size=4)
        ),
        "logprobs": st.booleans(),
        "seed": st.integers(-5, 5),
        "tools": st.just([FUNCTION, CUSTOM]),
        "model": st.sampled_from(["gpt-4o", "gpt-4", "gpt-5-mini", "my-own"]),
        "stream_options": st.just({"include_usage": True}),
    },
)


def asked(said: Word | None, request: dict[str, Any], *, stream: bool) -> Any:
    api = Api()
    if said is not None:
        api.reply(said)
    request = {**request, "logprobs": request.get("logprobs") and not request.get("model", "").startswith("gpt-5")}
    if not stream:
        request = {name: value for name, value in request.items() if name != "stream_options"}
    answered = api.chat(**request, stream=stream)
    assert answered.status == 200, answered.json
    assert api.app.problems == []
    return answered


@given(st.none() | SAID, REQUESTS)
def test_folding_the_stream_gives_the_whole(said: Word | None, request: dict[str, Any]) -> None:
    whole = asked(said, request, stream=False).json
    chunks = asked(said, request, stream=True).chunks()
    parts = folded(chunks)
    for choice in whole["choices"]:
        assert parts[choice["index"]] | {"content": parts[choice["index"]]["content"] or None} == (
            whole_choice(choice) | {"content": choice["message"]["content"] or None}
        )
    assert {chunk["id"] for chunk in chunks} == {whole["id"]}
    if "stream_options" in request:
        assert chunks[-1] == {**chunks[-1], "choices": [], "usage": whole["usage"]}


@given(st.none() | SAID, REQUESTS)
def test_every_reply_parses_in_the_sdk_types_and_adds_up(said: Word | None, request: dict[str, Any]) -> None:
    whole = ChatCompletion.model_validate(asked(said, request, stream=False).json)
    for chunk in asked(said, request, stream=True).chunks():
        if "custom" not in str(
            chunk
        ):  # the SDK's chunk has no type for custom calls; the API streams them all the same
            ChatCompletionChunk.model_validate(chunk)
    usage = whole.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens >= (usage.completion_tokens_details.reasoning_tokens or 0)
    limit = request.get("max_completion_tokens")
    if limit is not None:
        assert usage.completion_tokens <= limit * request.get("n", 1)


@given(REQUESTS, st.integers(0, 3))
def test_same_seed_same_bytes(request: dict[str, Any], seed: int) -> None:
    request.pop("stream_options", None)
    first, second = (Api(seed=seed).chat(**request) for _ in range(2))
    assert first.reply == second.reply


def test_another_seed_says_something_else_and_ids_never_repeat(api: Api) -> None:
    texts = {Api(seed=seed).chat().json["choices"][0]["message"]["content"] for seed in range(10)}
    assert len(texts) == 10
    assert len({api.chat().json["id"] for _ in range(50)}) == 50
    assert len({api.chat().json["choices"][0]["message"]["content"] for _ in range(5)}) == 1


def test_logprobs_of_a_stream_are_those_of_the_whole(api: Api) -> None:
    api.reply("né 🦉🏽 日本語", "né 🦉🏽 日本語")
    whole = api.chat(logprobs=True, top_logprobs=3).json["choices"][0]["logprobs"]["content"]
    streamed = [
        entry
        for chunk in api.chat(logprobs=True, top_logprobs=3, stream=True).chunks()
        for entry in (chunk["choices"][0]["logprobs"] or {}).get("content") or ()
    ]
    assert streamed == whole
    assert all(top["logprob"] <= entry["logprob"] for entry in whole for top in entry["top_logprobs"])


@pytest.mark.parametrize("stream", [False, True])
def test_stream_form(api: Api, stream: bool) -> None:
    api.reply("Paris")
    answered = api.chat(stream=stream)
    assert answered.header("content-type") == ("text/event-stream; charset=utf-8" if stream else "application/json")


def test_first_and_last_chunks(api: Api) -> None:
    api.reply("Paris", words.tool_call("f", a="x"), words.refuses("No"))
    text = api.chat(stream=True).chunks()
    assert text[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert text[-1]["choices"][0]["delta"] == {}
    assert "usage" not in text[0]
    call = api.chat(stream=True, tools=[FUNCTION]).chunks()[0]["choices"][0]["delta"]
    assert call["content"] is None
    assert call["tool_calls"][0]["function"] == {"name": "f", "arguments": ""}
    assert api.chat(stream=True).chunks()[0]["choices"][0]["delta"] == {
        "role": "assistant",
        "content": None,
        "refusal": "",
    }


def test_obfuscation_only_when_asked_for(api: Api) -> None:
    plain, padded = (api.chat(stream=True, stream_options={"include_obfuscation": on}).chunks() for on in (False, True))
    assert not any("obfuscation" in chunk for chunk in plain)
    assert all(chunk["obfuscation"] for chunk in padded)


def test_parallel_calls_open_one_after_the_other(api: Api) -> None:
    api.reply(words.tool_call("f", a="x") | words.custom_tool_call("c", "y"))
    deltas = [chunk["choices"][0]["delta"] for chunk in api.chat(stream=True, tools=[FUNCTION, CUSTOM]).chunks()]
    assert deltas[0] == {"role": "assistant", "content": None, "refusal": None}
    opened = [call for delta in deltas for call in delta.get("tool_calls", ()) if "id" in call]
    assert [(call["index"], call["type"]) for call in opened] == [(0, "function"), (1, "custom")]


def test_deprecated_functions(api: Api) -> None:
    choice = api.chat(functions=[FUNCTION["function"]], function_call={"name": "f"}).json["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert set(json.loads(choice["message"]["function_call"]["arguments"])) == {"a"}
    deltas = [
        chunk["choices"][0]["delta"].get("function_call", {})
        for chunk in api.chat(functions=[FUNCTION["function"]], function_call={"name": "f"}, stream=True).chunks()
    ]
    assert "".join(delta.get("arguments", "") for delta in deltas) == choice["message"]["function_call"]["arguments"]


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ("required", "f"),
        ({"type": "custom", "custom": {"name": "c"}}, "c"),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [CUSTOM]}}, "c"),
    ],
)
def test_demanded_tools(api: Api, choice: Any, name: str) -> None:
    call = api.chat(tools=[FUNCTION, CUSTOM], tool_choice=choice).json["choices"][0]["message"]["tool_calls"][0]
    assert call[call["type"]]["name"] == name


@pytest.mark.parametrize("mode", ["auto", "none"])
def test_tools_that_need_not_be_called(api: Api, mode: str) -> None:
    assert "tool_calls" not in api.chat(tools=[FUNCTION], tool_choice=mode).json["choices"][0]["message"]


@pytest.mark.parametrize(
    ("asked_tier", "answered"),
    [(None, "default"), ("auto", "default"), ("default", "default"), ("flex", "flex"), ("priority", "priority")],
)
def test_service_tier(api: Api, asked_tier: str | None, answered: str) -> None:
    assert api.chat(service_tier=asked_tier).json["service_tier"] == answered


def test_fingerprint_is_the_model_s(api: Api) -> None:
    one, two, other = api.chat().json, api.chat(seed=3).json, api.chat(model="gpt-4").json
    assert one["system_fingerprint"] == two["system_fingerprint"] != other["system_fingerprint"]


def test_json_object(api: Api) -> None:
    said = api.chat(
        messages=[{"role": "user", "content": "Answer in JSON"}], response_format={"type": "json_object"}
    ).json["choices"][0]["message"]["content"]
    assert isinstance(json.loads(said), dict)


def test_a_schema_that_cannot_be_met_asks_for_a_script() -> None:
    api = Api()
    schema = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 2}}, "required": ["a"]}
    answered = api.chat(response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": schema}})
    assert answered.status == 400
    assert answered.error["code"] == "script_mistake"
    assert answered.header("x-should-retry") == "false"
    assert "says_json()" in api.app.problems[0]


# --- reasoning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("effort", "tokens"), [("minimal", 0), ("low", 64), (None, 128), ("high", 256)])
def test_reasoning_follows_the_effort(api: Api, effort: str | None, tokens: int) -> None:
    usage = api.chat(model="gpt-5", **({"reasoning_effort": effort} if effort else {})).json["usage"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == tokens


def test_reasoning_may_use_up_the_limit(api: Api) -> None:
    choice, usage = (api.chat(model="gpt-5", max_completion_tokens=50).json[name] for name in ("choices", "usage"))
    assert choice[0]["finish_reason"] == "length"
    assert choice[0]["message"]["content"] == ""
    assert usage["completion_tokens"] == usage["completion_tokens_details"]["reasoning_tokens"] == 50


# --- audio ------------------------------------------------------------------------------------------------------------


def test_audio_is_a_real_file(api: Api) -> None:
    api.reply("Hello, this is a spoken answer.")
    body = api.chat(
        model="gpt-4o-audio-preview", modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}
    )
    message = body.json["choices"][0]["message"]
    assert message["content"] is None
    assert message["audio"]["transcript"] == "Hello, this is a spoken answer."
    with wave.open(io.BytesIO(base64.b64decode(message["audio"]["data"]))) as sound:
        assert sound.getframerate() == 24_000
        assert 1 < sound.getnframes() / 24_000 < 4
    details = body.json["usage"]["completion_tokens_details"]
    assert 0 < details["audio_tokens"] < body.json["usage"]["completion_tokens"]


def test_streamed_audio_adds_up(api: Api) -> None:
    api.reply("Hello.", "Hello.")
    asked_for = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}
    whole = api.chat(**asked_for).json["choices"][0]["message"]["audio"]
    parts = [chunk["choices"][0]["delta"].get("audio", {}) for chunk in api.chat(stream=True, **asked_for).chunks()]
    assert "".join(part.get("transcript", "") for part in parts) == "Hello."
    assert b"".join(base64.b64decode(part.get("data", "")) for part in parts) == base64.b64decode(whole["data"])


# --- refusals ---------------------------------------------------------------------------------------------------------

USER = {"role": "user", "content": "Hi"}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({"messages": [RESULT]}, "messages.[0].role", "must be a response to a preceeding message"),
        ({"messages": [USER, CALLED]}, "messages.[2].role", "did not have response messages: call_1"),
        ({"messages": [USER, CALLED, USER]}, "messages.[2].role", "did not have response messages: call_1"),
        (
            {"messages": [USER, CALLED, {**RESULT, "tool_call_id": "call_2"}]},
            "messages.[2].tool_call_id",
            "'call_2' not found",
        ),
        ({"tool_choice": "auto"}, "tool_choice", "only allowed when 'tools' are specified"),
        (
            {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "g"}}},
            "tool_choice",
            "'g' not found",
        ),
        ({"stream_options": {"include_usage": True}}, "stream_options", "only allowed when 'stream' is enabled"),
        ({"top_logprobs": 2}, "top_logprobs", "only allowed when 'logprobs' is enabled"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "at the same time"),
        ({"response_format": {"type": "json_object"}}, "messages", "must contain the word 'json'"),
        ({"modalities": ["text", "audio"]}, "audio", "Missing required parameter"),
        ({"metadata": {"k" * 65: "v"}}, "metadata", "too long"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k", "too long"),
        ({"metadata": {str(k): "v" for k in range(17)}}, "metadata", "at most 16 properties"),
        ({"model": "gpt-5", "max_tokens": 5}, "max_tokens", "Use 'max_completion_tokens' instead"),
        ({"model": "o3", "temperature": 0.16}, "temperature", "does not support 0.16 with this model"),
        ({"tools": [{**FUNCTION, "function": {"name": "no spaces"}}]}, "tools[0].function.name", "match"),
        ({"tools": [{**FUNCTION, "function": {"name": "x" * 65}}]}, "tools[0].function.name", "maximum length 64"),
        (
            {"tools": [{"type": "function", "function": {**FUNCTION["function"], "strict": True}}]},
            "tools[0].function.parameters",
            "additionalProperties",
        ),
        ({"model": ""}, "model", "empty string"),
        ({"model": ..., "messages": ...}, "model", "Missing required parameter"),
        ({"logit_bias": {"50256": -101}}, "logit_bias.50256", ">= -100"),
        ({"safety_identifier": "x" * 65}, "safety_identifier", "maximum length 64"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refusals(api: Api, body: dict[str, Any], param: str, message: str) -> None:
    answered = api.chat(**body)
    assert answered.status == 400
    assert answered.error["param"] == param
    assert message in answered.error["message"]
    assert answered.error["type"] == "invalid_request_error"


def test_a_whole_tool_conversation_is_accepted(api: Api) -> None:
    assert api.chat(messages=[USER, CALLED, RESULT, USER], tools=[FUNCTION]).status == 200


def test_a_prompt_over_the_context_window(api: Api) -> None:
    answered = api.chat(model="gpt-4", messages=[{"role": "user", "content": " the" * 9000}])
    assert answered.error["code"] == "context_length_exceeded"
    assert "8192 tokens. However, your messages resulted in 9007 tokens" in answered.error["message"]


def test_a_limit_that_the_context_has_no_room_for(api: Api) -> None:
    said = api.chat(model="gpt-4", max_tokens=8190).error["message"]
    assert "you requested 8198 tokens (8 in the messages, 8190 in the completion)" in said


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_limit_over_what_the_model_can_answer(api: Api, name: str) -> None:
    error = api.chat(**{name: 16_385}).error
    assert error["param"] == name
    assert error["message"] == (
        f"{name} is too large: 16385. This model supports at most 16384 completion tokens, whereas you provided 16385."
    )

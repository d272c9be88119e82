"""Prompt and completion tokens of chat are those that the API bills; "recorded" numbers come from its own replies."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.tokens import Count, chat_completion, chat_prompt, chat_prompt_of_kind, tokenizer
from pytest_mockopenai.tokens.count import estimated, exact, modelled

JARGON = "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."
COOKBOOK = [
    {"role": "system", "content": JARGON},
    {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Things working well together will increase revenue.",
    },
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth to touch base on opportunities for increased"
        " leverage.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Let's talk later when we're less busy about how to do better.",
    },
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
]
COOKBOOK_WEATHER: list[dict[str, Any]] = [
    {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
    {"role": "user", "content": "What's the weather like in San Francisco?"},
]
COOKBOOK_TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {
                    "type": "string",
                    "description": "The unit of temperature to return",
                    "enum": ["celsius", "fahrenheit"],
                },
            },
            "required": ["location"],
        },
    },
}
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
FOO = {"name": "foo", "parameters": {"type": "object", "properties": {}}}
WEATHER_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
}


def prompt(model: str, messages: list[dict[str, Any]], **body: Any) -> Count:
    return chat_prompt({"model": model, "messages": messages, **body}, tokenizer(model))


def length(text: str, model: str = "gpt-4o") -> int:
    return tokenizer(model).length(text)


# --- prompts of text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "tokens"), [("gpt-3.5-turbo", 129), ("gpt-4", 129), ("gpt-4o", 124), ("gpt-5", 123)])
def test_the_cookbook_example(model: str, tokens: int) -> None:
    assert prompt(model, COOKBOOK) == exact(tokens)


@pytest.mark.parametrize(
    ("model", "text", "tokens"),
    [
        ("gpt-4o", "hello", 8),
        ("gpt-3.5-turbo", "hello world", 9),
        ("gpt-5", "What is the capital of France?", 13),
        ("gpt-5", "Say hello", 8),
        ("o3-mini", "hello", 7),
    ],
)
def test_recorded_prompts(model: str, text: str, tokens: int) -> None:
    assert prompt(model, [{"role": "user", "content": text}]) == exact(tokens)


def test_parts_count_like_one_text() -> None:
    parts = [{"type": "text", "text": "hello"}, {"type": "text", "text": " world"}]
    assert prompt("gpt-4o", [{"role": "user", "content": parts}]) == exact(9)


def test_a_refusal_and_a_developer_count() -> None:
    refused = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    said = {"role": "assistant", "content": "I can't help with that."}
    parts = {"role": "assistant", "content": [{"type": "refusal", "refusal": "I can't help with that."}]}
    assert prompt("gpt-4o", [refused]) == prompt("gpt-4o", [said]) == prompt("gpt-4o", [parts])
    assert prompt("gpt-4o", [{"role": "developer", "content": "hi"}]).tokens == 3 + 3 + length("developer") + 1


def test_an_unknown_model_is_estimated() -> None:
    assert prompt("my-model", HELLO) == estimated(8)


# --- tools ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "tokens"), [("gpt-3.5-turbo", 105), ("gpt-4", 105), ("gpt-4o", 101)])
def test_the_cookbook_example_with_tools(model: str, tokens: int) -> None:
    assert prompt(model, COOKBOOK_WEATHER, tools=[COOKBOOK_TOOL]) == modelled(tokens)


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"functions": [FOO]}, 31),
        ({"tools": [{"type": "function", "function": FOO}]}, 31),
        ({"functions": [FOO], "function_call": "auto"}, 31),
        ({"functions": [FOO], "function_call": "none"}, 32),
        ({"functions": [FOO], "function_call": {"name": "foo"}}, 36),
        ({"functions": [{**FOO, "description": "Do a foo"}]}, 36),
    ],
)
def test_recorded_prompts_with_a_function(body: dict[str, Any], tokens: int) -> None:
    assert prompt("gpt-3.5-turbo", HELLO, **body) == modelled(tokens)


@pytest.mark.parametrize("system", ["Hello", "Hello:"])
def test_tools_go_into_the_system_message_after_a_newline(system: str) -> None:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": "Hi there"}]
    assert prompt("gpt-3.5-turbo", messages, functions=[{**FOO, "name": "do_stuff"}]) == modelled(35)


def test_gpt_5_has_more_around_tools() -> None:
    get_images = {"name": "get_images", "description": "", "parameters": {"type": "object", "properties": {}}}
    question = "Call the get_images tool. One image shows a fruit - what fruit is it? Just name the fruit."
    tools = [{"type": "function", "function": get_images}]
    assert prompt("gpt-5-mini", [{"role": "user", "content": question}], tools=tools) == modelled(133)


def test_custom_and_hosted_tools() -> None:
    free = {"type": "custom", "custom": {"name": "run", "description": "Run it"}}
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /a/"}}
    constrained = {"type": "custom", "custom": {"name": "run", "format": grammar}}
    assert prompt("gpt-5", HELLO, tools=[free]).method == "modelled"
    assert prompt("gpt-5", HELLO, tools=[constrained]).method == "estimated"
    assert prompt("gpt-4o", HELLO, tools=[{"type": "web_search"}]) == estimated(8 + 294)
    assert prompt("gpt-4o", HELLO, web_search_options={}) == estimated(8)


@pytest.mark.parametrize(("model", "around"), [("gpt-4o", 13), ("gpt-5", 19)])
def test_a_call_and_its_result_in_the_history(model: str, around: int) -> None:
    asked: list[dict[str, Any]] = [{"role": "assistant", "tool_calls": [WEATHER_CALL]}]
    answered = [*asked, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]
    added = prompt(model, HELLO + answered).tokens - prompt(model, HELLO).tokens
    assert added == 2 * length("get_weather") + length('{"city":"Paris"}') + length("sunny") + around
    assert prompt(model, HELLO + asked).method == "modelled"


def test_parallel_calls_cost_more_each() -> None:
    one, two = ([{"role": "assistant", "content": None, "tool_calls": [WEATHER_CALL] * number}] for number in (1, 2))
    text = length("get_weather") + length('{"city":"Paris"}')
    assert prompt("gpt-4o", two).tokens - prompt("gpt-4o", one).tokens == text + 20


def test_words_beside_a_call_count_as_a_message() -> None:
    silent = {"role": "assistant", "content": "", "tool_calls": [WEATHER_CALL]}
    spoken = {**silent, "content": "One moment."}
    said = {"role": "assistant", "content": "One moment."}
    assert prompt("gpt-4o", [spoken]).tokens == prompt("gpt-4o", [silent]).tokens + prompt("gpt-4o", [said]).tokens - 3


@pytest.mark.parametrize(
    ("messages", "tokens"),
    [
        ([{"role": "user", "content": "hello world"}, {"role": "function", "name": "do_stuff", "content": "{}"}], 15),
        (
            [
                {
                    "role": "assistant",
                    "content": "",
                    "function_call": {"name": "do_stuff", "arguments": '{"foo": "bar", "baz": 1.5}'},
                }
            ],
            26,
        ),
    ],
)
def test_recorded_legacy_functions_in_the_history(messages: list[dict[str, Any]], tokens: int) -> None:
    assert prompt("gpt-3.5-turbo", messages) == modelled(tokens)


def test_a_schema_is_estimated() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    named = {"type": "json_schema", "json_schema": {"name": "thing", "description": "A thing", "schema": schema}}
    shown = '# Response Formats\n\n## thing\n\n// A thing\n{"type":"object","properties":{"a":{"type":"string"}}}'
    assert prompt("gpt-4o", HELLO, response_format=named) == estimated(8 + length(shown))
    assert prompt("gpt-4o", HELLO, response_format={"type": "json_object"}) == exact(8)


# --- images, audio, files -------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (3008).to_bytes(4, "big") + (2000).to_bytes(4, "big")


def data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("image", "count"),
    [
        ({"url": data_url("image/png", PNG)}, modelled(1105)),
        ({"url": data_url("image/png", PNG), "detail": "low"}, modelled(85)),
        ({"url": "https://example.com/cat.png"}, estimated(765)),
        ({"url": "data:image/png;base64,%%%"}, estimated(765)),
        ({"url": "data:image/png;base64,abcde"}, estimated(765)),
    ],
)
def test_an_image_costs_by_its_size(image: dict[str, str], count: Count) -> None:
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": image}]}]
    assert prompt("gpt-4o", messages) == count + exact(7)
    body = {"messages": messages}
    assert chat_prompt_of_kind(body, tokenizer("gpt-4o"), "image") == count
    assert chat_prompt_of_kind(body, tokenizer("gpt-4o"), "text") == exact(0)


def test_audio_is_told_apart() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": base64.b64encode(bytes(32_000)).decode(), "format": "mp3"}}
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}, sound]}]}
    counter = tokenizer("gpt-4o-audio-preview")
    assert chat_prompt_of_kind(body, counter, "audio") == estimated(20)
    assert chat_prompt_of_kind(body, counter, "text") == exact(1)
    assert chat_prompt(body, counter) == estimated(8 + 20 + 4)


def test_a_file_of_text_counts_as_its_text() -> None:
    part = {"type": "file", "file": {"filename": "a.txt", "file_data": data_url("text/plain", b"hello world")}}
    assert prompt("gpt-4o", [{"role": "user", "content": [part]}]) == modelled(9)
    unseen = {"type": "file", "file": {"file_id": "file-1"}}
    assert prompt("gpt-4o", [{"role": "user", "content": [unseen]}]).method == "estimated"
    pdf = {"type": "file", "file": {"file_data": data_url("application/pdf", b"%PDF-1.7\xff")}}
    assert prompt("gpt-4o", [{"role": "user", "content": [pdf]}]).method == "estimated"


def test_unknown_parts_make_an_estimate() -> None:
    assert prompt("gpt-4o", [{"role": "user", "content": [{"type": "hologram"}, {"type": ["odd"]}]}]) == estimated(7)
    assert prompt("gpt-4o", [{"role": "assistant", "audio": {"id": "audio_1"}}]).method == "estimated"


# --- completions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "tools_sent", "reasoning", "expected"),
    [
        ("gpt-4o", False, 0, exact(2)),
        ("gpt-4o", True, 0, modelled(3)),
        ("o3-mini", False, 64, modelled(2 + 64 + 13)),
        ("gpt-5", False, 128, modelled(2 + 128 + 9)),
        ("gpt-5", True, 0, modelled(2 + 9)),
        ("gpt-5.6-sol", False, 0, modelled(2 + 3)),
    ],
)
def test_an_answer_of_text(model: str, tools_sent: bool, reasoning: int, expected: Count) -> None:
    message = {"role": "assistant", "content": "hello world"}
    got = chat_completion(message, tokenizer(model), tools_sent=tools_sent, reasoning_tokens=reasoning)
    assert got == expected


@pytest.mark.parametrize(
    ("model", "calls", "around"), [("gpt-4o", 1, 7), ("gpt-4o", 2, 28), ("gpt-4", 1, 4), ("gpt-5", 1, 16)]
)
def test_an_answer_of_tool_calls(model: str, calls: int, around: int) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [WEATHER_CALL] * calls}
    text = length("get_weather", model) + length('{"city":"Paris"}', model)
    assert chat_completion(message, tokenizer(model), tools_sent=True) == modelled(calls * text + around)


def test_a_cut_answer_has_nothing_around_it() -> None:
    message = {"role": "assistant", "content": "hello world"}
    assert chat_completion(message, tokenizer("gpt-5"), reasoning_tokens=64, cut=True) == exact(66)


def test_an_answer_in_audio() -> None:
    voice = {"id": "audio_1", "data": base64.b64encode(b"mp3").decode(), "transcript": "hello world"}
    got = chat_completion({"role": "assistant", "content": None, "audio": voice}, tokenizer("gpt-4o-audio-preview"))
    assert got == estimated(2)


# --- whatever comes -------------------------------------------------------------------------------------------------

KEYS = (
    *("role", "content", "name", "type", "text", "tool_calls", "function", "image_url", "url", "tools", "id"),
    *("arguments", "tool_call_id", "function_call", "input_audio", "data", "file", "audio", "parameters"),
)
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner | st.sampled_from(["user", "tool", "function", "text", "image_url", "input_audio", "file"]),
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(messages=anything, tools=anything, response_format=anything, function_call=anything)
def test_no_body_is_an_error(messages: Any, tools: Any, response_format: Any, function_call: Any) -> None:
    body = {"tools": tools, "response_format": response_format, "function_call": function_call}
    for listed in (messages, [messages, messages]):
        assert chat_prompt({"messages": listed, **body}, tokenizer("gpt-4o")).tokens >= 3
    if isinstance(messages, dict):
        assert chat_completion(messages, tokenizer("gpt-4o")).tokens >= 0


def test_odd_bodies() -> None:
    counter = tokenizer("gpt-4o")
    assert chat_prompt({}, counter) == exact(3)
    assert chat_prompt({"messages": None, "tools": None}, counter) == exact(3)
    assert prompt("gpt-4o", [{"role": "user", "content": None}]) == exact(7)
    assert prompt("gpt-4o", [{"role": "user", "content": "\ud800"}]).tokens > 7
    assert prompt("gpt-4o", [{"role": "tool", "content": "orphan"}]).method == "modelled"

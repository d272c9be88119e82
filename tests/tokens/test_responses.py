"""Input and output tokens of the Responses API are those that it bills."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.tokens import (
    Count,
    chat_prompt,
    responses_input,
    responses_input_of_kind,
    responses_output,
    tokenizer,
)
from pytest_mockopenai.tokens.count import estimated, exact, modelled

CALL = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": '{"city":"Paris"}'}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}
MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hello world"}]}


def counted(model: str, **body: Any) -> Count:
    return responses_input({"model": model, **body}, tokenizer(model))


def length(text: str) -> int:
    return tokenizer("gpt-4o").length(text)


# --- input ----------------------------------------------------------------------------------------------------------


def test_a_recorded_request() -> None:
    system = {"role": "system", "content": "You are a helpful assistant."}
    user = {"role": "user", "content": [{"type": "input_text", "text": "How do I cross the street?"}]}
    assert counted("gpt-5", input=[system, user]) == exact(23)
    assert counted("gpt-5", instructions=system["content"], input="How do I cross the street?") == exact(23)


@given(texts=st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), st.text(max_size=20)), max_size=4))
def test_messages_count_as_in_chat(texts: list[tuple[str, str]]) -> None:
    messages = [{"role": role, "content": text} for role, text in texts]
    for model in ("gpt-4o", "gpt-5", "gpt-4"):
        assert counted(model, input=messages) == chat_prompt({"messages": messages}, tokenizer(model))


@pytest.mark.parametrize(("model", "around"), [("gpt-4o", -3), ("gpt-5", 2), ("gpt-5.4", 15), ("gpt-5.5", 2)])
def test_tools_have_their_own_surroundings(model: str, around: int) -> None:
    shown = "# Tools\n\n## functions\n\nnamespace functions {\n\ntype f = () => any;\n\n} // namespace functions"
    plain, tool = counted(model, input="hi"), {"type": "function", "name": "f", "parameters": {}}
    assert counted(model, input="hi", tools=[tool]) == plain + modelled(length(shown) + around)


def test_a_description_costs_gpt_5_one_more() -> None:
    tool = {"type": "function", "name": "f", "description": "Do it."}
    more = {
        model: counted(model, input="hi", tools=[tool]).tokens
        - counted(model, input="hi", tools=[{**tool, "description": ""}]).tokens
        for model in ("gpt-4o", "gpt-5")
    }
    assert more["gpt-5"] == more["gpt-4o"] + 1


@pytest.mark.parametrize(("model", "around"), [("gpt-4o", 14), ("gpt-5", 20)])
def test_a_call_and_its_result(model: str, around: int) -> None:
    user = {"role": "user", "content": "hi"}
    added = counted(model, input=[user, CALL, RESULT]).tokens - counted(model, input=[user]).tokens
    assert added == 2 * length("get_weather") + length('{"city":"Paris"}') + length("sunny") + around
    listed = {**RESULT, "output": [{"type": "input_text", "text": "sunny"}]}
    assert counted(model, input=[user, CALL, listed]) == counted(model, input=[user, CALL, RESULT])


def test_custom_calls_count_like_function_calls() -> None:
    call = {"type": "custom_tool_call", "call_id": "c1", "name": "get_weather", "input": '{"city":"Paris"}'}
    result = {"type": "custom_tool_call_output", "call_id": "c1", "output": "sunny"}
    assert counted("gpt-5", input=[call, result]) == counted("gpt-5", input=[CALL, RESULT])


def test_other_items_are_estimated() -> None:
    plain = counted("gpt-5", input=[MESSAGE])
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x" * 9999}
    assert counted("gpt-5", input=[MESSAGE, reasoning]) == plain + estimated(0)
    assert counted("gpt-5", input=[MESSAGE, {"type": "item_reference", "id": "x"}]) == plain + estimated(0)
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "weather"}}
    added = counted("gpt-5", input=[MESSAGE, search])
    assert added.method == "estimated"
    assert 5 < added.tokens - plain.tokens < 40


def test_images_and_schema() -> None:
    image = {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"}
    user = {"role": "user", "content": [image, {"type": "input_text", "text": "hello"}]}
    assert counted("gpt-4o", input=[user]) == estimated(8 + 85)
    assert responses_input_of_kind({"input": [user]}, tokenizer("gpt-4o"), "image") == estimated(85)
    assert responses_input_of_kind({"input": "hello"}, tokenizer("gpt-4o"), "text") == exact(1)
    schema = {"type": "json_schema", "name": "thing", "schema": {"type": "object"}}
    shown = '# Response Formats\n\n## thing\n\n{"type":"object"}'
    assert counted("gpt-4o", input="hello", text={"format": schema}) == estimated(8 + length(shown))
    assert counted("gpt-4o", input="hello", text={"format": {"type": "text"}}) == exact(8)


# --- output ---------------------------------------------------------------------------------------------------------


def output(model: str, *items: dict[str, Any], **more: Any) -> Count:
    return responses_output(list(items), tokenizer(model), **more)


@pytest.mark.parametrize(
    ("model", "more", "expected"),
    [
        ("gpt-4o", {}, exact(2 + 1)),
        ("gpt-4o", {"tools_sent": True}, modelled(2 + 2)),
        ("gpt-5", {}, modelled(2 + 4)),
        ("gpt-5", {"reasoning_tokens": 64}, modelled(2 + 64 + 6)),
        ("gpt-5", {"reasoning_tokens": 64, "cut": True}, exact(2 + 64)),
        ("o3-mini", {"reasoning_tokens": 64}, modelled(2 + 64 + 1)),
    ],
)
def test_text(model: str, more: dict[str, Any], expected: Count) -> None:
    reasoning = [{"type": "reasoning", "summary": []}] if "reasoning_tokens" in more else []
    assert output(model, *reasoning, MESSAGE, **more) == expected


def test_calls() -> None:
    text = length("get_weather") + length('{"city":"Paris"}')
    assert output("gpt-4o", CALL, tools_sent=True) == modelled(text + 8)
    assert output("gpt-4o", CALL, CALL, tools_sent=True) == modelled(2 * text + 29)
    assert output("gpt-5", CALL, tools_sent=True, reasoning_tokens=64) == modelled(text + 64 + 13)
    assert output("gpt-5.4", MESSAGE, CALL, tools_sent=True) == modelled(2 + text + 20)


def test_hosted_calls_are_estimated() -> None:
    assert output("gpt-4o", {"type": "web_search_call"}, MESSAGE, tools_sent=True).method == "estimated"


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "text", "output", "call_id", "name", "arguments", "image_url"]),
            inner | st.sampled_from(["message", "function_call", "function_call_output", "input_image", "input_file"]),
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(items=json_values, instructions=json_values, tools=json_values, text=json_values)
def test_no_body_is_an_error(items: Any, instructions: Any, tools: Any, text: Any) -> None:
    for listed in (items, [items, items]):
        body = {"input": listed, "instructions": instructions, "tools": tools, "text": text}
        assert responses_input(body, tokenizer("gpt-5")).tokens >= 0
        assert responses_output(listed, tokenizer("gpt-5")).tokens >= 0

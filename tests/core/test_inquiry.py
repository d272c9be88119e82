"""What a request asks is read the same way from every endpoint's body, and from a body that makes no sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.inquiry import Inquiry, text_of
from pytest_mockopenai.core.wire import Request

USER = {"role": "user", "content": "Hi"}
ASSISTANT = {"role": "assistant", "content": "Hello"}
REASONING = {"type": "reasoning", "summary": []}
CALL = {"type": "function_call", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "1", "output": "x"}
APPROVAL = {"type": "mcp_approval_response", "approval_request_id": "1", "approve": True}
SHELL_OUTPUT = {"type": "shell_call_output", "call_id": "1", "output": []}


def shell(environment: str) -> dict[str, Any]:
    """A call of the shell in this environment."""
    return {"type": "shell_call", "call_id": "1", "environment": {"type": environment}}


KEYS = st.sampled_from(
    [*("messages", "input", "prompt", "tools", "functions"), *("role", "content", "type", "text", "name", "function")]
)
NONSENSE = st.recursive(
    st.sampled_from([None, 1, True, "", "user", "assistant", "function_call", "text", "f"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def asked(**body: Any) -> Inquiry:
    return Inquiry("chat.completions", Request("POST", "/v1/chat/completions"), body)


@given(st.dictionaries(KEYS, NONSENSE, max_size=4))
def test_nonsense_is_read_as_far_as_it_makes_sense(body: dict[str, Any]) -> None:
    inquiry = asked(**body)
    assert isinstance(inquiry.last_message, str)
    assert all(isinstance(message, dict) for message in inquiry.messages)
    assert all(isinstance(name, str) for name in inquiry.tools)
    assert 1 <= inquiry.turn <= 1 + len(inquiry.messages)


# --- messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [USER]},
        {"messages": [{"role": "system", "content": "Be kind."}, USER]},
        {"messages": [USER, ASSISTANT]},
        {"messages": [{"role": "user", "content": "Ho"}, ASSISTANT, USER]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}, {"text": "Hi"}]}]},
        {"input": "Hi"},
        {"input": ["Ho", "Hi"]},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}, CALL, OUTPUT]},
        {"prompt": "Hi"},
        {"prompt": ["Ho", "Hi"]},
    ],
)
def test_last_message(body: dict[str, Any]) -> None:
    assert asked(**body).last_message == "Hi"


@pytest.mark.parametrize(
    "body", [{}, {"messages": []}, {"messages": [ASSISTANT]}, {"input": [1, 2]}, {"input": [[1, 2]]}]
)
def test_no_last_message(body: dict[str, Any]) -> None:
    assert asked(**body).last_message == ""


def test_a_plain_text_is_a_users_message() -> None:
    assert asked(input="Hi").messages == [USER]
    assert asked(input=["Hi", {"role": "developer"}]).messages == [USER, {"role": "developer"}]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (None, ""),
        (5, ""),
        ([], ""),
        ([{"text": "a"}, "b", {"text": None}, {"transcript": "c"}], "ac"),
        ({}, ""),
    ],
)
def test_text_of(content: Any, text: str) -> None:
    assert text_of(content) == text


# --- tools ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"tools": [{"type": "custom", "custom": {"name": "f"}}]},
        {"tools": [{"type": "function", "name": "f", "parameters": {}}]},
        {"tools": [{"type": "f"}]},
        {"functions": [{"name": "f"}]},
    ],
)
def test_tools(body: dict[str, Any]) -> None:
    assert asked(**body).tools == ["f"]


# --- turns ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "turn"),
    [
        ([], 1),
        ([USER], 1),
        ([USER, ASSISTANT], 2),
        ([USER, ASSISTANT, USER], 2),
        ([USER, ASSISTANT, ASSISTANT], 3),
        ([USER, ASSISTANT, {"role": "tool", "content": "x"}, ASSISTANT, USER], 3),
        ([USER, CALL, OUTPUT], 2),
        ([USER, CALL, CALL, OUTPUT, OUTPUT], 2),
        ([USER, REASONING, CALL, OUTPUT, REASONING, ASSISTANT, USER], 3),
        ([USER, ASSISTANT, REASONING, CALL, OUTPUT], 2),
        ([USER, REASONING, {"type": "web_search_call"}, ASSISTANT, USER], 2),
        ([USER, CALL, OUTPUT, CALL, OUTPUT, ASSISTANT, USER], 4),
        ([USER, {"type": "mcp_list_tools"}, REASONING, {"type": "mcp_approval_request"}, APPROVAL], 2),
        ([USER, shell("container_reference"), SHELL_OUTPUT, ASSISTANT, USER], 2),
        ([USER, shell("local"), SHELL_OUTPUT, ASSISTANT, USER], 3),
    ],
)
def test_turn(messages: list[dict[str, Any]], turn: int) -> None:
    assert asked(input=messages).turn == turn


@given(st.lists(st.sampled_from([USER, ASSISTANT, {"role": "tool", "content": "x"}])))
def test_a_chats_turns_are_its_assistants_messages(messages: list[dict[str, Any]]) -> None:
    assert asked(messages=messages).turn == 1 + messages.count(ASSISTANT)


def test_header() -> None:
    inquiry = Inquiry("", Request("GET", "/", (("X-Tenant", "a"),)), {})
    assert inquiry.header("x-tenant") == "a"


# --- what a request goes on from --------------------------------------------------------------------------------------


def test_earlier_items_count_as_said() -> None:
    earlier = asked(input=[OUTPUT]).after([USER, REASONING, CALL])
    assert (earlier.turn, earlier.last_message) == (2, "Hi")
    assert asked(input=[OUTPUT]).after([]) == asked(input=[OUTPUT])


def test_a_new_message_is_the_last_one() -> None:
    inquiry = asked(input="And then?").after([USER, ASSISTANT])
    assert (inquiry.turn, inquiry.last_message) == (2, "And then?")
    assert asked(input=[{"role": "user", "content": ""}]).after([USER]).last_message == ""

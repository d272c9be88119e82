"""Answers within a token limit: reasoning first, then what is said, then calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import tokens
from pytest_mockopenai.core.answer import Answer, ToolCall
from pytest_mockopenai.rendering.cutting import limited

COUNTER = tokens.tokenizer("gpt-4o")
TEXT = st.text(max_size=40)
ANSWERS = st.builds(
    Answer,
    text=st.none() | TEXT,
    tool_calls=st.lists(st.builds(ToolCall, st.just("f"), TEXT), max_size=3).map(tuple),
    reasoning_tokens=st.none() | st.integers(0, 30),
    reasoning=st.none() | TEXT,
) | st.builds(Answer, refusal=TEXT)


def size_of(answer: Answer) -> int:
    texts = [answer.text or "", answer.refusal or "", *(call.arguments for call in answer.tool_calls)]
    return sum(map(COUNTER.length, texts))


@given(ANSWERS, st.integers(0, 60))
def test_what_is_left_fits(answer: Answer, limit: int) -> None:
    fitting = limited(answer, COUNTER, limit)
    assert fitting.reasoning_tokens + size_of(fitting.answer) <= limit
    assert fitting.cut or fitting.answer == answer
    assert (answer.text or "").startswith(fitting.answer.text or "")


@given(ANSWERS)
def test_without_a_limit_nothing_is_cut(answer: Answer) -> None:
    fitting = limited(answer, COUNTER, None)
    assert (fitting.answer, fitting.cut) == (answer, False)


@pytest.mark.parametrize(
    ("limit", "text", "arguments"),
    [(1, "Hello", []), (2, "Hello world", [""]), (3, "Hello world", ["a"]), (9, "Hello world", ["a b", "c"])],
)
def test_calls_come_after_the_text(limit: int, text: str, arguments: list[str]) -> None:
    answer = Answer(text="Hello world", tool_calls=(ToolCall("f", "a b"), ToolCall("f", "c")))
    said = limited(answer, COUNTER, limit).answer
    assert (said.text, [call.arguments for call in said.tool_calls]) == (text, arguments)


def test_reasoning_is_counted_unless_its_tokens_are_given() -> None:
    assert limited(Answer(text="x", reasoning="Hello world"), COUNTER, None).reasoning_tokens == 2
    assert limited(Answer(text="x", reasoning="Hello world", reasoning_tokens=64), COUNTER, None).reasoning_tokens == 64

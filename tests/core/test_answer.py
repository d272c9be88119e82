"""What a model says: parts join if they can be said at once, and say which sort of endpoint can say them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.answer import BUILT_IN_TOOLS, WAITING, Answer, BuiltInCall, Failure, ToolCall

CALL = ToolCall("get_weather", '{"city":"Paris"}')
PARTS: list[tuple[str, Answer]] = [
    ("text", Answer(text="Paris")),
    ("filler", Answer(filler_tokens=3)),
    ("call", Answer(tool_calls=(CALL,))),
    ("refusal", Answer(refusal="No.")),
    ("reasoning", Answer(reasoning="Hm.", reasoning_tokens=0)),
    ("finish", Answer(finish_reason="length")),
    ("usage", Answer(usage={"prompt_tokens": 1})),
    ("vectors", Answer(vectors=((0.5,),))),
    ("flagged", Answer(flagged={})),
    ("images", Answer(images=("aGk=",))),
    ("revised", Answer(revised_prompt="A cat.")),
    ("tool", Answer(built_in_calls=(BuiltInCall("web_search"),))),
    ("failure", Answer(failure=Failure("server_error", "No."))),
]
ANSWERS = st.sampled_from([answer for _, answer in PARTS])
VISIBLE = {"text", "filler", "refusal", "vectors", "flagged", "images", "revised"}


def joined(*answers: Answer) -> Answer | None:
    result = Answer()
    try:
        for answer in answers:
            result = result.merged(answer)
    except ValueError:
        return None
    return result


@given(ANSWERS)
def test_nothing_said_changes_nothing(answer: Answer) -> None:
    assert Answer().merged(answer) == answer.merged(Answer()) == answer


@given(st.lists(ANSWERS, max_size=5), st.integers(0, 5))
def test_joining_is_associative(answers: list[Answer], at: int) -> None:
    left, right = joined(*answers[:at]), joined(*answers[at:])
    assert joined(*answers) == (joined(left, right) if left and right else None)


@pytest.mark.parametrize(("name", "one"), PARTS, ids=[name for name, _ in PARTS])
@pytest.mark.parametrize(("other_name", "other"), PARTS, ids=[name for name, _ in PARTS])
def test_one_visible_thing_is_said(name: str, one: Answer, other_name: str, other: Answer) -> None:
    clash = name != other_name and {name, other_name} <= VISIBLE and {name, other_name} != {"images", "revised"}
    assert (joined(one, other) is None) == clash


def test_calls_are_made_together() -> None:
    assert Answer(tool_calls=(CALL,)).merged(Answer(tool_calls=(CALL,))).tool_calls == (CALL, CALL)


def test_the_same_said_twice_is_said_once() -> None:
    assert joined(Answer(text="a"), Answer(text="a")) == Answer(text="a")


def test_two_texts() -> None:
    with pytest.raises(ValueError, match="text is set twice: 'a' and 'b'"):
        Answer(text="a").merged(Answer(text="b"))


def test_zero_is_something() -> None:
    assert Answer(reasoning_tokens=0).merged(Answer(text="a")).reasoning_tokens == 0
    assert joined(Answer(reasoning_tokens=0), Answer(reasoning_tokens=1)) is None
    assert Answer(filler_tokens=0).says_nothing is False
    assert Answer(text="").says_nothing is False


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(), None),
        (Answer(usage={"prompt_tokens": 1}), None),
        (Answer(text=""), "text"),
        (Answer(finish_reason="stop"), "text"),
        (Answer(reasoning_tokens=3, usage={}), "text"),
        (Answer(vectors=((1.0,),), usage={"prompt_tokens": 1}), "embedding"),
        (Answer(flagged={}), "moderation"),
    ],
)
def test_kind(answer: Answer, kind: Any) -> None:
    assert answer.kind == kind


@pytest.mark.parametrize(
    ("answer", "nothing"),
    [
        (Answer(), True),
        (Answer(reasoning="Hm."), True),
        (Answer(refusal="No."), False),
        (Answer(tool_calls=(CALL,)), False),
    ],
)
def test_says_nothing(answer: Answer, nothing: bool) -> None:
    assert answer.says_nothing is nothing


@pytest.mark.parametrize("tool", BUILT_IN_TOOLS)
def test_a_tool_that_waits_for_the_client_is_all_that_is_said(tool: str) -> None:
    answer = Answer(built_in_calls=(BuiltInCall(tool),))
    assert answer.says_nothing == (tool not in WAITING)
    assert answer.kind == "text"


def test_a_failure_may_be_all_that_is_said() -> None:
    assert not Answer(failure=Failure("server_error", "No.")).says_nothing

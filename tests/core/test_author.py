"""Made-up answers: they obey what the request demands, leave a script's words alone, and depend on the draw only."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import author, jsontext
from pytest_mockopenai.core.answer import Answer, BuiltInCall, ToolCall
from pytest_mockopenai.core.author import Demand, Tool
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.seed import draw_for

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
PROSE = Demand("gpt-4o", "Capital of France?")
JSON = Demand("gpt-4o", "Hi", json=SCHEMA)
CALL = Demand("gpt-4o", "Hi", must_call=(Tool("get_weather", SCHEMA), Tool("other", None)), json=SCHEMA)
CUSTOM = Demand("gpt-4o", "Hi", must_call=(Tool("sql", None, "custom"),))
DEMANDS = st.sampled_from([PROSE, JSON, CALL, CUSTOM, Demand("", ""), Demand("o3", "Hi", reasoning_tokens=128)])
SEEDS = st.integers(0, 50)


def conforms(text: str | None) -> bool:
    value = jsontext.loads(text or "")
    return set(value) == {"city", "days"} and isinstance(value["city"], str) and value["days"] in range(1, 10)


# --- made up whole ----------------------------------------------------------------------------------------------------


@given(DEMANDS, SEEDS)
def test_the_same_draw_makes_the_same_answer(demand: Demand, seed: int) -> None:
    assert author.answer(demand, draw_for(seed)) == author.answer(demand, draw_for(seed))


@given(DEMANDS, SEEDS)
def test_one_thing_is_said(demand: Demand, seed: int) -> None:
    made = author.answer(demand, draw_for(seed))
    assert (made.text is None) == bool(made.tool_calls)
    assert not made.says_nothing
    assert (made.refusal, made.finish_reason, made.usage, made.filler_tokens) == (None, None, None, None)
    assert made.reasoning_tokens == demand.reasoning_tokens


def test_prose_names_the_model_and_quotes_the_user() -> None:
    text = author.answer(PROSE, draw_for(0)).text or ""
    assert text.startswith('This is gpt-4o, mocked. You said: "Capital of France?". ')
    assert text.endswith(".")


def test_prose_without_a_model() -> None:
    assert (author.answer(Demand("", ""), draw_for(0)).text or "").startswith("This is a model, mocked. ")


def test_prose_differs_by_draw() -> None:
    assert len({author.answer(PROSE, draw_for(seed)).text for seed in range(20)}) == 20


def test_nothing_to_quote() -> None:
    text = author.answer(Demand("m", ""), draw_for(0)).text or ""
    assert text.startswith("This is m, mocked. ")
    assert "You said" not in text


@pytest.mark.parametrize(("length", "quoted"), [(200, 200), (201, 200), (10**6, 200)])
def test_a_long_message_is_quoted_short(length: int, quoted: int) -> None:
    text = author.answer(Demand("m", "é" * length), draw_for(0)).text or ""
    assert text.count("é") == quoted
    assert ("..." in text) == (length > quoted)


@given(SEEDS)
def test_json_conforms(seed: int) -> None:
    assert conforms(author.answer(JSON, draw_for(seed)).text)


@given(SEEDS)
def test_any_json_is_an_object(seed: int) -> None:
    text = author.answer(Demand("m", "Hi", json=True), draw_for(seed)).text
    assert isinstance(jsontext.loads(text or ""), dict)


@given(SEEDS)
def test_a_demanded_call_conforms_and_wins_over_json(seed: int) -> None:
    made = author.answer(CALL, draw_for(seed))
    (call,) = made.tool_calls
    assert (call.name, call.kind, made.text) == ("get_weather", "function", None)
    assert conforms(call.arguments)


@given(SEEDS)
def test_a_custom_tool_gets_text(seed: int) -> None:
    (call,) = author.answer(CUSTOM, draw_for(seed)).tool_calls
    assert (call.name, call.kind) == ("sql", "custom")
    assert call.arguments


def test_other_tools_get_other_arguments() -> None:
    one, other = (author.call_of(Tool(name, SCHEMA), draw_for(0)) for name in ("a", "b"))
    assert one.arguments != other.arguments


# --- completing a script ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scripted",
    [
        Answer(text="Paris"),
        Answer(text=""),
        Answer(refusal="No."),
        Answer(tool_calls=(ToolCall("f", "{"),)),
        Answer(text="Paris", reasoning="Hm.", finish_reason="length", usage={"prompt_tokens": 1}),
    ],
)
@given(DEMANDS)
def test_what_is_said_is_left_alone(scripted: Answer, demand: Demand) -> None:
    assert author.completed(scripted, demand, draw_for(0)) is scripted


@given(DEMANDS, SEEDS)
def test_nothing_said_is_all_made_up(demand: Demand, seed: int) -> None:
    assert author.completed(Answer(), demand, draw_for(seed)) == author.answer(demand, draw_for(seed))


@pytest.mark.parametrize(
    "scripted",
    [
        {"finish_reason": "length"},
        {"usage": {"prompt_tokens": 1}},
        {"reasoning_tokens": 64},
        {"reasoning": "Hm.", "reasoning_tokens": 0},
    ],
)
@given(DEMANDS)
def test_only_what_is_left_open_is_made_up(scripted: dict[str, Any], demand: Demand) -> None:
    done, made = author.completed(Answer(**scripted), demand, draw_for(0)), author.answer(demand, draw_for(0))
    assert (done.text, done.tool_calls) == (made.text, made.tool_calls)
    assert {name: getattr(done, name) for name in scripted} == scripted


def test_a_scripted_thought_is_counted_not_made_up() -> None:
    done = author.completed(Answer(reasoning="Hm."), Demand("o3", "Hi", reasoning_tokens=128), draw_for(0))
    assert (done.reasoning, done.reasoning_tokens) == ("Hm.", None)


@given(st.integers(0, 60), DEMANDS)
def test_filler_is_as_long_as_asked(tokens: int, demand: Demand) -> None:
    done = author.completed(Answer(filler_tokens=tokens, reasoning_tokens=3), demand, draw_for(tokens))
    assert (done.filler_tokens, done.reasoning_tokens) == (None, 3)
    text = done.text or ""
    assert len(text.replace(".", " .").split()) == tokens


# --- tools of OpenAI's own --------------------------------------------------------------------------------------------


def test_built_in_tools_are_used_before_speaking() -> None:
    made = author.answer(Demand("gpt-4o", "Hi", built_in=("web_search", "mcp")), draw_for(0))
    assert [call.tool for call in made.built_in_calls] == ["web_search", "mcp"]
    assert made.text


def test_a_tool_that_waits_for_the_client_ends_the_answer() -> None:
    assert author.answer(Demand("gpt-4o", "Hi", built_in=("shell",)), draw_for(0)).text is None


def test_scripted_uses_win_over_made_up_ones() -> None:
    scripted = Answer(built_in_calls=(BuiltInCall("mcp"),))
    completed = author.completed(scripted, Demand("gpt-4o", "Hi", built_in=("web_search",)), draw_for(0))
    assert completed.built_in_calls == scripted.built_in_calls
    assert completed.text


def test_what_cannot_be_made_up_is_refused() -> None:
    demand = Demand("gpt-4o", "Hi", json={"type": "integer", "minimum": 2, "maximum": 1})
    with pytest.raises(Refused, match="says_json"):
        author.written(None, demand, draw_for(0), param="text.format")
    assert author.written(Answer(text="x"), demand, draw_for(0), param="text.format").text == "x"

"""Every word of the vocabulary: written in Python or as text it means the same, and wrong arguments give sentences."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import words
from pytest_mockopenai.core.answer import Answer, ToolCall
from pytest_mockopenai.core.word import VOCABULARY, BadWord, Fault, Timing, Word, parse
from pytest_mockopenai.core.words import (
    custom_tool_call,
    cut,
    embeds,
    error,
    flags,
    rate_limit,
    raw_tool_call,
    refuses,
    says,
    says_json,
    server_error,
    slow,
    thinks,
    tool_call,
    unauthorized,
    usage,
)

# How each word is written as text, and the same in Python.
WRITTEN: list[tuple[str, str]] = [
    ("says", "says()"),
    ("says;text=Paris", "says('Paris')"),
    ("says;text=42", "says('42')"),
    ('says;text="a;b|c = \\"d\\""', "says('a;b|c = \"d\"')"),
    ("says;tokens=12;finish_reason=length", "says(tokens=12, finish_reason='length')"),
    ('says_json;value={"a": [1, null]}', "says_json({'a': [1, None]})"),
    ("tool_call;name=get_weather;city=Paris;days=3", "tool_call('get_weather', city='Paris', days=3)"),
    ('raw-tool-call;name=f;arguments={"a":1', "raw_tool_call('f', '{\"a\":1')"),
    ('raw_tool_call;name=f;arguments={"a":1}', "raw_tool_call('f', '{\"a\":1}')"),
    ("custom_tool_call;name=sql;input=select 1", "custom_tool_call('sql', 'select 1')"),
    ("refuses", "refuses()"),
    ("refuses;text=no", "refuses('no')"),
    ("thinks;tokens=64;text=Hm", "thinks('Hm', tokens=64)"),
    ("usage;prompt-tokens=3", "usage(prompt_tokens=3)"),
    ("built-in-call;tool=web_search", "built_in_call('web_search')"),
    ("fails;message=No.;code=invalid_prompt", "fails('No.', code='invalid_prompt')"),
    ("embeds;vectors=[0.5, 1]", "embeds([0.5, 1])"),
    ("embeds;vectors=[[1], [2.5]]", "embeds([1], [2.5])"),
    ("draws;images=aGk=", "draws('aGk=')"),
    ('draws;images=["aGk=", "eA=="]', "draws('aGk=', 'eA==')"),
    ('draws;images="data:image/png;base64,aGk="', "draws('aGk=')"),
    ("draws;revised_prompt=A cat.", "draws(revised_prompt='A cat.')"),
    ("flags;hate=true;violence=0.25", "flags(hate=True, violence=0.25)"),
    ("rate-limit;retry-after=2.5;scope=tokens", "rate_limit(retry_after=2.5, scope='tokens')"),
    ("Rate_Limit", "rate_limit()"),
    ("quota_exceeded", "quota_exceeded()"),
    ("server-error", "server_error()"),
    ("overloaded", "overloaded()"),
    ("unauthorized", "unauthorized()"),
    ("permission-denied", "permission_denied()"),
    ("not_found", "not_found()"),
    ("context_length_exceeded;limit=10;used=11", "context_length_exceeded(limit=10, used=11)"),
    ("content-filtered", "content_filtered()"),
    ("bad_request;message=No.;param=model;code=404", "bad_request('No.', param='model', code='404')"),
    ("error;status=418;message=I am a teapot;type=tea", "error(418, 'I am a teapot', type='tea')"),
    ("slow;first=0.5;each=0.25", "slow(first=0.5, each=0.25)"),
    ("hang", "hang()"),
    ("cut;after=3", "cut(after=3)"),
    ("reset", "reset()"),
    ("stall;after=0", "stall(after=0)"),
    ("malformed;", "malformed()"),
    (" short_body ; ", "short_body()"),
    ("no-done", "no_done()"),
    ("error-event;after=1", "error_event(after=1)"),
    ("error-event;flat=true", "error_event(flat=True)"),
]


def python(text: str) -> Word:
    """The word that a Python expression makes."""
    made = eval(text, {**VOCABULARY, "math": math})
    assert isinstance(made, Word)
    return made


def meaning(word: Word) -> tuple[Any, ...]:
    """All of a word but how it was written."""
    return word.answer, word.error, word.timing, word.fault, word.count


def test_every_word_is_written_here() -> None:
    assert {expression.partition("(")[0] for _, expression in WRITTEN} == set(VOCABULARY)


@pytest.mark.parametrize(("text", "expression"), WRITTEN, ids=[text for text, _ in WRITTEN])
def test_text_and_python_mean_the_same(text: str, expression: str) -> None:
    assert meaning(parse(text)) == meaning(python(expression))


@pytest.mark.parametrize("expression", [expression for _, expression in WRITTEN])
def test_a_label_is_the_call_as_written(expression: str) -> None:
    assert python(expression).label == expression
    assert python(python(expression).label) == python(expression)


@pytest.mark.parametrize("text", [text for text, _ in WRITTEN])
def test_a_parsed_words_label_can_be_run(text: str) -> None:
    assert meaning(python(parse(text).label)) == meaning(parse(text))


@pytest.mark.parametrize("name", VOCABULARY)
def test_every_word_is_public_and_explained(name: str) -> None:
    assert getattr(words, name) is VOCABULARY[name]
    assert (inspect.getdoc(VOCABULARY[name]) or "").endswith((".", ".)"))


@pytest.mark.parametrize("expression", [expression for _, expression in WRITTEN])
def test_a_word_is_one_thing(expression: str) -> None:
    made = python(expression)
    assert sum(part is not None for part in (made.answer, made.error, made.timing, made.fault)) == 1
    assert made.count == 1


# --- what the words mean ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        (says("Paris"), Answer(text="Paris")),
        (says(tokens=7), Answer(filler_tokens=7)),
        (says_json([1, {"ü": None}]), Answer(text='[1,{"ü":null}]')),
        (tool_call("f", name="x"), Answer(tool_calls=(ToolCall("f", '{"name":"x"}'),))),
        (raw_tool_call("f", "{"), Answer(tool_calls=(ToolCall("f", "{"),))),
        (custom_tool_call("f", "x"), Answer(tool_calls=(ToolCall("f", "x", "custom"),))),
        (refuses("No."), Answer(refusal="No.")),
        (thinks("Hm."), Answer(reasoning="Hm.")),
        (usage(cached_tokens=0), Answer(usage={"cached_tokens": 0})),
        (embeds([1], (0.5, 2)), Answer(vectors=((1.0,), (0.5, 2.0)))),
        (flags(hate=True, violence=0.5), Answer(flagged={"hate": 1.0, "violence": 0.5})),
    ],
    ids=str,
)
def test_answers(word: Word, answer: Answer) -> None:
    assert word.answer == answer


def test_timing_and_faults() -> None:
    assert slow().timing == Timing(0.5, 0.0)
    assert slow(first=0, each=2).timing == Timing(0, 2)
    assert cut().fault == Fault("cut", None)
    assert cut(after=0).fault == Fault("cut", 0)


@given(st.integers(400, 599))
def test_any_status(status: int) -> None:
    made = error(status).error
    assert made is not None
    assert made.status == status
    assert made.message
    assert made.type


@pytest.mark.parametrize(
    ("status", "word"),
    [(401, unauthorized()), (429, rate_limit()), (500, server_error())],
)
def test_a_status_is_its_documented_error(status: int, word: Word) -> None:
    assert error(status).error == word.error


def test_the_wait_is_also_in_the_message() -> None:
    assert error(429, retry_after=20).error == rate_limit(retry_after=20).error
    assert "try again in 20s" in str(error(429, retry_after=20).error)


def test_own_parts_of_a_documented_error() -> None:
    made = error(503, "Later.", code="busy", retry_after=3).error
    assert made is not None
    assert (made.message, made.code, made.retry_after, made.type) == ("Later.", "busy", 3, "service_unavailable_error")
    assert made.param is None


# --- wrong arguments --------------------------------------------------------------------------------------------------

WRONG = [
    ("says(5)", "says() takes a text, not int; says_json() takes data"),
    ("says(tokens=-1)", "tokens is a whole number from 0 to 1000000, not -1"),
    ("says(tokens=True)", "tokens is a whole number"),
    ("says(tokens=10**7)", "tokens is a whole number from 0 to 1000000"),
    ("says(finish_reason='stopp')", "finish_reason is one of 'stop', 'length'"),
    ("says_json(math.nan)", "not JSON compliant"),
    ("tool_call(5)", "tool_call() takes a text as name, not int (5)"),
    ("raw_tool_call('f', {'a': 1})", "raw_tool_call() takes a text as arguments, not dict ({'a': 1})"),
    ("refuses(None)", "refuses() takes a text as text, not NoneType (None)"),
    ("thinks()", "thinks() takes a text, a number of tokens, or both"),
    ("usage()", "usage() takes at least one count, such as prompt_tokens=10"),
    ("usage(prompt_tokens=1.5)", "prompt_tokens is a whole number"),
    ("embeds()", "embeds() takes at least one vector"),
    ("embeds([])", "a vector has at least one number"),
    ("embeds([math.inf])", "only finite ones"),
    ("embeds('12')", "a vector is a sequence of numbers, not '12'"),
    ("embeds(5)", "a vector is a sequence of numbers, not 5"),
    ("embeds([10**400])", "a vector is a sequence of numbers"),
    ("flags(hate=2)", "hate is True, False or a score from 0 to 1, not 2"),
    ("flags(hate='yes')", "hate is True, False or a score from 0 to 1, not 'yes'"),
    ("rate_limit(retry_after=-1)", "retry_after is a time in seconds, from 0 to 1000000, not -1"),
    ("rate_limit(retry_after=1e308)", "retry_after is a time in seconds"),
    ("rate_limit(scope='words')", "scope is one of 'requests', 'tokens', not 'words'"),
    ("context_length_exceeded(limit='many')", "limit is a whole number"),
    ("bad_request(code=7)", "bad_request() takes a text as code, not int (7)"),
    ("error(200)", "error() takes a status from 400 to 599, not 200"),
    ("error(True)", "error() takes a status"),
    ("error('429')", "error() takes a status from 400 to 599, not '429'"),
    ("error(500, retry_after=math.nan)", "retry_after is a time in seconds"),
    ("slow(first='1')", "first is a time in seconds"),
    ("slow(each=math.inf)", "each is a time in seconds"),
    ("cut(after=-1)", "after is a whole number"),
    ("cut(after=1.0)", "after is a whole number"),
]


@pytest.mark.parametrize(("expression", "sentence"), WRONG, ids=[expression for expression, _ in WRONG])
def test_wrong_arguments(expression: str, sentence: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        python(expression)
    assert sentence in str(caught.value)


ARGUMENTS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, "", "x", -1, 0, 1, 500, 0.5, -0.5, math.inf, math.nan, 10**400, [], [0.5], {}, b""]),
    st.integers() | st.floats(),
)


@given(st.sampled_from(list(VOCABULARY)), st.data())
def test_any_arguments_make_a_word_or_a_sentence(name: str, data: st.DataObject) -> None:
    kinds = {key: each.kind for key, each in inspect.signature(VOCABULARY[name]).parameters.items()}
    named = {key: data.draw(ARGUMENTS) for key, kind in kinds.items() if kind is inspect.Parameter.KEYWORD_ONLY}
    args = [data.draw(ARGUMENTS) for kind in kinds.values() if kind is not inspect.Parameter.KEYWORD_ONLY]
    said = made_or_sentence(name, args, named)
    assert said
    assert len(said) < 300


def made_or_sentence(name: str, args: list[Any], named: dict[str, Any]) -> str:
    try:
        return VOCABULARY[name](*args, **named).label
    except (TypeError, ValueError) as wrong:
        return str(wrong)


def test_bad_word_is_a_value_error() -> None:
    assert issubclass(BadWord, ValueError)

"""Words as values: text and plain values are read into them, they join, and they repeat."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.word import VOCABULARY, BadWord, Word, parse, plain
from pytest_mockopenai.core.words import (
    cut,
    error,
    rate_limit,
    refuses,
    says,
    says_json,
    server_error,
    slow,
    thinks,
    tool_call,
)

WORDS = st.sampled_from(
    [says("a"), says(tokens=3), thinks(tokens=64), tool_call("f"), tool_call("g", x=1), refuses(), server_error(),
     slow(), cut(after=1), rate_limit().times(2), says("a").times(3)]
)  # fmt: skip

# Text made of the pieces that mean something to the parser, so that it gets past the first of its checks.
PIECES = st.one_of(
    st.sampled_from([*VOCABULARY, "text", "times", "after", "first", "vectors", "name", "status", "tokens"]),
    st.sampled_from([";", "|", "=", '"', "\\", "-", " ", "[", "]", "{", "}", ",", "\n", "\x00", "\ud800"]),
    st.sampled_from(["1", "-1", "1e999", "1e308", "null", "true", "9" * 400, "9" * 5000]),
    st.sampled_from(["[[1],[2]]", "[1e308]", '{"a":1}', '"x;y|z"']),
    st.text(st.characters(), max_size=3),
)
SCRIPTS = st.lists(PIECES, max_size=14).map("".join)
NAMES = st.sampled_from(["text", "name", "after", "times", "vectors", "first", "status", "message", "value", "tokens"])
PARAMETERS = st.tuples(NAMES, PIECES).map("=".join)
ASSIGNED = st.tuples(st.sampled_from(list(VOCABULARY)), PARAMETERS, PARAMETERS).map(";".join)


# --- text -------------------------------------------------------------------------------------------------------------


@given(SCRIPTS | ASSIGNED)
def test_any_text_is_a_word_or_a_bad_word(text: str) -> None:
    try:
        made = parse(text)
    except BadWord:
        return
    assert made.label
    assert made.count >= 1


@given(SCRIPTS | ASSIGNED | st.text(st.characters()))
def test_any_str_is_said_or_a_word_or_a_bad_word(text: str) -> None:
    try:
        made = plain(text)
    except BadWord:
        return
    assert made == says(text) or made == parse(text)


@given(st.text(st.characters()))
def test_a_text_that_is_no_name_is_said(text: str) -> None:
    """Nothing that has a capital, a digit or a sentence in it is taken for a word."""
    for said in (f"{text} Paris", f"Paris;{text}", f"3 {text}", f"the error; {text} is", f"({text}"):
        assert plain(said) == says(said)


@pytest.mark.parametrize(
    "text", ["Paris", "ok", "yes", "hello", "sunny", "the end", "", " ", "error: no", "{}", "3", "no"]
)
def test_said(text: str) -> None:
    assert plain(text) == says(text)


@pytest.mark.parametrize(
    "text", ["rate_limit", "rate-limit", " error ", "slow;first=2", "server_error|slow", "cut ; after=1"]
)
def test_scripted(text: str) -> None:
    assert plain(text) == parse(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ratelimit", "Did you mean 'rate_limit'? To answer with that text: says('ratelimit')"),
        ("server_eror", "Did you mean 'server_error'?"),
        ("slows;first=1", "'slows' is not a word of the mock. Did you mean 'slow'?"),
        ("slow;frist=1", "slow: it has no parameter 'frist'. Did you mean 'first'?"),
        ("slow;first=soon", "slow: first is a time in seconds, from 0 to 1000000, not 'soon'"),
        ("rate_limit|slwo", "'slwo' is not a word of the mock. Did you mean 'slow'?"),
        ("slow;first=1;first=2", "slow: 'first' is given twice"),
        ("slow;times=0", "slow: times() takes a whole number of at least 1, not 0"),
        ("slow;times=often", "slow: times() takes a whole number of at least 1, not 'often'"),
        ("thinks", "thinks: thinks() takes a text, a number of tokens, or both"),
        ("tool_call;name=f;times=true", "tool_call: times() takes a whole number"),
        ("slow|slow", "one reply has one timing: slow() and slow() are two"),
    ],
)
def test_mistakes_are_explained(text: str, sentence: str) -> None:
    with pytest.raises(BadWord) as caught:
        plain(text)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("text", ["", ";", "|", "=", "rate_limit |", "x=1"])
def test_no_name_at_all(text: str) -> None:
    with pytest.raises(BadWord, match=r"is not a word of the mock\. Valid: .*rate_limit"):
        parse(text)


def test_a_parameter_without_a_value() -> None:
    with pytest.raises(BadWord, match="says: 'text' is not a parameter; write name=value"):
        parse("says;text")


@pytest.mark.parametrize("text", ['says;text="a;b"', 'says;text="a|b"', 'says;text="a\\";b"', "says;text=a=b"])
def test_quotes_keep_separators(text: str) -> None:
    said = parse(text).answer
    assert said is not None
    assert said.text in ("a;b", "a|b", 'a";b', "a=b")


@given(st.text(st.characters()))
def test_any_text_can_be_written_in_quotes(text: str) -> None:
    assert parse(f"says;text={json.dumps(text)}").answer == says(text).answer


def test_long_texts_are_read_in_linear_time() -> None:
    long = "x y; " * 100_000
    assert plain(long) == says(long)


# --- values -----------------------------------------------------------------------------------------------------------


def test_a_word_is_itself() -> None:
    made = rate_limit()
    assert plain(made) is made


def test_a_dict_is_said_as_json() -> None:
    assert plain({"city": "Paris"}) == says_json({"city": "Paris"})


@pytest.mark.parametrize("value", [None, 5, b"Paris", ["Paris"], object()])
def test_nothing_else_is_a_reply(value: object) -> None:
    with pytest.raises(TypeError, match=f"a reply is a str, a dict or a word .*, not {type(value).__name__}"):
        plain(value)


def test_a_word_that_was_not_called() -> None:
    with pytest.raises(TypeError, match=r"rate_limit is a function: write rate_limit\(\)"):
        plain(rate_limit)


# --- joining ----------------------------------------------------------------------------------------------------------


def joined(one: Any, other: Any) -> Any:
    """Both words, or None if they cannot be joined."""
    try:
        return one | other if one is not None and other is not None else None
    except ValueError:
        return None


@given(WORDS, WORDS, WORDS)
def test_joining_is_associative(one: Word, two: Word, three: Word) -> None:
    assert joined(joined(one, two), three) == joined(one, joined(two, three))


@given(WORDS, WORDS)
def test_order_changes_nothing_but_the_order_of_calls(one: Word, two: Word) -> None:
    there, back = joined(one, two), joined(two, one)
    assert (there is None) == (back is None)
    if there:
        assert (there.timing, there.fault, there.error, there.count) == (
            back.timing,
            back.fault,
            back.error,
            back.count,
        )


def test_all_at_once() -> None:
    made = says("hi") | slow(each=0.02) | cut(after=3)
    assert (made.answer, made.timing, made.fault) == (says("hi").answer, slow(each=0.02).timing, cut(after=3).fault)
    assert made.label == "says('hi') | slow(each=0.02) | cut(after=3)"


@pytest.mark.parametrize("one", ["Paris", {"city": "Paris"}, "rate_limit"])
def test_plain_values_join(one: Any) -> None:
    assert one | slow() == plain(one) | slow()
    assert (slow() | one).timing == slow().timing


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        (says("a"), server_error(), "a reply is an answer or an error, not both: says('a') and server_error()"),
        (server_error(), rate_limit(), "one reply has one error: server_error() and rate_limit() are two"),
        (cut(), cut(), "one reply has one fault: cut() and cut() are two"),
        (says("a"), refuses(), "one answer cannot be text and a refusal"),
        (says("a"), says("b"), "text is set twice"),
        (says("a").times(2), slow().times(2), "both words are repeated"),
    ],
)
def test_conflicts(one: Word, other: Word, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        one | other


# --- repeating --------------------------------------------------------------------------------------------------------


@given(st.integers(1, 10**9))
def test_times(count: int) -> None:
    made = error().times(count)
    assert made.count == count
    assert made.times(1) == error()
    assert parse(f"error;times={count}").count == count


@pytest.mark.parametrize("count", [0, -1, 1.0, "2", None, True])
def test_not_a_number_of_times(count: Any) -> None:
    with pytest.raises(ValueError, match=r"times\(\) takes a whole number of at least 1"):
        error().times(count)


def test_how_a_repeated_word_is_shown() -> None:
    assert str(error()) == "error()"
    assert str(error().times(3)) == "error() x 3"


def test_long_arguments_are_shown_short() -> None:
    assert len(says("x" * 1000).label) < 100

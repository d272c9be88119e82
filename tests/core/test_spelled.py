from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import words as w
from pytest_mockopenai.core.jsontext import text as json_text
from pytest_mockopenai.core.spelled import spelled
from pytest_mockopenai.core.word import Word, parse

WORDS = {
    "rate_limit;retry_after=2": w.rate_limit(retry_after=2),
    "server_error;times=3": w.server_error().times(3),
    'says;text="Hi; \\"you\\" | all" | slow;first=0.5;each=0.02': w.says('Hi; "you" | all')
    | w.slow(first=0.5, each=0.02),
    'says_json;value={"a":[1,null]}': w.says_json({"a": [1, None]}),
    'tool_call;name="f";city="Paris";days=3': w.tool_call("f", city="Paris", days=3),
    "embeds;vectors=[[1,0],[0,1]]": w.embeds([1, 0], [0, 1]),
    "flags;violence=true;self_harm=0.5": w.flags(violence=True, self_harm=0.5),
    'error;status=418;message="\\u00e9"': w.error(418, "é"),
    "error_event;after=1;flat=true": w.error_event(after=1, flat=True),
    'built_in_call;tool="web_search";status="failed"': w.built_in_call("web_search", status="failed"),
}


@pytest.mark.parametrize(("text", "word"), WORDS.items())
def test_a_word_has_a_text_that_makes_it_again(text, word):
    assert spelled(word) == text
    assert replace(parse(text), label="") == replace(word, label="")


@pytest.mark.parametrize("word", [w.says("Paris"), w.rate_limit(retry_after=2), w.error(429), w.embeds([1.0])])
def test_it_is_also_shown_the_same(word):
    assert parse(spelled(word)) == word


@given(st.dictionaries(st.text(), st.text()))
def test_a_tool_call_crosses_whatever_its_arguments_are_called(arguments):
    word = w.tool_call("f", **arguments)
    assert parse(spelled(word)).answer == word.answer


@given(st.text())
def test_any_text_can_be_said(text):
    assert parse(spelled(w.says(text))).answer == w.says(text).answer


def test_values_that_text_cannot_hold_are_refused():
    with pytest.raises(ValueError, match="says_json\\(\\) has an argument that is no JSON"):
        spelled(replace(w.says("x"), made=(("says_json", ({1, 2},), {}),)))
    with pytest.raises(ValueError, match="flags\\(\\) has arguments whose names text cannot hold: 'a b'"):
        spelled(w.flags(**{"a b": True}))
    with pytest.raises(ValueError, match="no text"):
        spelled(Word(label="mine"))


def test_the_text_of_a_tool_call_with_odd_names_is_its_json():
    word = w.tool_call("f", **{"$top": 1, "times": 2})
    assert spelled(word) == f'raw_tool_call;name="f";arguments={json_text(json_text({"$top": 1, "times": 2}))}'

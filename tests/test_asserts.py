from __future__ import annotations

import pytest

from pytest_mockopenai import Calls, MockOpenAI, Usage
from pytest_mockopenai.asserts import assert_called_once, assert_not_called, assert_usage


@pytest.fixture
def calls(a_call) -> Calls:
    return Calls([a_call(0), a_call(1, model="gpt-4o-mini", tokens=(5, 7)), a_call(2, endpoint="embeddings", retry=1)])


def told(check, *args, **kwargs) -> list[str]:
    with pytest.raises(AssertionError) as caught:
        check(*args, **kwargs)
    return str(caught.value).splitlines()


def test_the_one_call_is_given_back(calls):
    assert assert_called_once(calls, model="gpt-4o-mini") is calls[1]
    assert assert_called_once(calls, "embeddings") is calls[2]
    assert assert_called_once(calls, "/v1/embeddings", retry_count=1) is calls[2]
    assert assert_called_once(calls[:1]) is calls[0]


def test_none_as_wanted_shows_the_nearest_and_how_it_differs(calls):
    assert told(assert_called_once, calls, "chat", model="gpt-5", retry_count=0, status=200) == [
        "No call to chat with model='gpt-5', retry_count=0, status=200; expected exactly one.",
        "Seen:",
        "  [0] POST /v1/chat/completions  gpt-4o  200  9+1 tokens",
        "  [1] POST /v1/chat/completions  gpt-4o-mini  200  5+7 tokens",
        "  [2] POST /v1/embeddings  gpt-4o  200  9+1 tokens  retry 1",
        "Expected:",
        "  Nearest call: [0]",
        "    model differs:",
        "      - 'gpt-5'",
        "      + 'gpt-4o'",
    ]


def test_none_at_all_is_said(calls):
    assert told(assert_called_once, calls[:0], "chat") == [
        "No call to chat; expected exactly one.",
        "Seen:",
        "  No call reached the mock.",
    ]


def test_too_many_are_counted_and_retries_are_named(calls):
    lines = told(assert_called_once, calls)
    assert lines[0] == "3 calls to the mock; expected exactly one."
    assert lines[-2:] == [
        "How to fix:",
        "  * the SDK repeats calls by itself (here 2): count first tries, retry_count=0",
    ]
    assert "How to fix:" not in told(assert_called_once, calls, "chat")


def test_calls_that_should_not_be_are_shown(calls):
    assert_not_called(calls, "moderations")
    assert_not_called(calls, model="gpt-5")
    assert told(assert_not_called, calls, "embeddings") == [
        "1 call to embeddings; expected none.",
        "Seen:",
        "  [2] POST /v1/embeddings  gpt-4o  200  9+1 tokens  retry 1",
    ]


@pytest.mark.parametrize("check", [assert_called_once, assert_not_called])
def test_a_misspelt_name_is_an_error_and_no_pass(calls, check):
    with pytest.raises(ValueError, match=r"Did you mean 'embeddings'\?"):
        check(calls, "embedding")
    with pytest.raises(TypeError, match=r"Did you mean 'model'\?"):
        check(calls, modle="gpt-4o")


def test_usage_is_that_of_all_calls_or_of_one_model(calls):
    assert_usage(calls, prompt_tokens=23, completion_tokens=9, total_tokens=32, exact=True)
    assert_usage(calls, model="gpt-4o-mini", total_tokens=12, cached_tokens=0, reasoning_tokens=0)
    assert_usage(calls, max_total_tokens=32)
    assert_usage(calls)


def test_other_usage_is_shown_as_a_diff(calls):
    assert told(
        assert_usage, calls, model="gpt-4o-mini", prompt_tokens=5, completion_tokens=6, max_total_tokens=11
    ) == [
        "completion_tokens is 7, expected 6 for model 'gpt-4o-mini'.",
        "Seen:",
        "  [1] POST /v1/chat/completions  gpt-4o-mini  200  5+7 tokens",
        "Expected:",
        "  completion_tokens differs:",
        "    - 6",
        "    + 7",
        "  total_tokens differs:",
        "    - at most 11",
        "    + 12",
    ]


def test_usage_of_a_model_never_called_is_no_pass(calls):
    lines = told(assert_usage, calls, model="gpt-5", max_total_tokens=10)
    assert lines[0] == "No call with model='gpt-5'; expected at least one."


def test_counts_may_be_demanded_to_be_exact(a_call):
    sure = a_call(usage=Usage(1, 2, prompt_method="given"))
    unsure = a_call(usage=Usage(1, 2, completion_method="estimated"))
    assert_usage(Calls([sure]), total_tokens=3, exact=True)
    assert_usage(Calls([unsure]), total_tokens=3)
    assert told(assert_usage, Calls([unsure]), total_tokens=3, exact=True)[0] == (
        "The token counts are estimated, expected exact ones."
    )


def test_an_unknown_count_is_an_error(calls):
    with pytest.raises(TypeError, match=r"no parameter 'total_token'. Did you mean 'total_tokens'\?"):
        assert_usage(calls, total_token=3)


def test_a_mock_has_them_as_methods():
    mock = MockOpenAI()
    mock.assert_not_called()
    mock.assert_usage(total_tokens=0)
    with pytest.raises(AssertionError, match="No call to chat; expected exactly one"):
        mock.assert_called_once("chat")

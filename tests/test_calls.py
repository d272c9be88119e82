from __future__ import annotations

import pytest

from pytest_mockopenai import Calls, Usage, compare


@pytest.fixture
def calls(a_call) -> Calls:
    return Calls(
        [
            a_call(0, status=429, tokens=None),
            a_call(1, retry=1, tokens=(9, 7)),
            a_call(2, endpoint="embeddings", model="text-embedding-3-small", tokens=(2, 0)),
        ]
    )


def test_they_are_a_sequence(calls):
    assert len(calls) == 3
    assert [call.index for call in calls] == [0, 1, 2]
    assert calls[-1].endpoint == "embeddings"
    assert calls[:2] == [calls[0], calls[1]] == calls[:2]
    assert isinstance(calls[:2], Calls)
    assert calls[1] in calls
    assert calls != calls[:2]
    assert calls != 3


@pytest.mark.parametrize(("size", "count"), [(0, "no calls"), (1, "1 call"), (3, "3 calls")])
def test_an_index_too_high_says_how_many_there_are(calls, size, count):
    with pytest.raises(IndexError, match=f"no call 7: the mock got {count}$"):
        calls[:size][7]


def test_they_are_filtered_by_endpoint_or_path(calls):
    assert [call.index for call in calls.to("chat")] == [0, 1]
    assert [call.index for call in calls.to("chat.completions")] == [0, 1]
    assert [call.index for call in calls.to("/v1/embeddings")] == [2]
    assert not calls.to("/v1/other")


def test_an_endpoint_that_does_not_exist_is_an_error(calls):
    with pytest.raises(ValueError, match=r"no endpoint 'chat\.completion'\. Did you mean 'chat\.completions'\?"):
        calls.to("chat.completion")


def test_they_are_filtered_by_attributes_and_by_a_function(calls):
    assert [call.index for call in calls.where(model="gpt-4o", status=200)] == [1]
    assert [call.index for call in calls.where(lambda call: call.index > 0, retry_count=1)] == [1]
    assert calls.where() == calls
    with pytest.raises(TypeError, match=r"a call has no attribute 'modle'\. Did you mean 'model'\?"):
        calls.where(modle="gpt-4o")


def test_their_usage_is_summed_in_all_and_by_model(calls):
    assert calls.usage == Usage(11, 7)
    assert calls.usage_by_model == {"gpt-4o": Usage(9, 7), "text-embedding-3-small": Usage(2, 0)}
    assert sum(calls.usage_by_model.values(), Usage()) == calls.usage
    assert Calls().usage == Usage()


def test_they_show_what_they_are(calls):
    assert repr(calls[:2]) == "<Calls: POST /v1/chat/completions 429, POST /v1/chat/completions 200>"
    assert repr(Calls()) == "<Calls: none>"


# --- what a plain assert shows ----------------------------------------------------------------------------------------


def test_a_comparison_shows_the_calls_that_differ(calls, a_call):
    other = a_call(1, model="gpt-4o-mini")
    assert compare.lines("==", calls, [calls[0], other]) == [
        "3 calls == 2 items",
        "- [1] POST /v1/chat/completions  gpt-4o  200  9+7 tokens  retry 1",
        "+ [1] POST /v1/chat/completions  gpt-4o-mini  200  9+1 tokens",
        "- [2] POST /v1/embeddings  text-embedding-3-small  200  2+0 tokens",
    ]


def test_the_left_side_is_minus_whichever_it_is(calls):
    assert compare.lines("==", [], calls[:1]) == ["0 items == 1 call", "+ [0] POST /v1/chat/completions  gpt-4o  429"]
    assert compare.lines("==", calls[:0], ["x"]) == ["0 calls == 1 item", "+ 'x'"]


def test_a_comparison_of_usage_shows_the_fields_that_differ():
    assert compare.lines("==", Usage(1, 2), Usage(1, 3, completion_method="estimated")) == [
        "1+2 tokens == ~1+3 tokens",
        "completion_tokens: 2 != 3",
        "completion_method: 'exact' != 'estimated'",
    ]


@pytest.mark.parametrize(("op", "left"), [("!=", Calls()), ("in", Calls()), ("==", 3), ("==", "text")])
def test_other_comparisons_are_left_to_pytest(op, left):
    assert compare.lines(op, left, []) is None

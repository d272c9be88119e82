"""What a query finds first, and what scores mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.endpoints.embeddings import vectors
from pytest_mockopenai.retrieval.ranking import Features, Query, Weights, rewritten

WORDS = st.lists(
    st.sampled_from(["garden", "river", "window", "silver", "marble", "thunder", "pepper", "candle"]),
    min_size=1,
    unique=True,
)


def score(query: str, chunk: str, **weights: float) -> float:
    return Query(query).score(Features(chunk), Weights(**weights))


@given(st.text(max_size=100), st.text(max_size=100))
def test_scores_are_from_0_to_1(query: str, chunk: str) -> None:
    assert 0 <= score(query, chunk) <= 1


@given(WORDS, WORDS, WORDS)
def test_more_shared_words_are_a_better_answer(query: list[str], one: list[str], other: list[str]) -> None:
    shares = [len(set(query) & set(chunk)) for chunk in (one, other)]
    scores = [score(" ".join(query), " ".join(chunk)) for chunk in (one, other)]
    if shares[0] != shares[1]:
        assert (scores[0] < scores[1]) == (shares[0] < shares[1])


@given(WORDS, WORDS)
def test_text_is_the_share_of_the_querys_words(query: list[str], chunk: list[str]) -> None:
    expected = len(set(query) & set(chunk)) / len(query)
    assert score(" ".join(query), " ".join(chunk), embedding=0, text=1) == pytest.approx(expected, abs=1e-6)


@given(WORDS, WORDS)
def test_the_cosine_is_what_embeddings_approach(query: list[str], chunk: list[str]) -> None:
    one, other = (vectors.embed(" ".join(text), model="m", width=8192, dimensions=8192) for text in (query, chunk))
    found = score(" ".join(query), " ".join(chunk), embedding=1, text=0)
    assert found == pytest.approx(float(one @ other), abs=0.06)


def test_of_equals_the_one_that_says_less_else_comes_first() -> None:
    long = "refunds take ten days " + "and other matters follow here " * 20
    assert score("refunds", "refunds take ten days") > score("refunds", long) > 0.9


def test_words_that_say_little_do_not_lead_astray() -> None:
    query = "What does the manual say about refunds?"
    assert score(query, "Refunds are paid.") > score(query, "What about this? What does the one there say about that?")


def test_inflections_are_near() -> None:
    assert score("refund", "refunds") > score("refund", "shipping") == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("I'd like to know the height of the main office building.", "height main office building"),
        ("What is it?", "What is it?"),
        ("height", "height"),
        ("", ""),
    ],
)
def test_a_rewritten_query_keeps_what_says_something(query: str, found: str) -> None:
    assert rewritten(query) == found

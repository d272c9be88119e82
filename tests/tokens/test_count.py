"""Counts add up, the worse method wins, and bare text is counted in every form it may have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.tokens import Count, Method, inputs_of, text_input, tokenizer
from pytest_mockopenai.tokens.count import estimated, exact, modelled

METHODS: list[Method] = ["exact", "modelled", "estimated"]
counts = st.builds(Count, st.integers(0, 1000), st.sampled_from(METHODS))


@given(counts, counts, counts)
def test_adding(a: Count, b: Count, c: Count) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + exact(0) == a
    assert (a + b).tokens == a.tokens + b.tokens
    assert METHODS.index((a + b).method) == max(METHODS.index(a.method), METHODS.index(b.method))


def test_constructors() -> None:
    assert [exact(1), modelled(2), estimated(3)] == [Count(1, "exact"), Count(2, "modelled"), Count(3, "estimated")]


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        ("tiktoken is great!", 6),
        (["tiktoken is great!", "hello world"], 8),
        ([15339, 1917, 0], 3),
        ([[15339, 1917], [0]], 3),
        ("", 0),
        ([], 0),
        (None, 0),
    ],
)
def test_input_of_embeddings_and_completions(value: object, tokens: int) -> None:
    assert text_input(value, tokenizer("text-embedding-3-small")) == Count(tokens, "exact")


def test_an_unknown_model_is_only_estimated() -> None:
    assert tokenizer("my-model").count("hello world") == Count(2, "estimated")
    assert tokenizer("my-model", {"my-model": "cl100k_base"}).count("hello world") == Count(2, "exact")


def test_an_override_with_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Unknown encoding 'cl100k'; .* Did you mean 'cl100k_base'\?"):
        tokenizer("my-model", {"my-model": "cl100k"})


@pytest.mark.parametrize(
    ("value", "inputs"),
    [("a", ["a"]), (["a", "b"], ["a", "b"]), ([1, 2], [[1, 2]]), ([[1], [2, 3]], [[1], [2, 3]]), ([], [])],
)
def test_a_text_and_a_list_of_ids_are_one_input_each(value: Any, inputs: list[Any]) -> None:
    assert inputs_of(value) == inputs

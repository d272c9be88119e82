"""Token counts add up, and a sum is as sure as its least sure part."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.usage import Method, Usage, worst

METHODS = st.sampled_from(get_args(Method))
USAGES = st.builds(Usage, *[st.integers(0, 10**6)] * 5, METHODS, METHODS)


@given(USAGES, USAGES, USAGES)
def test_sums_in_any_order(one: Usage, two: Usage, three: Usage) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)


@given(USAGES)
def test_nothing_changes_nothing(usage: Usage) -> None:
    assert Usage() + usage == usage + Usage() == usage


@given(USAGES, USAGES)
def test_totals_add_up(one: Usage, two: Usage) -> None:
    assert (one + two).total_tokens == one.total_tokens + two.total_tokens
    assert (one + two).method == worst(one.method, two.method)


@given(st.lists(METHODS, min_size=1))
def test_worst(methods: list[Method]) -> None:
    assert worst(*methods) in methods
    assert worst(*methods) == worst(*reversed(methods)) == worst(*methods, "exact")
    assert worst(*methods, "estimated") == "estimated"


@given(USAGES)
def test_nothing_given_replaces_nothing(usage: Usage) -> None:
    assert usage.replaced(None) is usage
    assert usage.replaced({}) is usage


@given(USAGES, st.integers(0, 10**6))
def test_given_counts_replace_counted_ones(usage: Usage, tokens: int) -> None:
    changed = usage.replaced({"prompt_tokens": tokens})
    assert (changed.prompt_tokens, changed.prompt_method) == (tokens, "given")
    assert (changed.completion_tokens, changed.completion_method) == (usage.completion_tokens, usage.completion_method)


@pytest.mark.parametrize("name", ["cached_tokens", "reasoning_tokens"])
def test_a_given_part_leaves_the_method(name: str) -> None:
    changed = Usage(prompt_method="modelled", completion_method="estimated").replaced({name: 3})
    assert getattr(changed, name) == 3
    assert (changed.prompt_method, changed.completion_method) == ("modelled", "estimated")


@given(USAGES, USAGES)
def test_what_was_added_can_be_taken_off(one: Usage, two: Usage) -> None:
    left = (one + two).less(two)
    assert (left.prompt_tokens, left.completion_tokens, left.cached_tokens) == (
        one.prompt_tokens,
        one.completion_tokens,
        one.cached_tokens,
    )
    assert left.method == (one + two).method

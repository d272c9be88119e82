"""Tokens of pictures that are drawn and of those that are edited: OpenAI's published numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.tokens import Count, drawn_tokens, seen_tokens

SIDES = st.integers(16, 3840)


@pytest.mark.parametrize(
    ("size", "quality", "tokens"),
    [
        ((1024, 1024), "low", 272),
        ((1024, 1024), "medium", 1056),
        ((1024, 1024), "high", 4160),
        ((1024, 1536), "high", 6240),
        ((1536, 1024), "medium", 1568),
    ],
)
def test_published_numbers(size: tuple[int, int], quality: str, tokens: int) -> None:
    assert drawn_tokens("gpt-image-1", size, quality) == Count(tokens, "exact")
    assert drawn_tokens("gpt-image-1", size, quality, partial=2) == Count(tokens + 200, "exact")
    assert drawn_tokens("gpt-image-2", size, quality) == Count(tokens, "estimated")


@given(SIDES, SIDES, st.sampled_from(["low", "medium", "high", "xhigh", "max"]))
def test_other_sizes_go_by_their_area(width: int, height: int, quality: str) -> None:
    count = drawn_tokens("gpt-image-2", (width * 2, height), quality)
    assert count.method == "estimated"
    assert count.tokens == pytest.approx(
        2 * drawn_tokens("gpt-image-2", (width, height), quality).tokens, abs=2, rel=0.06
    )


@pytest.mark.parametrize(
    ("size", "plain", "faithful"),
    [((1024, 1024), 65 + 129, 65 + 129 + 4160), ((1024, 1536), 65 + 2 * 129, 65 + 2 * 129 + 6240)],
)
def test_pictures_to_be_edited(size: tuple[int, int], plain: int, faithful: int) -> None:
    assert seen_tokens(size) == Count(plain, "modelled")
    assert seen_tokens(size, faithful=True) == Count(faithful, "modelled")


def test_an_unknown_size_is_estimated() -> None:
    assert seen_tokens(None).method == "estimated"

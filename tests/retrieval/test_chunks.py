"""Texts cut by tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import tokens
from pytest_mockopenai.retrieval.chunks import cut

TEXTS = st.lists(st.characters(codec="utf-8"), min_size=1, max_size=200, unique=True).map("".join)
"""Each character once, so that it is known where a chunk is from."""

SIZES = st.integers(8, 30).flatmap(lambda most: st.tuples(st.just(most), st.integers(0, most // 2)))


def words(count: int) -> str:
    """A text of so many tokens."""
    text = " ".join(["word"] * count)
    assert tokens.load("cl100k_base").count(text) == count
    return text


@given(TEXTS, SIZES)
def test_nothing_is_lost(text: str, sizes: tuple[int, int]) -> None:
    """Each chunk is a part of the text, begins where none is left out, and ends later than the one before."""
    reached = 0
    for chunk in cut(text, *sizes):
        start = text.index(chunk)
        assert start <= reached < start + len(chunk)
        reached = start + len(chunk)
    assert reached == len(text)


@given(TEXTS, st.integers(2, 30))
def test_without_overlap_chunks_are_the_text(text: str, most: int) -> None:
    assert "".join(cut(text, most, 0)) == text


@pytest.mark.parametrize(("count", "chunks"), [(1, 1), (800, 1), (801, 2), (1200, 2), (1201, 3)])
def test_how_many_chunks(count: int, chunks: int) -> None:
    assert len(cut(words(count), 800, 400)) == chunks


def test_each_chunk_begins_with_the_end_of_the_one_before() -> None:
    first, second = cut("".join(f"{number:03} " for number in range(200)), 200, 80)[:2]
    encoding = tokens.load("cl100k_base")
    assert encoding.pieces(first)[-80:] == encoding.pieces(second)[:80]
    assert len(encoding.pieces(first)) == 200

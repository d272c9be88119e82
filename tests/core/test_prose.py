"""Filler has exactly the asked number of tokens, in both encodings, and one token a word or stop."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai.core import prose
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.tokens import load

ENCODINGS = ("cl100k_base", "o200k_base")
ANYWHERE = (*prose.NOUNS, *prose.ADJECTIVES, *prose.DETERMINERS)
WORDS = (*ANYWHERE, *prose.VERBS, *prose.PREPOSITIONS)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("tokens", [*range(40), 127, 128, 1000, 4096])
@pytest.mark.parametrize("seed", range(3))
def test_has_exactly_that_many_tokens(encoding: str, tokens: int, seed: int) -> None:
    text = prose.filler(tokens, draw_for(seed, "test"))
    assert load(encoding).count(text) == tokens


@settings(deadline=None, max_examples=60)
@given(tokens=st.integers(0, 3000), seed=st.integers())
def test_every_piece_is_one_token(tokens: int, seed: int) -> None:
    text = prose.filler(tokens, draw_for(seed))
    pieces = re.findall(r"^\w+| \w+|\.", text)
    assert "".join(pieces) == text
    for encoding in map(load, ENCODINGS):
        assert encoding.pieces(text) == [piece.encode() for piece in pieces]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_word_is_one_token_wherever_it_may_stand(encoding: str) -> None:
    forms = [f" {word}" for word in WORDS] + [f" {word.capitalize()}" for word in ANYWHERE]
    forms += [word.capitalize() for word in ANYWHERE]
    assert [form for form in forms if load(encoding).count(form) != 1] == []


def test_no_word_stands_in_two_lists() -> None:
    assert sorted(WORDS) == sorted(set(WORDS))


@given(tokens=st.integers(-3, 0))
def test_nothing_asked_is_no_text(tokens: int) -> None:
    assert prose.filler(tokens, draw_for(1)) == ""


@given(tokens=st.integers(2, 400), seed=st.integers())
def test_reads_as_sentences(tokens: int, seed: int) -> None:
    sentences = prose.filler(tokens, draw_for(seed)).split(". ")
    assert all(re.fullmatch(r"[A-Z][a-z]*( [a-z]+)*\.?", sentence) for sentence in sentences)
    assert sentences[-1].endswith(".")


@settings(max_examples=20)
@given(seed=st.integers())
def test_comes_out_the_same_twice_and_differs_by_seed(seed: int) -> None:
    text = prose.filler(100, draw_for(seed))
    assert text == prose.filler(100, draw_for(seed))
    assert text != prose.filler(100, draw_for(seed + 1))

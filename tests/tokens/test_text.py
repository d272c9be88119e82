"""Streams, limits and logprobs cut text by its true tokens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai.tokens import (
    Encoding,
    alternatives,
    load,
    stream_pieces,
    take,
    token_groups,
    token_texts,
)

NAMES = ("cl100k_base", "o200k_base")
texts = st.text() | st.text("ab 🤖💙日誕ש\u0301\n.", max_size=60)


@pytest.fixture(params=NAMES)
def encoding(request: pytest.FixtureRequest) -> Encoding:
    return load(request.param)


@settings(deadline=None)
@given(text=texts)
def test_a_stream_joins_to_the_text(text: str) -> None:
    for encoding in map(load, NAMES):
        pieces = stream_pieces(encoding, text)
        assert "".join(pieces) == text
        assert all(pieces)
        groups = list(token_groups(encoding, text))
        assert [token for group in groups for token in group] == encoding.pieces(text)
        assert [b"".join(group).decode() for group in groups] == pieces


def test_a_stream_of_plain_text_has_a_piece_a_token(encoding: Encoding) -> None:
    assert stream_pieces(encoding, "Hello, world: 2 + 2 = 4") == [
        *("Hello", ",", " world", ":", " ", "2", " +", " ", "2", " =", " ", "4")
    ]


def test_tokens_within_a_character_share_a_piece() -> None:
    assert list(token_groups(load("cl100k_base"), "hi 🤖!")) == [(b"hi",), (b" \xf0\x9f", b"\xa4", b"\x96"), (b"!",)]


@settings(deadline=None)
@given(text=texts, count=st.integers(-2, 30))
def test_take_is_the_whole_characters_of_the_first_tokens(text: str, count: int) -> None:
    for encoding in map(load, NAMES):
        taken = take(encoding, text, count)
        data = b"".join(encoding.pieces(text)[: max(count, 0)])
        assert text.startswith(taken)
        assert data.startswith(taken.encode())
        assert len(data) - len(taken.encode()) < 4
        assert take(encoding, text, encoding.count(text)) == text


def test_take(encoding: Encoding) -> None:
    assert take(encoding, "one two three four", 3) == "one two three"
    assert take(encoding, "hi 🤖", 2) == "hi "
    assert take(encoding, "hi", 0) == ""


@settings(deadline=None)
@given(text=texts)
def test_shown_tokens_hold_all_bytes(text: str) -> None:
    for encoding in map(load, NAMES):
        shown = token_texts(encoding, text)
        assert b"".join(token.data for token in shown) == text.encode()
        assert len(shown) == encoding.count(text)


def test_parts_of_a_character_are_shown_escaped() -> None:
    encoding = load("cl100k_base")
    assert token_texts(encoding, " 🤖") == [(r" \xf0\x9f", b" \xf0\x9f"), (r"\xa4", b"\xa4"), (r"\x96", b"\x96")]
    assert token_texts(encoding, " 🤖", prefix="bytes:")[1] == (r"bytes:\xa4", b"\xa4")
    assert token_texts(encoding, " hi", prefix="bytes:") == [(" hi", b" hi")]


@settings(deadline=None)
@given(token=st.integers(0, 199_997), count=st.integers(0, 50), seed=st.integers())
def test_alternatives_are_other_single_tokens(token: int, count: int, seed: int) -> None:
    encoding = load("o200k_base")
    data = encoding.token_bytes(token)
    found = alternatives(encoding, data, count, seed=seed)
    assert len(found) == len(set(found)) == count
    assert data not in [other.data for other in found]
    assert found == alternatives(encoding, data, count, seed=seed)
    for other in found:
        assert encoding.count(other.text) == 1 or other.text.isspace()
        assert other.text.encode() == other.data


@pytest.mark.parametrize(("token", "fits"), [(b" Paris", str.istitle), (b" the", str.islower), (b"42", str.isdigit)])
def test_alternatives_look_alike(encoding: Encoding, token: bytes, fits: object) -> None:
    found = alternatives(encoding, token, 20, seed=7)
    assert callable(fits)
    assert all(fits(other.text) and other.text.startswith(" ") == token.startswith(b" ") for other in found)
    assert found != alternatives(encoding, token, 20, seed=8)

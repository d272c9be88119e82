"""Draws: a function of their key, independent by label, fair, and the same on every Python."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.seed import Draw, Source, draw_for

LABELS = st.one_of(st.text(), st.integers(), st.binary())


def test_golden() -> None:
    """These numbers never change: recorded tests of users depend on them."""
    draw = draw_for(7, "chat", b"\x00\xff", 3)
    assert [draw.integer(0, 9) for _ in range(12)] == [1, 2, 9, 3, 6, 1, 2, 2, 9, 6, 3, 6]
    assert draw.uniform() == 0.2756946946443878
    assert draw.hex(20) == "79dd7dc0a818ac01882d"
    assert draw.alphanumeric(12) == "uZ6Puov6vTcx"
    assert draw.choice("abcdef") == "c"
    assert draw.child("id").hex(16) == "cf71f58ba7440f07"
    assert draw_for(0).hex(16) == "06d8646f49319939"
    assert draw_for(-1, "\ud800").hex(16) == "7ef709cbff3e9464"
    assert draw.integer(-(10**30), 10**30) == 574495643650335018296826962347


@given(st.integers(), st.lists(LABELS, max_size=4))
def test_same_key_same_numbers(seed: int, labels: list[str | int | bytes]) -> None:
    assert draw_for(seed, *labels).hex(64) == draw_for(seed, *labels).hex(64)


@given(st.integers(), st.integers(), st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_other_key_other_numbers(seed: int, other: int, labels: list[str], others: list[str]) -> None:
    same = (seed, labels) == (other, others)
    assert (draw_for(seed, *labels).hex(32) == draw_for(other, *others).hex(32)) == same


def test_where_labels_end_matters() -> None:
    assert draw_for(0, "ab", "c").hex(16) != draw_for(0, "a", "bc").hex(16)


@given(st.text(), st.text())
def test_children_differ_by_label(one: str, other: str) -> None:
    draw = draw_for(0)
    assert (draw.child(one).hex(32) == draw.child(other).hex(32)) == (one == other)


@given(st.integers(0, 20), st.integers(0, 20))
def test_children_are_independent(drawn_before: int, drawn_by_child: int) -> None:
    """Neither does drawing change a child, nor does a child change its parent."""
    draw, untouched = draw_for(1), draw_for(1)
    draw.hex(16 * drawn_before)
    child = draw.child("x")
    child.hex(16 * drawn_by_child)
    untouched.hex(16 * drawn_before)
    assert draw.child("x").hex(32) == untouched.child("x").hex(32)
    assert draw.hex(32) == untouched.hex(32)


def test_a_child_is_no_copy() -> None:
    draw = draw_for(1)
    assert len({draw.hex(32), draw.child("").hex(32), draw.child("0").hex(32), draw.child("").child("").hex(32)}) == 4


@given(st.integers(), st.integers(0, 2**130))
def test_integer_keeps_its_bounds(low: int, span: int) -> None:
    draw = Draw(b"k")
    assert all(low <= draw.integer(low, low + span) <= low + span for _ in range(5))


@pytest.mark.parametrize("span", [2, 3, 7, 10, 62])
def test_integer_favours_no_value(span: int) -> None:
    """Within five standard deviations of a fair die."""
    draw, throws = draw_for(span), 3000
    counts = Counter(draw.integer(0, span - 1) for _ in range(throws))
    spread = 5 * (throws / span * (1 - 1 / span)) ** 0.5
    assert set(counts) == set(range(span))
    assert all(abs(count - throws / span) < spread for count in counts.values())


def test_no_integer() -> None:
    with pytest.raises(ValueError, match="no whole number from 2 to 1"):
        draw_for(0).integer(2, 1)


def test_uniform() -> None:
    draw = draw_for(0)
    values = [draw.uniform() for _ in range(2000)]
    assert all(0 <= value < 1 for value in values)
    assert 0.45 < sum(values) / len(values) < 0.55
    assert len(set(values)) == len(values)


@given(st.lists(st.integers(), min_size=1))
def test_choice_is_an_option(options: list[int]) -> None:
    assert draw_for(len(options)).choice(options) in options


@given(st.integers(0, 200))
def test_texts_have_their_length(length: int) -> None:
    draw = draw_for(length)
    assert len(draw.hex(length)) == length
    text = draw.alphanumeric(length)
    assert len(text) == length
    assert text.isascii()
    assert not text or text.isalnum()


@given(st.text(max_size=20).filter(str.isascii), st.integers(0, 64))
def test_tokens(label: str, length: int) -> None:
    """By label, of their length, and drawing one changes no stream."""
    draw, untouched = draw_for(1), draw_for(1)
    token, digits = draw.token(label, length), draw.hex_token(label, length)
    assert len(token) == len(digits) == length
    assert length < 16 or token != draw.token(f"{label}.", length)  # short ones may be alike
    assert not digits or int(digits, 16) >= 0
    assert draw.hex(32) == untouched.hex(32)


def test_golden_tokens() -> None:
    draw = draw_for(7, "chat")
    assert (draw.token("id", 12), draw.hex_token("id", 12)) == ("007YFduGeNmV", "f8baff224de1")


def test_a_source_hashes_its_labels_once() -> None:
    source = Source(3, "a", b"b")
    assert source.draw(1, "c").hex(32) == draw_for(3, "a", b"b", 1, "c").hex(32)
    assert source.draw().hex(32) == draw_for(3, "a", b"b").hex(32)

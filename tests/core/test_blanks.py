"""Blanks: filled in, they give what would have been drawn; what no blank can hold is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.blanks import TIME, Blanks, Unrepeatable
from pytest_mockopenai.core.seed import Draw, draw_for

LABELS = st.lists(st.one_of(st.text(max_size=5), st.integers(0, 9)), min_size=1, max_size=3)
DRAWS = st.lists(
    st.tuples(st.sampled_from(["hex", "alphanumeric", "token", "hex_token"]), st.integers(18, 64)), max_size=4
)


def drawn(serial: Draw, labels: list[str | int], draws: list[tuple[str, int]]) -> list[str]:
    for label in labels:
        serial = serial.child(label)
    return [
        getattr(serial, how)("label", length) if "token" in how else getattr(serial, how)(length)
        for how, length in draws
    ]


@given(st.lists(st.tuples(LABELS, DRAWS), max_size=5), st.text(), st.integers(0, 2**33), st.integers())
def test_filled_in_as_if_drawn(
    children: list[tuple[list[str | int], list[tuple[str, int]]]], text: str, now: int, seed: int
) -> None:
    def made(serial: Draw, time: int) -> bytes:
        return jsontext.dumps([text, time, [drawn(serial, *child) for child in children]])

    blanks = Blanks()
    template = blanks.template(made(blanks.serial(), TIME))
    for count in range(2):
        assert template % blanks.form().values(draw_for(seed, count), now) == made(draw_for(seed, count), now)


def test_the_same_draw_gives_the_same_mark() -> None:
    serial = Blanks().serial()
    assert serial.child("a").hex(32) == serial.child("a").hex(32) != serial.child("b").hex(32)
    assert serial.token("a", 32) == serial.token("a", 32) != serial.hex_token("a", 32)


def test_a_draw_that_goes_on_gives_another() -> None:
    child = Blanks().serial().child("a")
    assert child.hex(32) != child.hex(32)


@pytest.mark.parametrize(
    "draw",
    [
        lambda serial: serial.child("a").integer(0, 9),
        lambda serial: serial.child("a").uniform(),
        lambda serial: serial.child("a").choice("ab"),
        lambda serial: serial.child("a").hex(8),  # too short to be told from other text
        lambda serial: serial.hex(32),  # changes what others draw
    ],
)
def test_what_no_blank_can_hold(draw: object) -> None:
    with pytest.raises(Unrepeatable):
        draw(Blanks().serial())  # type: ignore[operator]


def test_a_mark_that_was_cut_is_found_out() -> None:
    blanks = Blanks()
    mark = blanks.serial().token("a", 40)
    with pytest.raises(Unrepeatable):
        blanks.template(mark[:12].encode())


def test_a_time_that_was_reckoned_with_is_found_out() -> None:
    with pytest.raises(Unrepeatable):
        Blanks().template(str(TIME + 3600).encode())

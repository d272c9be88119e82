"""A misspelt name is near to what the real API suggests for it, and to nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.contract.spelling import edits, nearest

NAMES = ["model", "input", "include", "store", "stream", "stream_options", "text", "tools", "user", "temperature"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("sto", ["store"]),
        ("st", []),
        ("stre", ["store", "stream"]),
        ("strem", ["stream", "store"]),
        ("tool", ["tools"]),
        ("inclde", ["include"]),
        ("temperatur", ["temperature"]),
        ("zzz_unknown", []),
        ("n", []),
    ],
)
def test_suggestions_of_the_real_api(name: str, near: list[str]) -> None:
    assert nearest(name, NAMES) == near


@given(st.text(max_size=8), st.text(max_size=8))
def test_edits_is_a_distance(one: str, other: str) -> None:
    distance = edits(one, other)
    assert distance == edits(other, one)
    assert (distance == 0) == (one == other)
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=6))
def test_no_detour_is_shorter(one: str, via: str, other: str) -> None:
    assert edits(one, other) <= edits(one, via) + edits(via, other)

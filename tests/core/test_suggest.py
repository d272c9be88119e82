"""A misspelt name is answered with the nearest one, or with all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.suggest import closest, did_you_mean

NAMES = ("rate_limit", "server_error", "says")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_letter_left_out(name: str, place: int) -> None:
    assert closest(name[:place] + name[place + 1 :], NAMES) == name


@given(st.text())
def test_a_suggestion_is_a_valid_name(name: str) -> None:
    assert closest(name, NAMES) in {None, *NAMES}


def test_a_name_itself() -> None:
    assert closest("says", iter(NAMES)) == "says"


def test_near() -> None:
    assert did_you_mean("rate-limit", NAMES) == " Did you mean 'rate_limit'?"


def test_not_near() -> None:
    assert did_you_mean("xyz", NAMES) == " Valid: rate_limit, says, server_error."


def test_cutoff() -> None:
    assert closest("say", NAMES, cutoff=0.99) is None

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from pytest_mockopenai.verdict import KINDS, Standard, Terms, judge


def test_terms_are_those_of_the_standard() -> None:
    assert set(get_type_hints(Terms)) == {field.name for field in fields(Standard)}


@pytest.mark.parametrize(
    ("terms", "error", "message"),
    [
        ({"max_attempt": 3}, TypeError, "a verdict has no parameter 'max_attempt'. Did you mean 'max_attempts'?"),
        ({"max_attempts": 0}, ValueError, "max_attempts is a whole number of at least 1, not 0"),
        ({"max_attempts": True}, ValueError, "max_attempts is a whole number"),
        ({"max_burst": 1.5}, ValueError, "max_burst is a whole number of at least 1, not 1.5"),
        ({"max_in_window": 0}, ValueError, "max_in_window is a whole number of at least 1, or None, not 0"),
        ({"window": -1}, ValueError, "window is a number of seconds of at least 0, not -1"),
        ({"max_seconds": float("nan")}, ValueError, "max_seconds is a number of seconds"),
        ({"tolerance": 2}, ValueError, "tolerance is a share from 0 to 1, not 2"),
        ({"lost_work": 1}, ValueError, "lost_work is True or False, not 1"),
        ({"ignore": "storm"}, ValueError, "ignore is a list of kinds of findings, not 'storm'"),
        ({"ignore": ["strom"]}, ValueError, "there is no finding 'strom' to ignore. Did you mean 'storm'?"),
        ({"ignore": [3, None]}, ValueError, "there is no finding '3' to ignore"),
    ],
)
def test_wrong_terms_are_explained(terms: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        judge([], **terms)
    assert message in str(caught.value)


def test_every_kind_is_explained() -> None:
    assert all(meaning.startswith(("It ", "Where ")) for meaning in KINDS.values())
    assert judge([], ignore=KINDS).ok

"""A text ends before the first stop sequence in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.stopping import until

TEXT = st.text(alphabet="ab \n", max_size=20)


@given(TEXT, st.none() | TEXT | st.lists(TEXT, max_size=4))
def test_no_stop_sequence_is_left(text: str, stop: str | list[str] | None) -> None:
    cut = until(text, stop)
    sequences = [stop] if isinstance(stop, str) else stop or []
    assert text.startswith(cut)
    assert not any(sequence in cut for sequence in sequences if sequence)
    assert cut == text or any(text[len(cut) :].startswith(sequence) for sequence in sequences if sequence)


@pytest.mark.parametrize(
    ("stop", "kept"), [(None, "a.b;c"), (";", "a.b"), ([";", "."], "a"), ("", "a.b;c"), ([], "a.b;c")]
)
def test_until(stop: str | list[str] | None, kept: str) -> None:
    assert until("a.b;c", stop) == kept

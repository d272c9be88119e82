"""How OpenAI writes lists, durations and secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.wording import duration, listed, masked


@given(st.text())
def test_masked_shows_at_most_twelve_characters(secret: str) -> None:
    shown = masked(secret)
    assert len(shown) == len(secret)
    kept = [place for place, (got, had) in enumerate(zip(shown, secret, strict=True)) if got == had != "*"]
    assert len(kept) <= (12 if len(secret) >= 16 else 0)


def test_masked_key() -> None:
    assert masked("sk-PMafP0123456789E873") == "sk-PMafP**********E873"


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b, and c")]
)
def test_listed(names: list[str], text: str) -> None:
    assert listed(names) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.004, "4ms"),
        (0.12, "120ms"),
        (0.9996, "1s"),
        (1, "1s"),
        (1.5, "1.5s"),
        (50.529, "50.529s"),
        (60, "1m0s"),
        (360, "6m0s"),
        (3599.9999, "1h0m0s"),
        (3723, "1h2m3s"),
        (90_000.25, "25h0m0.25s"),
        (-1, "0s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.integers(0, 10**9))
def test_duration_loses_no_millisecond(milliseconds: int) -> None:
    text = duration(milliseconds / 1000)
    if text.endswith("ms"):
        read = int(text[:-2])
    else:
        hours, minutes, seconds = _parts(text)
        read = hours * 3_600_000 + minutes * 60_000 + round(seconds * 1000)
        assert minutes < 60
        assert seconds < 60
    assert read == milliseconds


def _parts(text: str) -> tuple[int, int, float]:
    hours, has_hours, rest = text.rpartition("h")
    minutes, has_minutes, seconds = rest.rpartition("m")
    return int(hours) if has_hours else 0, int(minutes) if has_minutes else 0, float(seconds.removesuffix("s"))

"""Audio costs tokens by its length."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.tokens import Count
from pytest_mockopenai.tokens.audio import heard_tokens, input_tokens, output_tokens, wav_seconds


def wav(seconds: float, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(bytes(2 * round(seconds * rate)))
    return file.getvalue()


@pytest.mark.parametrize(("size", "tokens"), [(222_798, 69), (6_444, 2)])
def test_recorded_files(size: int, tokens: int) -> None:
    data = wav((size - 44) / 32_000)
    assert len(data) == size
    assert input_tokens(data) == Count(tokens, "modelled")


@given(seconds=st.integers(0, 30), rate=st.sampled_from([8_000, 16_000, 24_000, 44_100]))
def test_ten_tokens_a_second_in_and_twenty_out(seconds: int, rate: int) -> None:
    data = wav(seconds, rate)
    assert wav_seconds(data) == seconds
    assert input_tokens(data).tokens == seconds * 10
    assert output_tokens(seconds) == Count(seconds * 20, "modelled")


def test_other_formats_are_estimated() -> None:
    assert input_tokens(b"ID3" + b"\0" * 31_997) == Count(20, "estimated")
    assert input_tokens(b"") == Count(0, "estimated")


def test_an_unfinished_file_counts_what_is_there() -> None:
    data = bytearray(wav(1))
    data[40:44] = b"\xff\xff\xff\xff"  # as a streaming writer leaves it
    assert wav_seconds(bytes(data)) == 1


@given(data=st.binary(max_size=80))
def test_no_wav_is_an_error(data: bytes) -> None:
    seconds = wav_seconds(b"RIFF\0\0\0\0WAVE" + data)
    assert seconds is None or seconds >= 0


def test_hearing_costs_half_of_speaking() -> None:
    assert heard_tokens(1.55) == Count(15, "modelled")
    assert output_tokens(1.55) == Count(31, "modelled")

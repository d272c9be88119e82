"""The tone: a true sine, repeating, made without floating point."""

from __future__ import annotations

import math
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.sound import RATES, synthesize
from pytest_mockopenai.core.sound.tone import PEAK, Tone, sine_table

TONES = st.builds(Tone, rate=st.sampled_from(sorted(RATES)), hertz=st.integers(1, 3_999), length=st.just(1))


def test_the_table_is_a_sine_to_the_nearest_whole_number() -> None:
    table = sine_table()
    for step, value in enumerate(table):
        assert abs(value - PEAK * math.sin(2 * math.pi * step / len(table))) < 0.5001
    assert (table[0], table[len(table) // 4], table[3 * len(table) // 4]) == (0, PEAK, -PEAK)


@given(TONES, st.integers(0, 10**8))
def test_samples_follow_the_sine(tone: Tone, start: int) -> None:
    step = 2 * math.pi * PEAK / len(sine_table())  # the most that the sine moves between two table entries
    for index, value in enumerate(tone.samples(start, 20), start):
        turn = index * tone.hertz % tone.rate / tone.rate
        assert abs(value - PEAK * math.sin(2 * math.pi * turn)) <= step + 1


@given(TONES)
def test_samples_repeat_with_the_period(tone: Tone) -> None:
    assert tone.rate % tone.period == 0
    assert tone.samples(0, 50) == tone.samples(7 * tone.period, 50)


@pytest.mark.parametrize("pitch", [1, 50, 220.0, 440.4, 1_000, 4_999.9])
def test_the_tone_crosses_zero_as_often_as_its_pitch_says(pitch: float) -> None:
    data = synthesize(1, "pcm", pitch=pitch)
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    rises = sum(before < 0 <= after for before, after in pairwise(samples))
    assert abs(rises - round(pitch)) <= 1


def test_the_tone_is_audible_and_quiet() -> None:
    data = synthesize(1, "pcm")
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    assert max(samples) == PEAK
    assert min(samples) == -PEAK
    assert abs(sum(samples)) < len(samples)

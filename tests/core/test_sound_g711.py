"""G.711: as long as asked, and each code the nearest to its sample."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.sound import g711, synthesize_g711
from pytest_mockopenai.core.sound.tone import PEAK

LAWS = {"mu": (g711._to_mu, g711._from_mu), "a": (g711._to_a, g711._from_a)}


@pytest.mark.parametrize("law", LAWS)
@given(seconds=st.floats(0.01, 3))
def test_a_byte_for_each_sample(law: g711.Law, seconds: float) -> None:
    assert len(synthesize_g711(seconds, law)) == max(1, round(seconds * 8000))


@pytest.mark.parametrize("law", LAWS)
def test_a_code_is_what_its_sample_is_written_as(law: str) -> None:
    encode, decode = LAWS[law]
    for code in range(256):
        assert decode(encode(decode(code))) == decode(code)


@pytest.mark.parametrize("law", LAWS)
@given(sample=st.integers(-32_768, 32_767))
def test_a_sample_is_found_again_to_a_step(law: str, sample: int) -> None:
    encode, decode = LAWS[law]
    assert abs(decode(encode(sample)) - sample) <= max(16, abs(sample) // 16, abs(sample) - 32_124)


@pytest.mark.parametrize(("law", "silence"), [("mu", 0xFF), ("a", 0xD5)])
def test_silence(law: str, silence: int) -> None:
    encode, _ = LAWS[law]
    assert encode(0) == silence
    assert g711.levels(law)[silence] == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("law", LAWS)
def test_the_tone_is_as_loud_as_that_of_other_formats(law: g711.Law) -> None:
    loudest = max(g711.levels(law)[code] for code in synthesize_g711(0.5, law)) << 8
    assert PEAK - 256 <= loudest <= PEAK

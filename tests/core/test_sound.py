"""What holds for every audio format: lengths, equal bytes, and refusals that say what is valid."""

from __future__ import annotations

import hashlib
import io
import math
import time
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.sound import FORMATS, LONGEST, RATES, content_type, seconds_for, synthesize

# Pinned, so that a platform or Python version whose bytes differ is found.
DIGESTS = {
    "aac": "ac838b615c14a31a",
    "flac": "6c50af65b9383e5b",
    "mp3": "7311d78e5ec9ff27",
    "opus": "9c884495311294b8",
    "pcm": "5b3ee55a317bcc51",
    "pcm16": "5b3ee55a317bcc51",
    "wav": "1fc9bdeac137bdb1",
}


def test_formats_are_those_of_speech_and_of_chat_audio() -> None:
    speech = {"mp3", "opus", "aac", "flac", "wav", "pcm"}
    chat = {"wav", "aac", "mp3", "flac", "opus", "pcm16"}
    assert speech | chat == FORMATS


@pytest.mark.parametrize("audio_format", sorted(FORMATS))
def test_bytes_are_the_same_everywhere(audio_format: str) -> None:
    data = synthesize(1.25, audio_format)
    assert data == synthesize(1.25, audio_format)
    assert hashlib.sha256(data).hexdigest()[:16] == DIGESTS[audio_format]


@pytest.mark.parametrize(
    ("audio_format", "start"),
    [("wav", b"RIFF"), ("flac", b"fLaC"), ("opus", b"OggS"), ("mp3", b"\xff\xf3"), ("aac", b"\xff\xf1")],
)
def test_a_file_starts_as_its_format_does(audio_format: str, start: bytes) -> None:
    assert synthesize(0.5, audio_format).startswith(start)


@given(seconds=st.floats(1e-6, 3), rate=st.sampled_from(sorted(RATES)), pitch=st.floats(0.1, 3_999))
def test_wav_is_pcm_with_a_true_header(seconds: float, rate: int, pitch: float) -> None:
    pcm = synthesize(seconds, "pcm16", rate=rate, pitch=pitch)
    assert len(pcm) == 2 * max(1, round(seconds * rate))
    with wave.open(io.BytesIO(synthesize(seconds, "wav", rate=rate, pitch=pitch))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        assert file.getnframes() == len(pcm) // 2
        assert file.readframes(file.getnframes()) == pcm


@pytest.mark.parametrize("audio_format", sorted(FORMATS))
def test_a_longer_sound_is_never_smaller(audio_format: str) -> None:
    sizes = [len(synthesize(tenths / 10, audio_format)) for tenths in range(1, 30)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_ten_seconds_of_wav_are_made_fast() -> None:
    def once() -> float:
        start = time.perf_counter()
        synthesize(10, "wav")
        return time.perf_counter() - start

    assert min(once() for _ in range(5)) < 0.02


def test_an_hour_is_allowed_and_no_more() -> None:
    assert len(synthesize(LONGEST, "aac")) == 11 * math.ceil(3600 * 24_000 / 1024)
    with pytest.raises(ValueError, match=r"more than 0 and at most 3600 seconds, not 3600\.1"):
        synthesize(3600.1, "aac")


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("audio_format", ["wav", "opus"])
def test_seconds_that_are_no_length_are_refused(seconds: float, audio_format: str) -> None:
    with pytest.raises(ValueError, match="at most 3600 seconds"):
        synthesize(seconds, audio_format)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("wave", "wav"), ("WAV", "wav"), ("pcm_16", "pcm16"), ("mp4", "mp3"), ("opuss", "opus")],
)
def test_a_misspelt_format_is_refused_with_the_valid_ones(wrong: str, meant: str) -> None:
    with pytest.raises(ValueError, match="valid: aac, flac, mp3, opus, pcm, pcm16, wav") as refused:
        synthesize(1, wrong)
    assert str(refused.value).startswith(f"Unknown audio format {wrong!r}")
    assert str(refused.value).endswith(f"Did you mean {meant!r}?")
    with pytest.raises(ValueError, match="Did you mean"):
        content_type(wrong)


def test_a_format_like_none_gets_no_guess() -> None:
    with pytest.raises(ValueError, match=r"wav\.$"):
        synthesize(1, "g711")


def test_a_wrong_rate_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"Unknown rate 24001; valid: 8000, .*48000\. Did you mean 24000\?"):
        synthesize(1, "mp3", rate=24_001)


@pytest.mark.parametrize("pitch", [0, -5, 4_000, math.nan, math.inf])
def test_a_pitch_that_the_rate_cannot_carry_is_refused(pitch: float) -> None:
    with pytest.raises(ValueError, match=r"below half the rate \(4000 hertz\)"):
        synthesize(1, "pcm", rate=8_000, pitch=pitch)


def test_a_pitch_is_never_rounded_to_silence() -> None:
    assert any(synthesize(1, "pcm", rate=8_000, pitch=3_999.9))
    assert any(synthesize(1, "pcm", rate=8_000, pitch=0.001))


def test_content_types() -> None:
    assert {name: content_type(name) for name in FORMATS} == {
        "aac": "audio/aac",
        "flac": "audio/flac",
        "mp3": "audio/mpeg",
        "opus": "audio/opus",
        "pcm": "audio/pcm",
        "pcm16": "audio/pcm",
        "wav": "audio/wav",
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0.2),
        ("Hi", 0.2),
        ("a" * 15, 1.0),
        ("a" * 100, 6.67),
        ("one  two\n\nthree", 0.87),
        ("こんにちは", 1.0),
        ("안녕", 0.4),
        ("a" * 10**6, 3600.0),
    ],
)
def test_speech_takes_its_time(text: str, seconds: float) -> None:
    assert seconds_for(text) == seconds


@given(st.text(), st.text())
def test_more_text_takes_no_less_time_and_can_be_synthesized(first: str, second: str) -> None:
    whole = seconds_for(first + second)
    assert whole >= seconds_for(first)
    assert synthesize(whole, "aac")

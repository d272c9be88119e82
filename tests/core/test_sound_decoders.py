"""A real decoder agrees; only where ffmpeg is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_mockopenai.core.sound import FORMATS, synthesize

FFMPEG = shutil.which("ffmpeg")
pytestmark = pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not on PATH")

FRAME = {"mp3": 576, "aac": 1024}
# ffmpeg says these of every raw or ADTS file and of every plain mono WAV, whoever wrote it.
ALWAYS_SAID = ("Estimating duration from bitrate", "Guessed Channel Layout")


def decoded(path: Path, *options: str) -> bytes:
    """The file's samples; fails if ffmpeg has anything to say."""
    command = [str(FFMPEG), "-v", "warning", "-nostdin", *options, "-i", str(path), "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    said = done.stderr.decode().splitlines()
    assert [line for line in said if not any(known in line for known in ALWAYS_SAID)] == []
    assert done.returncode == 0
    return done.stdout


@pytest.mark.parametrize("seconds", [0.2, 3.337])
@pytest.mark.parametrize("audio_format", sorted(FORMATS))
def test_ffmpeg_decodes_it_without_a_word(audio_format: str, seconds: float, tmp_path: Path) -> None:
    path = tmp_path / f"sound.{audio_format}"
    path.write_bytes(synthesize(seconds, audio_format))
    raw = ("-f", "s16le", "-ar", "24000", "-ac", "1") if audio_format.startswith("pcm") else ()
    samples = decoded(path, *raw)
    extra = len(samples) // 2 - round(seconds * (48_000 if audio_format == "opus" else 24_000))
    assert 0 <= extra < FRAME.get(audio_format, 1)
    if audio_format in ("mp3", "aac", "opus"):
        assert not any(samples)
    else:
        assert samples == synthesize(seconds, "pcm")

"""WAV: a 44-byte RIFF header, then PCM."""

from __future__ import annotations

import struct

from . import pcm
from .tone import Tone

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_FORMAT_BYTES = 16
_PCM, _MONO, _SAMPLE_BYTES = 1, 1, 2


def encode(tone: Tone) -> bytes:
    """A RIFF/WAVE file of the tone, 16-bit mono, whose header states the true sizes."""
    data = pcm.encode(tone)
    sound = (_PCM, _MONO, tone.rate, tone.rate * _SAMPLE_BYTES, _SAMPLE_BYTES, 8 * _SAMPLE_BYTES)
    riff = (b"RIFF", _HEADER.size - 8 + len(data), b"WAVE")
    return _HEADER.pack(*riff, b"fmt ", _FORMAT_BYTES, *sound, b"data", len(data)) + data

"""How many tokens audio costs, from its length: 10 a second in, 20 a second out (OpenAI's guide to realtime costs)."""

from __future__ import annotations

from typing import Final

from pytest_mockopenai.tokens.count import Count, estimated, modelled

__all__ = ["heard_tokens", "input_tokens", "output_tokens", "wav_seconds"]

_IN_A_SECOND: Final = 10
_OUT_A_SECOND: Final = 20
_MP3_BYTES_A_SECOND: Final = 16_000  # at 128 kbit/s


def input_tokens(data: bytes) -> Count:
    """Tokens of audio in a request; anything but WAV is estimated as MP3 of 128 kbit/s."""
    seconds = wav_seconds(data)
    if seconds is None:
        return estimated(len(data) * _IN_A_SECOND // _MP3_BYTES_A_SECOND)
    return heard_tokens(seconds)


def heard_tokens(seconds: float) -> Count:
    """Tokens of audio that a model hears."""
    return modelled(int(seconds * _IN_A_SECOND))


def output_tokens(seconds: float) -> Count:
    """Tokens of audio that a model speaks."""
    return modelled(int(seconds * _OUT_A_SECOND))


def wav_seconds(data: bytes) -> float | None:
    """Length of a WAV file, None for other data. Reads no further than its `data` chunk's header."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    rate, at = 0, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt ":
            rate = int.from_bytes(data[at + 16 : at + 20], "little")
        if name == b"data":
            # A streaming writer leaves the size at its maximum: what is there counts.
            return min(size, len(data) - at - 8) / rate if rate else None
        at += 8 + size + size % 2
    return None

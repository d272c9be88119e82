"""Sound in the formats of the Realtime API: PCM of 24 kHz, and G.711 of telephones. One channel, no header."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from sys import byteorder
from typing import Any

from pytest_mockopenai.core import sound
from pytest_mockopenai.core.sound import g711

PCM: Mapping[str, Any] = {"type": "audio/pcm", "rate": 24_000}

FRAME_MS = 10
"""The shortest stretch of sound that is found silent or not."""

_QUIET = 328
"""A hundredth of full scale: a 16-bit sample below it is silence; what the mock itself speaks is ten times as loud."""

_CHUNK_MS = 250  # of sound in one event


@dataclass(frozen=True, slots=True)
class Format:
    """One format: `rate` bytes a second, how it is made, and how loud a stretch of it is (its largest sample)."""

    rate: int
    make: Callable[[float], bytes]
    loudness: Callable[[bytes], int]

    def seconds(self, size: int) -> float:
        """How long so many bytes of sound are."""
        return size / self.rate

    def size(self, ms: int) -> int:
        """The bytes of so many milliseconds."""
        return self.rate * ms // 1000

    def is_silent(self, data: bytes) -> bool:
        """Whether all of it is below a hundredth of full scale."""
        return self.loudness(data) < _QUIET

    def chunks(self, data: bytes) -> Iterator[bytes]:
        """The sound in the pieces of its stream: a quarter of a second each."""
        step = self.size(_CHUNK_MS)
        return (data[start : start + step] for start in range(0, len(data), step))


def _loudest_sample(data: bytes) -> int:
    samples = array("h", data[: len(data) & ~1])
    if byteorder == "big":
        samples.byteswap()
    return max(max(samples, default=0), -min(samples, default=0))


_FORMATS: Mapping[str, Format] = {
    "audio/pcm": Format(48_000, lambda seconds: sound.synthesize(seconds, "pcm"), _loudest_sample),
    "audio/pcmu": Format(
        g711.RATE,
        lambda seconds: sound.synthesize_g711(seconds, "mu"),
        lambda data: max(data.translate(g711.levels("mu")), default=0) << 8,
    ),
    "audio/pcma": Format(
        g711.RATE,
        lambda seconds: sound.synthesize_g711(seconds, "a"),
        lambda data: max(data.translate(g711.levels("a")), default=0) << 8,
    ),
}


def format_of(described: Mapping[str, Any] | None) -> Format:
    """The format that a session names; without a name it is PCM."""
    return _FORMATS[(described or PCM).get("type") or "audio/pcm"]


def decoded(text: str) -> bytes | None:
    """The bytes of a text in base64; None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # of which binascii's error is one
        return None


def size_of(text: str) -> int:
    """The number of bytes of a text in base64."""
    return len(text) * 3 // 4 - text.count("=", -2)


def encoded(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode()

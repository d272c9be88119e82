"""G.711, the sound of telephones: a byte a sample, 8000 a second, in mu-law or A-law (ITU-T G.711)."""

from __future__ import annotations

import struct
from functools import cache
from typing import Literal

from .formats import synthesize

Law = Literal["mu", "a"]

RATE = 8_000
_BIAS, _CLIP = 0x84, 0x7F7B
_EVEN_BITS = 0x55


def synthesize_g711(seconds: float, law: Law) -> bytes:
    """A quiet sine of so many seconds; ValueError as `synthesize`."""
    pcm = synthesize(seconds, "pcm", rate=RATE)
    encode = _to_mu if law == "mu" else _to_a
    known: dict[int, int] = {}
    return bytes(
        known[sample] if sample in known else known.setdefault(sample, encode(sample))
        for (sample,) in struct.iter_unpack("<h", pcm)
    )


@cache
def levels(law: Law) -> bytes:
    """For each byte how loud its sample is: the absolute 16-bit value in steps of 256, 0 to 127."""
    decode = _from_mu if law == "mu" else _from_a
    return bytes(abs(decode(code)) >> 8 for code in range(256))


def _to_mu(sample: int) -> int:
    value = min(abs(sample), _CLIP) + _BIAS
    segment = value.bit_length() - 8
    return ~((0x80 if sample < 0 else 0) | segment << 4 | (value >> (segment + 3) & 0xF)) & 0xFF


def _from_mu(code: int) -> int:
    bits = ~code & 0xFF
    value = (((bits & 0xF) << 3) + _BIAS << (bits >> 4 & 7)) - _BIAS
    return -value if bits & 0x80 else value


def _to_a(sample: int) -> int:
    value = (sample if sample >= 0 else ~sample) >> 3
    segment = max(0, value.bit_length() - 5)
    bits = segment << 4 | (value >> max(1, segment) & 0xF)
    return bits ^ (_EVEN_BITS | (0x80 if sample >= 0 else 0))


def _from_a(code: int) -> int:
    bits = code ^ _EVEN_BITS
    segment, value = bits >> 4 & 7, (bits & 0xF) << 4
    value = value + 8 if segment == 0 else value + 0x108 << segment - 1
    return value if bits & 0x80 else -value

"""FLAC: the tone's exact samples, coded as second differences with Rice codes (RFC 9639)."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from . import pcm
from .crc import crc8, crc16, shift16, times16
from .tone import Tone

_BLOCKS_A_SECOND = 25
_ORDER = 2  # a sine's second differences are far smaller than its samples
_FRAME = b"\xff\xf8"  # sync code, fixed block size
_SIZES_FOLLOW = 0x7D  # block size and rate (in hertz) are 16-bit numbers at the header's end
_MONO_16_BIT = 0x08
_LAST_STREAMINFO = 0x80
_LARGEST_RICE = 14


@dataclass(frozen=True, slots=True)
class _Body:
    """A coded block without its header, and what joins its checksum to a header's."""

    samples: int
    data: bytes
    crc: int
    shift: int


def encode(tone: Tone) -> bytes:
    """A mono 16-bit FLAC file of the tone; it decodes to just the bytes of `pcm.encode`.

    Blocks last 1/25 second and the tone repeats each second, so however long it is, at most 26 are coded.
    """
    size = tone.rate // _BLOCKS_A_SECOND
    bodies: dict[tuple[int, int], _Body] = {}
    frames = []
    for number, start in enumerate(range(0, tone.length, size)):
        key = start % tone.period, min(size, tone.length - start)
        if key not in bodies:
            bodies[key] = _body(tone.samples(*key))
        frames.append(_frame(number, bodies[key], tone.rate))
    return b"fLaC" + _stream_info(tone, size) + b"".join(frames)


def _stream_info(tone: Tone, size: int) -> bytes:
    """The one metadata block; frame sizes are 0, which is "not known"."""
    digest = hashlib.md5(pcm.encode(tone), usedforsecurity=False).digest()
    shape = tone.rate << 44 | (1 - 1) << 41 | (16 - 1) << 36 | tone.length  # rate, channels, bits, samples
    content = struct.pack(">HH6xQ", size, size, shape) + digest
    return bytes([_LAST_STREAMINFO]) + len(content).to_bytes(3, "big") + content


def _frame(number: int, body: _Body, rate: int) -> bytes:
    # FLAC numbers its frames in the code of UTF-8, which reaches the surrogates too.
    header = _FRAME + bytes([_SIZES_FOLLOW, _MONO_16_BIT]) + chr(number).encode("utf-8", "surrogatepass")
    header += struct.pack(">HH", body.samples - 1, rate)
    header += bytes([crc8(header)])
    crc = times16(crc16(header), body.shift) ^ body.crc
    return header + body.data + crc.to_bytes(2, "big")


def _body(samples: list[int]) -> _Body:
    data = _subframe(samples)
    return _Body(len(samples), data, crc16(data), shift16(len(data)))


def _subframe(samples: list[int]) -> bytes:
    """A fixed-predictor subframe: the first samples as they are, then how far off each prediction is."""
    order = _ORDER if len(samples) > _ORDER else 0
    residual = _second_differences(samples) if order else samples
    folded = [2 * value if value >= 0 else -2 * value - 1 for value in residual]
    rice = min(_LARGEST_RICE, max(0, (sum(folded) // len(folded)).bit_length() - 1))
    warm_up = "".join(f"{value & 0xFFFF:016b}" for value in samples[:order])
    return _packed(f"0001{order:03b}0" + warm_up + f"00{0:04b}{rice:04b}" + _rice_codes(folded, rice))


def _second_differences(samples: list[int]) -> list[int]:
    return [c - 2 * b + a for a, b, c in zip(samples, samples[1:], samples[2:], strict=False)]


def _rice_codes(values: list[int], rice: int) -> str:
    """Each value as bits: its high part in unary (so many 0, then 1), then its low `rice` bits."""
    one, low = 1 << rice, (1 << rice) - 1
    return "".join([f"{one | value & low:0{(value >> rice) + rice + 1}b}" for value in values])


def _packed(bits: str) -> bytes:
    """Bits as bytes, filled up with 0."""
    count = -(-len(bits) // 8)
    return int(bits.ljust(8 * count, "0"), 2).to_bytes(count, "big")

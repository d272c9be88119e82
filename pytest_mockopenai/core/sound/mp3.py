"""MP3: silent MPEG Layer III frames at a constant bit rate, after an Info frame that counts them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

from .tone import Tone


@dataclass(frozen=True, slots=True)
class _Version:
    """An MPEG version's frame: header codes, bits a second, bytes of side information, samples."""

    code: int
    bitrate_code: int
    bitrate: int
    side: int
    samples: int


# Each the lowest bit rate with room for the Info tag. ISO 11172-3, ISO 13818-3; 2.5 is Fraunhofer's.
_MPEG1 = _Version(code=3, bitrate_code=1, bitrate=32_000, side=17, samples=1152)
_MPEG2 = _Version(code=2, bitrate_code=2, bitrate=16_000, side=9, samples=576)
_MPEG25 = _Version(code=0, bitrate_code=1, bitrate=8_000, side=9, samples=576)

_RATES = {
    44_100: (_MPEG1, 0),
    48_000: (_MPEG1, 1),
    32_000: (_MPEG1, 2),
    22_050: (_MPEG2, 0),
    24_000: (_MPEG2, 1),
    16_000: (_MPEG2, 2),
    11_025: (_MPEG25, 0),
    12_000: (_MPEG25, 1),
    8_000: (_MPEG25, 2),
}
_LAYER_3_WITHOUT_CRC = 0xE3
_MONO_ORIGINAL = 0xC4
_HAS_FRAMES_AND_BYTES = 3
_FEWEST = 2  # players look for a second frame before they believe the first


def encode(tone: Tone) -> bytes:
    """A silent mono MP3 as long as the tone, up to the next whole frame of 576 or 1152 samples."""
    version = _RATES[tone.rate][0]
    frames = max(_FEWEST, -(-tone.length // version.samples))
    sizes = _frame_sizes(tone.rate, frames + 1)
    padded = {size: _frame(tone.rate, size, padding=size - sizes[0]) for size in set(sizes)}
    return _info_frame(tone.rate, frames, sizes) + b"".join([padded[size] for size in sizes[1:]])


def _frame_sizes(rate: int, frames: int) -> list[int]:
    """The bytes of each frame: some get one more, so that their mean is the bit rate's fraction."""
    version = _RATES[rate][0]
    bytes_by_rate = version.samples // 8 * version.bitrate
    ends = [count * bytes_by_rate // rate for count in range(frames + 1)]
    return [end - start for start, end in pairwise(ends)]


def _frame(rate: int, size: int, *, padding: int = 0) -> bytes:
    """A silent frame: side information of zeros says that no channel has any data."""
    version, rate_code = _RATES[rate]
    codes = version.bitrate_code << 4 | rate_code << 2 | padding << 1
    return bytes([0xFF, _LAYER_3_WITHOUT_CRC | version.code << 3, codes, _MONO_ORIGINAL]).ljust(size, b"\0")


def _info_frame(rate: int, frames: int, sizes: list[int]) -> bytes:
    """The first frame, silent too: players read the length from it and do not play it."""
    tag = b"Info" + struct.pack(">III", _HAS_FRAMES_AND_BYTES, frames, sum(sizes))
    start = 4 + _RATES[rate][0].side
    frame = _frame(rate, sizes[0])
    return frame[:start] + tag + frame[start + len(tag) :]

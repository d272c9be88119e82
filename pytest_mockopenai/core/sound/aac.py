"""AAC: silent AAC-LC frames with ADTS headers (ISO 14496-3); eleven bytes each."""

from __future__ import annotations

from .tone import Tone

_SAMPLES = 1024
_RATE_CODES = {
    48_000: 3,
    44_100: 4,
    32_000: 5,
    24_000: 6,
    22_050: 7,
    16_000: 8,
    12_000: 9,
    11_025: 10,
    8_000: 11,
}
_HEADER_BYTES = 7
_SYNC_WITHOUT_CRC = 0xFFF1
_LOW_COMPLEXITY = 1
_MONO = 1
_VARIABLE_BITRATE = 0x7FF
_SILENCE = b"\x00\x00\x00\x07"  # one channel of gain 0 without spectral bands (29 bits of 0), then END (111)


def encode(tone: Tone) -> bytes:
    """Silent mono AAC as long as the tone, up to the next whole frame of 1024 samples, whatever its pitch."""
    return (_header(tone.rate) + _SILENCE) * -(-tone.length // _SAMPLES)


def _header(rate: int) -> bytes:
    """Sync 16 bits, profile 2, rate 4, private 1, channels 3, flags 4, bytes 13, fullness 11, blocks 2."""
    header = _SYNC_WITHOUT_CRC << 40
    header |= _LOW_COMPLEXITY << 38 | _RATE_CODES[rate] << 34 | _MONO << 30
    header |= (_HEADER_BYTES + len(_SILENCE)) << 13 | _VARIABLE_BITRATE << 2
    return header.to_bytes(_HEADER_BYTES, "big")

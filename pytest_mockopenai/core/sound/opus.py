"""Opus: silent packets in Ogg pages (RFC 6716, 3533 and 7845)."""

from __future__ import annotations

import struct

from .crc import ogg_crc32
from .tone import Tone

_CLOCK = 48_000  # positions in Ogg Opus count samples of 48 kHz, whatever the rate of the source
_PACKET_SAMPLES = 960
_PACKET = b"\xf8\xff\xfe"  # mono CELT, full band, 20 ms; then the bits that decode to "silence"
_PACKETS_A_PAGE = 50
_PRE_SKIP = 312  # what a decoder drops at the start, as libopus's encoder states it
_SERIAL = int.from_bytes(b"mock", "little")
_FIRST, _LAST = 2, 4


def encode(tone: Tone) -> bytes:
    """A silent mono Ogg Opus file as long as the tone, to the sample of 48 kHz, whatever its pitch."""
    end = -(-tone.length * _CLOCK // tone.rate) + _PRE_SKIP
    packets = -(-end // _PACKET_SAMPLES)
    pages = [_page(0, 0, [_head(tone.rate)], flags=_FIRST), _page(1, 0, [_tags()])]
    for sent in range(0, packets, _PACKETS_A_PAGE):
        count = min(_PACKETS_A_PAGE, packets - sent)
        position = min((sent + count) * _PACKET_SAMPLES, end)
        flags = _LAST if sent + count == packets else 0
        pages.append(_page(len(pages), position, [_PACKET] * count, flags=flags))
    return b"".join(pages)


def _head(rate: int) -> bytes:
    """Version 1, one channel, pre-skip, the source's rate, gain 0, mapping family 0."""
    return b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _PRE_SKIP, rate, 0, 0)


def _tags() -> bytes:
    vendor = b"pytest-mockopenai"
    return b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)


def _page(number: int, position: int, packets: list[bytes], *, flags: int = 0) -> bytes:
    """An Ogg page of whole packets, each shorter than 255 bytes; `position` is the sample at its end."""
    lacing = bytes([len(packets), *map(len, packets)])
    start = b"OggS" + struct.pack("<BBqII", 0, flags, position, _SERIAL, number)
    rest = lacing + b"".join(packets)
    return start + struct.pack("<I", ogg_crc32(start + bytes(4) + rest)) + rest

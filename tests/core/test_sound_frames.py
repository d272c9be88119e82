"""The silent formats, frame by frame: mp3, aac, and Opus in its Ogg pages."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.sound import RATES, synthesize
from pytest_mockopenai.core.sound.crc import ogg_crc32

EVERY_RATE = pytest.mark.parametrize("rate", sorted(RATES))
SECONDS = st.floats(1e-6, 4)

MPEG = {3: (1152, 17, 1), 2: (576, 9, 2), 0: (576, 9, 4)}  # samples, side information, divisor of the rate
BITRATES = {3: {1: 32_000}, 2: {2: 16_000}, 0: {1: 8_000}}


def mp3_frames(data: bytes, rate: int) -> Iterator[tuple[bytes, int]]:
    """Each frame with its samples, by what its own header says."""
    while data:
        assert data[0] == 0xFF
        assert data[1] & 0xE7 == 0xE3  # sync, layer III, no checksum
        version = data[1] >> 3 & 3
        samples, side, divisor = MPEG[version]
        assert (44_100, 48_000, 32_000)[data[2] >> 2 & 3] == rate * divisor
        size = samples // 8 * BITRATES[version][data[2] >> 4] // rate + (data[2] >> 1 & 1)
        assert data[3] >> 6 == 3  # mono
        assert len(data) >= size
        assert not any(data[4 : 4 + side])  # nothing coded: silence
        yield data[:size], samples
        data = data[size:]


@EVERY_RATE
@given(seconds=SECONDS)
def test_mp3_has_the_frames_that_its_info_states(rate: int, seconds: float) -> None:
    data = synthesize(seconds, "mp3", rate=rate)
    info, *silent = mp3_frames(data, rate)
    wanted, samples = max(1, round(seconds * rate)), info[1]
    assert len(silent) == max(2, math.ceil(wanted / samples))
    tag = info[0][info[0].index(b"Info") :]
    assert struct.unpack(">4sIII", tag[:16]) == (b"Info", 3, len(silent), len(data))


@EVERY_RATE
def test_mp3_keeps_its_bit_rate(rate: int) -> None:
    frames = [frame for frame, _ in mp3_frames(synthesize(20, "mp3", rate=rate), rate)]
    samples, bitrate = (1152, 32_000) if rate >= 32_000 else (576, 16_000 if rate >= 16_000 else 8_000)
    exact = len(frames) * samples / rate * bitrate / 8
    assert exact - 1 < sum(map(len, frames)) <= exact


@EVERY_RATE
@given(seconds=SECONDS)
def test_aac_is_a_row_of_silent_adts_frames(rate: int, seconds: float) -> None:
    data = synthesize(seconds, "aac", rate=rate)
    size = 11
    frames = [data[start : start + size] for start in range(0, len(data), size)]
    assert len(frames) == math.ceil(max(1, round(seconds * rate)) / 1024)
    assert set(frames) == {frames[0]}
    header = int.from_bytes(frames[0][:7], "big")
    rates = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
    assert header >> 40 == 0xFFF1  # sync, MPEG-4, no checksum
    assert header >> 38 & 3 == 1  # low complexity
    assert rates[header >> 34 & 15] == rate
    assert header >> 30 & 7 == 1  # mono
    assert header >> 13 & 0x1FFF == len(frames[0]) == size
    assert header & 3 == 0  # one block


def ogg_pages(data: bytes) -> Iterator[tuple[int, int, int, int, list[bytes]]]:
    """Flags, position, serial, number and packets of each page."""
    while data:
        magic, version, flags, position, serial, number, crc, count = struct.unpack("<4sBBqIIIB", data[:27])
        assert (magic, version) == (b"OggS", 0)
        sizes = list(data[27 : 27 + count])
        assert 255 not in sizes  # no packet spans segments
        end = 27 + count
        packets = []
        for size in sizes:
            packets.append(data[end : end + size])
            end += size
        assert ogg_crc32(data[:22] + bytes(4) + data[26:end]) == crc
        yield flags, position, serial, number, packets
        data = data[end:]


@EVERY_RATE
@given(seconds=SECONDS)
def test_opus_is_as_long_as_asked(rate: int, seconds: float) -> None:
    head, tags, *sound = ogg_pages(synthesize(seconds, "opus", rate=rate))
    magic, version, channels, skipped, source_rate, gain, family = struct.unpack("<8sBBHIhB", head[4][0])
    assert (magic, version, channels, source_rate, gain, family) == (b"OpusHead", 1, 1, rate, 0, 0)
    assert tags[4][0] == b"OpusTags" + struct.pack("<I", 17) + b"pytest-mockopenai" + bytes(4)
    samples = max(1, round(seconds * rate))
    assert sound[-1][1] - skipped == math.ceil(samples * 48_000 / rate)
    assert {packet for page in sound for packet in page[4]} == {b"\xf8\xff\xfe"}


@given(seconds=SECONDS)
def test_opus_pages_are_numbered_and_add_up(seconds: float) -> None:
    pages = list(ogg_pages(synthesize(seconds, "opus")))
    assert [page[3] for page in pages] == list(range(len(pages)))
    assert len({page[2] for page in pages}) == 1
    assert [page[0] for page in pages] == [2, *[0] * (len(pages) - 2), 4]
    held = 0
    for _, position, _, _, packets in pages[2:-1]:
        held += 960 * len(packets)
        assert position == held
    last = held + 960 * len(pages[-1][4])
    assert held < pages[-1][1] <= last < pages[-1][1] + 960

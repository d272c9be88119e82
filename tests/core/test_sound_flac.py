"""FLAC is read back by a small decoder of its own, every checksum included."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai.core.sound import RATES, synthesize
from pytest_mockopenai.core.sound.crc import crc8, crc16, ogg_crc32, shift16, times16


def plain_crc(data: bytes, poly: int, width: int) -> int:
    """A CRC by long division, bit by bit; the definition that the fast ones must equal."""
    value = 0
    for bit in "".join(f"{byte:08b}" for byte in data):
        value = value << 1 | int(bit)
        value ^= poly if value >> width else 0
    return value


def augmented(data: bytes, width: int) -> bytes:
    return data + bytes(width // 8)


@dataclass
class Bits:
    """A reader of a bit string."""

    text: str
    place: int = 0

    def number(self, width: int) -> int:
        self.place += width
        return int(self.text[self.place - width : self.place] or "0", 2)

    def signed(self, width: int) -> int:
        value = self.number(width)
        return value - (value >> (width - 1) << width)

    def unary(self) -> int:
        end = self.text.index("1", self.place)
        count, self.place = end - self.place, end + 1
        return count

    def to_byte(self) -> int:
        self.place += -self.place % 8
        return self.place // 8


def residual(bits: Bits, count: int) -> list[int]:
    assert bits.number(2) == 0  # Rice codes with 4-bit parameters
    assert bits.number(4) == 0  # one partition
    rice = bits.number(4)
    assert rice < 15
    folded = [bits.unary() << rice | bits.number(rice) for _ in range(count)]
    return [value >> 1 ^ -(value & 1) for value in folded]


def subframe(bits: Bits, count: int) -> list[int]:
    assert bits.number(4) == 0b0001  # a 0, then a fixed predictor
    order = bits.number(3)
    assert order in (0, 2)
    assert bits.number(1) == 0  # no wasted bits
    samples = [bits.signed(16) for _ in range(order)]
    for value in residual(bits, count - order):
        samples.append(value + (2 * samples[-1] - samples[-2] if order else 0))
    return samples


def frame(data: bytes, number: int, rate: int) -> tuple[list[int], int]:
    """The samples of the frame at the start of `data`, and its bytes."""
    assert data[:4] == b"\xff\xf8\x7d\x08"
    coded = chr(number).encode("utf-8", "surrogatepass")
    assert data[4:].startswith(coded)
    end = 4 + len(coded)
    count = int.from_bytes(data[end : end + 2], "big") + 1
    assert int.from_bytes(data[end + 2 : end + 4], "big") == rate
    assert plain_crc(augmented(data[: end + 4], 8), 0x107, 8) == data[end + 4]
    bits = Bits("".join(f"{byte:08b}" for byte in data[end + 5 : end + 5 + 5 * count + 8]))
    samples = subframe(bits, count)
    end += 5 + bits.to_byte()
    assert plain_crc(augmented(data[:end], 16), 0x18005, 16) == int.from_bytes(data[end : end + 2], "big")
    return samples, end + 2


def decode(data: bytes, rate: int) -> bytes:
    assert data[:8] == b"fLaC\x80\x00\x00\x22"
    info, data = data[8:42], data[42:]
    smallest, largest = int.from_bytes(info[:2], "big"), int.from_bytes(info[2:4], "big")
    assert 16 <= smallest == largest <= 4608
    shape = int.from_bytes(info[10:18], "big")
    assert (shape >> 44, shape >> 41 & 7, shape >> 36 & 31) == (rate, 0, 15)
    pcm, number = b"", 0
    while data:
        samples, size = frame(data, number, rate)
        assert len(samples) == largest or size == len(data)
        pcm += b"".join(value.to_bytes(2, "little", signed=True) for value in samples)
        data, number = data[size:], number + 1
    assert shape & (1 << 36) - 1 == len(pcm) // 2
    assert hashlib.md5(pcm, usedforsecurity=False).digest() == info[18:]
    return pcm


@settings(max_examples=20, deadline=None)
@given(seconds=st.floats(1e-6, 0.1), rate=st.sampled_from(sorted(RATES)), pitch=st.floats(1, 3_999))
def test_flac_decodes_to_the_pcm(seconds: float, rate: int, pitch: float) -> None:
    flac = synthesize(seconds, "flac", rate=rate, pitch=pitch)
    assert decode(flac, rate) == synthesize(seconds, "pcm", rate=rate, pitch=pitch)


@pytest.mark.parametrize("samples", [1, 2, 3, 319, 320, 321, 322, 323])
def test_flac_ends_well_wherever_it_ends(samples: int) -> None:
    flac = synthesize(samples / 8_000, "flac", rate=8_000)
    assert decode(flac, 8_000) == synthesize(samples / 8_000, "pcm", rate=8_000)


def test_flac_is_much_smaller_than_wav() -> None:
    assert len(synthesize(10, "flac")) < len(synthesize(10, "wav")) / 2


@given(st.binary(max_size=60), st.binary(min_size=2, max_size=60))
def test_checksums_equal_long_division(first: bytes, second: bytes) -> None:
    assert crc8(first) == plain_crc(augmented(first, 8), 0x107, 8)
    assert crc16(first) == plain_crc(augmented(first, 16), 0x18005, 16)
    assert ogg_crc32(first) == plain_crc(augmented(first, 32), 0x104C11DB7, 32)
    assert crc16(first + second) == times16(crc16(first), shift16(len(second))) ^ crc16(second)

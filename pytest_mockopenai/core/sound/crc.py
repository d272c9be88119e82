"""The checksums of FLAC and Ogg: plain CRCs, highest bit first, that start from 0 and are not inverted."""

from __future__ import annotations

from binascii import crc32

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_TOP16, _POLY16 = 0x8000, 0x18005


def _table(poly: int, width: int) -> tuple[int, ...]:
    """The remainder of each byte, for a polynomial given with its leading 1."""
    entries = []
    for byte in range(256):
        value = byte << (width - 8)
        for _ in range(8):
            value = value << 1 ^ (poly if value >> (width - 1) else 0)
        entries.append(value)
    return tuple(entries)


_TABLE8 = _table(0x107, 8)
_TABLE16 = _table(_POLY16, 16)


def crc8(data: bytes) -> int:
    """CRC-8 of a FLAC frame header: x^8 + x^2 + x + 1 (RFC 9639, 9.1.8)."""
    value = 0
    for byte in data:
        value = _TABLE8[value ^ byte]
    return value


def crc16(data: bytes) -> int:
    """CRC-16 of a FLAC frame: x^16 + x^15 + x^2 + 1 (RFC 9639, 9.3)."""
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _TABLE16[value >> 8 ^ byte]
    return value


def shift16(count: int) -> int:
    """What `count` further bytes multiply a CRC-16 by: x^(8 * count) modulo its polynomial; count > 1."""
    return crc16(b"\x01" + bytes(count - 2))  # a CRC already holds a factor of x^16: two bytes


def times16(a: int, b: int) -> int:
    """The product of two CRC-16 remainders.

    It joins checksums: `crc16(x + y) == times16(crc16(x), shift16(len(y))) ^ crc16(y)`.
    """
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (_POLY16 if a & _TOP16 else 0)
        b >>= 1
    return product


def ogg_crc32(data: bytes) -> int:
    """CRC-32 of an Ogg page whose own checksum field is 0 (RFC 3533, section 6).

    It is the usual CRC-32 with the bits of every byte, and of the result, in the other order.
    """
    mirrored = crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")

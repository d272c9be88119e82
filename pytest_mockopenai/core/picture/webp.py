"""WebP, lossless: runs and lines are copies of what is beside or above them (RFC 9649, section 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pytest_mockopenai.core.picture.bits import packed, written
from pytest_mockopenai.core.picture.mosaic import Colour, Picture

_SIGNATURE = 0x2F
_SIZE_BITS = 14
_LONGEST = 4096  # pixels of one copy
_ABOVE, _LEFT = 0, 1  # the two distance symbols in use: distance codes 1 and 2

# 280 green and length symbols: 232 codes of 8 bits and 48 of 9 bits fill the tree.
_GREENS, _SHORT = 280, 232
# The order in which the code lengths of code lengths are written (3.7.2.1.2), as far as that of 8 and of 9.
_LENGTH_ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9)


def encode(picture: Picture) -> bytes:
    """A WebP file."""
    head = written([(_SIGNATURE, 8), (picture.width - 1, _SIZE_BITS), (picture.height - 1, _SIZE_BITS)])
    head += written([(picture.transparent, 1), (0, 3)])  # alpha is used; version
    nothing_special = "000"  # no transform, no colour cache, no meta prefix codes
    data = packed(head + nothing_special + _codes() + "".join(map(written, _pixels(picture))))
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _codes() -> str:
    """The five prefix codes: green and lengths, red, blue, alpha, distance. Whatever the picture, they are these."""
    greens = _code_lengths({8: 1, 9: 1}) + "0" * _SHORT + "1" * (_GREENS - _SHORT)
    byte = _code_lengths({8: 1})  # all symbols have codes of 8 bits, which then takes no bits to say
    two_distances = written([(1, 1), (1, 1), (0, 1), (_ABOVE, 1), (_LEFT, 8)])
    return greens + 3 * byte + two_distances


def _code_lengths(used: dict[int, int]) -> str:
    """How the code lengths that follow are coded; all symbols of the alphabet have one."""
    lengths = [(used.get(length, 0), 3) for length in _LENGTH_ORDER]
    return written([(0, 1), (len(lengths) - 4, 4), *lengths, (0, 1)])


def _pixels(picture: Picture) -> Iterator[list[tuple[int, int]]]:
    for row, height in picture.bands():
        for inked, pixels in picture.runs(row):
            yield _literal(picture, inked)
            yield from _copies(pixels - 1, _LEFT)
        yield from _copies((height - 1) * picture.width, _ABOVE)


def _literal(picture: Picture, inked: bool) -> list[tuple[int, int]]:
    red, green, blue = _shown(picture, inked)
    alpha = 0 if picture.transparent and not inked else 255
    return [_green_code(green), _code(red, 8), _code(blue, 8), _code(alpha, 8)]


def _shown(picture: Picture, inked: bool) -> Colour:
    return picture.ink if inked else picture.paper


def _copies(pixels: int, distance: int) -> Iterator[list[tuple[int, int]]]:
    for start in range(0, pixels, _LONGEST):
        symbol, extra, bits = _length(min(_LONGEST, pixels - start))
        yield [_green_code(256 + symbol), (extra, bits), (distance, 1)]


def _length(pixels: int) -> tuple[int, int, int]:
    """A length as a prefix symbol, and the number that follows it in so many bits (3.6.2.2)."""
    if pixels <= 4:
        return pixels - 1, 0, 0
    bits = (pixels - 1).bit_length() - 2
    return 2 * (bits + 1) + ((pixels - 1) >> bits & 1), (pixels - 1) & ((1 << bits) - 1), bits


def _green_code(symbol: int) -> tuple[int, int]:
    """Codes in the order of symbols, the shorter first: the 9-bit ones go on where the 8-bit ones end."""
    return _code(symbol, 8) if symbol < _SHORT else _code(symbol + _SHORT, 9)


def _code(code: int, bits: int) -> tuple[int, int]:
    """A code, whose highest bit comes first."""
    return int(f"{code:0{bits}b}"[::-1], 2), bits

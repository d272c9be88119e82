"""JPEG: baseline, each block of eight by eight pixels of one colour (ITU-T T.81; colours as JFIF has them)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from pytest_mockopenai.core.picture.mosaic import Colour, Picture

Blocks: TypeAlias = tuple[Colour, ...]
"""A line of blocks from the left, each by its colour."""

_BLOCK = 8
_COMPONENTS = 3
_FLAT_TABLE = b"\1" * 64  # nothing is rounded
# Codes of 4 bits for the 12 sizes of differences (all of them, as no code may be all ones), and one for "rest is 0".
_DC_BITS, _DC_SIZES = 4, 12
_END_OF_BLOCK = "0"


def encode(picture: Picture) -> bytes:
    """A JPEG file; what is transparent shows the paper."""
    return encode_blocks(picture.width, picture.height, blocks_of(picture))


def blocks_of(picture: Picture) -> list[Blocks]:
    """The lines of blocks from the top; the last block of a line, and the last line, may be cut."""
    across, lines = -(-picture.width // _BLOCK), []
    for row, height in picture.bands():
        cells = (picture.ink if inked else picture.paper for inked in row)
        line = tuple(colour for colour in cells for _ in range(picture.cell_width // _BLOCK))[:across]
        lines += [line] * -(-height // _BLOCK)
    return lines


def encode_blocks(width: int, height: int, lines: Sequence[Blocks]) -> bytes:
    """A JPEG file of so many pixels, made of lines of blocks; lines that look alike are coded once."""
    head = [_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), _segment(0xDB, b"\0" + _FLAT_TABLE)]
    shape = struct.pack(">BHHB", 8, height, width, _COMPONENTS)
    head.append(_segment(0xC0, shape + b"".join(bytes([place, 0x11, 0]) for place in (1, 2, 3))))
    head.append(_segment(0xC4, b"\0" + _counts({_DC_BITS: _DC_SIZES}) + bytes(range(_DC_SIZES))))
    head.append(_segment(0xC4, b"\x10" + _counts({1: 1}) + b"\0"))
    head.append(_segment(0xDD, struct.pack(">H", len(lines[0]))))  # each line of blocks begins anew
    scan = _segment(0xDA, bytes([_COMPONENTS, 1, 0, 2, 0, 3, 0, 0, 63, 0]))
    return b"\xff\xd8" + b"".join(head) + scan + _joined(lines) + b"\xff\xd9"


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def _counts(by_length: dict[int, int]) -> bytes:
    """How many codes there are of each length from 1 to 16."""
    return bytes(by_length.get(length, 0) for length in range(1, 17))


def _joined(lines: Sequence[Blocks]) -> bytes:
    """The coded lines, with the restart markers 0 to 7 in turn between them."""
    coded = {line: _line(line) for line in dict.fromkeys(lines)}
    markers = [bytes([0xFF, 0xD0 + place % 8]) for place in range(len(lines) - 1)]
    return b"".join(coded[line] + marker for line, marker in zip(lines, [*markers, b""], strict=True))


def _line(blocks: Blocks) -> bytes:
    bits = "".join(_differences(blocks))
    data = int(bits + "1" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big")
    return data.replace(b"\xff", b"\xff\0")


def _differences(blocks: Blocks) -> Iterator[str]:
    """Of each block the three components, each as the difference to the block before."""
    before = (0, 0, 0)
    for levels in map(_levels, blocks):
        yield from (_coded(level - last) for level, last in zip(levels, before, strict=True))
        before = levels


def _coded(difference: int) -> str:
    """The size of the difference, then its bits, those of a negative one less 1; then nothing more in this block."""
    size = abs(difference).bit_length()
    low = difference if difference > 0 else difference + (1 << size) - 1
    return f"{size:0{_DC_BITS}b}" + (f"{low:0{size}b}" if size else "") + _END_OF_BLOCK


def _levels(colour: Colour) -> tuple[int, int, int]:
    """A colour as luminance and two chrominances, each eight times its distance from the middle."""
    red, green, blue = colour
    weights = ((299, 587, 114), (-168.736, -331.264, 500), (500, -418.688, -81.312))
    y, cb, cr = (round((a * red + b * green + c * blue) / 125) for a, b, c in weights)
    return y - 1024, cb, cr

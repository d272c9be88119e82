"""PNG: one bit a pixel, looked up in a palette of two colours (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib

from pytest_mockopenai.core.picture.mosaic import Picture

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BIT_DEPTH, _PALETTE = 1, 3  # 11.2.1
_UNFILTERED = b"\0"
_PAPER_IS_TRANSPARENT = b"\0"  # 11.3.1: the alpha of the palette's first colour


def encode(picture: Picture) -> bytes:
    """A PNG file."""
    header = struct.pack(">IIBBBBB", picture.width, picture.height, _BIT_DEPTH, _PALETTE, 0, 0, 0)
    lines = b"".join(_line(picture, row) * height for row, height in picture.bands())
    chunks = [(b"IHDR", header), (b"PLTE", bytes((*picture.paper, *picture.ink)))]
    if picture.transparent:
        chunks.append((b"tRNS", _PAPER_IS_TRANSPARENT))
    chunks += [(b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _line(picture: Picture, row: tuple[bool, ...]) -> bytes:
    """A line of pixels: cells are of whole bytes, so none of them shares one."""
    bits = b"".join((b"\xff" if inked else b"\0") * (picture.cell_width // 8) for inked in row)
    return _UNFILTERED + bits[: (picture.width + 7) // 8]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

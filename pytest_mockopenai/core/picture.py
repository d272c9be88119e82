"""A PNG of a given size: two colours in stripes. A real picture, small as a file, made without an image library."""

from __future__ import annotations

import struct
import zlib

from pytest_mockopenai.core.seed import Draw

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BIT_DEPTH, _PALETTE = 1, 3  # one bit a pixel, looked up in a palette (PNG specification, 11.2.2)
_STRIPE = 8  # pixels


def png(width: int, height: int, draw: Draw) -> bytes:
    """A picture of so many pixels, in two colours that the draw chooses."""
    header = struct.pack(">IIBBBBB", width, height, _BIT_DEPTH, _PALETTE, 0, 0, 0)
    colours = bytes(draw.integer(0, 255) for _ in range(6))
    row = b"\0" + (b"\x00\xff" * (width // 16 + 1))[: (width + 7) // 8]
    shifted = b"\0" + (b"\xff\x00" * (width // 16 + 1))[: (width + 7) // 8]
    stripes = (row * _STRIPE + shifted * _STRIPE) * (height // (2 * _STRIPE) + 1)
    pixels = zlib.compress(stripes[: len(row) * height])
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", pixels), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

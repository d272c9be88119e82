"""PNG files that another decoder reads back with the right size."""

from __future__ import annotations

import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.picture import png
from pytest_mockopenai.core.seed import draw_for

SIZES = st.integers(1, 300)


def chunks_of(data: bytes) -> dict[bytes, bytes]:
    """The chunks by type, each checked by its CRC (PNG specification, 5.3)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = {}, 8
    while at < len(data):
        (size,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size]) == (zlib.crc32(kind + content),)
        found[kind], at = content, at + 12 + size
    return found


@given(SIZES, SIZES, st.integers(0, 9))
def test_it_is_a_whole_picture_of_the_size(width: int, height: int, seed: int) -> None:
    chunks = chunks_of(png(width, height, draw_for(seed)))
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBB", chunks[b"IHDR"][:10]) == (width, height, 1, 3)
    rows = zlib.decompress(chunks[b"IDAT"])
    assert len(rows) == height * (1 + (width + 7) // 8)
    assert {rows[at] for at in range(0, len(rows), 1 + (width + 7) // 8)} == {0}


def test_another_draw_has_other_colours() -> None:
    assert png(8, 8, draw_for(1)) == png(8, 8, draw_for(1)) != png(8, 8, draw_for(2))

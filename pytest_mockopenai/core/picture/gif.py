"""GIF: frames of two colours, LZW-coded a run of pixels at a time (GIF 89a specification)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from pytest_mockopenai.core.picture.bits import packed, written
from pytest_mockopenai.core.picture.mosaic import Picture

_TWO_COLOURS = 0x80  # a global table of 2 entries
_PAPER, _INK = 0, 1
_LITERAL_BITS = 2  # the least that a GIF may state
_CODE_BITS = _LITERAL_BITS + 1
_CLEAR, _END, _FIRST_FREE = 4, 5, 6
_KEEP, _RESTORE_BACKGROUND = 1, 2
_FOREVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
_TRAILER = b";"
_BLOCK = 255


def encode(frames: Sequence[Picture], *, duration_ms: int = 200) -> bytes:
    """A GIF of pictures of one size and colours; several are shown one after another, over and over.

    `duration_ms` is how long each is shown, to the nearest 10 ms, at most 655,350.
    """
    first = frames[0]
    screen = struct.pack("<HHBBB", first.width, first.height, _TWO_COLOURS, 0, 0)
    colours = bytes((*first.paper, *first.ink))
    delay = min(0xFFFF, (duration_ms + 5) // 10) if len(frames) > 1 else 0
    shown = b"".join(_frame(picture, delay) for picture in frames)
    return b"GIF89a" + screen + colours + (_FOREVER if len(frames) > 1 else b"") + shown + _TRAILER


def _frame(picture: Picture, delay: int) -> bytes:
    flags = (_RESTORE_BACKGROUND << 2 | 1) if picture.transparent else _KEEP << 2
    control = b"\x21\xf9\x04" + struct.pack("<BHBB", flags, delay, _PAPER, 0)
    place = b"," + struct.pack("<HHHHB", 0, 0, picture.width, picture.height, 0)
    return control + place + bytes([_LITERAL_BITS]) + _blocks(packed(_coded(picture)))


def _coded(picture: Picture) -> str:
    """Each run is coded with a fresh table, so that lines that look alike have the same codes."""
    clear, end = written([(_CLEAR, _CODE_BITS)]), written([(_END, _CODE_BITS)])
    return clear + "".join(_line(picture, row) * height for row, height in picture.bands()) + end


def _line(picture: Picture, row: tuple[bool, ...]) -> str:
    return "".join(written(_run(_INK if inked else _PAPER, pixels)) for inked, pixels in picture.runs(row))


def _run(colour: int, pixels: int) -> Iterator[tuple[int, int]]:
    """So many pixels of a colour, each code for one pixel more than the last; then the code that clears the table."""
    yield colour, _CODE_BITS
    left, free, bits = pixels - 1, _FIRST_FREE, _CODE_BITS
    while left:
        length = min(left, free - _FIRST_FREE + 2)
        yield colour if length == 1 else _FIRST_FREE + length - 2, bits
        left -= length
        free += 1
        bits += free == 1 << bits
    yield _CLEAR, bits


def _blocks(data: bytes) -> bytes:
    parts = (data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"

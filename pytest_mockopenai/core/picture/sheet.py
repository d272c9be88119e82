"""A sheet of small pictures, side by side and one below another, as JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_mockopenai.core.picture import jpeg
from pytest_mockopenai.core.picture.mosaic import Picture

_ACROSS = 4
_BLOCK = 8


def encode(pictures: Sequence[Picture]) -> bytes:
    """Pictures of one size, each a quarter as wide and high, four in a row; a place that is left over shows paper."""
    width, height = (-(-side // (_ACROSS * _BLOCK)) * _BLOCK for side in (pictures[0].width, pictures[0].height))
    small = [replace(each, width=width, height=height) for each in pictures]
    small += [small[-1].begun(0, 1)] * (-len(small) % _ACROSS)
    rows = [small[start : start + _ACROSS] for start in range(0, len(small), _ACROSS)]
    lines = [sum(beside, ()) for row in rows for beside in zip(*map(jpeg.blocks_of, row), strict=True)]
    return jpeg.encode_blocks(width * _ACROSS, height * len(rows), lines)

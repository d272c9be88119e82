"""What is in a picture: a mosaic of two colours, the same on the left and on the right. No file format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from pytest_mockopenai.core.seed import Draw

Colour: TypeAlias = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

CELLS = 8
"""Cells across a picture, and down."""

_BLOCK = 8  # pixels: JPEG codes squares of so many, so a cell is made of whole ones


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of `width` times `height` pixels.

    `rows` says from the top which cells of a row have the ink's colour; the others have the paper's, or are
    transparent. Cells are wide and high enough for eight of them, in whole blocks of eight pixels: the last ones may be
    cut, or lie outside.
    """

    width: int
    height: int
    ink: Colour
    paper: Colour
    rows: tuple[tuple[bool, ...], ...]
    transparent: bool = False

    @property
    def cell_width(self) -> int:
        """Pixels."""
        return _cell(self.width)

    @property
    def cell_height(self) -> int:
        """Pixels."""
        return _cell(self.height)

    def bands(self) -> Iterator[tuple[tuple[bool, ...], int]]:
        """The rows of cells that are in sight, each with its height in pixels."""
        for place, row in enumerate(self.rows):
            height = min(self.cell_height, self.height - place * self.cell_height)
            if height > 0:
                yield row, height

    def runs(self, row: tuple[bool, ...]) -> Iterator[tuple[bool, int]]:
        """A row of cells as runs of one colour: whether it is the ink's, and how many pixels wide."""
        for inked, cells in groupby(enumerate(row), key=itemgetter(1)):
            places = [place for place, _ in cells]
            start, end = places[0] * self.cell_width, min((places[-1] + 1) * self.cell_width, self.width)
            if end > start:
                yield inked, end - start

    def begun(self, done: int, of: int) -> Picture:
        """The picture after so many of the steps of drawing it: its upper rows."""
        reached = len(self.rows) * done // of
        blank = (False,) * CELLS
        return replace(self, rows=tuple(row if place < reached else blank for place, row in enumerate(self.rows)))


def drawn(width: int, height: int, draw: Draw, *, transparent: bool = False) -> Picture:
    """A picture whose colours and pattern the draw chooses."""
    ink, paper = (_colour(draw.child(name)) for name in ("ink", "paper"))
    return Picture(width, height, ink, paper, tuple(_row(draw.child(place)) for place in range(CELLS)), transparent)


def _cell(pixels: int) -> int:
    return -(-pixels // (CELLS * _BLOCK)) * _BLOCK


def _colour(draw: Draw) -> Colour:
    return draw.integer(0, 255), draw.integer(0, 255), draw.integer(0, 255)


def _row(draw: Draw) -> tuple[bool, ...]:
    """Eight cells, the right half the mirror of the left."""
    half = [bool(draw.integer(0, 1)) for _ in range(CELLS // 2)]
    return (*half, *reversed(half))

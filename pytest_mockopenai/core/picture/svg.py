"""SVG: the paper as a rectangle, the cells of the ink as one path (SVG 1.1)."""

from __future__ import annotations

from pytest_mockopenai.core.picture.mosaic import Colour, Picture


def encode(picture: Picture) -> bytes:
    """An SVG document."""
    size = f'width="{picture.width}" height="{picture.height}"'
    paper = "" if picture.transparent else f'<rect {size} fill="{_hex(picture.paper)}"/>'
    path = f'<path fill="{_hex(picture.ink)}" d="{"".join(_boxes(picture))}"/>'
    box = f'viewBox="0 0 {picture.width} {picture.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>{paper}{path}</svg>\n'.encode()


def _boxes(picture: Picture) -> list[str]:
    boxes, top = [], 0
    for row, height in picture.bands():
        left = 0
        for inked, width in picture.runs(row):
            if inked:
                boxes.append(f"M{left} {top}h{width}v{height}h-{width}z")
            left += width
        top += height
    return boxes


def _hex(colour: Colour) -> str:
    return "#" + bytes(colour).hex()

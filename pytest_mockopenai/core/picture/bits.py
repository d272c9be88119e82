"""Numbers as bits in a row, the lowest first, as GIF and WebP have them; text of 0 and 1 in the meantime."""

from __future__ import annotations

from collections.abc import Iterable


def written(fields: Iterable[tuple[int, int]]) -> str:
    """Pairs of a number and how many bits it takes."""
    return "".join(f"{value:0{width}b}"[::-1] for value, width in fields if width)


def packed(text: str) -> bytes:
    """The bits as bytes, the last one filled up with 0."""
    return int(text[::-1] or "0", 2).to_bytes((len(text) + 7) // 8, "little")

"""How many tokens an image costs, from its size in pixels: OpenAI's published tile and patch rules.

Rules: OpenAI's "Images and vision" guide, section "Calculating costs".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Final

from pytest_mockopenai.tokens import models
from pytest_mockopenai.tokens.count import Count, Method

__all__ = ["DEFAULT_SIZE", "Patches", "Tiles", "image_size", "image_tokens", "rule"]

DEFAULT_SIZE: Final = (1024, 1024)  # pixels, of an image that is not in the request itself


@dataclass(frozen=True, slots=True)
class Tiles:
    """Base tokens, and tokens for each tile of 512 x 512 pixels, the shorter side being `short` pixels at most."""

    base: int
    tile: int
    method: Method = "modelled"
    short: int = 768

    def tokens(self, width: int, height: int, detail: str) -> int:
        """Tokens of an image; `detail` "low" costs the base only."""
        if detail == "low":
            return self.base
        scale = min(1, 2048 / max(width, height))
        scale = min(scale, self.short / min(width, height))
        return self.base + self.tile * _cells(width * scale, height * scale, 512)


@dataclass(frozen=True, slots=True)
class Patches:
    """Tokens for each patch of 32 x 32 pixels, the image being shrunk until a budget of patches holds it."""

    multiplier: float = 1.0
    budget: int = 1536
    edge: int = 2048  # pixels of the longer side
    method: Method = "modelled"

    def tokens(self, width: int, height: int, detail: str) -> int:
        """Tokens of an image; `detail` "original" (gpt-5.4 and later) allows 10,000 patches and 6,000 pixels."""
        edge, budget = (6000, 10_000) if detail == "original" else (self.edge, self.budget)
        if detail == "low":
            edge = 512
        scale = min(1.0, edge / max(width, height))
        patches = _shrunk(width * scale, height * scale, budget)
        return ceil(patches * self.multiplier)


def _cells(width: float, height: float, side: int) -> int:
    # A side that is a whole number of cells must not count one more for a rounding error.
    return ceil(round(width, 6) / side) * ceil(round(height, 6) / side)


def _shrunk(width: float, height: float, budget: int) -> int:
    """Patches after shrinking so that a whole number of patches fits the width or the height."""
    if _cells(width, height, 32) <= budget:
        return _cells(width, height, 32)
    factor = sqrt(32 * 32 * budget / (width * height))
    across, down = width * factor / 32, height * factor / 32
    factor *= min(floor(across) / across, floor(down) / down)
    return min(_cells(width * factor, height * factor, 32), budget)


# Patterns of a whole bare name; the first that matches counts. The guide gives gpt-5-mini 1.62 and gpt-5-nano 2.46,
# measured bills say 1.2 and 1.5; of the models after gpt-5.1 too little is published. Hence "estimated".
_RULES: Final[tuple[tuple[str, Tiles | Patches], ...]] = (
    (r"gpt-4\.1-mini.*", Patches(1.62)),
    (r"gpt-4\.1-nano.*", Patches(2.46)),
    (r"o4-mini.*", Patches(1.72)),
    (r"gpt-5(\.\d+)?-mini.*", Patches(1.2, method="estimated")),
    (r"gpt-5(\.\d+)?-nano.*", Patches(1.5, method="estimated")),
    (r"gpt-5(\.1)?(-.*)?", Tiles(70, 140)),
    (r"gpt-5\.[23](-.*)?", Patches(1.2, method="estimated")),
    (r"gpt-([5-9]|1\d)\b.*", Patches(1.2, budget=2500, method="estimated")),
    (r"gpt-4o-mini.*", Tiles(2833, 5667)),
    (r"gpt-4.*|chatgpt-4o.*", Tiles(85, 170)),
    (r"o\d.*", Tiles(75, 150)),
    (r"computer-use.*", Tiles(65, 129)),
)
_UNKNOWN: Final = Tiles(85, 170, method="estimated")


def rule(model: str) -> Tiles | Patches:
    """The rule of a model; an unknown one is estimated by that of gpt-4o."""
    name = models.bare_name(model)
    return next((found for pattern, found in _RULES if re.fullmatch(pattern, name)), _UNKNOWN)


def image_tokens(model: str, size: tuple[int, int] | None, detail: str = "auto") -> Count:
    """Tokens of one image of `size` (width, height in pixels); None, an unknown size, is estimated as 1024 x 1024."""
    applied = rule(model)
    width, height = size or DEFAULT_SIZE
    tokens = applied.tokens(max(width, 1), max(height, 1), detail)
    return Count(tokens, applied.method if size else "estimated")


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from the header of a PNG, JPEG, GIF or WebP; None for anything else."""
    found = (read(data) for signature, read in _HEADERS.items() if data.startswith(signature))
    width, height = next(found, None) or (0, 0)
    return (width, height) if width and height else None


def _png(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _gif(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def _jpeg(data: bytes) -> tuple[int, int] | None:
    for marker, body in _jpeg_segments(data):
        if marker in _JPEG_FRAMES:
            return int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
    return None


# Start-of-frame markers: C0 to CF without C4 (Huffman table), C8 (reserved) and CC (arithmetic conditioning).
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0xFF:  # a fill byte
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at + 1], data[at + 4 : at + 2 + length]
        at += 2 + length


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = data[26:28], data[28:30]
        return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF
    return None


_HEADERS: Final[Mapping[bytes, Callable[[bytes], tuple[int, int] | None]]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"GIF8": _gif,
    b"\xff\xd8": _jpeg,
    b"RIFF": _webp,
}

"""How many tokens the models that draw spend on pictures: those they are given, and those they make.

Rules: OpenAI's guide to image generation, "Cost and latency", and the guide to images and vision, "GPT Image 1".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pytest_mockopenai.tokens.count import Count, Method
from pytest_mockopenai.tokens.images import DEFAULT_SIZE, Tiles

__all__ = ["drawn_tokens", "seen_tokens"]

_TILES: Final = Tiles(65, 129, short=512)
_FAITHFUL_SQUARE: Final = 4160
_FAITHFUL_OBLONG: Final = 6240
_OBLONG: Final = 1.25  # nearer to 2:3 than to a square
_PARTIAL: Final = 100

_PUBLISHED: Final[Mapping[tuple[int, int], Mapping[str, int]]] = {
    (1024, 1024): {"low": 272, "medium": 1056, "high": 4160},
    (1024, 1536): {"low": 408, "medium": 1584, "high": 6240},
    (1536, 1024): {"low": 400, "medium": 1568, "high": 6208},
}
_SQUARE: Final[Mapping[str, int]] = {**_PUBLISHED[1024, 1024], "xhigh": 8320, "max": 16_640}
_PUBLISHED_FOR: Final = re.compile("gpt-image-1(-mini)?|gpt-image-1.5")


def seen_tokens(size: tuple[int, int] | None, *, faithful: bool = False) -> Count:
    """Tokens of a picture (width, height in pixels) that is to be edited; `faithful` is `input_fidelity="high"`."""
    width, height = size or DEFAULT_SIZE
    tokens = _TILES.tokens(width, height, "auto")
    if faithful:
        long, short = max(width, height), min(width, height)
        tokens += _FAITHFUL_OBLONG if long > _OBLONG * short else _FAITHFUL_SQUARE
    return Count(tokens, "modelled" if size else "estimated")


def drawn_tokens(model: str, size: tuple[int, int], quality: str, *, partial: int = 0) -> Count:
    """Tokens of a picture that is drawn, and of so many partial ones before it.

    Published are three sizes in three qualities; others are reckoned by their area. The later models' qualities
    `xhigh` and `max` are taken for twice and four times `high`.
    """
    method: Method = "exact" if _PUBLISHED_FOR.fullmatch(model) else "estimated"
    known = _PUBLISHED.get(size, {}).get(quality)
    if known is None:
        area = size[0] * size[1] / (1024 * 1024)
        known, method = round(_SQUARE.get(quality, _SQUARE["high"]) * area), "estimated"
    return Count(known + _PARTIAL * partial, method)

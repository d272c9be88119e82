"""Sizes as OpenAI writes them: `1024x1536`."""

from __future__ import annotations

import re

_SIZE = re.compile("([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


def size_of(text: object) -> tuple[int, int] | None:
    """Width and height in pixels; None for anything else, such as `auto`."""
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    return (int(found[1]), int(found[2])) if found else None

"""How a JSON text is laid out: a recording holds values, and from value and layout come the very bytes again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

COMPACT = ""
"""The layout of a text without any white space, in UTF-8: it goes without saying."""

_SPACINGS: Mapping[str, Mapping[str, Any]] = {
    "compact": {"separators": (",", ":")},
    "indented": {"indent": 2},
    "spaced": {},
}
_ASCII = "ascii"  # other characters are written as escapes
_NEWLINE = "newline"  # the text ends with one


def layout_of(text: str, value: Any) -> str | None:
    """The layout in which `value` is written as this very text; None if it is none of those that are known."""
    body, newline = (text[:-1], _NEWLINE) if text.endswith("\n") else (text, "")
    for spacing, ascii_only in _layouts():
        if _encoder(spacing, bool(ascii_only)).encode(value) == body:
            name = " ".join(filter(None, (spacing, ascii_only, newline)))
            return COMPACT if name == "compact" else name
    return None


def written(value: Any, layout: str = COMPACT) -> str:
    """The text of a value; raises ValueError for a layout that does not exist."""
    spacing, *more = layout.split() or ["compact"]
    if spacing not in _SPACINGS or not set(more) <= {_ASCII, _NEWLINE}:
        raise ValueError(f"no layout {layout!r}: it is {', '.join(_SPACINGS)}, with {_ASCII} or {_NEWLINE} after it")
    return _encoder(spacing, _ASCII in more).encode(value) + ("\n" if _NEWLINE in more else "")


def _layouts() -> Iterator[tuple[str, str]]:
    return ((spacing, ascii_only) for spacing in _SPACINGS for ascii_only in ("", _ASCII))


@cache
def _encoder(spacing: str, ascii_only: bool) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=ascii_only, allow_nan=False, **_SPACINGS[spacing])

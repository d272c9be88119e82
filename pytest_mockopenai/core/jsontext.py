"""JSON as OpenAI reads and writes it: strict on the way in, compact and UTF-8 on the way out.

What is read can always be written again. The one place that parses and prints JSON, so that a faster library can take
its place.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 500
"""Nesting deeper than this is refused: no real request has it, and printing it again would exhaust the stack."""


class BadJSON(ValueError):
    """The text is not JSON."""


# `json.dumps` and `json.loads` with options make a new encoder or decoder for each call.
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def loads(text: bytes | str) -> Any:
    """The value of a JSON text; raises `BadJSON` for anything else.

    RFC 8259 is followed to the letter: no NaN and no Infinity, bytes are UTF-8. Numbers that no float holds (`1e999`),
    whole numbers longer than Python reads, and values nested deeper than `MAX_DEPTH` are refused too.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
        value = _decode(decoded)
    except (ValueError, RecursionError) as error:
        raise BadJSON(str(error)) from None
    if _deeper_than(value, MAX_DEPTH):
        raise BadJSON(f"nested deeper than {MAX_DEPTH}")
    return value


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8; a lone surrogate, which UTF-8 cannot hold, is written as an escape."""
    try:
        return _compact(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def text(value: Any) -> str:
    """Compact JSON text, such as models write into `arguments` and structured output: `{"city":"Paris"}`."""
    return _compact(value)


def canonical(value: Any) -> bytes:
    """The same bytes for the same value, whatever order its keys came in."""
    return _sorted(value).encode()


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits:.40} is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite).decode


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True

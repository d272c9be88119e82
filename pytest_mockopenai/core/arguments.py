"""Checks of the arguments of words, each with a sentence that says what is wanted."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

LONGEST = 1_000_000  # seconds; not every system can wait longer


def check_whole(name: str, value: Any, *, most: int = 10**12) -> int:
    """The value, if it is a whole number from 0 to `most`; else ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{name} is a whole number from 0 to {most}, not {value!r:.80}")
    return value


def check_seconds(name: str, value: Any) -> None:
    """Raise ValueError for what is no time in seconds, at least 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LONGEST:
        raise ValueError(f"{name} is a time in seconds, from 0 to {LONGEST}, not {value!r:.80}")


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise ValueError for a value that is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(repr(choice) for choice in choices)}, not {value!r:.80}")


def vector(values: Sequence[float]) -> tuple[float, ...]:
    """The numbers as floats; ValueError if there are none, or one is not finite."""
    try:
        vector = tuple(float(value + 0.0) for value in values)  # float() alone would read text too
    except (TypeError, OverflowError):
        raise ValueError(f"a vector is a sequence of numbers, not {values!r:.80}") from None
    if not vector or not all(math.isfinite(value) for value in vector):
        raise ValueError("a vector has at least one number, and only finite ones")
    return vector


def score(name: str, value: bool | float) -> float:
    """A moderation score from 0 to 1, or True or False as one; else ValueError."""
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"{name} is True, False or a score from 0 to 1, not {value!r:.80}")
    return float(value)


def file(text: str) -> str:
    """The base64 of a file, given as that or as a data URL; else ValueError."""
    data = text.partition(";base64,")[2] if isinstance(text, str) and text.startswith("data:") else text
    try:
        return base64.b64encode(base64.b64decode(data, validate=True)).decode()
    except (TypeError, ValueError):  # of which binascii's error is one
        hint = " (base64.b64encode(data).decode())" if isinstance(text, bytes) else ""
        raise ValueError(f"a file is text in base64{hint} or a data URL, not {text!r:.80}") from None

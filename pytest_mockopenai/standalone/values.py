"""Values of options as they are written: each reader takes text and gives a value, or says what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from pytest_mockopenai.core import fields
from pytest_mockopenai.core.suggest import did_you_mean

Reader: TypeAlias = Callable[[str], object]
"""Raises ValueError with a sentence for a text that is no such value."""

_SIZE = re.compile(r"([0-9]{1,15})\s*(b|kb|mb|gb|kib|mib|gib|)\Z", re.IGNORECASE)
_FACTORS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s|m|h|)\Z")
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def text(value: str) -> str:
    """Any text but none."""
    if not value:
        raise ValueError("it is empty")
    return value


def path(value: str) -> Path:
    """The path of a file."""
    return Path(text(value))


def paths(value: str) -> tuple[Path, ...]:
    """The paths of files, separated by commas."""
    return tuple(map(Path, names(value)))


def switch(value: str) -> bool:
    """Yes or no."""
    if value.lower() not in _SWITCH:
        raise ValueError(f"'{value}' is neither true nor false")
    return _SWITCH[value.lower()]


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers in these bounds."""

    def read(value: str) -> int:
        if not re.match(r"[+-]?[0-9]{1,19}\Z", value) or not least <= int(value) <= most:
            raise ValueError(f"'{value}' is no whole number from {least} to {most}")
        return int(value)

    return read


def choice(*choices: str) -> Callable[[str], str]:
    """A reader of one of some names."""

    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"there is no '{value}'.{did_you_mean(value, choices)}")
        return value

    return read


def size(value: str) -> int:
    """Bytes: a number, or one with a unit such as `64MiB`."""
    found = _SIZE.match(value)
    if not found or not int(found[1]):
        raise ValueError(f"'{value}' is no size such as 65536 or 64MiB")
    return int(found[1]) * _FACTORS[found[2].lower()]


def seconds(value: str) -> float:
    """A time in seconds, or with a unit such as `500ms` or `2m`."""
    found = _TIME.match(value)
    if not found:
        raise ValueError(f"'{value}' is no time such as 30 (seconds), 500ms or 2m")
    return float(found[1]) * _SECONDS[found[2]]


def or_none(read: Callable[[str], float]) -> Callable[[str], float | None]:
    """A reader that takes `none` for no limit, and nothing that is 0."""

    def read_or_none(value: str) -> float | None:
        if value.lower() == "none":
            return None
        if not read(value):
            raise ValueError("0 would leave no time; write none for no limit")
        return read(value)

    return read_or_none


def url(value: str) -> str:
    """The URL of an API."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{value}' is no URL such as https://api.openai.com/v1")
    return value


def field_names(value: str) -> tuple[str, ...]:
    """Fields of a JSON body, separated by commas."""
    found = names(value)
    for name in found:
        fields.parse(name)
    return found


def names(value: str) -> tuple[str, ...]:
    """Names separated by commas."""
    found = tuple(part.strip() for part in value.split(",") if part.strip())
    if not found:
        raise ValueError("it names nothing; write names separated by commas")
    return found

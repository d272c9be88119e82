"""What a stubs file is before its meaning: plain values, and where in the text each of them is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: `("rules", 0, "reply", 1)`."""

MAX_BYTES = 2**20
"""What a Kubernetes ConfigMap may hold, too."""
MAX_DEPTH = 100
MAX_VALUES = 100_000
"""With YAML's aliases written out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a file. `locate` finds the key or the list item that a path leads to; None if it cannot tell."""

    value: Any
    locate: Callable[[Path], Place | None]


class Unreadable(Exception):
    """The text is not of its format; `place` is where, if that is known."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.place = place


class Wrong(Exception):
    """The value at `path` is not what it should be."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def shown(path: Path) -> str:
    """`rules[0].reply[1]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def place_at(text: str, offset: int) -> Place:
    """The place of a character."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def check_size(value: Any) -> None:
    """Raises `Unreadable` for values too deep or too many, and for numbers that JSON cannot hold."""
    level, seen = [value], 0
    for _ in range(MAX_DEPTH + 1):
        seen += len(level)
        if seen > MAX_VALUES:
            raise Unreadable(f"more than {MAX_VALUES:,} values")
        for number in level:
            if isinstance(number, float) and not math.isfinite(number):
                raise Unreadable(f"the number {number} is none that JSON can hold")
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise Unreadable(f"nested deeper than {MAX_DEPTH}")


def _children(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []

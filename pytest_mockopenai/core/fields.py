"""Fields of a JSON value, named as `metadata` or `messages[].name`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str, ...]
"""The steps to a field: names, and `[]` for every item of a list."""

_FIELD = re.compile(r"[^.\[\]]+(?:\[\])*(?:\.[^.\[\]]+(?:\[\])*)*")
_STEP = re.compile(r"[^.\[\]]+|\[\]")


def parse(text: str) -> Path:
    """The path of a field; raises ValueError for a text that names none."""
    if not _FIELD.fullmatch(text):
        raise ValueError(f"{text!r} is no field of a body, such as 'metadata' or 'messages[].name'")
    return tuple(_STEP.findall(text))


def without(value: Any, paths: Iterable[Path]) -> Any:
    """The value without the fields at these paths."""
    paths = [path for path in paths if path]
    if not paths:
        return value
    if isinstance(value, dict):
        gone = {path[0] for path in paths if len(path) == 1}
        return {key: without(item, _below(paths, key)) for key, item in value.items() if key not in gone}
    if isinstance(value, list):
        return [without(item, _below(paths, "[]")) for item in value]
    return value


def _below(paths: Iterable[Path], step: str) -> list[Path]:
    return [path[1:] for path in paths if path[0] == step]

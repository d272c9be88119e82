"""Reads JSON strictly (RFC 8259), refuses a key that is written twice, and knows where each value is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from pytest_mockopenai.stubs.document import Document, Path, Place, Unreadable, place_at, shown


def read(text: str) -> Document:
    """The document; raises `Unreadable`."""
    try:
        value = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_without_duplicates
        )
    except json.JSONDecodeError as error:
        raise Unreadable(f"this is no JSON: {error.msg}", Place(error.lineno, error.colno)) from None
    except _Duplicate:
        raise _duplicate(text) from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no JSON: {error}") from None

    @cache
    def offsets() -> dict[Path, int]:
        return dict(_places(text))

    def locate(path: Path) -> Place | None:
        offset = offsets().get(path)
        return None if offset is None else place_at(text, offset)

    return Document(value, locate)


class _Duplicate(Exception):
    pass


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Duplicate
    return found


def _duplicate(text: str) -> Unreadable:
    seen: set[Path] = set()
    for path, offset in _places(text):
        if path in seen:
            return Unreadable(f"the key '{shown(path)}' is written twice", place_at(text, offset))
        seen.add(path)
    return Unreadable("a key is written twice")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits:.40} is too large")
    return number


_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(slots=True)
class _Holder:
    """An object or a list whose end has not been met; `at` is its present key or index."""

    is_object: bool
    at: str | int
    wants_key: bool


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """The offset of each key and each list item of a text that is JSON, but for duplicates."""
    holders: list[_Holder] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in ("}", "]"):
            holders.pop()
        elif token == ",":
            _go_on(holders[-1])
        elif token != ":":
            if holders and holders[-1].wants_key:
                holders[-1].at, holders[-1].wants_key = json.loads(token), False
                yield tuple(holder.at for holder in holders), match.start()
                continue
            if holders and not holders[-1].is_object:
                yield tuple(holder.at for holder in holders), match.start()
            if token in ("{", "["):
                holders.append(_Holder(token == "{", 0, token == "{"))


def _go_on(holder: _Holder) -> None:
    if holder.is_object:
        holder.wants_key = True
    elif isinstance(holder.at, int):
        holder.at += 1

"""Calls and scripts as JSON, and back: how they cross from one worker to another.

The fields of a value are written by name, except those that have their defaults, and read by their types. So a field
that is added to a call, a rule or a word crosses too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.script import Script

T = TypeVar("T")


class CannotCross(ValueError):
    """A value holds what has a meaning in this process only; the message says what."""


def written(value: object) -> bytes:
    """A value of dataclasses as JSON. Raises `CannotCross` for what is no JSON, such as a function."""
    try:
        return jsontext.dumps(_plain(value))
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, CannotCross) else CannotCross(f"this cannot be shared: {error}") from None


def written_script(script: Script) -> bytes:
    """The rules as JSON. Raises `CannotCross` for a rule with `where=`."""
    for rule in script.rules:
        if rule.when.where is not None:
            raise CannotCross(
                f"where={getattr(rule.when.where, '__name__', 'function')} is a function of this process: workers that "
                "share their state cannot call it. Use contains=, matches=, model=, tool=, turn= or header= instead."
            )
    return written(script)


def read(kind: type[T], data: bytes) -> T:
    """The value of this type that was written."""
    return cast("T", _read(kind, jsontext.loads(data)))


# --- writing ----------------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """The value as the JSON encoder takes it: tuples are fine, dataclasses (alone, or in a tuple of them) are not."""
    if is_dataclass(value):
        return dict(_given(value))
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return [_plain(item) for item in value]
    return {**value} if isinstance(value, Mapping) else value


def _given(value: Any) -> Iterator[tuple[str, Any]]:
    for name, default in _fields(value.__class__):
        item = getattr(value, name)
        if item is not default and item != default:
            yield name, item if item.__class__ in _SCALARS else _plain(item)


_SCALARS = (str, int, float, bool)


@cache
def _fields(kind: Hashable) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(cast("type[Any]", kind)))


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if is_dataclass(kind):
        hints = _hints(cast("Hashable", kind))
        return kind(**{name: _read(hints[name], item) for name, item in value.items()})  # type: ignore[operator]
    origin = get_origin(kind)
    if origin is Union or origin is UnionType:
        (kind,) = (each for each in get_args(kind) if each is not type(None))
        return _read(kind, value)
    return _read_tuple(get_args(kind), value) if origin is tuple else value


def _read_tuple(kinds: tuple[Any, ...], value: list[Any]) -> tuple[Any, ...]:
    if kinds[1:] == (Ellipsis,):
        return tuple(_read(kinds[0], item) for item in value)
    return tuple(_read(kind, item) for kind, item in zip(kinds, value, strict=True))


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)

"""Filters by the attributes of files: what the API refuses of them, and which files they let through.

Forms as in openai/types/shared_params/comparison_filter.py and compound_filter.py, whose nested filters no type
describes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.wording import json_type

_COMPOUND = ("and", "or")
_LISTS = ("in", "nin")
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_TYPES = ("eq", "ne", *_ORDERED, *_LISTS, *_COMPOUND)


def matches(filter_: JSON, attributes: Mapping[str, Any]) -> bool:
    """Whether a file with these attributes passes a filter that was checked.

    A file without the attribute passes `ne` and `nin` only. Values of different JSON types are never equal, and neither
    is above the other; strings are ordered by their characters.
    """
    kind = filter_["type"]
    if kind in _COMPOUND:
        each = (matches(part, attributes) for part in filter_["filters"])
        return all(each) if kind == "and" else any(each)
    value, wanted = attributes.get(filter_["key"]), filter_["value"]
    if kind in _ORDERED:
        return _sort_of(value) == _sort_of(wanted) in ("a number", "a string") and _ORDERED[kind](value, wanted)
    found = any(_same(value, each) for each in (wanted if kind in _LISTS else [wanted]))
    return found is (kind in ("eq", "in"))


def check(filter_: object, path: str) -> None:
    """Refuse what is no filter; `path` names it in the request."""
    if not isinstance(filter_, dict):
        raise Refused(errors.invalid_type(path, "an object", json_type(filter_)))
    kind = _needed(filter_, "type", path)
    if kind not in _TYPES:
        raise Refused(errors.invalid_value(f"{path}.type", kind, _TYPES))
    if kind in _COMPOUND:
        _check_parts(_needed(filter_, "filters", path), f"{path}.filters")
        return
    key, value = _needed(filter_, "key", path), _needed(filter_, "value", path)
    if not isinstance(key, str):
        raise Refused(errors.invalid_type(f"{path}.key", "a string", json_type(key)))
    _check_value(kind, value, f"{path}.value")


def _check_parts(parts: object, path: str) -> None:
    if not isinstance(parts, list):
        raise Refused(errors.invalid_type(path, "an array of objects", json_type(parts)))
    for place, part in enumerate(parts):
        check(part, f"{path}[{place}]")


def _check_value(kind: str, value: object, path: str) -> None:
    if kind in _LISTS:
        if not isinstance(value, list):
            raise Refused(errors.invalid_type(path, "an array", json_type(value)))
        for place, each in enumerate(value):
            _check_plain(each, f"{path}[{place}]")
    else:
        _check_plain(value, path)


def _check_plain(value: object, path: str) -> None:
    if not isinstance(value, (str, int, float)):
        expected = "one of a string, number, or boolean"
        raise Refused(errors.invalid_type(path, expected, json_type(value)))


def _needed(filter_: JSON, name: str, path: str) -> Any:
    if name not in filter_:
        raise Refused(errors.missing_parameter(f"{path}.{name}"))
    return filter_[name]


def _same(one: object, other: object) -> bool:
    return _sort_of(one) == _sort_of(other) and one == other


def _sort_of(value: object) -> str:
    """The JSON type of a value, where all numbers are of one."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return "a number" if number else json_type(value)

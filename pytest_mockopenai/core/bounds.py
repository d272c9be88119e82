"""The numeric and length bounds of parameters, refused in OpenAI's words; it knows no parameter itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value of a number, both allowed; None for no limit.

    A float as a limit makes the parameter a decimal: `Range(0.0, 2.0)` for `temperature`, but `Range(1, 128)` for `n`.
    """

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """The least and the greatest length, both allowed: characters of a string, items of an array, keys of an object."""

    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Items(Length):
    """A length that binds arrays only, for a parameter that may be one text or a list: `stop`, `input`."""


def check_bounds(bounds: Mapping[str, Range | Length], body: Mapping[str, Any]) -> Error | None:
    """The first bound that `body` breaks, in the order of `bounds`, as a 400, or None.

    A key of `bounds` is a parameter's path: `n`, `text.format.name`, `messages[].tool_calls` (each item), `metadata.*`
    (each value). What is absent, null or of another type is passed over: types are for the contract to check.
    Codes and wordings are those of the real API, such as `decimal_above_max_value` and `empty_array`.
    """
    for path, bound in bounds.items():
        if _steps(path)[0] not in body:
            continue
        for where, value in _found(body, _steps(path), ""):
            error = _broken(bound, where, value)
            if error is not None:
                return error
    return None


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))


def _found(value: object, steps: tuple[str, ...], where: str) -> Iterator[tuple[str, object]]:
    if not steps:
        yield where, value
        return
    for inner, child in _children(value, steps[0], where):
        yield from _found(child, steps[1:], inner)


def _children(value: object, step: str, where: str) -> Iterator[tuple[str, object]]:
    if step == "[]":
        items = value if isinstance(value, list) else []
        yield from ((f"{where}[{index}]", item) for index, item in enumerate(items))
    elif isinstance(value, Mapping):
        names = list(value) if step == "*" else [step] if step in value else []
        yield from ((f"{where}.{name}" if where else name, value[name]) for name in names)


def _broken(bound: Range | Length, where: str, value: object) -> Error | None:
    if isinstance(bound, Range):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return _out_of_range(bound, where, value) if number else None  # type: ignore[arg-type]
    if isinstance(value, str) and not isinstance(bound, Items):
        return _string(bound, where, len(value))
    if isinstance(value, list):
        return _array(bound, where, len(value))
    return _object(bound, where, len(value)) if isinstance(value, Mapping) else None


def _out_of_range(bound: Range, where: str, value: float) -> Error | None:
    decimal = any(isinstance(number, float) for number in (bound.low, bound.high))
    if isinstance(value, float) and not isfinite(value):
        expected = "a decimal" if decimal else "an integer"
        return errors.invalid_type(where, expected, "a non-finite number")
    kind = "decimal" if decimal else "integer"
    if bound.low is not None and value < bound.low:
        limit = f"Expected a value >= {_plain(bound.low)}, but got {value} instead."
        return _invalid(where, f"{kind} below minimum value. {limit}", f"{kind}_below_min_value")
    if bound.high is not None and value > bound.high:
        limit = f"Expected a value <= {_plain(bound.high)}, but got {value} instead."
        return _invalid(where, f"{kind} above maximum value. {limit}", f"{kind}_above_max_value")
    return None


def _plain(limit: float) -> float:
    """A limit as OpenAI writes it: `2` for 2.0."""
    return int(limit) if limit == int(limit) else limit


def _string(bound: Length, where: str, size: int) -> Error | None:
    if bound.high is not None and size > bound.high:
        limit = f"Expected a string with maximum length {bound.high}, but got a string with length {size} instead."
        return _invalid(where, f"string too long. {limit}", "string_above_max_length")
    if size >= bound.low:
        return None
    limit = f"Expected a string with minimum length {bound.low}, but got"
    if not size:
        return _invalid(where, f"empty string. {limit} an empty string instead.", "empty_string")
    return _invalid(where, f"string too short. {limit} a string with length {size} instead.", "string_below_min_length")


def _array(bound: Length, where: str, size: int) -> Error | None:
    if bound.high is not None and size > bound.high:
        limit = f"Expected an array with maximum length {bound.high}, but got an array with length {size} instead."
        return _invalid(where, f"array too long. {limit}", "array_above_max_length")
    if size >= bound.low:
        return None
    limit = f"Expected an array with minimum length {bound.low}, but got"
    if not size:
        return _invalid(where, f"empty array. {limit} an empty array instead.", "empty_array")
    return _invalid(where, f"array too short. {limit} an array with length {size} instead.", "array_below_min_length")


def _object(bound: Length, where: str, size: int) -> Error | None:
    got = f"but got an object with {size} properties instead."
    if bound.high is not None and size > bound.high:
        limit = f"Expected an object with at most {bound.high} properties, {got}"
        return _invalid(where, f"too many properties. {limit}", "object_above_max_properties")
    if size < bound.low:
        limit = f"Expected an object with at least {bound.low} properties, {got}"
        return _invalid(where, f"too few properties. {limit}", "object_below_min_properties")
    return None


def _invalid(where: str, reason: str, code: str) -> Error:
    return errors.invalid(f"Invalid '{where}': {reason}", param=where, code=code)

"""Bounds are refused in OpenAI's words, with its codes, at the right path, and nothing else is."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.bounds import Length, Range, check_bounds

BOUNDS: dict[str, Range | Length] = {
    "messages": Length(1),
    "messages[].tool_calls": Length(1),
    "tools": Length(0, 128),
    "tools[].function.name": Length(1, 64),
    "choices": Length(2),
    "name": Length(3, 5),
    "max_output_tokens": Range(16),
    "n": Range(1, 128),
    "temperature": Range(0.0, 2.0),
    "presence_penalty": Range(-2.0, 2.0),
    "seconds": Range(0.5, None),
    "metadata": Length(0, 16),
    "metadata.*": Length(0, 512),
    "filter": Length(1),
    "bytes": Range(0, 8_000_000.0),
}
REFUSED = [
    (
        {"temperature": 99},
        "temperature",
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 99 instead.",
    ),
    (
        {"presence_penalty": -3},
        "presence_penalty",
        "decimal_below_min_value",
        "Invalid 'presence_penalty': decimal below minimum value. Expected a value >= -2, but got -3 instead.",
    ),
    (
        {"seconds": 0.25},
        "seconds",
        "decimal_below_min_value",
        "Invalid 'seconds': decimal below minimum value. Expected a value >= 0.5, but got 0.25 instead.",
    ),
    (
        {"n": 0},
        "n",
        "integer_below_min_value",
        "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ),
    (
        {"bytes": 9_000_000},
        "bytes",
        "decimal_above_max_value",
        "Invalid 'bytes': decimal above maximum value. Expected a value <= 8000000, but got 9000000 instead.",
    ),
    (
        {"n": 129},
        "n",
        "integer_above_max_value",
        "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
    ),
    (
        {"messages": []},
        "messages",
        "empty_array",
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ),
    (
        {"messages": [{"tool_calls": [1]}, {"tool_calls": []}]},
        "messages[1].tool_calls",
        "empty_array",
        "Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty "
        "array instead.",
    ),
    (
        {"tools": [{}] * 130},
        "tools",
        "array_above_max_length",
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 130 "
        "instead.",
    ),
    (
        {"choices": ["a"]},
        "choices",
        "array_below_min_length",
        "Invalid 'choices': array too short. Expected an array with minimum length 2, but got an array with length 1 "
        "instead.",
    ),
    (
        {"tools": [{"function": {"name": ""}}]},
        "tools[0].function.name",
        "empty_string",
        "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty "
        "string instead.",
    ),
    (
        {"name": "ab"},
        "name",
        "string_below_min_length",
        "Invalid 'name': string too short. Expected a string with minimum length 3, but got a string with length 2 "
        "instead.",
    ),
    (
        {"metadata": {"a": "x", "k": "x" * 600}},
        "metadata.k",
        "string_above_max_length",
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with "
        "length 600 instead.",
    ),
    (
        {"metadata": {f"k{i}": "v" for i in range(17)}},
        "metadata",
        "object_above_max_properties",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
        "with 17 properties instead.",
    ),
    (
        {"filter": {}},
        "filter",
        "object_below_min_properties",
        "Invalid 'filter': too few properties. Expected an object with at least 1 properties, but got an object with 0 "
        "properties instead.",
    ),
]


@pytest.mark.parametrize(("body", "param", "code", "message"), REFUSED, ids=[row[2] + row[1] for row in REFUSED])
def test_words(body: dict[str, Any], param: str, code: str, message: str) -> None:
    error = check_bounds(BOUNDS, body)
    assert error is not None
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert (error.param, error.code, error.message) == (param, code, message)


@pytest.mark.parametrize("value", [10**400, -(10**400)])
@pytest.mark.parametrize("name", ["temperature", "n"])
def test_whole_numbers_that_no_float_holds(name: str, value: int) -> None:
    error = check_bounds(BOUNDS, {name: value})
    assert error is not None
    assert (error.code or "").endswith("_above_max_value" if value > 0 else "_below_min_value")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("name", "expected"), [("temperature", "a decimal"), ("n", "an integer")])
def test_no_number(name: str, expected: str, value: float) -> None:
    error = check_bounds(BOUNDS, {name: value})
    assert error is not None
    assert (error.param, error.code) == (name, "invalid_type")
    assert f"expected {expected}, but got a non-finite number" in error.message


@pytest.mark.parametrize(
    "body",
    [
        {},
        {name.partition("[")[0].partition(".")[0]: None for name in BOUNDS},
        {"n": 1, "temperature": 0, "presence_penalty": -2, "max_output_tokens": 16},
        {"n": 128, "temperature": 2.0, "presence_penalty": 2, "max_output_tokens": 10**30},
        {"n": True, "temperature": "hot", "messages": "hi", "metadata": [1], "tools": [7, {"function": 8}]},
        {"metadata": {f"k{i}": "x" * 512 for i in range(16)}, "tools": [{"function": {"name": "x" * 64}}] * 128},
        {"messages": [{"content": "hi"}, "hi"], "name": "abc", "choices": ["a", "b"]},
    ],
)
def test_let_through(body: dict[str, Any]) -> None:
    """Both limits are allowed; what is absent, null or of another type is not a matter of bounds."""
    assert check_bounds(BOUNDS, body) is None


def test_order_is_that_of_the_bounds() -> None:
    body = {"temperature": 9, "n": 0}
    first, second = check_bounds({"n": Range(1), "temperature": Range(0.0, 2.0)}, body), check_bounds(BOUNDS, body)
    assert first is not None
    assert first.param == "n"
    assert first == second
    swapped = check_bounds({"temperature": Range(0.0, 2.0), "n": Range(1)}, body)
    assert swapped is not None
    assert swapped.param == "temperature"


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_number_is_refused_outside_its_range_and_only_there(value: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert (check_bounds({"x": Range(low, high)}, {"x": value}) is None) == (low <= value <= high)


@given(
    st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.none()), st.integers(0, 5), st.integers(0, 5)
)
def test_a_length_is_refused_outside_its_limits_and_only_there(value: Any, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert (check_bounds({"x": Length(low, high)}, {"x": value}) is None) == (low <= len(value) <= high)

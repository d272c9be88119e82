"""Rules that several endpoints share, in OpenAI's words."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_mockopenai.core import checks
from pytest_mockopenai.core.bounds import check_bounds
from pytest_mockopenai.core.errors import Error, Refused

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "properties": {"city": {"type": "string"}}}


def refused(check: Callable[..., None], *args: Any, **kwargs: Any) -> Error:
    with pytest.raises(Refused) as caught:
        check(*args, **kwargs)
    return caught.value.error


# --- metadata ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": {}}, {"metadata": {"k" * 64: "v" * 512}}])
def test_metadata(body: dict[str, Any]) -> None:
    checks.metadata_keys(body)
    assert check_bounds(checks.METADATA_BOUNDS, body) is None


def test_a_metadata_key_that_is_too_long() -> None:
    error = refused(checks.metadata_keys, {"metadata": {"a": "1", "k" * 65: "2"}})
    assert (error.status, error.param, error.code) == (400, "metadata", "string_above_max_length")
    assert "maximum length 64, but got a string with length 65 instead." in error.message


@pytest.mark.parametrize(
    ("metadata", "param"),
    [({f"k{number}": "" for number in range(17)}, "metadata"), ({"k": "v" * 513}, "metadata.k")],
)
def test_too_much_metadata(metadata: dict[str, str], param: str) -> None:
    error = check_bounds(checks.METADATA_BOUNDS, {"metadata": metadata})
    assert error is not None
    assert error.param == param


# --- schemas ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        {"name": "get_weather"},
        {"name": "get-weather", "parameters": SCHEMA, "strict": True},
        {"name": "f", "parameters": OPEN},
        {"name": "f", "parameters": OPEN, "strict": None},
    ],
)
def test_functions(function: dict[str, Any]) -> None:
    checks.function_schema(function, "tools[0].function")


def test_a_function_with_a_wrong_name() -> None:
    error = refused(checks.function_schema, {"name": "get weather"}, "tools[0].function")
    assert (error.status, error.param, error.code) == (400, "tools[0].function.name", "invalid_value")


def test_a_strict_function_with_an_open_schema() -> None:
    function = {"name": "f", "parameters": OPEN, "strict": True}
    error = refused(checks.function_schema, function, "tools[1].function")
    assert (error.status, error.param) == (400, "tools[1].function.parameters")
    assert error.code == "invalid_function_parameters"


@pytest.mark.parametrize(("schema", "is_strict"), [(None, True), (OPEN, False), (SCHEMA, True)])
def test_output_schemas(schema: dict[str, Any] | None, is_strict: bool) -> None:
    checks.output_schema("answer", schema, is_strict=is_strict, param="response_format")


def test_a_strict_output_with_an_open_schema() -> None:
    error = refused(checks.output_schema, "answer", OPEN, is_strict=True, param="response_format")
    assert (error.status, error.param, error.code) == (400, "response_format", "invalid_json_schema")


# --- one parameter needs another --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [{}, {"top_logprobs": None}, {"top_logprobs": 2, "logprobs": True}, {"logprobs": True}]
)
def test_with_what_it_needs(body: dict[str, Any]) -> None:
    checks.only_with(body, ("top_logprobs",), "logprobs", phrase="'logprobs' is enabled")


@pytest.mark.parametrize("body", [{"b": 0}, {"b": 1, "needed": False}, {"b": 1, "needed": None}])
def test_without_what_it_needs(body: dict[str, Any]) -> None:
    error = refused(checks.only_with, body, ("a", "b"), "needed", phrase="'needed' is set")
    assert error.param == "b"
    assert error.message == "Invalid value for 'b': 'b' is only allowed when 'needed' is set."


def test_what_an_old_sdk_does_not_ask_for() -> None:
    rule: Any = checks.needs("prompt", "video")
    rule(SimpleNamespace(body={"prompt": "A cat", "video": {}}))
    error = refused(rule, SimpleNamespace(body={"prompt": "A cat"}))
    assert (error.param, error.code) == ("video", "missing_required_parameter")

"""A parameter is missing, unknown, mistyped, out of range, or not for this model."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_mockopenai.core.errors.envelope import Error
from pytest_mockopenai.core.wording import listed


def missing_parameter(path: str) -> Error:
    """400: a required parameter is missing; `path` is such as `messages[0].role`."""
    return Error(400, f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def unknown_parameter(path: str) -> Error:
    """400: no such parameter."""
    return Error(400, f"Unknown parameter: '{path}'.", param=path, code="unknown_parameter")


def invalid_type(path: str, expected: str, got: str) -> Error:
    """400: wrong JSON type; `expected` and `got` are phrases: `a string`, `one of a string or array of objects`."""
    message = f"Invalid type for '{path}': expected {expected}, but got {got} instead."
    return Error(400, message, param=path, code="invalid_type")


def invalid_value(path: str, value: object, supported: Iterable[object] = ()) -> Error:
    """400: not one of the values of an enum."""
    names = [f"'{name}'" for name in supported]
    message = f"Invalid value: '{value}'."
    if names:
        message += f" Supported values are: {listed(names)}."
    return Error(400, message, param=path, code="invalid_value")


def null_content(index: int) -> Error:
    """400: a message whose content must be there is null."""
    return Error(400, "Invalid value for 'content': expected a string, got null.", param=f"messages.[{index}].content")


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Error:
    """400 in words of the caller's own."""
    return Error(400, message, param=param, code=code)


def unsupported_parameter(name: str, instead: str | None = None) -> Error:
    """400: the model does not take this parameter."""
    hint = f" Use '{instead}' instead." if instead else ""
    message = f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
    return Error(400, message, param=name, code="unsupported_parameter")


def unsupported_value(name: str, value: object, only: object) -> Error:
    """400: the model takes this parameter with one value only."""
    message = (
        f"Unsupported value: '{name}' does not support {value} with this model. "
        f"Only the default ({only}) value is supported."
    )
    return Error(400, message, param=name, code="unsupported_value")


def mutually_exclusive(one: str, other: str) -> Error:
    """400: two parameters of which a request may have one."""
    return Error(
        400,
        f"Mutually exclusive parameters: '{one}' and '{other}'. Ensure you are only providing one of: "
        f"'{one}' or '{other}'.",
        param=one,
        code="mutually_exclusive_parameters",
    )

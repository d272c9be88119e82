"""Rules about values that several endpoints share: metadata, tools, structured output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_mockopenai.core import errors, strict
from pytest_mockopenai.core.errors import Error, Refused

_METADATA_PAIRS, _METADATA_KEY, _METADATA_VALUE = 16, 64, 512  # openai/types/shared_params/metadata.py


def metadata(body: Mapping[str, Any]) -> None:
    """Refuse more than 16 pairs, keys over 64 and values over 512 characters."""
    pairs = body.get("metadata") or {}
    if len(pairs) > _METADATA_PAIRS:
        raise Refused(
            errors.invalid(
                f"Invalid 'metadata': too many properties. Expected an object with at most {_METADATA_PAIRS} properties, "
                f"but got an object with {len(pairs)} properties instead.",
                param="metadata",
                code="object_above_max_properties",
            )
        )
    for key, value in pairs.items():
        if len(key) > _METADATA_KEY:
            raise Refused(_too_long("metadata", key, _METADATA_KEY))
        if len(value) > _METADATA_VALUE:
            raise Refused(_too_long(f"metadata.{key}", value, _METADATA_VALUE))


def _too_long(path: str, text: str, limit: int) -> Error:
    return errors.invalid(
        f"Invalid '{path}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {len(text)} instead.",
        param=path,
        code="string_above_max_length",
    )


def function_schema(function: Mapping[str, Any], path: str) -> None:
    """Refuse a function whose name or parameters OpenAI refuses; `path` is such as `tools[0].function`."""
    name, parameters = function["name"], function.get("parameters")
    problem = strict.name_problem(name, path=f"{path}.name")
    if problem:
        raise Refused(errors.invalid(problem, param=f"{path}.name", code="invalid_value"))
    problem = strict.function_problem(parameters, name=name, strict=bool(function.get("strict")))
    if problem:
        raise Refused(errors.invalid(problem, param=f"{path}.parameters", code="invalid_function_parameters"))


def output_schema(name: str, schema: Mapping[str, Any] | None, *, is_strict: bool, param: str) -> None:
    """Refuse a structured-output schema that OpenAI refuses; `param` names the parameter that holds it."""
    if schema is None or not is_strict:
        return
    problem = strict.response_format_problem(schema, name=name)
    if problem:
        raise Refused(errors.invalid(problem, param=param, code="invalid_json_schema"))


def only_with(body: Mapping[str, Any], names: Sequence[str], needed: str, *, phrase: str) -> None:
    """Refuse parameters that make no sense without another one."""
    for name in names:
        if body.get(name) is not None and not body.get(needed):
            raise Refused(
                errors.invalid(f"Invalid value for '{name}': '{name}' is only allowed when {phrase}.", param=name)
            )

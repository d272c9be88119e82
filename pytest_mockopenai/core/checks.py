"""Rules about values that several endpoints share: metadata, tools, structured output, options of streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_mockopenai.core import errors, strict
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Refused

METADATA_BOUNDS = {"metadata": Length(0, 16), "metadata.*": Length(0, 512)}
"""Pairs, and characters of a value (openai/types/shared_params/metadata.py)."""

_METADATA_KEY = 64


def metadata_keys(body: Mapping[str, Any], name: str = "metadata", *, prefix: str = "") -> None:
    """Refuse a key of more than 64 characters in `metadata`, or another parameter of that form below `prefix`."""
    path = prefix + name
    for key in body.get(name) or ():
        if len(key) > _METADATA_KEY:
            raise Refused(
                errors.invalid(
                    f"Invalid property name in '{path}': '{key[:_METADATA_KEY]}...' is too long. Expected a string "
                    f"with maximum length {_METADATA_KEY}, but got a string with length {len(key)} instead.",
                    param=path,
                    code="string_above_max_length",
                )
            )


def metadata_rule(context: Context) -> None:
    """The same as a rule of an endpoint."""
    metadata_keys(context.body)


NAME_LENGTH = Length(1, 64)
"""Characters of the name of a function or response format."""


def named(name: str, path: str) -> None:
    """Refuse the name of a function or response format that has other characters than OpenAI allows."""
    problem = strict.name_problem(name, path=path)
    if problem:
        raise Refused(errors.invalid(problem, param=path, code="invalid_value"))


def function_schema(function: Mapping[str, Any], path: str) -> None:
    """Refuse a function whose name or parameters OpenAI refuses; `path` is such as `tools[0].function`."""
    name, parameters = function["name"], function.get("parameters")
    named(name, f"{path}.name")
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


def unbroken(answer: Answer | None) -> None:
    """Refuse with 500 a scripted failure, where a reply cannot say of itself that the model failed."""
    if answer and answer.failure:
        raise Refused(replace(errors.server_error(), message=answer.failure.message, code=answer.failure.code))


def only_enabled(body: Mapping[str, Any], name: str, switch: str) -> None:
    """Refuse a parameter without the switch that it belongs to, such as `stream_options` without `stream`."""
    if body.get(name) is not None and not body.get(switch):
        message = f"The '{name}' parameter is only allowed when '{switch}' is enabled."
        raise Refused(errors.invalid(message, param=name))


def exactly_one(body: Mapping[str, Any], one: str, other: str) -> None:
    """Refuse both of two parameters, and neither: then the first one is missing."""
    given = [name for name in (one, other) if body.get(name) is not None]
    if len(given) == 2:
        raise Refused(errors.mutually_exclusive(one, other))
    if not given:
        raise Refused(errors.missing_parameter(one))


def only_with(body: Mapping[str, Any], names: Sequence[str], needed: str, *, phrase: str) -> None:
    """Refuse parameters that make no sense without another one."""
    for name in names:
        if body.get(name) is not None and not body.get(needed):
            raise Refused(
                errors.invalid(f"Invalid value for '{name}': '{name}' is only allowed when {phrase}.", param=name)
            )


def needs(*names: str) -> Callable[[Context], None]:
    """A rule for what must be there also where the installed SDK is too old to say so."""

    def check(context: Context) -> None:
        missing = next((name for name in names if name not in context.body), None)
        if missing:
            raise Refused(errors.missing_parameter(missing))

    return check

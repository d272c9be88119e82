"""What OpenAI refuses of a JSON schema or of a function's name, in its words.

The rules are those of the Structured Outputs guide (platform.openai.com/docs/guides/structured-outputs,
"Supported schemas"). The API's wordings are not documented: they are those that users report, and each is
named where it is made by a thread on GitHub that quotes it.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pytest_mockopenai.core.strict.faults import loose_fault, strict_fault
from pytest_mockopenai.core.strict.limits import excess
from pytest_mockopenai.core.strict.root import malformed, not_an_object

__all__ = ["function_problem", "name_problem", "response_format_problem", "strict_problem"]

_NAME = "^[a-zA-Z0-9_-]+$"


def name_problem(name: str, *, path: str) -> str | None:
    """What is wrong with the name of a function or response format; `path` is the parameter that holds it.

    The error's code is `invalid_value`. Wording: microsoft/semantic-kernel#9416. The length is the endpoint's to bound.
    """
    if re.fullmatch(_NAME, name) is None:
        return f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '{_NAME}'."
    return None


def response_format_problem(schema: Any, *, name: str) -> str | None:
    """What is wrong with the schema of a strict `json_schema` response format; None if nothing is."""
    return strict_problem(schema, name=name, kind="response_format")


def function_problem(parameters: Any, *, name: str, strict: bool) -> str | None:
    """What is wrong with a function's parameters; None, for a function without any, is right.

    Without `strict` too the root has to be an object and no choice (nspady/google-calendar-mcp#39), with
    `properties` (spring-projects/spring-ai#4776), and arrays need `items`
    (streamnative/streamnative-mcp-server#26). The error's code is `invalid_function_parameters`.
    """
    if parameters is None:
        return None
    if strict:
        return strict_problem(parameters, name=name, kind="function")
    problem = malformed(parameters) or not_an_object(parameters, "function") or loose_fault(parameters)
    return problem and f"Invalid schema for function '{name}': {problem}"


def strict_problem(
    schema: Any, *, name: str, kind: Literal["response_format", "function"] = "response_format"
) -> str | None:
    """What OpenAI says about a schema that strict mode does not take; None if it takes it.

    In which order it looks for faults is not documented: here the root comes first, then each schema before
    those inside it, and the sizes of the whole last. The error's code is `invalid_json_schema` for a response
    format, `invalid_function_parameters` for a function.
    """
    problem = malformed(schema) or not_an_object(schema, kind) or strict_fault(schema) or excess(schema)
    return problem and f"Invalid schema for {kind} '{name}': {problem}"

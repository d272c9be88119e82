"""Tokens of what a request declares beside its messages: tools and the schema of a structured output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_mockopenai.tokens import typescript
from pytest_mockopenai.tokens.count import Count, Tokenizer, estimated, exact, modelled
from pytest_mockopenai.tokens.parts import mappings, string

__all__ = ["as_json", "call_text", "declared_functions", "function_tokens", "hosted_tokens", "schema_tokens"]

Object = Mapping[str, Any]

# Definitions of OpenAI's hosted tools, as recorded; what such a tool then reads is not in here.
_HOSTED: Final[Mapping[str, int]] = {"web_search": 294, "web_search_preview": 294, "image_generation": 342}
_OTHER_HOSTED: Final = 300


def declared_functions(body: Object) -> list[Object]:
    """Function and custom tools of a request, chat's, legacy chat's (`functions`) or the Responses API's."""
    declared = [_definition(tool) for tool in mappings(body.get("tools"))]
    return [found for found in declared if found is not None] + list(mappings(body.get("functions")))


def _definition(tool: Object) -> Object | None:
    kind = string(tool, "type")
    if kind not in ("function", "custom"):
        return None
    inner = tool.get(kind)
    definition = inner if isinstance(inner, Mapping) else tool
    return {**definition, "format": definition.get("format")} if kind == "custom" else definition


def function_tokens(functions: Sequence[Object], overhead: int, counter: Tokenizer) -> Count:
    """Tokens of the functions rendered as TypeScript, and the overhead of having any."""
    if not functions:
        return exact(0)
    if any(function.get("description") for function in functions):
        overhead += counter.family.described_tools
    return modelled(overhead) + counter.count(typescript.declarations(functions)) + _grammars(functions)


def _grammars(functions: Sequence[Object]) -> Count:
    constrained = any(isinstance(function.get("format"), Mapping) for function in functions)
    return estimated(0) if constrained else exact(0)


def hosted_tokens(body: Object) -> Count:
    """Tokens of OpenAI's own tools (`web_search`, `mcp`, ...) in a request: always estimated."""
    kinds = [string(tool, "type") for tool in mappings(body.get("tools"))]
    hosted = [_HOSTED.get(kind, _OTHER_HOSTED) for kind in kinds if kind not in ("function", "custom")]
    return estimated(sum(hosted)) if hosted else exact(0)


def schema_tokens(response_format: object, counter: Tokenizer) -> Count:
    """Tokens of a `json_schema` format, chat's (with an inner object) or the Responses API's; others cost nothing."""
    if not isinstance(response_format, Mapping) or response_format.get("type") != "json_schema":
        return exact(0)
    inner = response_format.get("json_schema")
    named = inner if isinstance(inner, Mapping) else response_format
    comment = f"// {string(named, 'description')}\n" if named.get("description") else ""
    schema = as_json(_without_additional(named.get("schema")))
    text = f"# Response Formats\n\n## {string(named, 'name')}\n\n{comment}{schema}"
    return estimated(counter.length(text))


def _without_additional(schema: object) -> object:
    if isinstance(schema, Mapping):
        kept = {key: value for key, value in schema.items() if key != "additionalProperties"}
        return {key: _without_additional(value) for key, value in kept.items()}
    return [_without_additional(item) for item in schema] if isinstance(schema, list) else schema


def call_text(call: Object) -> tuple[str, str]:
    """(name, arguments) of a tool call: chat's function or custom call, `function_call`, or a Responses item."""
    inner = call.get(string(call, "type"))
    held = inner if isinstance(inner, Mapping) else call.get("function")
    held = held if isinstance(held, Mapping) else call
    return string(held, "name"), string(held, "arguments") or string(held, "input")


def as_json(value: object) -> str:
    """Minified JSON, non-ASCII characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)

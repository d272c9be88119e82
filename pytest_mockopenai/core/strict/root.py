"""What has to be right before anything else: that it is a JSON schema at all, and one of an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core.strict.walk import inner

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_COMBINING = ("oneOf", "anyOf", "allOf", "enum", "not")
_REFUSED = {"function": _COMBINING, "response_format": ("anyOf", "enum")}


def malformed(schema: Any) -> str | None:
    """The first value that no JSON schema can have there, worded as by Python's jsonschema, as OpenAI does.

    Wordings: yomorun/yomo#860 (`required` is null), FoundationAgents/OpenManus#1162 (a schema is an array).
    """
    stack = [schema]
    while stack:
        value = stack.pop()
        if not isinstance(value, (Mapping, bool)):
            return f"{_shown(value)} is not of type 'object', 'boolean'."
        if isinstance(value, Mapping):
            problem = next(filter(None, (_misfit(word, given) for word, given in value.items())), None)
            if problem is not None:
                return problem
            stack.extend(reversed([within for _, within, _ in inner(value)]))
    return None


def not_an_object(schema: Any, kind: str) -> str | None:
    """The root is an object and no choice (guide, "Root objects must not be anyOf and must be an object").

    Wordings: clay-good/OpenLore#52, browserbase/stagehand#1159 ("None"), langchain-ai/langchainjs#9804
    (choices).
    """
    given = schema.get("type") if isinstance(schema, Mapping) else None
    if given != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{given}\"'."
    if any(word in schema for word in _REFUSED[kind]):
        listed = "/".join(map(repr, _COMBINING))
        return f"schema must have type 'object' and not have {listed} at the top level."
    return None


def _misfit(keyword: str, value: Any) -> str | None:
    if keyword in ("properties", "$defs", "definitions") and not isinstance(value, Mapping):
        return f"{_shown(value)} is not of type 'object'."
    if keyword in ("required", "enum", "anyOf", "oneOf", "allOf") and not isinstance(value, list):
        return f"{_shown(value)} is not of type 'array'."
    if keyword == "required":
        wrong = [name for name in value if not isinstance(name, str)]
        return f"{_shown(wrong[0])} is not of type 'string'." if wrong else None
    kinds = value if isinstance(value, list) else [value]
    if keyword == "type" and not all(kind in _TYPES for kind in kinds):
        return f"{_shown(value)} is not valid under any of the given schemas."
    return None


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 200 else f"{shown[:200]}..."

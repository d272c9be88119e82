"""What is wrong with one of the schemas inside: the rules of strict mode, and the few that hold without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from pytest_mockopenai.core.strict.walk import Node, nodes

FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
)  # guide, "Supported properties"

NOT_PERMITTED = frozenset(
    (
        *("allOf", "oneOf", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"),
        *("minLength", "maxLength", "uniqueItems", "contains", "minContains", "maxContains"),
        *("prefixItems", "additionalItems", "unevaluatedItems", "unevaluatedProperties"),
        *("patternProperties", "propertyNames", "minProperties", "maxProperties", "default"),
    )
)
"""Keywords that strict mode refuses.

The guide names `allOf`, `not`, `if` and the `dependent` ones. Reported of the API as well: `oneOf` and
`default` (openai/openai-agents-python#474), `minLength` (coder/mux#1220), `uniqueItems`
(mastra-ai/mastra#23321) and `propertyNames` (can1357/oh-my-pi#209). The others are of the same families.
`pattern`, `format`, the bounds of numbers, `minItems` and `maxItems` are supported since 2025.
"""

_REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."


def loose_fault(schema: Mapping[str, Any]) -> str | None:
    """The first fault of a function that is not strict."""
    if "properties" not in schema and "additionalProperties" not in schema:
        return "In context=(), object schema missing properties."
    arrays = (node for node in nodes(schema) if node.kind == "array" and "items" not in node.schema)
    return next((node.says("array schema missing items.") for node in arrays), None)


def strict_fault(schema: Mapping[str, Any]) -> str | None:
    """The first fault of a strict schema."""
    for node in nodes(schema):
        fault = _reference_fault(node, schema) if "$ref" in node.schema else _fault(node)
        if fault is not None:
            return fault
    return None


def _reference_fault(node: Node, root: Mapping[str, Any]) -> str | None:
    """A reference stands alone and points at the root or at a definition.

    Its wordings turn up in many projects; openai-python inlines a reference that does not stand alone
    (openai/lib/_pydantic.py).
    """
    target, beside = str(node.schema["$ref"]), sorted(set(node.schema) - {"$ref"})
    if beside:
        words = ", ".join(map(repr, beside))
        return f"context={node.place.context()!r}, $ref cannot have keywords {{{words}}}."
    steps = target.split("/")
    if target == "#" or (len(steps) == 3 and unquote(steps[2]) in _definitions(root, steps[1])):
        return None
    if len(steps) > 3 and steps[0] == "#":
        return node.says("reference can only point to definitions defined at the top level of the schema.")
    return node.says(f"reference to component '{target}' which was not found in the schema.")


def _definitions(root: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = root.get(keyword, {}) if keyword in ("$defs", "definitions") else {}
    return found


def _fault(node: Node) -> str | None:
    """The rules for every schema.

    Wordings: makenotion/notion-mcp-server#102 (keywords), apexive/odoo-llm#212 (type),
    streamnative/streamnative-mcp-server#26 (items), cyanheads/git-mcp-server#47 (format).
    """
    schema = node.schema
    word = next((word for word in schema if word in NOT_PERMITTED), None)
    if word is not None:
        return node.says(f"'{word}' is not permitted.")
    if "not" in schema:
        return node.says("Unsupported keywords ('not',).")
    if "type" not in schema and "anyOf" not in schema:
        return node.says("schema must have a 'type' key.")
    if node.kind == "object":
        return _object_fault(node)
    if node.kind == "array" and "items" not in schema:
        return node.says("array schema missing items.")
    if node.kind == "string" and schema.get("format", "date") not in FORMATS:
        return node.says(f"'{schema['format']}' is not a valid format.")
    return None


def _object_fault(node: Node) -> str | None:
    """Objects are closed and require every key; wordings: moeru-ai/xsai#202, vercel/ai#6484."""
    schema = node.schema
    if "properties" not in schema and "additionalProperties" in schema:
        return node.says("object schema missing properties.")
    if schema.get("additionalProperties") is not False:
        return node.says("'additionalProperties' is required to be supplied and to be false.")
    required = dict.fromkeys(schema.get("required", ()))
    known = {name: inner for name, inner in schema.get("properties", {}).items() if not _is_map(inner)}
    missing = next((name for name in known if name not in required), None)
    if missing is not None:
        return node.says(f"{_REQUIRED} Missing '{missing}'.")
    extra = next((name for name in required if name not in known), None)
    return None if extra is None else node.says(f"{_REQUIRED} Extra required key '{extra}' supplied.")


def _is_map(schema: Any) -> bool:
    """Whether this is an object of unnamed properties, which strict mode does not count as a property."""
    return isinstance(schema, Mapping) and "properties" not in schema and "additionalProperties" in schema

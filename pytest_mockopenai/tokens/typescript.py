"""Function tools as the TypeScript declarations in which the API shows them to a model.

The form is the one OpenAI publishes for gpt-oss ("OpenAI harmony response format", section Function calling), with
the details that recorded prompt counts of the API's own models call for: a description loses its indentation and
its last dots, and a declaration without any comment or optional property is one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["declarations"]

Schema = Mapping[str, Any]
_DEPTH = 8  # levels of a nested or recursive schema; deeper is `any`
_SCHEMAS = 5_000  # in one function, references followed; more are `any`


def declarations(functions: Iterable[Schema]) -> str:
    """The text for functions given as `{"name", "description", "parameters"}`."""
    declared = "".join(f"{_declaration(function)}\n\n" for function in functions)
    return f"# Tools\n\n## functions\n\nnamespace functions {{\n\n{declared}}} // namespace functions"


def _declaration(function: Schema) -> str:
    comment = "".join(f"{line}\n" for line in _comments(function, ("description",)))
    return f"{comment}type {function.get('name')} = {_signature(function)} => any;"


def _signature(function: Schema) -> str:
    if "format" in function:  # a custom tool
        return "(FREEFORM)"
    parameters = function.get("parameters")
    if not isinstance(parameters, Mapping) or not _properties(parameters):
        return "()"
    return f"(_: {_Types(parameters).top()})"


class _Types:
    """Types within one schema, whose `$defs` resolve references."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = _SCHEMAS

    def top(self) -> str:
        """The parameters of a function."""
        if _is_plain(self._root):
            return "{ " + " ".join(self._members(self._root, 0)).removesuffix(",") + " }"
        return self._object(self._root, 0)

    def _object(self, schema: Schema, depth: int) -> str:
        title = "".join(f"{line}\n" for line in _comments(schema, ("title",)))
        return title + "{\n" + "\n".join(self._members(schema, depth)) + "\n}"

    def of(self, schema: object, depth: int) -> str:
        """The type of one schema, at a depth of nested objects and references."""
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _DEPTH or self._left < 0:
            return "any"
        if "$ref" in schema:
            return self.of(self._resolved(str(schema["$ref"])), depth + 1)
        if isinstance(choices := schema.get("anyOf") or schema.get("oneOf"), list):
            return " | ".join(self.of(choice, depth) for choice in choices)
        if isinstance(values := schema.get("enum"), list):
            return " | ".join(_literal(value) for value in values)
        return self._by_type(schema, depth)

    def _by_type(self, schema: Schema, depth: int) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            return " | ".join(self._by_type({**schema, "type": one}, depth) for one in kind)
        if kind == "array":
            return f"{self.of(schema.get('items'), depth)}[]"
        if kind == "object" and _properties(schema):
            return self._object(schema, depth + 1)
        return str(kind or "any")

    def _members(self, schema: Schema, depth: int) -> Iterator[str]:
        required = schema.get("required") or ()
        for name, member in _properties(schema).items():
            yield from _comments(member, ("title", "description"))
            mark = "" if name in required else "?"
            yield f"{name}{mark}: {self.of(member, depth)},{_default(member)}"

    def _resolved(self, reference: str) -> object:
        found: object = self._root
        for key in reference.removeprefix("#/").split("/"):
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


def _properties(schema: Schema) -> Schema:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _is_plain(schema: Schema) -> bool:
    """Whether every property is required and none has a comment."""
    members = _properties(schema)
    spoken = any(_has_comment(member) for member in members.values())
    return not spoken and set(members) <= set(schema.get("required") or ())


def _has_comment(member: object) -> bool:
    return isinstance(member, Mapping) and not member.keys().isdisjoint({"title", "description", "default"})


def _comments(schema: object, keys: Iterable[str]) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from (_comment(text) for key in keys if isinstance(text := schema.get(key), str) and text)


def _comment(text: str) -> str:
    return "// " + "\n".join(line.strip() for line in text.strip().rstrip(".").split("\n"))


def _default(schema: object) -> str:
    if not isinstance(schema, Mapping) or "default" not in schema:
        return ""
    default = schema["default"]
    return f" // default: {default if isinstance(default, str) else _literal(default)}"


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)

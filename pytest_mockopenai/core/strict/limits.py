"""How large a schema may be in strict mode (guide, "Limitations on nesting depth and size")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_mockopenai.core.strict.walk import Node, nodes

LEVELS = 10
PROPERTIES = 5_000
ENUM_VALUES = 1_000
LONG_ENUM = 250
LONG_ENUM_CHARACTERS = 15_000
CHARACTERS = 120_000

_FEWER = "Consider reducing the number of enums, or opt out of structured outputs by setting 'strict: false'."


def excess(schema: Mapping[str, Any]) -> str | None:
    """The first limit that a schema exceeds.

    Levels are counted as openai-java's JsonSchemaValidator does, save that a choice is none. Wordings:
    tidyverse/ellmer#671 (levels), openai/openai-node#1176 (parameters, which the API has since put as it puts
    levels), community.openai.com/t/974416 (enums). How it words the limit of characters is not known.
    """
    found = [node for node in nodes(schema) if not node.again]
    enums = [node.schema["enum"] for node in found if "enum" in node.schema]
    return next(_excesses(found, enums), None)


def _excesses(found: list[Node], enums: list[list[Any]]) -> Iterator[str]:
    levels = max(node.level for node in found)
    if levels > LEVELS:
        yield f"{levels} levels of nesting exceeds limit of {LEVELS}."
    properties = sum(len(node.schema.get("properties", ())) for node in found)
    if properties > PROPERTIES:
        yield f"{properties} parameters exceeds limit of {PROPERTIES}."
    count = sum(map(len, enums))
    if count > ENUM_VALUES:
        yield (
            f"Expected at most {ENUM_VALUES} enum values in total within a single schema when using "
            f"structured outputs, but received {count}. {_FEWER}"
        )
    longest = max((_characters(enum) for enum in enums if len(enum) > LONG_ENUM), default=0)
    if longest > LONG_ENUM_CHARACTERS:
        yield (
            f"Expected at most {LONG_ENUM_CHARACTERS} total characters across enum values when there are "
            f"more than {LONG_ENUM} enum values, but received {longest}. {_FEWER}"
        )
    total = sum(map(_characters, (*enums, *_names(found))))
    if total > CHARACTERS:
        yield f"{total} characters in names, enum values and const values exceeds limit of {CHARACTERS}."


def _names(found: list[Node]) -> Iterator[Iterable[Any]]:
    for node in found:
        yield from (node.schema.get(word, ()) for word in ("properties", "$defs", "definitions"))
        yield [node.schema.get("const")]


def _characters(values: Iterable[Any]) -> int:
    return sum(len(value) for value in values if isinstance(value, str))

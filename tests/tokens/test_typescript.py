"""Functions are shown as TypeScript, and any schema is rendered in bounded space."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.tokens.typescript import declarations


def body(function: dict[str, Any]) -> str:
    """The declaration of one function, without what is around all of them."""
    text = declarations([function])
    head, tail = "# Tools\n\n## functions\n\nnamespace functions {\n\n", "\n\n} // namespace functions"
    assert text.startswith(head)
    assert text.endswith(tail)
    return text.removeprefix(head).removesuffix(tail)


def typed(schema: object, **more: Any) -> str:
    """The type of a required property of that schema."""
    parameters = {"type": "object", "properties": {"a": schema}, "required": ["a"], **more}
    shown = body({"name": "f", "parameters": parameters})
    return shown.removeprefix("type f = (_: { a: ").removesuffix(" }) => any;")


def test_a_documented_function() -> None:
    location = {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}
    unit = {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"}
    shown = body(
        {
            "name": "get_current_weather",
            "description": "  Gets the current weather.\n    In the provided location.  ",
            "parameters": {
                "type": "object",
                "properties": {"location": location, "format": unit},
                "required": ["location"],
            },
        }
    )
    assert shown.split("\n") == [
        "// Gets the current weather.",
        "In the provided location",
        "type get_current_weather = (_: {",
        "// The city and state, e.g. San Francisco, CA",
        "location: string,",
        'format?: "celsius" | "fahrenheit", // default: celsius',
        "}) => any;",
    ]


def test_bare_functions() -> None:
    assert body({"name": "f"}) == "type f = () => any;"
    assert body({"name": "f", "parameters": {"type": "object", "properties": {}}}) == "type f = () => any;"
    assert body({"name": "f", "format": None}) == "type f = (FREEFORM) => any;"
    assert declarations([{"name": "f"}, {"name": "g"}]).count("() => any;\n\n") == 2


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string"}, "string"),
        ({"type": "integer"}, "integer"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"enum": ["x", 1, None, "ü"]}, '"x" | 1 | null | "ü"'),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}]}, "string | number[]"),
        ({"oneOf": [{"type": "boolean"}, {"type": "null"}]}, "boolean | null"),
        ({"type": "array"}, "any[]"),
        ({"type": "object"}, "object"),
        ({"type": "object", "properties": {"b": {"type": "string"}}}, "{\nb?: string,\n}"),
        ({}, "any"),
        (True, "any"),
        ({"$ref": "#/$defs/Missing"}, "any"),
    ],
)
def test_types(schema: object, shown: str) -> None:
    assert typed(schema) == shown


def test_references_are_followed_and_titles_are_comments() -> None:
    person = {"title": "Person", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    assert typed({"$ref": "#/$defs/Person"}, **{"$defs": {"Person": person}}) == "// Person\n{\nname: string,\n}"


def test_an_endless_schema_ends() -> None:
    members = {f"m{number}": {"$ref": "#/$defs/Tree"} for number in range(40)}
    tree = {"type": "object", "properties": members}
    assert len(typed({"$ref": "#/$defs/Tree"}, **{"$defs": {"Tree": tree}})) < 100_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "enum", "required", "title", "default", "$ref", "x"]
            ),
            inner | st.sampled_from(["object", "array", "#/properties/x"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(parameters=json_values)
def test_no_schema_is_an_error(parameters: object) -> None:
    assert "type f = (" in declarations([{"name": "f", "description": 3, "parameters": parameters}])

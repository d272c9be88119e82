"""OpenAI's rules for schemas and names: refusals in reported words, and nothing right refused."""

from __future__ import annotations

import string
from enum import Enum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, ConfigDict

from pytest_mockopenai.core.strict import (
    function_problem,
    name_problem,
    response_format_problem,
    strict_problem,
)


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object as strict mode wants it."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def with_a(schema: Any) -> dict[str, Any]:
    return closed({"a": schema})


TEXT = {"type": "string"}
IN_A = "In context=('properties', 'a'), "
ROOT = "schema must be a JSON Schema of 'type: \"object\"', got "
TOP = "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
CLOSED = "'additionalProperties' is required to be supplied and to be false."
REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."


class Unit(Enum):
    C = "celsius"
    F = "fahrenheit"


class Step(BaseModel):
    explanation: str
    output: str


class Reasoning(BaseModel):
    model_config = ConfigDict(title="reasoning")
    steps: list[Step]
    unit: Unit
    kind: Literal["a", "b"]
    note: str | None


class Leaf(BaseModel):
    value: float


class Branch(BaseModel):
    children: list["Branch | Leaf"]  # noqa: UP037


@pytest.mark.parametrize("model", [Step, Reasoning, Leaf, Branch])
def test_what_the_sdk_sends_for_a_model_is_taken(model: type[BaseModel]) -> None:
    schema = to_strict_json_schema(model)
    assert strict_problem(schema, name="m") is None
    assert function_problem(schema, name="m", strict=True) is None


@pytest.mark.parametrize(
    "schema",
    [
        closed({}),
        with_a({"type": ["string", "null"]}),
        with_a({"type": ["object", "null"], "properties": {}, "required": [], "additionalProperties": False}),
        with_a({"anyOf": [TEXT, {"type": "null"}], "description": "or nothing"}),
        with_a({"type": "array", "items": TEXT, "minItems": 1, "maxItems": 3}),
        with_a({"type": "number", "minimum": 0, "exclusiveMaximum": 9, "multipleOf": 0.5}),
        with_a({"type": "string", "pattern": "^a", "format": "date-time"}),
        with_a({"type": "string", "enum": ["x"], "title": "A", "description": "one"}),
        with_a({"type": "string", "const": "x"}),
        closed({"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}),
        closed({"a": {"$ref": "#/$defs/x"}}, **{"$defs": {"x": closed({"b": {"$ref": "#/$defs/x"}})}}),
        closed({"a": {"$ref": "#/definitions/x y"}}, definitions={"x y": TEXT}),
        closed({"a": {"$ref": "#/definitions/x%20y"}}, definitions={"x y": TEXT}),
        {**closed({"a": TEXT}), "$schema": "http://json-schema.org/draft-07/schema#"},
    ],
)
def test_a_schema_of_the_supported_subset_is_taken(schema: dict[str, Any]) -> None:
    assert strict_problem(schema, name="x") is None
    assert function_problem(schema, name="x", strict=True) is None
    assert function_problem(schema, name="x", strict=False) is None


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({**closed({}), "additionalProperties": True}, f"In context=(), {CLOSED}"),
        ({"type": "object", "title": "tool_name"}, f"In context=(), {CLOSED}"),
        ({"type": "object", "additionalProperties": TEXT},
         "In context=(), object schema missing properties."),
        ({**closed({"a": TEXT, "b": TEXT}), "required": ["a"]}, f"In context=(), {REQUIRED} Missing 'b'."),
        ({**closed({"a": TEXT}), "required": ["a", "c"]},
         f"In context=(), {REQUIRED} Extra required key 'c' supplied."),
        (with_a({"type": "object", "additionalProperties": TEXT}),
         f"In context=(), {REQUIRED} Extra required key 'a' supplied."),
        (with_a({"type": "object", "properties": {}}), IN_A + CLOSED),
        (with_a({"type": "array", "items": {"type": "object", "properties": {"roles": TEXT},
                                            "additionalProperties": False}}),
         f"In context=('properties', 'a', 'items'), {REQUIRED} Missing 'roles'."),
        (with_a({"anyOf": [{"type": "object", "properties": {"x": TEXT}}]}),
         f"In context=('properties', 'a', 'anyOf', '0'), {CLOSED}"),
        (with_a({"oneOf": [TEXT]}), IN_A + "'oneOf' is not permitted."),
        (with_a({"allOf": [TEXT]}), IN_A + "'allOf' is not permitted."),
        (with_a({"type": "string", "minLength": 1}), IN_A + "'minLength' is not permitted."),
        (with_a({"type": "string", "default": "x"}), IN_A + "'default' is not permitted."),
        (with_a({"type": "array", "items": TEXT, "uniqueItems": True}),
         IN_A + "'uniqueItems' is not permitted."),
        (with_a({"type": "object", "patternProperties": {}}), IN_A + "'patternProperties' is not permitted."),
        (with_a({"type": "object", "if": {}, "then": {}}), IN_A + "'if' is not permitted."),
        (with_a({"type": "string", "not": {"const": "x"}}), IN_A + "Unsupported keywords ('not',)."),
        (with_a({"description": "anything"}), IN_A + "schema must have a 'type' key."),
        (with_a({"const": "x"}), IN_A + "schema must have a 'type' key."),
        (with_a({"anyOf": [{}, {"type": "null"}]}),
         "In context=('properties', 'a', 'anyOf', '0'), schema must have a 'type' key."),
        (with_a({"type": "array"}), IN_A + "array schema missing items."),
        (with_a({"type": ["string", "array"]}),
         "In context=('properties', 'a', 'type', '1'), array schema missing items."),
        (with_a({"type": "string", "format": "uri"}), IN_A + "'uri' is not a valid format."),
        (with_a({"type": ["string", "null"], "format": "uri"}),
         "In context=('properties', 'a', 'type', '0'), 'uri' is not a valid format."),
        (closed({"a": {"$ref": "#/$defs/x", "description": "d"}}, **{"$defs": {"x": TEXT}}),
         "context=('properties', 'a'), $ref cannot have keywords {'description'}."),
        (with_a({"$ref": "#/$defs/x"}),
         IN_A + "reference to component '#/$defs/x' which was not found in the schema."),
        (with_a({"$ref": "https://example.com/x"}),
         IN_A + "reference to component 'https://example.com/x' which was not found in the schema."),
        (closed({"a": TEXT, "b": {"$ref": "#/properties/a/items"}}),
         "In context=('properties', 'b'), "
         "reference can only point to definitions defined at the top level of the schema."),
        (closed({"a": {"$ref": "#/$defs/x"}}, **{"$defs": {"x": {"oneOf": [TEXT]}}}),
         "In context=(), 'oneOf' is not permitted."),
        ({"type": "array", "items": TEXT}, ROOT + "'type: \"array\"'."),
        ({"anyOf": [closed({})]}, ROOT + "'type: \"None\"'."),
        ({**closed({}), "anyOf": []},
         TOP),
        ({**closed({}), "oneOf": [{"required": ["A"]}]}, "In context=(), 'oneOf' is not permitted."),
        ({**closed({}), "required": None}, "None is not of type 'array'."),
        ({**closed({}), "required": [1]}, "1 is not of type 'string'."),
        ({**closed({}), "properties": []}, "[] is not of type 'object'."),
        (with_a([]), "[] is not of type 'object', 'boolean'."),
        (with_a({"type": "float"}), "'float' is not valid under any of the given schemas."),
        (None, "None is not of type 'object', 'boolean'."),
        (True, ROOT + "'type: \"None\"'."),
    ],
)  # fmt: skip
def test_a_strict_schema_is_refused_in_the_words_of_openai(schema: Any, problem: str) -> None:
    assert response_format_problem(schema, name="x") == f"Invalid schema for response_format 'x': {problem}"


def test_a_function_is_named_as_one() -> None:
    schema = {**closed({}), "oneOf": []}
    said = "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    assert function_problem(schema, name="f", strict=True) == f"Invalid schema for function 'f': {said}"


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = with_a(schema)
    return schema


ENUM = {"type": "string", "enum": [f"{number:04}" for number in range(500)]}
FEWER = "Consider reducing the number of enums, or opt out of structured outputs by setting 'strict: false'."


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (nested(10), None),
        (nested(11), "11 levels of nesting exceeds limit of 10."),
        (nested(10_000), "10000 levels of nesting exceeds limit of 10."),
        (closed({f"p{number}": TEXT for number in range(5000)}), None),
        (closed({f"p{number}": TEXT for number in range(6000)}), "6000 parameters exceeds limit of 5000."),
        (closed({"a": ENUM, "b": ENUM}), None),
        (closed({"a": {**ENUM, "type": ["string", "null"]}, "b": ENUM}), None),
        (closed({"a": ENUM, "b": ENUM, "c": {"type": "string", "enum": ["x"] * 8}}),
         "Expected at most 1000 enum values in total within a single schema when using structured "
         f"outputs, but received 1008. {FEWER}"),
        (with_a({"type": "string", "enum": [f"{number:060}" for number in range(250)]}), None),
        (with_a({"type": "string", "enum": [f"{number:060}" for number in range(251)]}),
         "Expected at most 15000 total characters across enum values when there are more than 250 enum "
         f"values, but received 15060. {FEWER}"),
        (closed({"x" * 120_000: TEXT}), None),
        (closed({"x" * 120_000: TEXT, "y": TEXT}),
         "120001 characters in names, enum values and const values exceeds limit of 120000."),
    ],
)  # fmt: skip
def test_the_limits_of_the_guide_hold(schema: dict[str, Any], problem: str | None) -> None:
    assert strict_problem(schema, name="x") == (problem and f"Invalid schema for response_format 'x': {problem}")


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        (None, None),
        ({"type": "object", "properties": {}}, None),
        ({"type": "object", "additionalProperties": True}, None),
        ({"type": "object", "properties": {"a": {"minLength": 1}, "b": {"oneOf": [TEXT]}}}, None),
        ({"type": "object", "properties": {"a": {"type": "object", "additionalProperties": TEXT}}}, None),
        ({}, ROOT + "'type: \"None\"'."),
        ({"type": "string"}, ROOT + "'type: \"string\"'."),
        ({"type": "object"}, "In context=(), object schema missing properties."),
        ({"type": "object", "properties": {}, "anyOf": []},
         TOP),
        ({"type": "object", "properties": {"paths": {"type": "array"}}},
         "In context=('properties', 'paths'), array schema missing items."),
        ({"type": "object", "properties": {"a": {"oneOf": [{"type": "array", "items": {"type": "array"}}]}}},
         "In context=('properties', 'a', 'oneOf', '0', 'items'), array schema missing items."),
    ],
)  # fmt: skip
def test_a_function_that_is_not_strict_has_few_rules(parameters: Any, problem: str | None) -> None:
    found = function_problem(parameters, name="f", strict=False)
    assert found == (problem and f"Invalid schema for function 'f': {problem}")


PATH = "tools[0].function.name"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("get_weather", None),
        ("x" * 64, None),
        ("get weather", f"Invalid '{PATH}': string does not match pattern. "
         "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."),
        ("a\n", f"Invalid '{PATH}': string does not match pattern. "
         "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."),
    ],
)  # fmt: skip
def test_names_follow_the_pattern(name: str, problem: str | None) -> None:
    assert name_problem(name, path=PATH) == problem


@given(st.text(max_size=70))
def test_a_name_is_right_if_it_is_of_letters_digits_dashes_and_underscores(name: str) -> None:
    plain = set(name) <= set(string.ascii_letters + string.digits + "_-")
    assert (name_problem(name, path="name") is None) == (plain and name != "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("type", "properties", "items", "anyOf", "$ref", "required", "enum", "$defs", "a", "const"))
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.booleans())
def test_no_json_is_too_odd_to_be_judged(schema: Any, strict: bool) -> None:
    for parameters in (schema, with_a(schema), closed({}, **{"$defs": {"a": schema}})):
        problem = function_problem(parameters, name="f", strict=strict)
        assert problem is None or problem.startswith("Invalid schema for function 'f': ")

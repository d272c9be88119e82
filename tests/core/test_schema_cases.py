"""What a user notices of a made-up value, schema by schema: how it reads, where it ends, why not."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from pytest_mockopenai.core.schema import Unsatisfiable, instance
from pytest_mockopenai.core.seed import draw_for


def check(schema: Any, value: Any) -> None:
    """Raise what the independent validator finds wrong."""
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def made(schema: Any, seed: int = 0) -> Any:
    return instance(schema, draw_for(seed))


def test_named_properties_read_well() -> None:
    words = ("city", "country", "email", "full_name", "userEmail", "date", "id", "url", "summary", "tags")
    value = made({"type": "object", "properties": {word: {"type": "string"} for word in words}})
    assert value["city"][0].isupper()
    assert "@" in value["email"]
    assert "@" in value["userEmail"]
    assert " " in value["full_name"]
    assert value["url"].startswith("https://example.")
    assert all(0 < len(text) <= 60 for text in value.values())


@pytest.mark.parametrize(("name", "low", "high"), [("age", 18, 80), ("temperature", -5, 35), ("confidence", 0, 1)])
def test_named_numbers_are_plausible(name: str, low: float, high: float) -> None:
    schema = {"type": "object", "properties": {name: {"type": "number"}}}
    assert all(low <= made(schema, seed)[name] <= high for seed in range(20))


def test_properties_keep_the_order_of_the_schema() -> None:
    names = ["zeta", "alpha", "midway"]
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": ["midway"],
    }
    assert list(made(schema)) == names


def test_optional_properties_are_filled_in_and_null_is_the_last_resort() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "b": {"type": ["null", "integer"]},
        },
    }
    for seed in range(10):
        value = made(schema, seed)
        assert isinstance(value["a"], str)
        assert isinstance(value["b"], int)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "default": "celsius"}, "celsius"),
        ({"type": "integer", "examples": [42]}, 42),
        ({"type": "integer", "example": 7}, 7),
        ({"type": "integer", "default": "no integer", "examples": [3]}, 3),
        ({"type": "object", "default": {"a": 1}, "required": ["a"]}, {"a": 1}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 5}, 5),
    ],
)
def test_a_conforming_default_or_example_is_preferred(schema: Any, value: Any) -> None:
    assert made(schema) == value


def test_a_default_that_says_nothing_does_not_keep_a_value_away() -> None:
    schema = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert isinstance(made(schema), str)


TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["name", "children"],
    "additionalProperties": False,
}


def test_a_recursive_schema_ends_with_an_empty_array() -> None:
    value = made(TREE)
    check(TREE, value)
    assert value["children"]
    assert value["children"][0]["children"] == []


@pytest.mark.parametrize(
    "tail",
    [
        {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]},
        {"anyOf": [{"$ref": "#/$defs/pair"}, {"$ref": "#/$defs/end"}]},
    ],
)
def test_a_recursive_schema_takes_the_branch_that_ends(tail: Any) -> None:
    schema = {
        "$defs": {
            "node": {"type": "object", "properties": {"next": tail}, "required": ["next"]},
            "pair": {"type": "object", "properties": {"of": {"$ref": "#/$defs/node"}}, "required": ["of"]},
            "end": {"type": "object", "properties": {"stop": {"const": True}}, "required": ["stop"]},
        },
        "$ref": "#/$defs/node",
    }
    for seed in range(5):
        check(schema, made(schema, seed))


def test_a_recursive_schema_leaves_out_what_it_may() -> None:
    schema = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "parent": {"$ref": "#"}},
        "required": ["id"],
    }
    value = made(schema)
    check(schema, value)
    assert "parent" not in value["parent"]


def test_any_json_can_be_described_by_itself() -> None:
    schema = {
        "$defs": {
            "json": {
                "anyOf": [
                    {"type": "array", "items": {"$ref": "#/$defs/json"}},
                    {"type": "object", "additionalProperties": {"$ref": "#/$defs/json"}},
                    {"type": ["string", "number", "boolean", "null"]},
                ]
            }
        },
        "$ref": "#/$defs/json",
    }
    for seed in range(10):
        check(schema, made(schema, seed))


CONDITIONAL = {
    "type": "object",
    "properties": {"country": {"enum": ["US", "CA", "NL"]}, "code": {"type": "string"}},
    "required": ["country", "code"],
    "allOf": [
        {
            "if": {"properties": {"country": {"const": country}}},
            "then": {"properties": {"code": {"pattern": pattern}}},
        }
        for country, pattern in (
            ("US", "^[0-9]{5}$"),
            ("CA", "^[A-Z][0-9][A-Z]$"),
            ("NL", "^[0-9]{4} [A-Z]{2}$"),
        )
    ],
}


@pytest.mark.parametrize(
    "schema",
    [
        CONDITIONAL,
        {"type": "integer", "if": {"minimum": 50}, "then": {"multipleOf": 10}, "else": {"multipleOf": 7}},
        {"type": "integer", "not": {"enum": [1, 2, 3]}, "minimum": 1, "maximum": 4},
        {"not": {"type": ["string", "object", "array", "boolean", "null"]}},
        {"type": "object", "properties": {"a": {}, "b": {}}, "not": {"required": ["a", "b"]}},
        {
            "type": "object",
            "properties": {"a": {}, "b": {}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        {"oneOf": [{"type": "integer"}, {"type": "number"}]},
        {"oneOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "uuid"}]},
        {"type": "object", "properties": {"a": {}}, "dependentRequired": {"a": ["b"]}},
        {"type": "object", "properties": {"a": {}}, "dependentSchemas": {"a": {"required": ["c"]}}},
        {"type": "array", "uniqueItems": True, "minItems": 5, "items": {"enum": [1, 2, 3, 4, 5]}},
        {"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "boolean"}},
        {"type": "array", "uniqueItems": True, "minItems": 70, "items": {"type": "string", "maxLength": 2}},
        {"type": "array", "contains": {"const": 3}, "minContains": 2, "maxContains": 2, "minItems": 4},
        {"type": "object", "propertyNames": {"pattern": "^k_[a-z]$"}, "minProperties": 3},
        {"type": "object", "propertyNames": {"enum": ["a"]}, "additionalProperties": {"type": "integer"}},
        {"type": "object", "propertyNames": {"enum": ["a"]}, "patternProperties": {"b": {"type": "integer"}}},
        {"type": "object", "patternProperties": {"^[a-z]{3}$": {"type": "integer"}}, "minProperties": 2},
        {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"minLength": 30}}}]},
        {"type": "object", "properties": {"a": False, "b": {"type": "string"}}},
        {"type": "string", "minLength": 3, "maxLength": 3, "pattern": "^[a-z]*$"},
        {"type": "string", "pattern": "b", "minLength": 20, "allOf": [{"pattern": "^a"}, {"pattern": "c$"}]},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-300},
        {"type": "number", "minimum": 0.1, "maximum": 0.1},
        {"type": "integer", "minimum": 10**30, "multipleOf": 7},
        {"type": "number", "minimum": 1e308},
        {"type": "number", "multipleOf": 0.01, "minimum": 19.995, "maximum": 20.005},
    ],
)
def test_what_needs_some_thought_is_conformed_to(schema: Any) -> None:
    for seed in range(8):
        check(schema, made(schema, seed))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "array", "items": [{"const": 1}, {"const": 2}], "additionalItems": False}, [1, 2]),
        ({"definitions": {"a/b~c": {"const": 1}}, "$ref": "#/definitions/a~1b~0c"}, 1),
        ({"definitions": {"d e": {"const": 1}}, "$ref": "#/definitions/d%20e"}, 1),
        ({"$defs": {"x": {"$anchor": "here", "const": 2}}, "$ref": "#here"}, 2),
        ({"$defs": {"x": {"$id": "urn:example:x", "const": 3}}, "$ref": "urn:example:x"}, 3),
        ({"type": "integer", "minimum": 4, "exclusiveMinimum": True, "maximum": 5}, 5),
        ({"properties": {"a": {"const": 1}, "b": {"const": 2}}, "dependencies": {"a": ["b"]}},
         {"a": 1, "b": 2}),
        ({"enum": ["only"], "nullable": True}, "only"),
    ],
)  # fmt: skip
def test_older_drafts_and_references_are_understood(schema: Any, value: Any) -> None:
    assert made(schema) == value


def test_nullable_is_how_a_recursive_openapi_schema_ends() -> None:
    schema = {"type": "object", "properties": {"next": {"$ref": "#", "nullable": True}}, "required": ["next"]}
    value = made(schema)
    while value is not None:
        assert value.keys() == {"next"}
        value = value["next"]


@pytest.mark.parametrize(
    ("schema", "path", "said"),
    [
        (False, "#", "false"),
        ({"type": "object", "properties": {"age": {"type": "integer", "minimum": 5, "maximum": 3}},
          "required": ["age"]}, "#/properties/age", "no integer from 5, up to 3"),
        ({"type": "string", "pattern": "(?<=a)b"}, "#", "'pattern'"),
        ({"type": "string", "pattern": r"(a)\1"}, "#", "'pattern'"),
        ({"type": "string", "pattern": "("}, "#", "'pattern'"),
        ({"type": "string", "minLength": 9, "format": "date", "maxLength": 9}, "#", "'format' 'date'"),
        ({"type": "string", "minLength": 5, "maxLength": 3}, "#", "'minLength' 5 is above 'maxLength' 3"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "#", "'string' and 'integer'"),
        ({"type": "strin"}, "#", "'type' must be one of"),
        ({"type": "object", "required": "name"}, "#", "'required' must be"),
        ({"type": "object", "properties": ["a"]}, "#", "'properties' must be"),
        ({"type": "array", "minItems": -1}, "#", "'minItems' must be"),
        ({"type": "number", "multipleOf": 0}, "#", "'multipleOf' must be"),
        ({"anyOf": {"type": "string"}}, "#", "'anyOf' must be"),
        ({"$ref": "#/$defs/nobody"}, "#", "'#/$defs/nobody' points at nothing"),
        ({"$ref": "https://example.com/other"}, "#", "points at nothing"),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, "#", "'a'"),
        ({"type": "array", "minItems": 3, "maxItems": 2}, "#", "'minItems' 3"),
        ({"type": "array", "minItems": 3, "items": {"type": "null"}, "uniqueItems": True}, "#/items", "null"),
        ({"type": "object", "minProperties": 2, "additionalProperties": False}, "#", "'minProperties' is 2"),
        ({"type": "object", "required": ["a", "b"], "maxProperties": 1}, "#", "'maxProperties' is 1"),
        ({"enum": []}, "#", "listed"),
        ({"enum": ["a"], "type": "integer"}, "#", "listed"),
        ({"not": {}}, "#", "'not'"),
        ({"type": "object", "properties": {"a/b": {"type": "x"}}, "required": ["a/b"]}, "#/properties/a~1b",
         "'type'"),
    ],
)  # fmt: skip
def test_a_schema_without_values_is_refused_with_the_reason(schema: Any, path: str, said: str) -> None:
    with pytest.raises(Unsatisfiable) as caught:
        made(schema)
    assert caught.value.path == path
    assert said in caught.value.reason

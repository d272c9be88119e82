"""Schemas that want the search to hang, recurse to death or eat memory get an answer soon.

Soon is counted in function calls, not timed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_mockopenai.core.schema import Unsatisfiable, instance
from pytest_mockopenai.core.seed import draw_for

MANY = 1_500_000
"""Function calls that are still soon: about a second of them."""

LARGEST = 1_000_000
"""Characters of JSON that a made-up value may come to."""


@pytest.fixture
def calls() -> Iterator[list[int]]:
    """How many Python functions of the schema package were called."""
    counted = [0]

    def count(frame: Any, event: str, _argument: Any) -> None:
        if event == "call" and "core/schema" in frame.f_code.co_filename.replace("\\", "/"):
            counted[0] += 1

    sys.setprofile(count)
    try:
        yield counted
    finally:
        sys.setprofile(None)


def chain(length: int, link: Any, end: Any) -> dict[str, Any]:
    """Definitions each of which is made of the next one: `link` makes a schema out of the reference to it."""
    defs = {f"a{index}": link({"$ref": f"#/$defs/a{index + 1}"}) for index in range(length)}
    return {"$defs": {**defs, f"a{length}": end}, "$ref": "#/$defs/a0"}


def nested(depth: int, wrap: Any) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(depth):
        schema = wrap(schema)
    return schema


def two(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": schema, "y": schema}, "required": ["x", "y"]}


IMPOSSIBLE: dict[str, Any] = {
    "nested objects": nested(10_000, lambda inner: {"properties": {"a": inner}, "required": ["a"], "type": "object"}),
    "nested arrays": nested(10_000, lambda inner: {"type": "array", "items": inner, "minItems": 1}),
    "nested allOf": nested(10_000, lambda inner: {"allOf": [inner]}),
    "nested not": nested(10_000, lambda inner: {"not": inner}),
    "nested default": {"default": nested(10_000, lambda inner: [inner])},
    "objects too deep for an answer": nested(80, lambda inner: {**two(inner), "required": ["x"], "minProperties": 1}),
    "ref to itself": {"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    "refs in a ring": {
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        "$ref": "#/$defs/a",
    },
    "root ref": {"$ref": "#"},
    "allOf of itself": {"allOf": [{"$ref": "#"}]},
    "anyOf of itself": {"anyOf": [{"$ref": "#"}]},
    "not of itself": {"not": {"$ref": "#"}},
    "if of itself": {"if": {"$ref": "#"}, "then": False, "else": False},
    "always one more": {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    "always one more item": {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
    "twice as many objects": chain(30, two, {"type": "string"}),
    "twice as many dead ends": chain(40, lambda ref: {"anyOf": [ref, ref]}, False),
    "twice as many refusals": chain(40, lambda ref: {"oneOf": [ref, ref]}, {"type": "string"}),
    "a billion items": {"type": "array", "minItems": 10**9},
    "a billion characters": {"type": "string", "minLength": 10**9},
    "a billion properties": {"type": "object", "minProperties": 10**9},
    "a number of items that Python does not print": {"type": "array", "minItems": 10**5_000},
    "a reference to item 9999...": {"$ref": "#/allOf/" + "9" * 5_000, "allOf": [{}]},
    "many described names": {"type": "object", "propertyNames": {"maxLength": 2}, "minProperties": 2_000},
    "a billion contained": {"type": "array", "contains": {"const": 1}, "minContains": 10**9},
    "a hundred billion items": nested(3, lambda inner: {"type": "array", "minItems": 2_000, "items": inner}),
    "a billion characters by pattern": {"type": "string", "pattern": "^((a{1000}){1000}){1000}$"},
    "a pattern that lets no text be long enough": {
        "type": "string",
        "pattern": "^(a{0,3}){9}$",
        "minLength": 99,
    },
    "many patterns at odds": {"type": "string", "allOf": [{"pattern": f"^{i}(a+)+$"} for i in range(9)]},
    "conditions at odds": {
        "type": "integer",
        "allOf": [{"if": {"minimum": i}, "then": {"maximum": i - 1}, "else": {"minimum": i}} for i in range(40)],
    },
    "many choices at odds": {
        "type": "integer",
        "allOf": [{"anyOf": [{"multipleOf": 2 * i}, {"multipleOf": 2 * i + 1}]} for i in range(2, 30)],
        "minimum": 1,
        "maximum": 100,
    },
    "too many values": {"enum": [list(range(600)) for _ in range(400)], "type": "string"},
    "enum that never fits": {"enum": list(range(50_000)), "type": "string"},
    "unique beyond reach": {
        "type": "array",
        "items": {"type": "boolean"},
        "minItems": 3,
        "uniqueItems": True,
    },
    "infinite bound": {"type": "number", "minimum": float("inf")},
    "bounds that cross": {"type": "number", "minimum": 10**400, "maximum": 10**399},
}

POSSIBLE: dict[str, Any] = {
    "twice as many of the same": chain(25, lambda ref: {"allOf": [ref, ref]}, {"type": "string"}),
    "optional and twice as many": chain(30, lambda ref: {**two(ref), "required": []}, {"type": "string"}),
    "a tree of everything": {
        "type": "object",
        "properties": {f"p{index}": {"type": "array", "items": {"$ref": "#"}} for index in range(30)},
    },
    "fifty thousand properties": {"type": "object", "properties": {f"p{i}": {} for i in range(50_000)}},
    "a default that a pattern chokes on": {
        "type": "string",
        "pattern": "^(a+)+$",
        "default": "a" * 400 + "b",
    },
    "stars in stars": {"type": "string", "pattern": "^" + "(" * 25 + "a*" + ")*" * 25 + "$"},
    "repetitions of nothing": {"type": "string", "pattern": "^((a{0,3}){50000}){50000}$"},
    "a huge maximum": {"type": "array", "maxItems": 10**9, "items": {"type": "string", "maxLength": 10**9}},
    "forty conditions": {
        "type": "object",
        "properties": {"kind": {"enum": [f"k{index}" for index in range(40)]}},
        "required": ["kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": f"k{i}"}}}, "then": {"required": [f"f{i}"]}} for i in range(40)
        ],
    },
    "huge numbers": {"type": "integer", "minimum": 10**400},
}


@pytest.mark.parametrize("schema", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_schema_is_refused_soon(schema: Any, calls: list[int]) -> None:
    with pytest.raises(Unsatisfiable) as caught:
        instance(schema, draw_for(0))
    assert calls[0] < MANY
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("schema", POSSIBLE.values(), ids=POSSIBLE.keys())
def test_a_large_but_possible_schema_gets_a_value_soon(schema: Any, calls: list[int]) -> None:
    value = instance(schema, draw_for(0))
    assert calls[0] < MANY
    assert len(json.dumps(value)) < LARGEST


def test_a_stack_that_is_half_used_is_enough() -> None:
    schema = {
        **chain(200, lambda ref: {"anyOf": [ref]}, {"type": "string"}),
        "$ref": "#/$defs/deep",
    }
    schema["$defs"]["deep"] = nested(31, lambda inner: {"type": "object", "properties": {"a": inner}})

    def deeper(levels: int) -> Any:
        return instance(schema, draw_for(0)) if levels == 0 else deeper(levels - 1)

    assert deeper(200)

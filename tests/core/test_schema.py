"""Whatever schema can be conformed to, `instance` conforms to it; an independent validator is the judge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_mockopenai.core.schema import Unsatisfiable, instance
from pytest_mockopenai.core.seed import draw_for

NAMES = ("city", "email", "count", "tags", "note", "a", "b")
PATTERNS = (
    "^[a-z]+$",
    r"^\d{4}-\d{2}$",
    "^(cat|dog)s?$",
    r"^[A-Z]{2,3}-[0-9]+$",
    r"\w+@\w+\.\w+",
    "^a.c$",
    "x*y?",
    r"^#[0-9a-fA-F]{6}$",
    r"^(?=.*\d)(?=.*[A-Z]).{8,}$",
    r"^[^\s]+\s[^\s]+$",
)
FORMATS = (
    *("date-time", "date", "time", "duration", "email", "idn-email", "hostname", "ipv4", "ipv6"),
    *(
        "uri",
        "uri-reference",
        "iri",
        "uuid",
        "json-pointer",
        "relative-json-pointer",
        "regex",
        "uri-template",
    ),
)
KEYWORDS = st.sampled_from(("anyOf", "allOf"))


def check(schema: Any, value: Any) -> None:
    """Raise what the independent validator finds wrong."""
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def made(schema: Any, seed: int = 0) -> Any:
    return instance(schema, draw_for(seed))


# Schemas that are made round a value, so that there is one that conforms.


@st.composite
def numbers(draw: st.DrawFn) -> dict[str, Any]:
    whole = draw(st.booleans())
    step = draw(st.sampled_from((None, 1, 3, 0.5, 0.1, 0.25, 7)))
    value = draw(st.integers(-1000, 1000)) * (step or 1)
    schema: dict[str, Any] = {"type": "integer" if whole and isinstance(value, int) else "number"}
    if step is not None and (value / step) == int(value / step):
        schema["multipleOf"] = step
    if draw(st.booleans()):
        schema["minimum"] = value - draw(st.integers(0, 5))
    elif draw(st.booleans()):
        schema["exclusiveMinimum"] = value - draw(st.sampled_from((1, 0.5, 20)))
    if draw(st.booleans()):
        schema["maximum"] = value + draw(st.integers(0, 5))
    elif draw(st.booleans()):
        schema["exclusiveMaximum"] = value + draw(st.sampled_from((1, 0.5, 20)))
    return schema


@st.composite
def texts(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(("plain", "pattern", "format")))
    if kind == "pattern":
        return {"type": "string", "pattern": draw(st.sampled_from(PATTERNS))}
    if kind == "format":
        return {"type": "string", "format": draw(st.sampled_from((*FORMATS, "unheard-of")))}
    low = draw(st.integers(0, 80))
    schema: dict[str, Any] = {"type": "string", "minLength": low}
    if draw(st.booleans()):
        schema["maxLength"] = low + draw(st.integers(0, 20))
    return schema


def scalars() -> st.SearchStrategy[Any]:
    listed = st.lists(st.none() | st.booleans() | st.integers() | st.text(max_size=5), min_size=1, max_size=4)
    return (
        numbers()
        | texts()
        | st.just({"type": "boolean"})
        | st.just({"type": "null"})
        | st.just({"type": ["string", "null"]})
        | st.just({})
        | st.just(True)
        | listed.map(lambda values: {"enum": values})
        | listed.map(lambda values: {"const": values[0]})
    )


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=4))
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    schema["required"] = [name for name in properties if draw(st.booleans())]
    extra = draw(st.sampled_from(("closed", "open", "schema", "pattern")))
    if extra == "closed":
        schema["additionalProperties"] = False
    elif extra == "schema":
        schema["additionalProperties"] = draw(inner)
        schema["minProperties"] = len(schema["required"]) + draw(st.integers(0, 3))
    elif extra == "pattern":
        schema["patternProperties"] = {"^x_[a-z]+$": draw(inner)}
        schema["minProperties"] = len(properties) + draw(st.integers(0, 2))
    if draw(st.booleans()) and extra != "pattern":
        low = max(len(schema["required"]), schema.get("minProperties", 0))
        schema["maxProperties"] = low + draw(st.integers(0, 2))
    return schema


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array", "items": draw(inner)}
    low = draw(st.integers(0, 3))
    if draw(st.booleans()):
        schema["minItems"] = low
    if draw(st.booleans()):
        schema["maxItems"] = low + draw(st.integers(0, 3))
    if draw(st.booleans()):
        schema["prefixItems"] = draw(st.lists(inner, max_size=2))
    if draw(st.booleans()) and "maxItems" not in schema:
        schema = {"type": "array", "contains": draw(inner), "minContains": low}
    return schema


@st.composite
def combined(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    keyword = draw(KEYWORDS)
    if keyword == "anyOf":
        options = draw(st.lists(inner, min_size=1, max_size=3))
        dead_end = draw(st.lists(st.just(False) | st.just({"not": {}}), max_size=1))
        return {"anyOf": [*dead_end, *options]}
    return {
        "allOf": [draw(inner), draw(st.sampled_from(({}, True, {"title": "x"}, {"not": {"const": "never"}})))]
    }


def satisfiable() -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars(), lambda inner: objects(inner) | arrays(inner) | combined(inner), max_leaves=8
    )


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(satisfiable(), st.integers(0, 3))
def test_a_schema_made_round_a_value_gets_a_value(schema: Any, seed: int) -> None:
    check(schema, made(schema, seed))


# Schemas of any words, most of which contradict each other somewhere.


@st.composite
def wild(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    small = st.integers(0, 4)
    words: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(("string", "number", "integer", "object", "array", "boolean", "null"))
        | st.just(["string", "integer"]),
        **dict.fromkeys(
            ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), small
        ),
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), small | st.just(2.5)),
        **dict.fromkeys(("minContains", "maxContains"), small),
        **dict.fromkeys(("items", "contains", "additionalProperties", "not", "if", "then", "else"), inner),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), st.lists(inner, min_size=1, max_size=3)),
        **dict.fromkeys(
            ("properties", "dependentSchemas"), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
        ),
        "patternProperties": st.dictionaries(st.sampled_from(("^[a-c]", "t")), inner, max_size=2),
        "propertyNames": st.sampled_from(({"maxLength": 4}, {"pattern": "^[a-e]"}, {"enum": list(NAMES)})),
        "required": st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
        "dependentRequired": st.dictionaries(st.sampled_from(NAMES), st.just(["a"]), max_size=2),
        "uniqueItems": st.booleans(),
        "multipleOf": st.sampled_from((1, 2, 0.5, 0.3)),
        "pattern": st.sampled_from(PATTERNS),
        "format": st.sampled_from(FORMATS),
        "enum": st.lists(st.sampled_from((None, 1, 2, "a", "b", [], {}, True)), min_size=1, max_size=4),
        "const": st.sampled_from((1, "a", None)),
        "default": st.sampled_from((None, 0, 3, "b", [1], {"a": 1})),
        "$ref": st.sampled_from(("#", "#/properties/a", "#/anyOf/0", "#/items", "#/nowhere")),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(words)), max_size=4, unique=True))
    return {word: draw(words[word]) for word in chosen}


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.recursive(st.booleans() | scalars(), wild, max_leaves=10), st.integers(0, 3))
def test_any_schema_gets_a_conforming_value_or_a_refusal(schema: Any, seed: int) -> None:
    try:
        value = made(schema, seed)
    except Unsatisfiable as error:
        assert error.path.startswith("#")
        assert str(error) == f"{error.path}: {error.reason}" or len(error.path) > 200
        return
    assume("$ref" not in json.dumps(schema) or _ends(schema))
    check(schema, value)
    assert made(schema, seed) == value


def _ends(schema: Any) -> bool:
    """Whether the validator gets through the schema: it follows references that lead nowhere but back without end."""
    try:
        Draft202012Validator(schema).is_valid({})
    except Exception:
        return False
    return True


def test_the_same_schema_and_draw_give_the_same_value_and_another_draw_another() -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in NAMES}}
    values = {json.dumps(made(schema, seed)) for seed in range(20)}
    assert made(schema, 3) == made(schema, 3)
    assert len(values) > 5


def test_the_value_of_a_property_does_not_depend_on_its_neighbours() -> None:
    alone = {"type": "object", "properties": {"city": {"type": "string"}}}
    among = {"type": "object", "properties": {"age": {"type": "integer"}, "city": {"type": "string"}}}
    assert made(alone)["city"] == made(among)["city"]


def test_the_schema_is_left_as_it_was_and_shares_nothing_with_the_value() -> None:
    schema = {"type": "object", "properties": {"tags": {"type": "array", "default": ["a"]}}}
    before = json.dumps(schema)
    made(schema)["tags"].append("b")
    assert json.dumps(schema) == before


# What a user notices.


def test_named_properties_read_well() -> None:
    words = ("city", "country", "email", "full_name", "userEmail", "date", "id", "url", "summary", "tags")
    value = made({"type": "object", "properties": {word: {"type": "string"} for word in words}})
    assert value["city"][0].isupper()
    assert "@" in value["email"]
    assert "@" in value["userEmail"]
    assert " " in value["full_name"]
    assert value["url"].startswith("https://example.")
    assert all(0 < len(text) <= 60 for text in value.values())


@pytest.mark.parametrize(
    ("name", "low", "high"), [("age", 18, 80), ("temperature", -5, 35), ("confidence", 0, 1)]
)
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
        ({"$defs": {"x": {"$id": "https://example.com/x", "const": 3}}, "$ref": "https://example.com/x"}, 3),
        ({"type": "integer", "minimum": 4, "exclusiveMinimum": True, "maximum": 5}, 5),
        ({"type": "object", "properties": {"a": {"const": 1}}, "dependencies": {"a": ["b"]}, "required": ["b"],
          "additionalProperties": {"const": 2}}, {"a": 1, "b": 2}),
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
        ({"type": "array", "minItems": 3, "items": {"type": "boolean"}, "uniqueItems": True}, "#/items", "boolean"),
        ({"type": "object", "minProperties": 2, "additionalProperties": False}, "#", "'minProperties' is 2"),
        ({"type": "object", "required": ["a", "b"], "maxProperties": 1}, "#", "'maxProperties' is 1"),
        ({"enum": []}, "#", "listed"),
        ({"enum": ["a"], "type": "integer"}, "#", "listed"),
        ({"not": {}}, "#", "'not'"),
        ({"type": "object", "properties": {"a/b": {"type": "x"}}, "required": ["a/b"]}, "#/properties/a~1b", "'type'"),
    ],
)  # fmt: skip
def test_a_schema_without_values_is_refused_with_the_reason(schema: Any, path: str, said: str) -> None:
    with pytest.raises(Unsatisfiable) as caught:
        made(schema)
    assert caught.value.path == path
    assert said in caught.value.reason

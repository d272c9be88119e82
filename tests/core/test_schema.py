"""Whatever schema can be conformed to, `instance` conforms to it; an independent validator is the judge."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

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
    value = round(draw(st.integers(-1000, 1000)) * (step or 1), 6)
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
        dead_end: list[Any] = draw(st.lists(st.just(False) | st.just({"not": {}}), max_size=1))
        return {"anyOf": [*dead_end, *options]}
    return {"allOf": [draw(inner), draw(st.sampled_from(({}, True, {"title": "x"}, {"not": {"const": "never"}})))]}


def satisfiable() -> st.SearchStrategy[Any]:
    return st.recursive(scalars(), lambda inner: objects(inner) | arrays(inner) | combined(inner), max_leaves=8)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
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
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), small),
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), small | st.just(2.5)),
        **dict.fromkeys(("minContains", "maxContains"), small),
        **dict.fromkeys(("items", "contains", "additionalProperties", "not", "if", "then", "else"), inner),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), st.lists(inner, min_size=1, max_size=3)),
        **dict.fromkeys(("properties", "dependentSchemas"), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
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
        "$ref": st.sampled_from(("#/$defs/x", "#/%24defs/y")),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(words)), max_size=4, unique=True))
    return {word: draw(words[word]) for word in chosen}


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.recursive(st.booleans() | scalars(), wild, max_leaves=10), satisfiable(), st.integers(0, 3))
def test_any_schema_gets_a_conforming_value_or_a_refusal(schema: Any, other: Any, seed: int) -> None:
    schema = {"$defs": {"x": other, "y": {"type": "object"}}, **schema} if isinstance(schema, dict) else schema
    try:
        value = made(schema, seed)
    except Unsatisfiable:
        return
    check(schema, value)
    assert made(schema, seed) == value


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

"""Schemas as pydantic writes them: the value conforms to the schema and the model itself takes it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Network
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar, Union
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openai.types.chat import ChatCompletion
from openai.types.fine_tuning import FineTuningJob
from openai.types.responses import Response
from pydantic import (
    UUID4,
    AnyUrl,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    HttpUrl,
    NonNegativeInt,
    PositiveFloat,
    RootModel,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    conint,
    conlist,
)
from typing_extensions import TypedDict

from pytest_mockopenai.core.schema import instance
from pytest_mockopenai.core.seed import draw_for

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Point(NamedTuple):
    x: int
    y: float = 0.5


class Movie(TypedDict, total=False):
    title: str
    year: int


class Step(BaseModel):
    explanation: str
    output: str


class MathReasoning(BaseModel):
    """The example of OpenAI's guide."""

    model_config = ConfigDict(extra="forbid")
    steps: list[Step]
    final_answer: str = Field(description="The answer in one line.")


class CalendarEvent(BaseModel):
    name: str
    date: date
    participants: list[str] = Field(min_length=1, max_length=5)
    starts: datetime
    at: time
    lasts: timedelta


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    good: bool


class Parrot(BaseModel):
    kind: Literal["parrot", "cockatoo"]
    words: set[str] = Field(min_length=2)


class Owner(BaseModel):
    pet: Annotated[Union[Cat, Dog, Parrot], Field(discriminator="kind")]  # noqa: UP007
    others: list[Cat | Dog]


class Tree(BaseModel):
    name: str
    children: list[Tree]


class Linked(BaseModel):
    value: int
    next: Linked | None


class Operand(BaseModel):
    left: Expression
    operator: Literal["+", "-"]
    right: Expression


class Expression(RootModel[Operand | int]):
    """Mutually recursive through `Operand`."""


class Constrained(BaseModel):
    age: int = Field(ge=18, lt=21)
    ratio: float = Field(gt=0, lt=0.001)
    even: int = Field(multiple_of=2, gt=100)
    price: Decimal = Field(ge=Decimal("0.01"), max_digits=6, decimal_places=2)
    plain: Decimal
    code: str = Field(pattern=r"^[A-Z]{3}-\d{4}$")
    short: Annotated[str, StringConstraints(min_length=2, max_length=4)]
    bounded: conint(ge=3, le=3)  # type: ignore[valid-type]
    pair: conlist(int, min_length=2, max_length=2)  # type: ignore[valid-type]
    natural: NonNegativeInt
    positive: PositiveFloat
    size: ByteSize


class Formats(BaseModel):
    id: UUID
    id4: UUID4
    site: HttpUrl
    link: AnyUrl
    ip: IPv4Address
    network: IPv6Network
    secret: SecretStr
    raw: bytes


class Containers(BaseModel):
    counts: dict[str, int]
    nested: dict[str, list[Step]]
    anything: dict[str, Any]
    fixed: tuple[int, str, bool]
    many: tuple[int, ...]
    unique: frozenset[Colour]
    point: Point
    movie: Movie
    free: Any


class Optionals(BaseModel):
    a: Optional[str] = None  # noqa: UP045
    b: int | None
    c: list[str] | None = None
    d: Step | None = None
    colour: Colour = Colour.BLUE
    level: Level
    limit: int = 10
    always: Literal["x"] = "x"
    mixed: str | int | bool | None


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


class Aliased(BaseModel):
    user_name: str = Field(alias="userName", examples=["ada"])
    tags: list[str] = Field(default_factory=list, json_schema_extra={"uniqueItems": True})


MODELS = (
    *(MathReasoning, CalendarEvent, Owner, Tree, Linked, Operand, Expression, Constrained, Formats),
    *(
        Containers,
        Optionals,
        Page[Step],
        Page[int],
        Aliased,
        RootModel[list[Cat | Dog]],
        RootModel[Literal[1, "a"]],
    ),
)


def made(schema: Any, seed: int = 0) -> Any:
    return instance(schema, draw_for(seed))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_a_model_takes_what_is_made_for_its_schema(
    model: type[BaseModel], mode: Literal["validation", "serialization"]
) -> None:
    schema = model.model_json_schema(mode=mode)
    for seed in range(6):
        value = made(schema, seed)
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)
        if mode == "validation":
            model.model_validate(value)


@pytest.mark.parametrize("model", [ChatCompletion, Response, FineTuningJob], ids=lambda model: model.__name__)
def test_large_schemas_are_no_trouble(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    value = made(schema)
    Draft202012Validator(schema).validate(value)
    model.model_validate(value)


def without_defaults(schema: Any) -> Any:
    """The schema as the openai SDK sends it in strict mode: closed objects, everything required."""
    if isinstance(schema, list):
        return [without_defaults(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: without_defaults(inner) for key, inner in schema.items() if key != "default"}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found |= {"additionalProperties": False, "required": list(found["properties"])}
    return found


@pytest.mark.parametrize(
    "model", [MathReasoning, Owner, Tree, Linked, Optionals, Page[Step]], ids=lambda model: model.__name__
)
def test_a_strict_schema_gets_every_key(model: type[BaseModel]) -> None:
    schema = without_defaults(model.model_json_schema())
    value = made(schema)
    Draft202012Validator(schema).validate(value)
    model.model_validate(value)
    assert list(value) == list(schema["$defs"]["Tree"]["properties"] if model is Tree else _properties(schema))


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    found: dict[str, Any] = (schema["$defs"][name] if name else schema)["properties"]
    return found


def test_optional_fields_are_filled_in_and_telling_defaults_kept() -> None:
    value = made(Optionals.model_json_schema())
    assert isinstance(value["a"], str)
    assert isinstance(value["b"], int)
    assert value["d"].keys() == {"explanation", "output"}
    assert value["limit"] == 10
    assert value["colour"] == "blue"


def test_recursive_models_are_filled_in_a_little_and_end() -> None:
    tree = Tree.model_validate(made(Tree.model_json_schema()))
    assert tree.children
    assert all(not child.children for child in tree.children)


def test_every_option_of_a_union_turns_up() -> None:
    schema = Owner.model_json_schema()
    kinds = {made(schema, seed)["pet"]["kind"] for seed in range(40)}
    assert kinds == {"cat", "dog", "parrot", "cockatoo"}


ADAPTED: dict[str, Callable[[], Any]] = {
    "union of scalars": lambda: int | str | None,
    "nested optionals": lambda: list[dict[str, Step | None]],
    "email": lambda: Annotated[str, Field(json_schema_extra={"format": "email"})],
}


@pytest.mark.parametrize("kind", ADAPTED.values(), ids=ADAPTED.keys())
def test_types_that_are_no_models_do_too(kind: Callable[[], Any]) -> None:
    adapter = TypeAdapter(kind())
    for seed in range(6):
        adapter.validate_python(made(adapter.json_schema(), seed))
